use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::panic::Location;
use std::time::Duration;

use super::error::PollError;
use super::hooks::{DefaultPollHooks, NoCondition, PollCondition, PollHooks};
use super::run::PollRun;
use crate::attempt::Attempt;
use crate::attempts::{PolicyKind, PollPolicy};
use crate::backoff::{Backoff, Jitter};
use crate::error::TimedOut;
use crate::operation::{Blocking, NotCancelled, Operation, ends_of_the_other_kind};
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::sleep::Wait;
use crate::telemetry::{FunctionForm, SiteEntry, SiteKind, fault_of_form};

/// Calls `operation` until its value meets a condition: by default every second, for fifteen seconds.
///
/// Set the condition with [`until`](Poll::until), then end the builder with [`call`](Poll::call) for a closure
/// `|| -> Result<T, E>`, or with [`run`] for an async one. An error ends the poll at once, unless it is
/// [ignored](Poll::ignore).
///
/// ```
/// use resilience::{PollError, poll};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let error = poll(async || Ok::<_, std::io::Error>("running"))
///     .until(|state| *state == "done")
///     .timeout(Duration::from_secs(2))
///     .run()
///     .await
///     .unwrap_err();
/// assert!(matches!(error, PollError::TimedOut { last: Some("running"), attempts: 3, .. }));
/// # }
/// ```
///
#[cfg_attr(feature = "tokio", doc = "[`run`]: Poll::run")]
// Without the feature there is no such method: the link leads to the features.
#[cfg_attr(not(feature = "tokio"), doc = "[`run`]: crate")]
#[track_caller]
pub fn poll<F, K>(operation: F) -> Poll<F, K, DefaultPollHooks<F::Value, F::Error>>
where
    F: Operation<K>,
{
    let location = Location::caller();
    Poll {
        operation,
        site: PolicySite::new(SiteName::form::<F>(location), SiteKind::Function, PollPolicy::new()),
        location,
        hooks: PollHooks::new(),
        cancel: NotCancelled,
        kind: PhantomData,
    }
}

/// The builder of a poll, made by [`poll`].
///
/// An invalid value counts as the nearest valid one (`times(0)` calls once), because the builder cannot return an
/// error. [`PollPolicy`] has a checked form of every setting.
#[must_use = "a poll does nothing until `.call()` or `.run().await`"]
pub struct Poll<F, K, H, C = NotCancelled> {
    pub(super) operation: F,
    pub(super) site: PolicySite<PollPolicy>,
    location: &'static Location<'static>,
    hooks: H,
    cancel: C,
    kind: PhantomData<fn() -> K>,
}

