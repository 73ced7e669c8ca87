use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

use super::hooks::{DefaultHooks, ErrorPredicate, FailureCallback, Hooks, WaitHint};
use super::limits::{LimitKind, Timed, Untimed};
use super::run::{FailedAttempt, Run};
use crate::attempt::Attempt;
use crate::attempts::{PolicyKind, RetryPolicy};
use crate::backoff::{Backoff, Jitter};
use crate::budget::RetryBudget;
use crate::operation::{Blocking, NotCancelled, Operation, ends_of_the_other_kind};
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::sleep::Wait;
use crate::telemetry::{FunctionForm, SiteEntry, SiteKind, fault_of_form};

/// Calls `operation` until it succeeds: by default three attempts, one second apart, on every error.
///
/// End the builder with [`call`](Retry::call) for a closure `|| -> Result<T, E>`, or with [`run`] for
/// an async one. The result is the operation's own: its first success or its last error, unchanged.
///
/// ```
/// use resilience::retry;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// async fn get(attempt: u32) -> Result<u32, &'static str> {
///     if attempt < 3 { Err("connection refused") } else { Ok(200) }
/// }
///
/// let mut attempt = 0;
/// let page = retry(async || { attempt += 1; get(attempt).await }).times(15).run().await;
/// assert_eq!((page, attempt), (Ok(200), 3));
/// # }
/// ```
///
#[cfg_attr(feature = "tokio", doc = "[`run`]: Retry::run")]
// Without the feature there is no such method: the link leads to the features.
#[cfg_attr(not(feature = "tokio"), doc = "[`run`]: crate")]
#[track_caller]
pub fn retry<F, K>(operation: F) -> Retry<F, K, DefaultHooks>
where
    F: Operation<K>,
{
    Retry::with_policy(operation, RetryPolicy::new())
}

/// The builder of a retry, made by [`retry`].
///
/// An invalid value counts as the nearest valid one (`times(0)` calls once), because the builder cannot return an
/// error. [`RetryPolicy`] has a checked form of every setting.
#[must_use = "a retry does nothing until `.call()` or `.run().await`"]
pub struct Retry<F, K, H, L = Untimed, C = NotCancelled> {
    pub(super) operation: F,
    pub(super) site: PolicySite<RetryPolicy>,
    location: &'static Location<'static>,
    hooks: H,
    cancel: C,
    types: PhantomData<(fn() -> K, L)>,
}

impl<F, K, L> Retry<F, K, DefaultHooks, L> {
    #[track_caller]
    pub(super) fn with_policy(operation: F, policy: RetryPolicy) -> Self {
        let location = Location::caller();
        let site = PolicySite::new(SiteName::form::<F>(location), SiteKind::Function, policy);
        Self { operation, site, location, hooks: Hooks::new(), cancel: NotCancelled, types: PhantomData }
    }
}

