//! All names that expansions may use. Not part of the public interface.

pub use crate::__resilience_list as list;
pub use crate::__resilience_overridable as overridable;
pub use crate::callbacks::{Evaluate, OnErrorFn, OnFailureFn, Predicate, RetryAfterFn};
#[cfg(feature = "tokio")]
pub use crate::circuit::TimedCall;
pub use crate::circuit::option_values::{BreakerOption, KeyOption, OnOpenFn, breaker, key};
pub use crate::circuit::{
    AsyncPermit, CIRCUITS, CircuitEntry, CircuitSite, HoldCircuitOpen, KeyedSite, Place, SetAt, SiteTarget,
    WindowOf,
};
#[cfg(any(feature = "serde", feature = "tokio"))]
pub use crate::circuit::{CALL_TIMEOUTS, CallTimeout, NamedCallTimeout};
pub use crate::error::{HoldAlarm, HoldCancelled, HoldTimedOut};
#[cfg(feature = "macros")]
pub use crate::options::by_attribute as options;
pub use crate::outcome::by;
pub use crate::poll::{PollAction, PollRun};
pub use crate::retry::{RetryRun, TimedRetryRun};
#[cfg(feature = "serde")]
pub use crate::settings::{OVERRIDABLE, OverridableSite, PolicyInCode};
pub use crate::site::PolicySite;
pub use crate::site_name::SiteName;
#[cfg(feature = "tokio")]
pub use crate::sleep::{
    CancelFuture, CancelSignal, Cancellable, Cancellation, Limited, Pause, Telling, cancel_signal,
};
pub use crate::sleep::{Cut, RejectionHint, Wait};
pub use crate::telemetry::{InjectedFault, SITES, SiteEntry, SiteKind, StatsCell, injected_fault};
pub use crate::text::{ByDebug, ByDisplay, ByType, FirstLine, Text};
/// The linker keeps the list of circuits. Re-exported, so that users need not depend on `linkme`.
pub use linkme;
#[cfg(feature = "macros")]
pub use resilience_macros::__resilience_handed_down;

use std::time::Duration;

use crate::attempt::Attempt;
use crate::circuit::CircuitOpen;

/// Calls a user's predicate. A function, so that the compiler can infer the type of a closure's argument.
#[inline]
pub fn test<T: ?Sized>(value: &T, predicate: impl Predicate<T>) -> bool {
    predicate(value)
}

/// Calls a predicate that an expansion creates from a call or an operator.
#[inline]
pub fn evaluate<T: ?Sized>(value: &T, predicate: impl Evaluate<T>) -> bool {
    predicate.evaluate(value)
}

/// Like [`evaluate`], for a poll, which ends with an invalid condition: `None`.
#[inline]
pub fn evaluate_for_poll<T: ?Sized>(value: &T, predicate: impl Evaluate<T>) -> Option<bool> {
    predicate.is_valid().then(|| predicate.evaluate(value))
}

/// Calls a user's `retry_after`.
#[inline]
pub fn call_retry_after<E>(error: &E, retry_after: impl RetryAfterFn<E>) -> Option<Duration> {
    retry_after(error)
}

/// Calls a user's `on_error`.
#[inline]
pub fn call_on_error<E>(error: &E, attempt: &Attempt, on_error: impl OnErrorFn<E>) {
    on_error(error, attempt);
}

/// Calls a user's `on_error` of a circuit.
#[inline]
pub fn call_on_failure<E>(error: &E, on_error: impl OnFailureFn<E>) {
    on_error(error);
}

/// Calls a body that runs once.
#[inline]
pub fn once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Calls a user's `on_open`.
#[inline]
pub fn call_on_open<E>(open: CircuitOpen, on_open: impl OnOpenFn<E>) -> E {
    on_open(open)
}

/// Converts a rejection or a time limit to an error that is a generic parameter. The compiler then names the missing
/// bound.
#[cold]
#[inline(never)]
pub fn convert<T, E: From<T>>(of: T) -> E {
    of.into()
}
