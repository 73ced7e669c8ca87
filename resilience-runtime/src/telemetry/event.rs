//! The events for listeners.

use std::fmt;
use std::time::Duration;

use super::{BatchEvent, CallOutcome, CircuitCallEvent, NestedEvent, Site, StoreEvent};
use crate::event::CircuitEvent;

/// A decision of the library, delivered by [`listen`](super::listen).
///
/// Events of attempts and calls are delivered on the caller's thread, in order within one call. There is no order
/// between calls. Events of circuits pass through a bounded queue of each circuit: see [`CircuitEvent::dropped`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt failed, or returned a value that a poll does not accept yet.
    Attempt(AttemptEvent<'a>),
    /// A call has ended.
    Call(CallEvent<'a>),
    /// A circuit has changed its state or rejected a call.
    Circuit(&'a CircuitEvent),
    /// A call through a circuit has ended or was rejected.
    CircuitCall(CircuitCallEvent<'a>),
    /// A batch of jobs has been polled.
    Batch(BatchEvent),
    /// A loop runs inside an attempt of another loop.
    Nested(NestedEvent),
    /// A store that shares a circuit between processes has changed.
    Store(StoreEvent<'a>),
}

/// A failed attempt: [`Event::Attempt`].
#[derive(Clone, Copy)]
pub struct AttemptEvent<'a> {
    pub(super) site: Site,
    pub(super) number: u32,
    pub(super) elapsed: Duration,
    pub(super) wait: Option<Duration>,
    pub(super) error: Option<&'a dyn fmt::Display>,
}

impl<'a> AttemptEvent<'a> {
    /// The site of the call.
    #[must_use]
    pub const fn site(&self) -> Site {
        self.site
    }

    /// The number of the attempt within its call, from 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The time since the call began.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The wait before the next attempt; `None` if this was the last.
    #[must_use]
    pub const fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// The error of the attempt. `None` for a value that a poll does not accept yet, and in a generic function whose
    /// error type has neither a `Display` nor a `Debug` bound.
    #[must_use]
    pub const fn error(&self) -> Option<&'a dyn fmt::Display> {
        self.error
    }
}

impl fmt::Debug for AttemptEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptEvent")
            .field("site", &self.site)
            .field("number", &self.number)
            .field("elapsed", &self.elapsed)
            .field("wait", &self.wait)
            .field("error", &OptionalText(self.error))
            .finish()
    }
}

/// A call that has ended: [`Event::Call`].
#[derive(Clone, Copy)]
pub struct CallEvent<'a> {
    pub(super) site: Site,
    pub(super) outcome: CallOutcome,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) error: Option<&'a dyn fmt::Display>,
    /// The number of its attempts that had events.
    #[cfg(feature = "testing")]
    pub(crate) told: u32,
}

impl<'a> CallEvent<'a> {
    /// The site of the call.
    #[must_use]
    pub const fn site(&self) -> Site {
        self.site
    }

    /// The outcome of the call.
    #[must_use]
    pub const fn outcome(&self) -> CallOutcome {
        self.outcome
    }

    /// The number of attempts that began.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The duration of the call, including waits.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The returned error, if any. `None` also in a generic function whose error type has neither a `Display` nor a
    /// `Debug` bound.
    ///
    /// For a poll that ended with its alarm, it only names the attempt: the value may be a secret, and the function's
    /// error may contain it.
    #[must_use]
    pub const fn error(&self) -> Option<&'a dyn fmt::Display> {
        self.error
    }
}

impl fmt::Debug for CallEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallEvent")
            .field("site", &self.site)
            .field("outcome", &self.outcome)
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .field("error", &OptionalText(self.error))
            .finish()
    }
}

struct OptionalText<'a>(Option<&'a dyn fmt::Display>);

impl fmt::Debug for OptionalText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(error) => write!(f, "Some({error})"),
            None => f.write_str("None"),
        }
    }
}
