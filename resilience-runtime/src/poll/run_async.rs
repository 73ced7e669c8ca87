use std::ops::ControlFlow;

use super::error::PollError;
use super::form::{Last, Poll, wait_or_end};
use super::hooks::{PollCondition, PollHooks};
use super::run::PollRun;
use crate::attempt::Attempt;
use crate::operation::Asynchronous;
use crate::telemetry::with_faults;

/// The body of the loop. It is a macro because async closures that lend and those that do not cannot be called by the
/// same generic function.
macro_rules! run {
    ($poll:ident) => {{
        let mut run = PollRun::new();
        run.begin($poll.entry(), &$poll.site);
        let mut last = Last { value: None, error: None };
        if let Some(wait) = run.initial_delay(&$poll.site) {
            wait.await;
            run.goes_on();
        }
        loop {
            let after = match run.limit(&$poll.site, with_faults!($poll)).await {
                Some(outcome) => $poll.after(&mut run, &mut last, outcome),
                None => wait_or_end(run.cut(&$poll.site), &mut last),
            };
            match after {
                ControlFlow::Continue(wait) => {
                    wait.await;
                    run.goes_on();
                }
                ControlFlow::Break(result) => return result,
            }
        }
    }};
}

impl<F, T, E, Until, Alarm, Ignore, OnError>
    Poll<F, Asynchronous<T, E>, PollHooks<Until, Alarm, Ignore, OnError>>
where
    Alarm: FnMut(&T) -> bool,
    Ignore: FnMut(&E) -> bool,
    OnError: FnMut(&E, &Attempt),
    E: 'static,
{
    /// Runs the operation until the poll ends.
    ///
    /// The closure may change what it captures. To spawn the future on another thread, see
    /// [`run_send`](Self::run_send).
    ///
    /// # Errors
    /// See [`PollError`].
    ///
    /// # Panics
    /// Like tokio's `sleep`: a wait needs a tokio runtime with its timer enabled.
    pub async fn run(mut self) -> Result<T, PollError<T, E>>
    where
        F: AsyncFnMut() -> Result<T, E>,
        Until: PollCondition<T>,
    {
        run!(self)
    }

    /// Like [`run`](Self::run), for futures that must be [`Send`]; see
    /// [`Retry::run_send`](crate::functions::Retry::run_send).
    ///
    /// # Errors
    /// See [`PollError`].
    ///
    /// # Panics
    /// See [`run`](Self::run).
    pub async fn run_send<Fut>(mut self) -> Result<T, PollError<T, E>>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        Until: PollCondition<T>,
    {
        run!(self)
    }
}
