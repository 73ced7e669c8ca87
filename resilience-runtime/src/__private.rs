//! Every name an expansion may use, and nothing else. Not part of the public interface.

pub use crate::__resilience_list as list;
pub use crate::asked::{Ask, AskWait, Judge, Notify, Tell};
pub use crate::circuit::given::{AskOpen, Given, Key, given, key};
pub use crate::circuit::{
    AsyncPermit, CIRCUITS, CircuitEntry, CircuitSite, HoldCircuitOpen, KeyedSite, Kind, Place, SetAt,
    WindowOf,
};
#[cfg(feature = "tokio")]
pub use crate::circuit::{CallTimeout, TimedCall};
pub use crate::error::{HoldAlarm, HoldTimedOut};
#[cfg(feature = "macros")]
pub use crate::options::by_attribute as options;
pub use crate::outcome::by;
pub use crate::poll::{PollNext, PollRun};
pub use crate::retry::{RetryRun, TimedRetryRun};
pub use crate::site::Site;
pub use crate::site_name::SiteName;
pub use crate::sleep::{Cut, Told, Wait};
#[cfg(feature = "tokio")]
pub use crate::sleep::{Limited, Pause, Telling};
pub use crate::telemetry::{SITES, SiteEntry, SiteKind, StatsCell};
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
pub fn ask<T: ?Sized>(value: &T, predicate: impl Ask<T>) -> bool {
    predicate(value)
}

/// A predicate that a call or an operator makes.
#[inline]
pub fn judge<T: ?Sized>(value: &T, predicate: impl Judge<T>) -> bool {
    predicate.judge(value)
}

/// As [`judge`], for a poll, which an invalid condition ends: `None`.
#[inline]
pub fn judge_value<T: ?Sized>(value: &T, predicate: impl Judge<T>) -> Option<bool> {
    predicate.is_valid().then(|| predicate.judge(value))
}

/// A `retry_after` of the user's.
#[inline]
pub fn ask_wait<E>(error: &E, retry_after: impl AskWait<E>) -> Option<Duration> {
    retry_after(error)
}

/// An `on_error` of the user's.
#[inline]
pub fn tell<E>(error: &E, attempt: &Attempt, on_error: impl Tell<E>) {
    on_error(error, attempt);
}

/// An `on_error` of the user's on a circuit.
#[inline]
pub fn notify<E>(error: &E, on_error: impl Notify<E>) {
    on_error(error);
}

/// A body that is run once.
#[inline]
pub fn once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// An `on_open` of the user's.
#[inline]
pub fn ask_open<E>(open: CircuitOpen, on_open: impl AskOpen<E>) -> E {
    on_open(open)
}

/// A refusal, or a time limit, as an error that is a generic parameter: then the compiler names the bound that it lacks.
#[cold]
#[inline(never)]
pub fn convert<T, E: From<T>>(of: T) -> E {
    of.into()
}
