//! Retries that a signal can end.

use std::any::type_name;
use std::fmt;
use std::pin::pin;

use super::form::Retry;
use super::hooks::{ErrorPredicate, FailureCallback, Hooks, WaitHint};
use super::limits::{TimeLimit, Timed, Untimed};
use super::run::{Run, TimedRetryRun};
use crate::attempts::RetryPolicy;
use crate::callbacks::CancelFuture;
use crate::error::{HoldCancelled, HoldTimedOut};
use crate::operation::{Asynchronous, CancelledBy, NotCancelled};
use crate::sleep::{CancelSignal, cancel_signal};

impl<F, T, E, H, L> Retry<F, Asynchronous<T, E>, H, L> {
    /// Ends the call at once when `signal` completes, whatever its output: a running attempt or wait is dropped, and no
    /// other one begins. The operation's error must implement `From<`[`Cancelled`](crate::Cancelled)`>`.
    ///
    /// ```
    /// use std::{future::pending, io, time::Duration};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let (shutdown, signal) = tokio::sync::oneshot::channel::<()>();
    /// let call = resilience::retry(async || pending::<io::Result<()>>().await).cancel(signal).run();
    /// let (ended, _) = tokio::join!(call, async { shutdown.send(()) });
    /// assert!(ended.unwrap_err().to_string().ends_with("was cancelled (1 attempt in 0ns)"));
    /// # }
    /// ```
    pub fn cancel<C: CancelFuture>(self, signal: C) -> Retry<F, Asynchronous<T, E>, H, L, CancelledBy<C>> {
        self.with_cancel(CancelledBy(cancel_signal(signal))).0
    }
}

/// An attempt with the limits that the retry has.
macro_rules! attempt {
    (Untimed, $run:ident, $retry:ident) => {
        $run.under_way(($retry.operation)())
    };
    (Timed, $run:ident, $retry:ident) => {
        $run.limit(&$retry.site, ($retry.operation)())
    };
}

/// The result of such an attempt. An error is beside whether it is the time limit's.
macro_rules! result {
    (Untimed, $outcome:ident, $run:ident, $retry:ident) => {
        $outcome.map_err(|error| (error, false))
    };
    (Timed, $outcome:ident, $run:ident, $retry:ident) => {
        match $outcome {
            Some(result) => result.map_err(|error| (error, false)),
            None => Err((Timed::hold($run.timed_out(&$retry.site)), true)),
        }
    };
}

/// The body of the loop. It is a macro for the reason given in `run_async.rs`.
macro_rules! run {
    ($limits:ident, $retry:ident) => {{
        let (mut retry, CancelledBy(signal)) = $retry.with_cancel(NotCancelled);
        async move {
            let mut signal = pin!(signal);
            let mut run = TimedRetryRun::new();
            run.begins(retry.entry(), &retry.site, false);
            // The last error that was not a time limit.
            let mut last = None;
            loop {
                let attempt = attempt!($limits, run, retry);
                let Some(outcome) = signal.as_mut().attempt(attempt).await else {
                    let cancelled = run.cancelled(&retry.site, signal.as_mut().cancellation());
                    return Err(HoldCancelled::hold(cancelled));
                };
                let (error, timed_out) = match result!($limits, outcome, run, retry) {
                    Ok(value) => {
                        run.succeeded();
                        return Ok(value);
                    }
                    Err(failed) => failed,
                };
                let Some(wait) = retry.after(&mut run, &error, timed_out) else {
                    let error = if timed_out { last.unwrap_or(error) } else { error };
                    run.returns(&retry.site, Some(&type_name::<E>()));
                    return Err(error);
                };
                if !timed_out {
                    signal.as_mut().keep_error(|line| line.display(type_name::<E>()));
                    last = Some(error);
                }
                // The next attempt finds out whether the wait is over.
                signal.as_mut().wait(wait).await;
                run.goes_on();
            }
        }
    }};
}

