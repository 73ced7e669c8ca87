use super::CircuitOpen;

/// Why a guarded call brought no value.
///
/// ```
/// use resilience::{CallError, CircuitBreaker, CircuitConfig};
///
/// let breaker = CircuitBreaker::new("mail", CircuitConfig::new().failure_threshold(1));
/// let first = breaker.call(|| Err::<(), _>("timeout"));
/// assert_eq!(first, Err(CallError::Failed("timeout")));
/// let second = breaker.call(|| Err::<(), _>("timeout"));
/// assert!(matches!(second, Err(CallError::Open(open)) if open.name() == "mail"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The circuit refused the call, and nothing was called.
    #[error(transparent)]
    Open(CircuitOpen),
    /// The call was made, and this is what it said.
    #[error(transparent)]
    Failed(E),
}

impl<E> From<CircuitOpen> for CallError<E> {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl<E> CallError<E> {
    /// The call's own error, if it was made.
    #[must_use]
    pub fn failed(self) -> Option<E> {
        match self {
            Self::Open(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}
