use std::any::type_name;

use super::form::Retry;
use super::hooks::{ErrorPredicate, FailureCallback, Hooks, WaitHint};
use super::limits::{TimeLimit, Timed, Untimed};
use super::run::{Run, TimedRetryRun};
use crate::attempts::RetryPolicy;
use crate::error::HoldTimedOut;
use crate::operation::Asynchronous;
use crate::telemetry::with_faults;

/// The body of the loop. It is a macro because async closures that lend and those that do not cannot be called by the
/// same generic function. The future uses the retry where it was captured; an `async fn` would store it twice.
macro_rules! run {
    (Untimed, $retry:ident) => {
        async move {
            let mut run = OnError::Run::<Untimed>::start();
            run.begins($retry.entry(), &$retry.site, false);
            loop {
                // The error is dropped before the wait.
                let wait = match with_faults!($retry).await {
                    Ok(value) => {
                        run.succeeds();
                        return Ok(value);
                    }
                    Err(error) => match $retry.after(&mut run, &error, false) {
                        Some(wait) => wait,
                        None => return Err(error),
                    },
                };
                wait.await;
                run.waited(false);
            }
        }
    };
    (Timed, $retry:ident) => {
        async move {
            let mut run = TimedRetryRun::new();
            run.begins($retry.entry(), &$retry.site, false);
            // The last error that was not a time limit.
            let mut last = None;
            loop {
                let (error, timed_out) = match run.limit(&$retry.site, with_faults!($retry)).await {
                    Some(Ok(value)) => {
                        run.succeeded();
                        return Ok(value);
                    }
                    Some(Err(error)) => (error, false),
                    None => (Timed::hold(run.timed_out(&$retry.site)), true),
                };
                let wait = $retry.after(&mut run, &error, timed_out);
                let Some(wait) = wait else {
                    let error = if timed_out { last.unwrap_or(error) } else { error };
                    run.returns(&$retry.site, Some(&type_name::<E>()));
                    return Err(error);
                };
                if !timed_out {
                    last = Some(error);
                }
                wait.await;
                run.goes_on();
            }
        }
    };
}

macro_rules! run_methods {
    ($limits:ident $(, $bound:ident)?) => {
        impl<F, T, E, On, GiveUp, RetryAfter, OnError>
            Retry<F, Asynchronous<T, E>, Hooks<On, GiveUp, RetryAfter, OnError>, $limits>
        where
            On: ErrorPredicate<E>,
            GiveUp: ErrorPredicate<E>,
            RetryAfter: WaitHint<E>,
            OnError: FailureCallback<E>,
            E: 'static,
        {
            /// Runs the operation until it succeeds or the retry ends.
            ///
            /// The closure may change what it captures. To spawn the future on another thread, see
            /// [`run_send`](Self::run_send).
            ///
            /// # Errors
            /// The operation's last error, or a [`TimedOut`](crate::TimedOut) if every attempt was dropped by a time
            /// limit.
            ///
            /// # Panics
            /// Like tokio's `sleep`: a wait needs a tokio runtime with its timer enabled.
            #[allow(clippy::manual_async_fn, reason = "an async function's future would hold the retry twice")]
            pub fn run(mut self) -> impl Future<Output = Result<T, E>>
            where
                F: AsyncFnMut() -> Result<T, E>,
                $($limits: $bound<E>,)?
            {
                run!($limits, self)
            }

            /// Like [`run`](Self::run), for futures that must be [`Send`].
            ///
            /// The compiler cannot show yet that what an async closure lends to its futures is `Send`
            /// ([rust-lang/rust#110338](https://github.com/rust-lang/rust/issues/110338)). With this method, the
            /// closure returns futures that only borrow from outside of it, and it must not change what it captures.
            ///
            /// ```
            /// # async fn get(uri: &str) -> Result<String, std::io::Error> { Ok(uri.into()) }
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() {
            /// let uri = String::from("http://server");
            /// let page = tokio::spawn(async move {
            ///     resilience::retry(async || get(&uri).await).run_send().await
            /// });
            /// # assert!(page.await.unwrap().is_ok());
            /// # }
            /// ```
            ///
            /// # Errors
            /// See [`run`](Self::run).
            ///
            /// # Panics
            /// See [`run`](Self::run).
            #[allow(clippy::manual_async_fn, reason = "an async function's future would hold the retry twice")]
            pub fn run_send<Fut>(mut self) -> impl Future<Output = Result<T, E>>
            where
                F: FnMut() -> Fut,
                Fut: Future<Output = Result<T, E>>,
                $($limits: $bound<E>,)?
            {
                run!($limits, self)
            }
        }
    };
}

run_methods!(Untimed);
run_methods!(Timed, TimeLimit);

impl RetryPolicy {
    /// Runs an async `operation` under this policy. One policy can serve many functions.
    ///
    /// ```
    /// use resilience::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// const DB: RetryPolicy = RetryPolicy::new()
    ///     .attempt_timeout(Duration::from_millis(500))
    ///     .deadline(Duration::from_secs(1))
    ///     .interval(Duration::from_millis(100));
    ///
    /// # async fn fetch(id: u64) -> Result<u64, std::io::Error> { Ok(id) }
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), std::io::Error> {
    /// let row = DB.execute_async(async || fetch(7).await).await?;
    /// assert_eq!(row, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The operation's last error, or a [`TimedOut`](crate::TimedOut) if every attempt was dropped by a time limit.
    ///
    /// # Panics
    /// See [`Retry::run`](crate::functions::Retry::run).
    #[track_caller]
    pub fn execute_async<F, T, E>(&self, operation: F) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: AsyncFnMut() -> Result<T, E>,
        E: HoldTimedOut + 'static,
    {
        Retry::<F, Asynchronous<T, E>, _, Timed>::with_policy(operation, *self).run()
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
    pub fn execute_send<F, Fut, T, E>(
        &self,
        operation: F,
    ) -> impl Future<Output = Result<T, E>> + use<F, Fut, T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: HoldTimedOut + 'static,
    {
        Retry::<F, Asynchronous<T, E>, _, Timed>::with_policy(operation, *self).run_send()
    }
}
