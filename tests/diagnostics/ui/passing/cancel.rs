use std::future::{pending, ready};

use resilience::{Cancelled, RetryBudget};

use super::*;

#[retry(cancel = pending::<()>())]
async fn retried() -> Result<u8, Cancelled> {
    Ok(1)
}

#[poll(until(1), cancel = pending::<()>())]
async fn polled() -> io::Result<u8> {
    Ok(1)
}

#[asyncretry(3, cancel = pending::<()>())]
async fn tried() -> Result<u8, Cancelled> {
    Ok(1)
}

#[asyncbackoff(1s, cancel = pending::<()>())]
async fn a_parameter<E: From<TimedOut> + From<Cancelled>>() -> Result<u8, E> {
    Ok(1)
}

struct Token;

impl Token {
    async fn cancelled(&self) {
        ready(()).await;
    }
}

#[retry(cancel = token.cancelled())]
async fn cancelled(token: &Token) -> Result<u8, Cancelled> {
    Ok(1)
}

struct Db {
    budget: &'static RetryBudget,
}

static BUDGET: RetryBudget = RetryBudget::new();

impl Db {
    #[retry(policy = RetryPolicy::new().budget(self.budget))]
    fn its_own_budget(&self) -> Result<u8, u8> {
        Ok(1)
    }

    #[asyncretry(3, budget = &BUDGET)]
    async fn its_shared_budget(&self) -> Result<u8, u8> {
        Ok(1)
    }
}

#[tokio::test]
async fn works() {
    let of_parameter = a_parameter::<io::Error>().await.map_err(|error| error.to_string());
    assert_eq!(of_parameter, Ok(1));
    assert_eq!((retried().await, polled().await.ok(), tried().await), (Ok(1), Some(1), Ok(1)));
    assert_eq!(cancelled(&Token).await.map_err(|error| error.attempts()), Err(0));
    let db = Db { budget: &BUDGET };
    assert_eq!((db.its_own_budget(), db.its_shared_budget().await), (Ok(1), Ok(1)));
    let by_function = retry(async || Ok::<_, Cancelled>(1)).cancel(ready(())).run().await;
    assert!(by_function.is_err());
}
