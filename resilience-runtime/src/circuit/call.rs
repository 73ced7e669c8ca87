use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

use super::permit::Permit;
use super::{CallError, CircuitBreaker};
#[cfg(feature = "testing")]
use crate::telemetry::injected_fault;

/// The future of an admitted call, in which tests can inject faults.
#[cfg(feature = "testing")]
macro_rules! called {
    ($permit:ident, $operation:ident) => {{
        let names = $permit.names();
        async move {
            if let Some(fault) = injected_fault(&[], &[&names]) {
                if let Some(error) = fault.wait().await.error() {
                    return Err(error);
                }
            }
            $operation().await
        }
    }};
}
#[cfg(not(feature = "testing"))]
macro_rules! called {
    ($permit:ident, $operation:ident) => {
        async { $operation().await }
    };
}

/// A circuit that classifies errors: created by [`CircuitBreaker::on`] and [`CircuitBreaker::ignore`].
///
/// ```
/// use resilience::{CircuitBreaker, CircuitConfig};
///
/// let breaker = CircuitBreaker::new("shop", CircuitConfig::new().failure_threshold(2));
/// let judged = breaker.on(|status: &u16| *status >= 500).ignore(|status: &u16| *status == 503);
/// for status in [500, 503, 404] {
///     let _ = judged.call(|| Err::<(), u16>(status));
/// }
/// assert_eq!(breaker.failure_count(), 0); // 500 counted, 503 was nothing, 404 was a success
/// ```
#[derive(Clone, Copy)]
#[must_use = "it does nothing until something is called through it"]
pub struct Judged<'a, On, Ignore> {
    breaker: &'a CircuitBreaker,
    on: On,
    ignore: Ignore,
}

impl CircuitBreaker {
    /// Calls `operation`, if the circuit admits it. Every `Err` is a failure, and so is a panic.
    ///
    /// The text of [`last_failure`](Self::last_failure) is the first line of the error's `Debug`, without quotes if
    /// the error is a string.
    ///
    /// ```
    /// use resilience::{CallError, CircuitBreaker, CircuitConfig};
    ///
    /// let breaker = CircuitBreaker::new("disk", CircuitConfig::new().failure_threshold(1));
    /// assert_eq!(breaker.call(|| Err::<(), _>("full")), Err(CallError::Failed("full")));
    /// assert!(matches!(breaker.call(|| Ok::<_, &str>(())), Err(CallError::Open(_))));
    /// assert_eq!(breaker.last_failure().as_deref(), Some("full"));
    /// ```
    ///
    /// # Errors
    /// [`CallError::Open`] if the circuit rejected the call, otherwise the operation's error in [`CallError::Failed`].
    #[inline]
    pub fn call<T, E: fmt::Debug + 'static>(
        &self,
        operation: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        self.on(|_: &E| true).call(operation)
    }

    /// Like [`call`](Self::call), for an async closure or a closure that returns a future. The returned future
    /// can be spawned wherever the operation's future can.
    ///
    /// A future that is dropped before it finishes is a cancelled call, which is neither a success nor a failure.
    ///
    /// ```
    /// # use resilience::{CallError, CircuitBreaker};
    /// async fn load(disk: &CircuitBreaker, path: &str) -> Result<usize, CallError<std::io::Error>> {
    ///     disk.call_async(async || Ok(std::fs::read(path)?.len())).await
    /// }
    /// ```
    ///
    /// # Errors
    /// See [`call`](Self::call).
    #[inline]
    pub async fn call_async<F, Fut, T, E>(&self, operation: F) -> Result<T, CallError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: fmt::Debug + 'static,
    {
        let mut permit = self.acquire_async()?;
        // The closure runs inside the future, so that its panics are recorded.
        let mut future = pin!(called!(permit, operation));
        let result = poll_fn(|cx| permit.poll(future.as_mut(), cx)).await;
        judge(permit.ended(), result, |_| true, |_| false)
    }

    /// Counts only these errors as failures, and all others as successes.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig};
    ///
    /// let breaker = CircuitBreaker::new("shop", CircuitConfig::new().failure_threshold(1));
    /// let _ = breaker.on(|status: &u16| *status >= 500).call(|| Err::<(), _>(404_u16));
    /// assert!(breaker.is_closed());
    /// let _ = breaker.on(|status: &u16| *status >= 500).call(|| Err::<(), _>(503_u16));
    /// assert!(breaker.is_open());
    /// ```
    pub fn on<E, On: FnOnce(&E) -> bool>(&self, on: On) -> Judged<'_, On, fn(&E) -> bool> {
        Judged { breaker: self, on, ignore: |_| false }
    }

    /// Counts these errors as neither failures nor successes.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig};
    ///
    /// let breaker = CircuitBreaker::new("shop", CircuitConfig::new());
    /// let _ = breaker.call(|| Err::<(), u16>(500));
    /// let _ = breaker.ignore(|status: &u16| *status == 429).call(|| Err::<(), u16>(429));
    /// assert_eq!(breaker.failure_count(), 1); // neither 2 nor 0
    /// ```
    pub fn ignore<E, Ignore: FnOnce(&E) -> bool>(
        &self,
        ignore: Ignore,
    ) -> Judged<'_, fn(&E) -> bool, Ignore> {
        Judged { breaker: self, on: |_| true, ignore }
    }
}

