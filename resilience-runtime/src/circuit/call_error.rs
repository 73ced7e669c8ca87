use super::CircuitOpen;

/// The error of a call through a circuit.
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
    /// The circuit rejected the call, and the operation was not called.
    #[error(transparent)]
    Open(CircuitOpen),
    /// The operation was called and returned this error.
    #[error(transparent)]
    Failed(E),
}

impl<E> From<CircuitOpen> for CallError<E> {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

impl<E> CallError<E> {
    /// The operation's error, if it was called.
    #[must_use]
    pub fn failed(self) -> Option<E> {
        match self {
            Self::Open(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}
