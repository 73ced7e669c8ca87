//! Signals for functions and errors that cannot be cancelled, and what is not a signal; budgets that are not a `static`.

use std::future::pending;
use std::sync::Arc;

use resilience::{Cancelled, RetryBudget, TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry(cancel = pending::<()>())]
fn nothing_to_drop() -> Result<u8, Cancelled> {
    Ok(1)
}

#[poll(until(1), cancel = pending::<()>())]
fn nothing_to_drop_in_a_poll() -> std::io::Result<u8> {
    Ok(1)
}

#[asyncretry(3, cancel = pending::<()>())]
fn not_async() -> Result<u8, Cancelled> {
    Ok(1)
}

#[retry(cancel = pending::<()>())]
async fn cannot_hold_it() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(1), cancel = pending::<()>())]
async fn cannot_hold_it_in_a_poll() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(1s, cancel = pending::<()>())]
async fn a_parameter<E: From<TimedOut>>() -> Result<u8, E> {
    Ok(1)
}

struct Token;

#[retry(cancel = token)]
async fn not_a_future(token: &Token) -> Result<u8, Cancelled> {
    Ok(1)
}

#[retry(cancel = || pending::<()>())]
async fn a_closure() -> Result<u8, Cancelled> {
    Ok(1)
}

#[retry(cancel = signal().await)]
async fn awaited() -> Result<u8, Cancelled> {
    Ok(1)
}

#[retry(cancel(token.cancelled()))]
async fn in_parentheses(token: &Token) -> Result<u8, Cancelled> {
    Ok(1)
}

#[retry(cancellation_token = pending::<()>())]
async fn by_another_name() -> Result<u8, Cancelled> {
    Ok(1)
}

async fn signal() -> std::future::Pending<()> {
    pending()
}

struct Db {
    budget: RetryBudget,
    shared: Arc<RetryBudget>,
}

impl Db {
    #[retry(budget = &self.budget)]
    fn its_own_budget(&self) -> Result<u8, u8> {
        Ok(1)
    }

    #[asyncretry(3, budget = self.shared)]
    async fn its_shared_budget(&self) -> Result<u8, u8> {
        Ok(1)
    }

    #[retry(budget = RetryBudget::new())]
    fn a_new_budget() -> Result<u8, u8> {
        Ok(1)
    }

    #[retry(budget = &RetryBudget::new().ratio(0.1))]
    fn a_reference_to_a_new_budget() -> Result<u8, u8> {
        Ok(1)
    }
}

fn main() {
    let synchronous = resilience::retry(|| Ok::<_, Cancelled>(1)).cancel(pending::<()>());
    let polled = resilience::poll(|| Ok::<_, Cancelled>(1)).cancel(pending::<()>());
    let called = resilience::retry(async || Ok::<_, Cancelled>(1)).cancel(pending::<()>()).call();
    let unheld = resilience::retry(async || Ok::<_, TimedOut>(1)).cancel(pending::<()>()).run();
    let token = resilience::retry(async || Ok::<_, Cancelled>(1)).cancel(Token).run();
    drop((synchronous, polled, called, unheld, token));
}
