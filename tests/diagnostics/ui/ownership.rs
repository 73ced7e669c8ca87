//! A later attempt needs what an earlier one took: the borrow checker says so, at the user's token.

use resilience::{TimedOut, asyncbackoff, poll, retry};

#[derive(Clone)]
struct Query(String);

fn send(query: Query) -> usize {
    query.0.len()
}

#[retry]
fn consumed(query: Query) -> Result<usize, TimedOut> {
    Ok(send(query))
}

#[poll(until(3))]
async fn consumed_asynchronously(query: Query) -> Result<usize, TimedOut> {
    Ok(send(query))
}

#[asyncbackoff(1s, 2s)]
async fn consumed_under_a_limit(query: Query) -> Result<usize, TimedOut> {
    Ok(send(query))
}

impl Query {
    #[retry]
    fn consume(self) -> Result<usize, TimedOut> {
        Ok(send(self))
    }
}

#[retry]
fn assigned(n: usize) -> Result<usize, TimedOut> {
    n += 1;
    Ok(n)
}

fn length(text: String) -> usize {
    text.len()
}

#[retry]
fn moved(text: String) -> Result<usize, TimedOut> {
    Ok(length(text))
}

#[asyncbackoff(1s, 2s)]
async fn moved_by_a_task(names: Vec<String>, text: String) -> Result<usize, TimedOut> {
    let task = tokio::spawn(async move { length(text) });
    Ok(task.await.map_or(0, |length| length + names.len()))
}

fn main() {
    let _ = (moved(String::new()), moved_by_a_task(Vec::new(), String::new()));
    let query = Query("select".into());
    let _ = (consumed(query.clone()), consumed_asynchronously(query.clone()));
    let _ = (consumed_under_a_limit(query.clone()), query.consume(), assigned(3));
}