macro_rules! run_methods {
    ($limits:ident $(, $bound:ident)?) => {
        impl<F, T, E, On, GiveUp, RetryAfter, OnError, C>
            Retry<F, Asynchronous<T, E>, Hooks<On, GiveUp, RetryAfter, OnError>, $limits, CancelledBy<C>>
        where
            On: ErrorPredicate<E>,
            GiveUp: ErrorPredicate<E>,
            RetryAfter: WaitHint<E>,
            OnError: FailureCallback<E>,
        {
            /// Runs the operation until it succeeds, the retry ends, or the signal ends it.
            ///
            /// # Errors
            /// [`Cancelled`](crate::Cancelled) if the signal ended the call. Otherwise the operation's last error, or a
            /// [`TimedOut`](crate::TimedOut) if every attempt was dropped by a time limit.
            ///
            /// # Panics
            /// Like tokio's `sleep`: a wait needs a tokio runtime with its timer enabled.
            pub fn run(self) -> impl Future<Output = Result<T, E>>
            where
                F: AsyncFnMut() -> Result<T, E>,
                E: HoldCancelled,
                $($limits: $bound<E>,)?
            {
                run!($limits, self)
            }

            /// Like [`run`](Self::run), for futures that must be [`Send`]; see
            /// [`Retry::run_send`](crate::functions::Retry::run_send).
            ///
            /// # Errors
            /// See [`run`](Self::run).
            ///
            /// # Panics
            /// See [`run`](Self::run).
            pub fn run_send<Fut>(self) -> impl Future<Output = Result<T, E>>
            where
                F: FnMut() -> Fut,
                Fut: Future<Output = Result<T, E>>,
                E: HoldCancelled,
                $($limits: $bound<E>,)?
            {
                run!($limits, self)
            }
        }
    };
}

run_methods!(Untimed);
run_methods!(Timed, TimeLimit);

/// A policy with a signal that ends the call, made by [`RetryPolicy::cancel`]. It makes one call.
#[must_use = "it does nothing until `.execute_async(..)`"]
pub struct CancelledPolicy<C> {
    policy: RetryPolicy,
    signal: CancelSignal<C>,
}

impl RetryPolicy {
    /// A call under this policy that ends at once when `signal` completes; see
    /// [`Retry::cancel`](crate::functions::Retry::cancel).
    ///
    /// ```
    /// use resilience::RetryPolicy;
    /// use std::{io, time::Duration};
    ///
    /// const DB: RetryPolicy = RetryPolicy::new().forever();
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let row = DB
    ///     .cancel(tokio::time::sleep(Duration::from_millis(1500)))
    ///     .execute_async(async || Err::<u8, _>(io::Error::other("busy")))
    ///     .await;
    /// assert!(row.unwrap_err().to_string().contains("was cancelled (2 attempts in 1.5s"));
    /// # }
    /// ```
    pub fn cancel<C: CancelFuture>(&self, signal: C) -> CancelledPolicy<C> {
        CancelledPolicy { policy: *self, signal: cancel_signal(signal) }
    }
}

impl<C> CancelledPolicy<C> {
    /// Runs an async `operation`; see [`RetryPolicy::execute_async`].
    ///
    /// # Errors
    /// [`Cancelled`](crate::Cancelled) if the signal ended the call; otherwise, see [`RetryPolicy::execute_async`].
    ///
    /// # Panics
    /// See [`Retry::run`](crate::functions::Retry::run).
    #[track_caller]
    pub fn execute_async<F, T, E>(self, operation: F) -> impl Future<Output = Result<T, E>>
    where
        F: AsyncFnMut() -> Result<T, E>,
        E: HoldTimedOut + HoldCancelled,
    {
        let retry = Retry::<F, Asynchronous<T, E>, _, Timed>::with_policy(operation, self.policy);
        retry.with_cancel(CancelledBy(self.signal)).0.run()
    }

    /// Like [`execute_async`](Self::execute_async), for futures that must be [`Send`]; see
    /// [`Retry::run_send`](crate::functions::Retry::run_send).
    ///
    /// # Errors
    /// See [`execute_async`](Self::execute_async).
    ///
    /// # Panics
    /// See [`execute_async`](Self::execute_async).
    #[track_caller]
    pub fn execute_send<F, Fut, T, E>(self, operation: F) -> impl Future<Output = Result<T, E>>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: HoldTimedOut + HoldCancelled,
    {
        let retry = Retry::<F, Asynchronous<T, E>, _, Timed>::with_policy(operation, self.policy);
        retry.with_cancel(CancelledBy(self.signal)).0.run_send()
    }
}

impl<C> fmt::Debug for CancelledPolicy<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelledPolicy").field("policy", &self.policy).finish_non_exhaustive()
    }
}
