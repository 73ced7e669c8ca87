use super::*;
use resilience::{Batch, PollExecutor, PollFailure, PollNext};

#[derive(Clone)]
struct Client(u32);

impl Client {
    async fn delete(&self, task: u32) -> bool {
        yield_now().await;
        self.0 == task
    }
}

async fn poll(_batch: Batch<u32, (), ()>) -> Result<PollNext, ()> {
    Ok(PollNext::Default)
}

#[tokio::test]
async fn futures_that_own_what_they_use_are_taken() {
    let client = Client(1);
    let builder = PollExecutor::<u32, (), ()>::builder();
    let clones = builder.cancel_with(move |task| {
        let client = client.clone();
        async move { client.delete(task).await }
    });
    // An async closure that uses nothing from outside has nothing to lend.
    let captures_nothing = PollExecutor::<u32, (), ()>::builder().cancel_with(async |task| task == 1);
    for executor in [clones.start(poll), captures_nothing.start(poll)] {
        let handle = executor.submit(async { Ok(1) });
        while !handle.is_polling() {
            yield_now().await;
        }
        assert!(handle.cancel().await);
        assert_eq!(handle.await, Err(PollFailure::Cancelled));
    }
}
