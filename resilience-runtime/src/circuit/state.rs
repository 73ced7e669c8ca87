use std::fmt;

/// What a circuit is doing.
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
    /// Calls are refused until the recovery timeout has elapsed.
    Open,
    /// A few trial calls run and decide; the rest are refused.
    HalfOpen,
    /// An operator keeps it open: calls are refused without end.
    ForcedOpen,
    /// An operator switched it off: calls run, nothing is counted.
    Disabled,
    /// Calls run and are counted, but never open it.
    MetricsOnly,
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
