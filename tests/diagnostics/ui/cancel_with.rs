//! Cancel functions whose future borrows, cannot be sent, or is none.

use std::rc::Rc;

use resilience::{Batch, PollExecutor, PollNext};

#[derive(Clone)]
struct Client(String);

impl Client {
    async fn delete(&self, task: u32) -> bool {
        self.0.len() > task as usize
    }
}

async fn poll(_batch: Batch<u32, (), ()>) -> Result<PollNext, ()> {
    Ok(PollNext::Default)
}

fn an_async_closure_lends_what_it_captures(client: Client) {
    let builder = PollExecutor::<u32, (), ()>::builder();
    builder.cancel_with(async move |task| client.delete(task).await).start(poll);
}

fn a_future_that_stays_on_its_thread() {
    let builder = PollExecutor::<u32, (), ()>::builder();
    let cancel = |task: u32| {
        let wanted = Rc::new(1);
        async move { *wanted == task }
    };
    builder.cancel_with(cancel).start(poll);
}

fn an_answer_without_a_future() {
    let builder = PollExecutor::<u32, (), ()>::builder();
    builder.cancel_with(|task| task == 1).start(poll);
}

fn main() {}
