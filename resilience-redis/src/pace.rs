//! How often a node does something.

use std::time::Duration;

/// The time between two beats, at most.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

/// The time between two looks at the circuits, unless one of them wakes the node.
pub(crate) const TICK: Duration = Duration::from_millis(200);

/// A node notices the end of something within this time.
pub(crate) const LOOK: Duration = Duration::from_millis(300);

/// The least time between two batches.
pub(crate) const LEAST: Duration = Duration::from_millis(5);

/// How much later a node asks after a hint, so that a fleet does not ask at one moment.
pub(crate) const SPREAD: Duration = Duration::from_millis(20);

/// A connection that is silent for this time is replaced. A timeout of a command does not close it.
pub(crate) const SILENT: Duration = Duration::from_secs(15);

/// The first wait before it connects again. Each wait is a random part of it, so that a fleet does not connect at once.
pub(crate) const LEAST_BACKOFF: Duration = Duration::from_millis(100);

/// The longest wait before it connects again.
pub(crate) const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// The circuits that a node looks at before other tasks of its thread have a turn.
pub(crate) const SLICE: usize = 100;

/// A batch takes no more circuits after this number of commands. The rest go with the next one.
pub(crate) const MOST_COMMANDS: usize = 1000;
