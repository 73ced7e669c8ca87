//! Every name an expansion may use, and nothing else. Not part of the public interface.

pub use crate::__resilience_list as list;
pub use crate::callbacks::{Evaluate, OnErrorFn, OnFailureFn, Predicate, RetryAfterFn};
pub use crate::circuit::option_values::{BreakerOption, KeyOption, OnOpenFn, breaker, key};
pub use crate::circuit::{
    AsyncPermit, CIRCUITS, CircuitEntry, CircuitSite, HoldCircuitOpen, KeyedSite, Place, SetAt, SiteTarget,
    WindowOf,
};
#[cfg(feature = "tokio")]
pub use crate::circuit::{CallTimeout, TimedCall};
pub use crate::error::{HoldAlarm, HoldTimedOut};
#[cfg(feature = "macros")]
pub use crate::options::by_attribute as options;
pub use crate::outcome::by;
pub use crate::poll::{PollAction, PollRun};
pub use crate::retry::{RetryRun, TimedRetryRun};
pub use crate::site::PolicySite;
pub use crate::site_name::SiteName;
pub use crate::sleep::{Cut, RejectionHint, Wait};
#[cfg(feature = "tokio")]
pub use crate::sleep::{Limited, Pause, Telling};
pub use crate::telemetry::{SITES, SiteEntry, SiteKind, StatsCell};
pub use crate::telemetry::{injected_error, injected_latency, no_injected_error};
pub use crate::text::{ByDebug, ByDisplay, ByType, FirstLine, Text};
/// The list of circuits is the linker's; users need not depend on the crate that knows how.
pub use linkme;
#[cfg(feature = "macros")]
pub use resilience_macros::__resilience_handed_down;

use std::time::Duration;

use crate::attempt::Attempt;
use crate::circuit::CircuitOpen;

/// A predicate of the user's: behind a function, so that a closure knows the type of its argument.
#[inline]
pub fn test<T: ?Sized>(value: &T, predicate: impl Predicate<T>) -> bool {
    predicate(value)
}

/// A predicate that a call or an operator makes.
#[inline]
pub fn evaluate<T: ?Sized>(value: &T, predicate: impl Evaluate<T>) -> bool {
    predicate.evaluate(value)
}

/// As [`evaluate`], for a poll, which an invalid condition ends: `None`.
#[inline]
pub fn evaluate_for_poll<T: ?Sized>(value: &T, predicate: impl Evaluate<T>) -> Option<bool> {
    predicate.is_valid().then(|| predicate.evaluate(value))
}

/// A `retry_after` of the user's.
#[inline]
pub fn call_retry_after<E>(error: &E, retry_after: impl RetryAfterFn<E>) -> Option<Duration> {
    retry_after(error)
}

/// An `on_error` of the user's.
#[inline]
pub fn call_on_error<E>(error: &E, attempt: &Attempt, on_error: impl OnErrorFn<E>) {
    on_error(error, attempt);
}

/// An `on_error` of the user's on a circuit.
#[inline]
pub fn call_on_failure<E>(error: &E, on_error: impl OnFailureFn<E>) {
    on_error(error);
}

/// A body that is run once.
#[inline]
pub fn once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// An `on_open` of the user's.
#[inline]
pub fn call_on_open<E>(open: CircuitOpen, on_open: impl OnOpenFn<E>) -> E {
    on_open(open)
}

/// A refusal, or a time limit, as an error that is a generic parameter: then the compiler names the bound that it lacks.
#[cold]
#[inline(never)]
pub fn convert<T, E: From<T>>(of: T) -> E {
    of.into()
}
