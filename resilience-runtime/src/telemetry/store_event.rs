//! Events of a store that shares circuits between processes.

use std::fmt;

/// The kind of a [`StoreEvent`].
///
/// ```
/// use resilience::telemetry::{self, Event, StoreEventKind};
///
/// telemetry::listen(|event| {
///     if let Event::Store(event) = event {
///         if event.kind() == StoreEventKind::Degraded {
///             eprintln!("{} works alone: {}", event.circuit(), event.text().unwrap_or("no reason"));
///         }
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreEventKind {
    /// The store has not answered for too long, or answers with errors: the circuit works alone.
    /// [`StoreEvent::text`] names the error.
    Degraded,
    /// The store answers again, and takes reports.
    Recovered,
    /// What was counted while the store did not answer is not reported to it.
    ReportsDropped,
    /// The circuit has taken over another state of the store: [`StoreEvent::text`] names it.
    Adopted,
    /// An operator has set the circuit in the store: [`StoreEvent::text`] has the state and the reason. Or that was
    /// `cleared`, or its time has `ended`.
    Overridden,
    /// Another process has a different configuration for the circuit. Told once.
    ConfigurationsDiffer,
}

/// An event of a store that shares a circuit: [`Event::Store`](super::Event::Store).
///
/// It is delivered on a thread of the store, not of a call.
///
/// ```
/// use resilience::circuit_store::{Sharing, StoreEventKind, StoreHandle};
/// use resilience::telemetry::{self, Event};
/// use resilience::{CircuitBreaker, CircuitConfig};
/// use std::sync::Arc;
///
/// telemetry::listen(|event| {
///     if let Event::Store(event) = event {
///         assert_eq!((event.circuit(), event.text()), ("mail", Some("connection refused")));
///     }
/// });
/// let mail = Arc::new(CircuitBreaker::new("mail", CircuitConfig::new()));
/// let store = StoreHandle::attach(mail, Sharing::Enforce, || ())?;
/// store.tell(StoreEventKind::Degraded, Some("connection refused"));
/// # Ok::<(), resilience::circuit_store::AlreadyShared>(())
/// ```
#[derive(Clone, Copy)]
pub struct StoreEvent<'a> {
    circuit: &'a str,
    kind: StoreEventKind,
    text: Option<&'a str>,
}

impl<'a> StoreEvent<'a> {
    pub(crate) const fn new(circuit: &'a str, kind: StoreEventKind, text: Option<&'a str>) -> Self {
        Self { circuit, kind, text }
    }

    /// The circuit's name.
    #[must_use]
    pub const fn circuit(&self) -> &'a str {
        self.circuit
    }

    /// The kind of the event.
    #[must_use]
    pub const fn kind(&self) -> StoreEventKind {
        self.kind
    }

    /// Details for people: an error, a state, a reason.
    #[must_use]
    pub const fn text(&self) -> Option<&'a str> {
        self.text
    }
}

impl fmt::Debug for StoreEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreEvent")
            .field("circuit", &self.circuit)
            .field("kind", &self.kind)
            .field("text", &self.text)
            .finish()
    }
}
