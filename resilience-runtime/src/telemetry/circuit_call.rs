//! A call through a circuit, as it is told.

use std::fmt;

/// A call through a circuit has ended, or was refused: [`Event::CircuitCall`](super::Event::CircuitCall).
///
/// There is one for every call, also of a circuit that was made by hand. Those of circuits by key are told under the name of
/// their set.
#[derive(Clone, Copy, Debug)]
pub struct CircuitCallEvent<'a> {
    name: &'a str,
    outcome: CircuitCallOutcome,
}

impl<'a> CircuitCallEvent<'a> {
    pub(crate) const fn new(name: &'a str, outcome: CircuitCallOutcome) -> Self {
        Self { name, outcome }
    }

    /// The circuit's name; of a circuit by key, that of its set, without the key.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> CircuitCallOutcome {
        self.outcome
    }
}

/// How a call through a circuit ended: [`CircuitCallEvent::outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitCallOutcome {
    /// It succeeded, or its error is none that the circuit counts. A slow success is one, also where it counts as a failure.
    Success,
    /// It failed, panicked, or was dropped by a time limit.
    Failure,
    /// It counts as neither: its error is one to `ignore`, or a circuit below refused it.
    Ignored,
    /// The circuit refused it, and nothing was called.
    Refused,
    /// It ended after a transition of the circuit, which its result did not change.
    Late,
    /// It was dropped before its end.
    Cancelled,
}

impl CircuitCallOutcome {
    /// How it is spelt in labels and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Late => "late",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for CircuitCallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
