//! Polls that a signal can end.

use std::ops::ControlFlow;
use std::pin::pin;

use super::error::PollError;
use super::form::{Last, Poll, wait_or_end};
use super::hooks::{PollCondition, PollHooks};
use super::run::PollRun;
use crate::attempt::Attempt;
use crate::callbacks::CancelFuture;
use crate::operation::{Asynchronous, CancelledBy, NotCancelled};
use crate::sleep::cancel_signal;

impl<F, T, E, H> Poll<F, Asynchronous<T, E>, H> {
    /// Ends the poll at once when `signal` completes, with [`PollError::Cancelled`]; see
    /// [`Retry::cancel`](crate::functions::Retry::cancel).
    ///
    /// ```
    /// use resilience::{PollError, poll};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let ended = poll(async || Ok::<_, std::io::Error>("running"))
    ///     .until(|state| *state == "done")
    ///     .cancel(tokio::time::sleep(Duration::from_millis(1500)))
    ///     .run()
    ///     .await;
    /// assert!(matches!(ended, Err(PollError::Cancelled { last: Some("running"), attempts: 2, .. })));
    /// # }
    /// ```
    pub fn cancel<C: CancelFuture>(self, signal: C) -> Poll<F, Asynchronous<T, E>, H, CancelledBy<C>> {
        self.with_cancel(CancelledBy(cancel_signal(signal))).0
    }
}

/// The body of the loop. It is a macro for the reason given in `run_async.rs`.
macro_rules! run {
    ($poll:ident) => {{
        let (mut poll, CancelledBy(signal)) = $poll.with_cancel(NotCancelled);
        let mut signal = pin!(signal);
        let mut run = PollRun::new();
        run.begin(poll.entry(), &poll.site);
        let mut last = Last { value: None, error: None };
        if let Some(wait) = run.initial_delay(&poll.site) {
            signal.as_mut().wait(wait).await;
            run.goes_on();
        }
        loop {
            let attempt = run.limit(&poll.site, (poll.operation)());
            let after = match signal.as_mut().attempt(attempt).await {
                Some(Some(outcome)) => poll.after(&mut run, &mut last, outcome),
                Some(None) => wait_or_end(run.cut(&poll.site), &mut last),
                None => {
                    let cancelled = run.cancelled(&poll.site, signal.as_mut().cancellation());
                    return Err(PollError::Cancelled {
                        last: last.value,
                        last_error: last.error,
                        attempts: cancelled.attempts(),
                        elapsed: cancelled.elapsed(),
                    });
                }
            };
            match after {
                // The next attempt finds out whether the wait is over.
                ControlFlow::Continue(wait) => {
                    signal.as_mut().wait(wait).await;
                    run.goes_on();
                }
                ControlFlow::Break(result) => return result,
            }
        }
    }};
}

impl<F, T, E, Until, Alarm, Ignore, OnError, C>
    Poll<F, Asynchronous<T, E>, PollHooks<Until, Alarm, Ignore, OnError>, CancelledBy<C>>
where
    Alarm: FnMut(&T) -> bool,
    Ignore: FnMut(&E) -> bool,
    OnError: FnMut(&E, &Attempt),
{
    /// Runs the operation until the poll ends.
    ///
    /// # Errors
    /// See [`PollError`].
    ///
    /// # Panics
    /// Like tokio's `sleep`: a wait needs a tokio runtime with its timer enabled.
    pub async fn run(self) -> Result<T, PollError<T, E>>
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
    pub async fn run_send<Fut>(self) -> Result<T, PollError<T, E>>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        Until: PollCondition<T>,
    {
        run!(self)
    }
}
