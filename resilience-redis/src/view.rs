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
    /// What else the script tells: the microseconds left of a reservation, or one for yes.
    pub(crate) extra: u64,
    /// The reservation.
    pub(crate) token: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forced {
    /// Nothing, if it has no end.
    pub(crate) left: Option<Duration>,
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
            extra: 0,
            token: 0,
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
        type Fields = (String, i64, String, u64, String, i64, String, String, u64, u64);
        let (epoch, generation, phase, open, forced, left, why, _by, extra, token) =
            Fields::from_redis_value(value).map_err(|error| format!("unexpected answer: {error}"))?;
        let phase = match phase.as_str() {
            "c" => Phase::Closed,
            "o" => Phase::Open,
            "h" => Phase::HalfOpen,
            "-" => Phase::Unknown,
            other => return Err(format!("unexpected state `{other}`")),
        };
        let left = u64::try_from(left).ok().map(Duration::from_micros);
        let forced_open = (forced == "forced_open").then_some(Forced { left, why });
        Ok(Self { epoch, generation, phase, open: Duration::from_micros(open), forced_open, extra, token })
    }
}
