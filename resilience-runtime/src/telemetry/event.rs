//! What listeners are told.

use std::fmt;
use std::time::Duration;

use super::{BatchEvent, CallOutcome, CircuitCallEvent, NestedEvent, Site};
use crate::event::CircuitEvent;

/// A decision of the library: what [`listen`](super::listen) delivers.
///
/// Events of attempts and calls, of loops and circuits, are delivered on the caller's thread, in order within one call. Between calls there is no
/// order. Events of circuits go through a bounded queue of each circuit: see [`CircuitEvent::dropped`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt failed, or brought a value that a poll does not accept yet.
    Attempt(AttemptEvent<'a>),
    /// A call has ended.
    Call(CallEvent<'a>),
    /// The state of a circuit has changed, or it rejected a call.
    Circuit(&'a CircuitEvent),
    /// A call through a circuit has ended, or was refused.
    CircuitCall(CircuitCallEvent<'a>),
    /// A batch of jobs has been polled.
    Batch(BatchEvent),
    /// A loop runs inside an attempt of another one.
    Nested(NestedEvent),
}

/// An attempt that failed: [`Event::Attempt`].
#[derive(Clone, Copy)]
pub struct AttemptEvent<'a> {
    pub(super) site: Site,
    pub(super) number: u32,
    pub(super) elapsed: Duration,
    pub(super) wait: Option<Duration>,
    pub(super) error: Option<&'a dyn fmt::Display>,
}

impl<'a> AttemptEvent<'a> {
    /// Where it was made.
    #[must_use]
    pub const fn site(&self) -> Site {
        self.site
    }

    /// Which attempt of its call it was, from 1.
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

    /// What it failed with. `None` for a value that a poll does not accept yet, and in a generic function whose error type
    /// has no bound that gives it a text.
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
}

impl<'a> CallEvent<'a> {
    /// Where it was made.
    #[must_use]
    pub const fn site(&self) -> Site {
        self.site
    }

    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> CallOutcome {
        self.outcome
    }

    /// The number of attempts that began.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it took, waits included.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The error that it returned, if any. `None` also in a generic function whose error type has no bound that gives it a
    /// text.
    ///
    /// Of a poll that ended at its alarm, it says which attempt that was, and not more: the value may be a secret, and the
    /// function's own error may hold it.
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
