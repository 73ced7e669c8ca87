//! The event of a call through a circuit.

use std::fmt;

/// A call through a circuit has ended or was rejected: [`Event::CircuitCall`](super::Event::CircuitCall).
///
/// Every call has one, including calls through a circuit that user code created. For keyed circuits, the event has
/// the name of the set.
#[derive(Clone, Copy, Debug)]
pub struct CircuitCallEvent<'a> {
    name: &'a str,
    outcome: CircuitCallOutcome,
}

impl<'a> CircuitCallEvent<'a> {
    pub(crate) const fn new(name: &'a str, outcome: CircuitCallOutcome) -> Self {
        Self { name, outcome }
    }

    /// The circuit's name. For a keyed circuit, the name of its set, without the key.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The outcome of the call.
    #[must_use]
    pub const fn outcome(&self) -> CircuitCallOutcome {
        self.outcome
    }
}

/// The outcome of a call through a circuit: [`CircuitCallEvent::outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitCallOutcome {
    /// It succeeded, or its error is not a failure for this circuit. Includes slow successes, even if they count as
    /// failures.
    Success,
    /// It failed, panicked, or was dropped by a time limit.
    Failure,
    /// It was neither: `ignore` matched its error, or an inner circuit rejected it.
    Ignored,
    /// The circuit rejected it, and the function was not called.
    Refused,
    /// It ended after a transition of the circuit, and its result changed nothing.
    Late,
    /// It was dropped before it finished.
    Cancelled,
}

impl CircuitCallOutcome {
    /// The spelling in labels and in JSON.
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
