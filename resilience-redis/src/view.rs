//! The answer of the store's scripts.

use std::time::Duration;

use redis::{FromRedisValue, Value};

/// The state of a circuit in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The store does not know the circuit.
    Unknown,
    Closed,
    Open,
    HalfOpen,
}

impl Phase {
    pub(crate) const fn is_outage(self) -> bool {
        matches!(self, Self::Open | Self::HalfOpen)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// A circuit as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// A nonce from when the store began to know the circuit.
    pub(crate) epoch: String,
    pub(crate) generation: i64,
    pub(crate) phase: Phase,
    /// What is left of the open time.
    pub(crate) open: Duration,
    /// An operator's override.
    pub(crate) forced_open: Option<Forced>,
    /// Whether what was requested has been granted or has counted.
    pub(crate) counted: bool,
    /// The configuration of the last reporter.
    pub(crate) configuration: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forced {
    pub(crate) left: Duration,
    pub(crate) why: String,
}

impl View {
    pub(crate) const fn unknown() -> Self {
        Self {
            epoch: String::new(),
            generation: 0,
            phase: Phase::Unknown,
            open: Duration::ZERO,
            forced_open: None,
            counted: false,
            configuration: String::new(),
        }
    }

    /// Whether both are of the same period of the store's circuit.
    pub(crate) fn is_period_of(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.generation == other.generation
    }
}

impl TryFrom<Value> for View {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        type Fields = (String, i64, String, i64, String, i64, i64, String, String);
        let (epoch, generation, phase, open, forced, left, counted, why, configuration) =
            Fields::from_redis_value(value).map_err(|error| format!("unexpected answer: {error}"))?;
        let phase = match phase.as_str() {
            "c" => Phase::Closed,
            "o" => Phase::Open,
            "h" => Phase::HalfOpen,
            "-" => Phase::Unknown,
            other => return Err(format!("unexpected state `{other}`")),
        };
        let forced_open = (forced == "forced_open")
            .then(|| Forced { left: Duration::from_millis(left.try_into().unwrap_or(0)), why });
        Ok(Self {
            epoch,
            generation,
            phase,
            open: Duration::from_micros(open.try_into().unwrap_or(0)),
            forced_open,
            counted: counted == 1,
            configuration,
        })
    }
}