impl<F, K, H, L, C> Retry<F, K, H, L, C> {
    pub(super) fn entry(&self) -> &'static SiteEntry {
        FunctionForm { kind: PolicyKind::Retry, location: self.location, name: self.site.name }.entry()
    }

    /// The number of attempts in total, including the first call; 0 counts as 1.
    pub fn times(mut self, times: u32) -> Self {
        self.site.policy = self.site.policy.times(times.max(1));
        self
    }

    /// No bound on the number of attempts.
    pub fn forever(mut self) -> Self {
        self.site.policy = self.site.policy.forever();
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

    /// Takes each retry out of this budget before its wait; see [`RetryPolicy::budget`].
    pub fn budget(mut self, budget: &'static RetryBudget) -> Self {
        self.site.policy = self.site.policy.budget(budget);
        self
    }

    /// All settings at once. Replaces earlier ones. The policy may have time limits, so the error of an async
    /// operation must implement `From<`[`TimedOut`](crate::TimedOut)`>`.
    pub fn policy(mut self, policy: RetryPolicy) -> Retry<F, K, H, Timed, C> {
        self.site.policy = policy;
        self.timed()
    }

    /// The time limit for everything; see [`RetryPolicy::deadline`]. The error of an async operation must then
    /// implement `From<`[`TimedOut`](crate::TimedOut)`>`. Zero counts as a nanosecond. It limits the attempt timeout
    /// too.
    pub fn deadline(mut self, deadline: Duration) -> Retry<F, K, H, Timed, C> {
        self.site.policy = self.site.policy.clamped_deadline(deadline);
        self.timed()
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

    fn timed(self) -> Retry<F, K, H, Timed, C> {
        Retry {
            operation: self.operation,
            site: self.site,
            location: self.location,
            hooks: self.hooks,
            cancel: self.cancel,
            types: PhantomData,
        }
    }

    fn with_hooks<H2>(self, hooks: impl FnOnce(H) -> H2) -> Retry<F, K, H2, L, C> {
        let Self { operation, site, location, cancel, .. } = self;
        Retry { operation, site, location, hooks: hooks(self.hooks), cancel, types: PhantomData }
    }

    /// The retry with another signal, and its own.
    #[cfg(feature = "tokio")]
    pub(super) fn with_cancel<C2>(self, cancel: C2) -> (Retry<F, K, H, L, C2>, C) {
        let Self { operation, site, location, hooks, cancel: own, .. } = self;
        (Retry { operation, site, location, hooks, cancel, types: PhantomData }, own)
    }
}

impl<F, K, H, L, C> Retry<F, K, H, L, C> {
    /// The time limit of one async attempt; see [`RetryPolicy::attempt_timeout`]. [`call`](Retry::call) ignores it,
    /// because a sync call cannot be interrupted. The operation's error must implement
    /// `From<`[`TimedOut`](crate::TimedOut)`>`.
    ///
    /// ```
    /// use std::{future::pending, io, time::Duration};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let hung = resilience::retry(async || pending::<io::Result<()>>().await)
    ///     .attempt_timeout(Duration::from_secs(1))
    ///     .times(2)
    ///     .run()
    ///     .await;
    /// assert_eq!(hung.unwrap_err().kind(), io::ErrorKind::TimedOut);
    /// # }
    /// ```
    ///
    /// Zero counts as a nanosecond. The deadline limits it too.
    #[cfg(feature = "tokio")]
    pub fn attempt_timeout(mut self, attempt_timeout: Duration) -> Retry<F, K, H, Timed, C> {
        self.site.policy = self.site.policy.clamped_attempt_timeout(attempt_timeout);
        self.timed()
    }
}

impl<F, K, On, GiveUp, RetryAfter, OnError, L, C> Retry<F, K, Hooks<On, GiveUp, RetryAfter, OnError>, L, C>
where
    F: Operation<K>,
{
    /// The errors that are retried; by default all.
    ///
    /// ```
    /// use resilience::retry;
    ///
    /// let mut calls = 0;
    /// let result = retry(|| { calls += 1; Err::<(), _>("access denied") }).on(|error| *error == "busy").call();
    /// assert_eq!((result, calls), (Err("access denied"), 1));
    /// ```
    pub fn on<P: FnMut(&F::Error) -> bool>(
        self,
        on: P,
    ) -> Retry<F, K, Hooks<P, GiveUp, RetryAfter, OnError>, L, C> {
        self.with_hooks(|Hooks { giveup, retry_after, on_error, .. }| Hooks {
            on,
            giveup,
            retry_after,
            on_error,
        })
    }

    /// Errors that end the retry, also if `on` matches.
    pub fn giveup<P: FnMut(&F::Error) -> bool>(
        self,
        giveup: P,
    ) -> Retry<F, K, Hooks<On, P, RetryAfter, OnError>, L, C> {
        self.with_hooks(|Hooks { on, retry_after, on_error, .. }| Hooks { on, giveup, retry_after, on_error })
    }

    /// The delay that the server requested: a lower bound for the next one. If it is longer than the time left, the
    /// retry ends at once.
    ///
    /// ```
    /// use resilience::{TimedOut, retry};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// #[derive(Debug)]
    /// enum Error { ComeBackIn(Duration), TimedOut(TimedOut) }
    /// impl From<TimedOut> for Error {
    ///     fn from(timed_out: TimedOut) -> Self { Error::TimedOut(timed_out) }
    /// }
    ///
    /// let mut calls = 0;
    /// let result = retry(async || { calls += 1; Err::<(), _>(Error::ComeBackIn(Duration::from_secs(60))) })
    ///     .deadline(Duration::from_secs(30))
    ///     .retry_after(|error| match error {
    ///         Error::ComeBackIn(wait) => Some(*wait),
    ///         Error::TimedOut(_) => None,
    ///     })
    ///     .run()
    ///     .await;
    /// assert!(matches!(result, Err(Error::ComeBackIn(_))));
    /// assert_eq!(calls, 1); // a minute does not fit into the deadline
    /// # }
    /// ```
    pub fn retry_after<P: FnMut(&F::Error) -> Option<Duration>>(
        self,
        retry_after: P,
    ) -> Retry<F, K, Hooks<On, GiveUp, P, OnError>, L, C> {
        self.with_hooks(|Hooks { on, giveup, on_error, .. }| Hooks { on, giveup, retry_after, on_error })
    }

    /// Called for every failure, also for the last one and for errors that are not retried.
    pub fn on_error<P: FnMut(&F::Error, &Attempt)>(
        self,
        on_error: P,
    ) -> Retry<F, K, Hooks<On, GiveUp, RetryAfter, P>, L, C> {
        self.with_hooks(|Hooks { on, giveup, retry_after, .. }| Hooks { on, giveup, retry_after, on_error })
    }
}

impl<F, K, On, GiveUp, RetryAfter, OnError, L> Retry<F, K, Hooks<On, GiveUp, RetryAfter, OnError>, L> {
    /// The wait after a failure; `None`: it was the last. `timed_out`: the error is the library's own.
    pub(super) fn after<E>(&mut self, run: &mut impl Run, error: &E, timed_out: bool) -> Option<Wait>
    where
        On: ErrorPredicate<E>,
        GiveUp: ErrorPredicate<E>,
        RetryAfter: WaitHint<E>,
        OnError: FailureCallback<E>,
    {
        let hooks = &mut self.hooks;
        let again = timed_out || (hooks.on.answer(error, true) && !hooks.giveup.answer(error, false));
        let hint = if timed_out { None } else { hooks.retry_after.hint(error) };
        let attempt = FailedAttempt { again, hint, cut: timed_out };
        run.fails(&self.site, attempt, &type_name::<E>(), |attempt| hooks.on_error.report(error, attempt))
    }
}

impl<F, T, E, On, GiveUp, RetryAfter, OnError, L>
    Retry<F, Blocking<T, E>, Hooks<On, GiveUp, RetryAfter, OnError>, L>
where
    F: FnMut() -> Result<T, E>,
    E: 'static,
    On: ErrorPredicate<E>,
    GiveUp: ErrorPredicate<E>,
    RetryAfter: WaitHint<E>,
    OnError: FailureCallback<E>,
    L: LimitKind,
{
    /// Calls the operation until it succeeds or the retry ends, blocking the thread for the delays.
    ///
    /// # Errors
    /// The operation's last error.
    pub fn call(mut self) -> Result<T, E> {
        let mut run = OnError::Run::<L>::start();
        run.begins(self.entry(), &self.site, true);
        loop {
            let outcome = match fault_of_form(|| self.entry()) {
                Some(error) => Err(error),
                None => (self.operation)(),
            };
            let error = match outcome {
                Ok(value) => {
                    run.succeeds();
                    return Ok(value);
                }
                Err(error) => error,
            };
            match self.after(&mut run, &error, false) {
                Some(wait) => {
                    wait.block();
                    run.waited(true);
                }
                None => return Err(error),
            }
        }
    }
}

ends_of_the_other_kind!(Retry<F, _, H, L>, E);

impl RetryPolicy {
    /// Calls `operation` under this policy. One policy can serve many functions.
    ///
    /// ```
    /// use resilience::RetryPolicy;
    ///
    /// const DISK: RetryPolicy = RetryPolicy::new().times(2);
    ///
    /// let manifest = DISK.execute(|| std::fs::read_to_string("Cargo.toml"))?;
    /// # assert!(!manifest.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The operation's last error.
    #[track_caller]
    pub fn execute<F, T, E>(&self, operation: F) -> Result<T, E>
    where
        F: FnMut() -> Result<T, E>,
        E: 'static,
    {
        Retry::<F, Blocking<T, E>, _, Timed>::with_policy(operation, *self).call()
    }
}

impl<F, K, H, L, C> fmt::Debug for Retry<F, K, H, L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("site", &self.site).finish_non_exhaustive()
    }
}
