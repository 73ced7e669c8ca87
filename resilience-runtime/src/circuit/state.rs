use std::fmt;

/// The state of a circuit.
///
/// ```
/// use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
///
/// let breaker = CircuitBreaker::new("search", CircuitConfig::new());
/// assert_eq!(breaker.state(), CircuitState::Closed);
/// breaker.force_open();
/// assert_eq!(breaker.state(), CircuitState::ForcedOpen);
/// assert_eq!(breaker.state().to_string(), "FORCED OPEN");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitState {
    /// Calls run and are counted.
    Closed,
    /// Calls are rejected until the recovery timeout has elapsed.
    Open,
    /// A few probes run and decide. Other calls are rejected.
    HalfOpen,
    /// An operator keeps it open: all calls are rejected.
    ForcedOpen,
    /// An operator disabled it: calls run, and nothing is counted.
    Disabled,
    /// Calls run and are counted, but never open it.
    MetricsOnly,
}

impl CircuitState {
    /// Every state, at the place of its number.
    #[cfg_attr(
        not(any(test, feature = "metrics")),
        allow(dead_code, reason = "read where states are counted")
    )]
    pub(crate) const ALL: [Self; 6] =
        [Self::Closed, Self::Open, Self::HalfOpen, Self::ForcedOpen, Self::Disabled, Self::MetricsOnly];

    /// The spelling in labels, files and JSON: `closed`, `open`, `half_open`, `forced_open`, `disabled` or
    /// `metrics_only`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CircuitState {
    /// Serializes [`as_str`](Self::as_str).
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for CircuitState {
    /// In capitals, as the reference library for Python writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "CLOSED",
            Self::Open => "OPEN",
            Self::HalfOpen => "HALF-OPEN",
            Self::ForcedOpen => "FORCED OPEN",
            Self::Disabled => "DISABLED",
            Self::MetricsOnly => "METRICS ONLY",
        })
    }
}