impl<F, K, H, C> Poll<F, K, H, C> {
    pub(super) fn entry(&self) -> &'static SiteEntry {
        FunctionForm { kind: PolicyKind::Poll, location: self.location, name: self.site.name }.entry()
    }

    /// The time limit for everything; see [`PollPolicy::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.site.policy = self.site.policy.unchecked_timeout(timeout);
        self
    }

    /// No timeout: the condition ends the poll, or an error.
    pub fn forever(mut self) -> Self {
        self.site.policy = self.site.policy.forever();
        self
    }

    /// A delay before the first attempt, inside the timeout. A longer one is cut to the timeout.
    ///
    /// ```
    /// use resilience::poll;
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let started = tokio::time::Instant::now();
    /// let done = poll(async || Ok::<_, std::io::Error>(true))
    ///     .until(|done| *done)
    ///     .initial_delay(Duration::from_secs(3))
    ///     .run()
    ///     .await;
    /// assert!(done.is_ok());
    /// assert_eq!(started.elapsed().as_secs(), 3);
    /// # }
    /// ```
    pub fn initial_delay(mut self, initial_delay: Duration) -> Self {
        self.site.policy = self.site.policy.unchecked_initial_delay(initial_delay);
        self
    }

    /// The same delay before every attempt but the first. Replaces an earlier backoff and jitter.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.site.policy = self.site.policy.interval(interval);
        self
    }

    /// The delays between attempts, with their jitter. Replaces an earlier one.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.site.policy = self.site.policy.unchecked_backoff(backoff);
        self
    }

    /// The jitter of the delays. One that does not fit the backoff (see [`Backoff::validate`]) has no effect.
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.site.policy = self.site.policy.try_jitter(jitter).unwrap_or(self.site.policy);
        self
    }

    /// The number of attempts in total; 0 counts as 1.
    pub fn times(mut self, times: u32) -> Self {
        self.site.policy = self.site.policy.times(times.max(1));
        self
    }

    /// How long the condition must hold. A longer time is cut to the timeout.
    ///
    /// ```
    /// use resilience::poll;
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let mut looked = 0;
    /// let healthy = poll(async || { looked += 1; Ok::<_, std::io::Error>(true) })
    ///     .until(|healthy| *healthy)
    ///     .hold_for(Duration::from_secs(5))
    ///     .run()
    ///     .await;
    /// assert!(healthy.is_ok());
    /// assert_eq!(looked, 6); // at 0 s, 1 s, .. 5 s
    /// # }
    /// ```
    pub fn hold_for(mut self, hold_for: Duration) -> Self {
        self.site.policy = self.site.policy.unchecked_hold_for(hold_for);
        self
    }

    /// The number of consecutive ignored errors that ends the poll; 0 counts as 1.
    pub fn max_ignored(mut self, max_ignored: u32) -> Self {
        self.site.policy = self.site.policy.max_ignored(max_ignored.max(1));
        self
    }

    /// The time limit of one async attempt; see [`PollPolicy::attempt_timeout`]. Zero counts as a nanosecond. The
    /// timeout limits it too.
    #[cfg(feature = "tokio")]
    pub fn attempt_timeout(mut self, attempt_timeout: Duration) -> Self {
        self.site.policy = self.site.policy.clamped_attempt_timeout(attempt_timeout);
        self
    }

    /// All settings at once. Replaces earlier ones.
    pub fn policy(mut self, policy: PollPolicy) -> Self {
        self.site.policy = policy;
        self
    }

    /// Counts the calls under this name, for [`telemetry::stats`](crate::telemetry::stats()).
    pub fn stats(mut self, name: &'static str) -> Self {
        self.site.policy = self.site.policy.stats(name);
        self
    }

    /// The name in errors, events and settings. Otherwise, errors have the path of the function that the operation
    /// stands in, and the site is named after the place of this call, as `src/jobs.rs:42`.
    pub fn name(mut self, name: &'static str) -> Self {
        self.site.name = SiteName::Given(name);
        self
    }

    fn with_hooks<H2>(self, hooks: impl FnOnce(H) -> H2) -> Poll<F, K, H2, C> {
        let Self { operation, site, location, cancel, .. } = self;
        Poll { operation, site, location, hooks: hooks(self.hooks), cancel, kind: PhantomData }
    }

    /// The poll with another signal, and its own.
    #[cfg(feature = "tokio")]
    pub(super) fn with_cancel<C2>(self, cancel: C2) -> (Poll<F, K, H, C2>, C) {
        let Self { operation, site, location, hooks, cancel: own, .. } = self;
        (Poll { operation, site, location, hooks, cancel, kind: PhantomData }, own)
    }
}

impl<F, K, Alarm, Ignore, RetryAfter, OnError, C>
    Poll<F, K, PollHooks<NoCondition, Alarm, Ignore, RetryAfter, OnError>, C>
where
    F: Operation<K>,
{
    /// The condition that ends the poll. Without it there is neither `call` nor `run`:
    ///
    /// ```compile_fail
    /// let _ = resilience::poll(|| Ok::<_, std::io::Error>("done")).call();
    /// ```
    pub fn until<P: FnMut(&F::Value) -> bool>(
        self,
        until: P,
    ) -> Poll<F, K, PollHooks<P, Alarm, Ignore, RetryAfter, OnError>, C> {
        self.with_hooks(|PollHooks { alarm, ignore, retry_after, on_error, .. }| PollHooks {
            until,
            alarm,
            ignore,
            retry_after,
            on_error,
        })
    }
}

