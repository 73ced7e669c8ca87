use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resilience::breaker::CircuitRef;
use resilience::circuit_store::Sharing;

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::keys::is_valid_namespace;
use crate::settings::{Selection, Settings};
use crate::tls;

/// The configuration of a [`Fleet`]: created by [`Fleet::builder`].
#[must_use = "a fleet begins with `start`"]
pub struct FleetBuilder {
    pub(crate) url: String,
    pub(crate) namespace: String,
    pub(crate) selection: Selection,
    pub(crate) circuits: Vec<(CircuitRef, Sharing)>,
    pub(crate) command_timeout: Duration,
    pub(crate) max_staleness: Duration,
}

impl FleetBuilder {
    /// `default`: a fleet that has no other needs no name.
    pub const DEFAULT_NAMESPACE: &'static str = "default";

    /// 50 ms: a store in the same data centre answers within one or two. Late answers are used as well; the timeout
    /// only bounds how long the start waits.
    pub const DEFAULT_COMMAND_TIMEOUT: Duration = Duration::from_millis(50);

    /// Three seconds: views are confirmed once a second, so that two confirmations may be lost.
    pub const DEFAULT_MAX_STALENESS: Duration = Duration::from_secs(3);

    /// 1.5 s: views are confirmed once a second.
    pub const LEAST_STALENESS: Duration = Duration::from_millis(1500);

    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            namespace: Self::DEFAULT_NAMESPACE.into(),
            selection: Selection::default(),
            circuits: Vec::new(),
            command_timeout: Self::DEFAULT_COMMAND_TIMEOUT,
            max_staleness: Self::DEFAULT_MAX_STALENESS,
        }
    }

    /// The name of the fleet: 1 to 64 letters, digits, `-`, `_` or `.`. Fleets with different names on one server do
    /// not meet. Default: [`DEFAULT_NAMESPACE`](Self::DEFAULT_NAMESPACE).
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), ..self }
    }

    /// Shares the circuit of this name that [`circuits()`](resilience::circuits) lists. For the name of keyed circuits, all
    /// that it lists: those of attributes. A [`KeyedCircuits`](resilience::KeyedCircuits) of user code is not listed, and not
    /// found.
    ///
    /// The circuit may belong to an attribute, and may be called for the first time later. So a name that no circuit ever
    /// has is no error, and shares nothing.
    ///
    /// A circuit has one fleet: what another fleet of this process shares is left to that one, without an error.
    ///
    /// A key of more than 128 bytes is replaced by its beginning and a hash, which differs in each process: such a
    /// circuit meets no other one in the store.
    pub fn share(mut self, name: impl Into<String>, sharing: Sharing) -> Self {
        self.selection.by_name.push((name.into(), sharing));
        self
    }

    /// Shares all circuits of [`circuits()`](resilience::circuits), except keyed ones. [`share`](Self::share) takes
    /// precedence.
    pub fn share_all(mut self, sharing: Sharing) -> Self {
        self.selection.all = Some(sharing);
        self
    }

    /// Shares a circuit that user code created, and that [`circuits()`](resilience::circuits) does not list.
    ///
    /// Circuits of one name in one process are one circuit to the fleet: its vote is the highest of theirs.
    pub fn share_circuit(mut self, circuit: impl Into<CircuitRef>, sharing: Sharing) -> Self {
        self.circuits.push((circuit.into(), sharing));
        self
    }

    /// How long a connection and the start wait for an answer. Default:
    /// [`DEFAULT_COMMAND_TIMEOUT`](Self::DEFAULT_COMMAND_TIMEOUT). No call ever waits for the store.
    pub fn command_timeout(self, command_timeout: Duration) -> Self {
        Self { command_timeout, ..self }
    }

    /// The age from which an answer of the store is ignored, so that the circuits work alone. Default:
    /// [`DEFAULT_MAX_STALENESS`](Self::DEFAULT_MAX_STALENESS).
    pub fn max_staleness(self, max_staleness: Duration) -> Self {
        Self { max_staleness, ..self }
    }

    /// Starts the fleet's task on the current tokio runtime. Waits for the first answer of the store, but not longer
    /// than `command_timeout`: a store that is down is not an error.
    ///
    /// # Errors
    /// Only for an invalid configuration, which includes a runtime without timers or I/O. Missing
    /// I/O is noticed if it connects within `command_timeout`. Tokio reports a panic of a task then.
    pub async fn start(self) -> Result<Fleet, FleetError> {
        Fleet::start(self).await
    }

    pub(crate) fn check(&self) -> Result<redis::Client, FleetError> {
        if !is_valid_namespace(&self.namespace) {
            return Err(FleetError::Namespace(self.namespace.clone()));
        }
        if self.max_staleness < Self::LEAST_STALENESS {
            return Err(FleetError::MaxStaleness(self.max_staleness));
        }
        if self.command_timeout.is_zero() || self.command_timeout >= self.max_staleness {
            let (timeout, staleness) = (self.command_timeout, self.max_staleness);
            return Err(FleetError::CommandTimeout { timeout, staleness });
        }
        let scheme = self.url.trim().split(':').next().unwrap_or_default();
        if ["rediss", "valkeys"].iter().any(|tls| scheme.eq_ignore_ascii_case(tls)) {
            tls::prepare()?;
        }
        // The error has no part of the URL, which may have a password.
        redis::Client::open(self.url.as_str()).map_err(|error| FleetError::Url(error.to_string()))
    }
}

impl fmt::Debug for FleetBuilder {
    /// Without the URL, which may have a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetBuilder")
            .field("namespace", &self.namespace)
            .field("selection", &self.selection)
            .field("circuits", &self.circuits.iter().map(|(circuit, _)| circuit.name()).collect::<Vec<_>>())
            .field("command_timeout", &self.command_timeout)
            .field("max_staleness", &self.max_staleness)
            .finish_non_exhaustive()
    }
}

impl From<&FleetBuilder> for Arc<Settings> {
    fn from(builder: &FleetBuilder) -> Self {
        Arc::new(Settings {
            selection: builder.selection.clone(),
            command_timeout: builder.command_timeout,
            max_staleness: builder.max_staleness,
        })
    }
}
