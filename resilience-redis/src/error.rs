use std::time::Duration;

use resilience::circuit_store::AlreadyShared;

/// An error in the configuration of a fleet. A store that does not answer is not one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The URL of the store is invalid.
    #[error("invalid store URL: {0}")]
    Url(String),
    /// The URL begins with `rediss://` or `valkeys://`, and this build has no TLS.
    #[error("the store URL needs TLS: enable the feature `rustls` or `native-tls` of `resilience-redis`")]
    NoTls,
    /// The namespace is empty, too long, or has other characters than letters, digits, `-`, `_` and `.`.
    #[error("invalid namespace `{0}`: expected 1 to 64 letters, digits, `-`, `_` or `.`")]
    Namespace(String),
    /// The command timeout is zero, or not below `max_staleness`.
    #[error(
        "`command_timeout` is {timeout:?}: expected more than zero and less than `max_staleness` ({staleness:?})"
    )]
    CommandTimeout {
        /// The command timeout.
        timeout: Duration,
        /// The maximum age of a view.
        staleness: Duration,
    },
    /// `max_staleness` is below [`FleetBuilder::LEAST_STALENESS`](crate::FleetBuilder::LEAST_STALENESS).
    #[error("`max_staleness` is {0:?}: expected at least 1.5s, because views are confirmed once a second")]
    MaxStaleness(Duration),
    /// A circuit is shared by another fleet of this process.
    #[error(transparent)]
    AlreadyShared(#[from] AlreadyShared),
    /// It was not started in a tokio runtime.
    #[error("a fleet must be started in a tokio runtime")]
    NoRuntime,
    /// The tokio runtime has no timers or no I/O.
    #[error("the fleet needs a tokio runtime with timers and I/O: build it with `enable_all`")]
    NoDrivers,
}

/// The error of an operator's command. It may still take effect, if it was sent before the store stopped answering.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideError {
    /// The store has not answered.
    #[error("the store did not answer in {0:?}")]
    NoAnswer(Duration),
    /// The store has answered with an error.
    #[error("the store answered: {0}")]
    Store(String),
    /// The fleet has shut down.
    #[error("the fleet has shut down")]
    ShutDown,
}
