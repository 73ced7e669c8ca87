use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How a fleet is: created by [`Fleet::health`](crate::Fleet::health).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Health {
    connected: bool,
    view_age: Option<Duration>,
    nodes: u64,
    reports_dropped: u64,
}

impl Health {
    /// Whether the fleet shares its circuits: the last answer of the store is younger than `max_staleness`, and at least one
    /// circuit is not [degraded](resilience::telemetry::StoreEventKind::Degraded). Otherwise all circuits work alone. A
    /// store that answers and refuses what they tell it is not connected.
    #[must_use]
    pub const fn connected(&self) -> bool {
        self.connected
    }

    /// The age of what the circuits know of the fleet. `None` if the store has never answered.
    #[must_use]
    pub const fn view_age(&self) -> Option<Duration> {
        self.view_age
    }

    /// The number of nodes that live, including this one. Zero if the store has never answered.
    #[must_use]
    pub const fn nodes(&self) -> u64 {
        self.nodes
    }

    /// How often the windows of a circuit were not reported, because they were from a time in which the store did not
    /// answer.
    #[must_use]
    pub const fn reports_dropped(&self) -> u64 {
        self.reports_dropped
    }
}

/// What the task tells [`Health`].
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<Facts>);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    /// When the question was sent whose answer came last.
    pub(crate) answered: Option<Instant>,
    pub(crate) nodes: u64,
    pub(crate) reports_dropped: u64,
    /// Whether there are circuits, and all of them are degraded.
    pub(crate) alone: bool,
}

impl Status {
    pub(crate) fn update(&self, update: impl FnOnce(&mut Facts)) {
        update(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn health(&self, max_staleness: Duration) -> Health {
        let facts = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let view_age = facts.answered.map(|at| at.elapsed());
        Health {
            connected: !facts.alone && view_age.is_some_and(|age| age < max_staleness),
            view_age,
            nodes: facts.nodes,
            reports_dropped: facts.reports_dropped,
        }
    }
}