impl<F, K, Until, Alarm, Ignore, RetryAfter, OnError, C>
    Poll<F, K, PollHooks<Until, Alarm, Ignore, RetryAfter, OnError>, C>
where
    F: Operation<K>,
{
    /// A condition that ends the poll with an error. Evaluated before `until`.
    ///
    /// ```
    /// use resilience::{PollError, poll};
    ///
    /// let job = poll(|| Ok::<_, std::io::Error>("crashed"))
    ///     .until(|state| *state != "running")
    ///     .alarm(|state| *state == "crashed")
    ///     .call();
    /// assert!(matches!(job, Err(PollError::Alarm("crashed"))));
    /// ```
    pub fn alarm<P: FnMut(&F::Value) -> bool>(
        self,
        alarm: P,
    ) -> Poll<F, K, PollHooks<Until, P, Ignore, RetryAfter, OnError>, C> {
        self.with_hooks(|PollHooks { until, ignore, retry_after, on_error, .. }| PollHooks {
            until,
            alarm,
            ignore,
            retry_after,
            on_error,
        })
    }

    /// Errors that mean "not yet". Any other error ends the poll.
    ///
    /// ```
    /// use resilience::poll;
    /// use std::time::Duration;
    ///
    /// let mut answers = [Err("connection refused"), Err("connection refused"), Ok("done")].into_iter();
    /// let job = poll(|| answers.next().unwrap_or(Err("over")))
    ///     .until(|state| *state == "done")
    ///     .ignore(|error| *error == "connection refused")
    ///     .interval(Duration::from_millis(1))
    ///     .call();
    /// assert_eq!(job, Ok("done"));
    /// ```
    pub fn ignore<P: FnMut(&F::Error) -> bool>(
        self,
        ignore: P,
    ) -> Poll<F, K, PollHooks<Until, Alarm, P, RetryAfter, OnError>, C> {
        self.with_hooks(|PollHooks { until, alarm, retry_after, on_error, .. }| PollHooks {
            until,
            alarm,
            ignore,
            retry_after,
            on_error,
        })
    }

    /// The wait that the server asked for: a lower bound for the next wait. Called with the result of every attempt,
    /// before `alarm` and `until`. A wait that is longer than the time left ends the poll at once, with
    /// [`PollError::TimedOut`].
    ///
    /// ```
    /// use resilience::poll;
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let started = tokio::time::Instant::now();
    /// let mut answers = [("busy", Some(5)), ("done", None)].into_iter();
    /// let job = poll(async || answers.next().ok_or("over"))
    ///     .until(|(state, _)| *state == "done")
    ///     .retry_after(|result| result.ok()?.1.map(Duration::from_secs))
    ///     .run()
    ///     .await;
    /// assert_eq!(job, Ok(("done", None)));
    /// assert_eq!(started.elapsed().as_secs(), 5);
    /// # }
    /// ```
    pub fn retry_after<P: FnMut(&Result<F::Value, F::Error>) -> Option<Duration>>(
        self,
        retry_after: P,
    ) -> Poll<F, K, PollHooks<Until, Alarm, Ignore, P, OnError>, C> {
        self.with_hooks(|PollHooks { until, alarm, ignore, on_error, .. }| PollHooks {
            until,
            alarm,
            ignore,
            retry_after,
            on_error,
        })
    }

    /// Called for every error, ignored or not. Not called for an attempt that was dropped, nor for a value that does
    /// not meet the condition.
    pub fn on_error<P: FnMut(&F::Error, &Attempt)>(
        self,
        on_error: P,
    ) -> Poll<F, K, PollHooks<Until, Alarm, Ignore, RetryAfter, P>, C> {
        let on_error = Some(on_error);
        self.with_hooks(|PollHooks { until, alarm, ignore, retry_after, .. }| PollHooks {
            until,
            alarm,
            ignore,
            retry_after,
            on_error,
        })
    }
}

/// The step after an attempt: go on after a delay, or end with a result.
pub(super) type After<T, E> = ControlFlow<Result<T, PollError<T, E>>, Wait>;

