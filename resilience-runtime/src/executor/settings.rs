use std::num::NonZeroUsize;

use crate::time::Nanos;

/// Settings of an executor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) name: &'static str,
    pub(super) max_in_flight: Option<NonZeroUsize>,
    pub(super) default_interval: Nanos,
    pub(super) batch_window: Nanos,
    pub(super) poll_timeout: Nanos,
    pub(super) submit_timeout: Nanos,
    pub(super) poll_empty: bool,
    pub(super) abandon_dropped: bool,
    /// The runtime is one that always runs, on a thread of `start_blocking`.
    pub(super) own_thread: bool,
}

impl Settings {
    pub(super) const fn new() -> Self {
        Self {
            name: "poll executor",
            max_in_flight: None,
            default_interval: Nanos::new(5_000_000_000),
            batch_window: Nanos::ZERO,
            poll_timeout: Nanos::NEVER,
            submit_timeout: Nanos::NEVER,
            poll_empty: false,
            abandon_dropped: false,
            own_thread: false,
        }
    }
}