impl<'a, On, Ignore> Judged<'a, On, Ignore> {
    /// Counts these errors as neither failures nor successes. This predicate is called before that of `on`.
    pub fn ignore<E, NewIgnore: FnOnce(&E) -> bool>(self, ignore: NewIgnore) -> Judged<'a, On, NewIgnore> {
        Judged { breaker: self.breaker, on: self.on, ignore }
    }

    /// Calls `operation`, if the circuit admits it.
    ///
    /// # Errors
    /// See [`CircuitBreaker::call`].
    #[inline]
    pub fn call<T, E>(self, operation: impl FnOnce() -> Result<T, E>) -> Result<T, CallError<E>>
    where
        E: fmt::Debug + 'static,
        On: FnOnce(&E) -> bool,
        Ignore: FnOnce(&E) -> bool,
    {
        let permit = self.breaker.acquire()?;
        let result = match permit.injected_error() {
            Some(error) => Err(error),
            None => operation(),
        };
        judge(permit, result, self.on, self.ignore)
    }

    /// Like [`call`](Self::call), for an async closure or a closure that returns a future.
    ///
    /// # Errors
    /// See [`CircuitBreaker::call`].
    pub async fn call_async<F, Fut, T, E>(self, operation: F) -> Result<T, CallError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: fmt::Debug + 'static,
        On: FnOnce(&E) -> bool,
        Ignore: FnOnce(&E) -> bool,
    {
        let mut permit = self.breaker.acquire_async()?;
        let mut future = pin!(called!(permit, operation));
        let result = poll_fn(|cx| permit.poll(future.as_mut(), cx)).await;
        judge(permit.ended(), result, self.on, self.ignore)
    }
}

#[inline]
fn judge<T, E: fmt::Debug>(
    permit: Permit<'_>,
    result: Result<T, E>,
    on: impl FnOnce(&E) -> bool,
    ignore: impl FnOnce(&E) -> bool,
) -> Result<T, CallError<E>> {
    match result {
        Ok(value) => Ok(permit.succeeded(value)),
        Err(error) => Err(CallError::Failed(judge_error(permit, error, on, ignore))),
    }
}

#[inline]
fn judge_error<E: fmt::Debug>(
    permit: Permit<'_>,
    error: E,
    on: impl FnOnce(&E) -> bool,
    ignore: impl FnOnce(&E) -> bool,
) -> E {
    if ignore(&error) {
        permit.ignore();
        return error;
    }
    if on(&error) { permit.failed(error, |error, line| line.debug(error)) } else { permit.succeeded(error) }
}

impl<On, Ignore> fmt::Debug for Judged<'_, On, Ignore> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judged").field("circuit", &self.breaker.name()).finish_non_exhaustive()
    }
}