impl<F, K, Until, Alarm, Ignore, RetryAfter, OnError>
    Poll<F, K, PollHooks<Until, Alarm, Ignore, RetryAfter, OnError>>
{
    /// After an attempt. `last` is the last result of earlier attempts.
    pub(super) fn after<T, E>(
        &mut self,
        run: &mut PollRun,
        last: &mut Last<T, E>,
        outcome: Result<T, E>,
    ) -> After<T, E>
    where
        Until: PollCondition<T>,
        Alarm: FnMut(&T) -> bool,
        Ignore: FnMut(&E) -> bool,
        RetryAfter: FnMut(&Result<T, E>) -> Option<Duration>,
        OnError: FnMut(&E, &Attempt),
    {
        let hooks = &mut self.hooks;
        let requested = (hooks.retry_after)(&outcome);
        let step = match outcome {
            Ok(value) => {
                if (hooks.alarm)(&value) {
                    run.rang();
                    return ControlFlow::Break(Err(PollError::Alarm(value)));
                }
                match run.saw(&self.site, hooks.until.is_met(&value), requested).go_on() {
                    None => return ControlFlow::Break(Ok(value)),
                    Some(step) => {
                        last.value = Some(value);
                        step
                    }
                }
            }
            Err(error) => {
                let text = type_name::<E>();
                let next = run.failed_below(&self.site, (hooks.ignore)(&error), requested, None, Some(&text));
                if let Some(on_error) = &mut hooks.on_error {
                    on_error(&error, &run.attempt(&self.site, &next));
                }
                match next.go_on() {
                    None => return ControlFlow::Break(Err(PollError::Failed(error))),
                    Some(step) => {
                        last.error = Some(error);
                        step
                    }
                }
            }
        };
        wait_or_end(step, last)
    }
}

/// The last result that did not end the poll.
pub(super) struct Last<T, E> {
    pub(super) value: Option<T>,
    /// An ignored error.
    pub(super) error: Option<E>,
}

/// The delay, or the timeout with the last result.
pub(super) fn wait_or_end<T, E>(step: Result<Wait, TimedOut>, last: &mut Last<T, E>) -> After<T, E> {
    match step {
        Ok(wait) => ControlFlow::Continue(wait),
        Err(timed_out) => ControlFlow::Break(Err(PollError::TimedOut {
            last: last.value.take(),
            last_error: last.error.take(),
            attempts: timed_out.attempts(),
            elapsed: timed_out.elapsed(),
        })),
    }
}

impl<F, T, E, Until, Alarm, Ignore, RetryAfter, OnError>
    Poll<F, Blocking<T, E>, PollHooks<Until, Alarm, Ignore, RetryAfter, OnError>>
where
    F: FnMut() -> Result<T, E>,
    E: 'static,
    Alarm: FnMut(&T) -> bool,
    Ignore: FnMut(&E) -> bool,
    RetryAfter: FnMut(&Result<T, E>) -> Option<Duration>,
    OnError: FnMut(&E, &Attempt),
{
    /// Calls the operation until the poll ends, blocking the thread for the delays.
    ///
    /// # Errors
    /// See [`PollError`].
    pub fn call(mut self) -> Result<T, PollError<T, E>>
    where
        Until: PollCondition<T>,
    {
        let mut run = PollRun::new();
        run.begin_blocking(self.entry(), &self.site);
        let mut last = Last { value: None, error: None };
        if let Some(wait) = run.initial_delay(&self.site) {
            wait.block();
            run.goes_on_blocking();
        }
        loop {
            let outcome = match fault_of_form(|| self.entry()) {
                Some(error) => Err(error),
                None => (self.operation)(),
            };
            match self.after(&mut run, &mut last, outcome) {
                ControlFlow::Continue(wait) => {
                    wait.block();
                    run.goes_on_blocking();
                }
                ControlFlow::Break(result) => return result,
            }
        }
    }
}

ends_of_the_other_kind!(Poll<F, _, H>, PollError<T, E>);

impl<F, K, H, C> fmt::Debug for Poll<F, K, H, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll").field("site", &self.site).finish_non_exhaustive()
    }
}
