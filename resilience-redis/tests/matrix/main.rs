//! The failure matrix: what happens to calls when the store, the network, a node or a clock fails. Every cell is a test
//! against real servers.
//!
//! The tests wait for conditions, each for a bounded time. They run one at a time, because they measure.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod clocks;
mod crashes;
mod forgetting;
mod kinds_of_stores;
mod load;
mod namesakes;
mod network;
mod operators;
mod outages;
mod refusals;

use std::sync::{Arc, Mutex};

use resilience::telemetry::{self, Event, ListenerId, StoreEventKind};

/// One test at a time: the machine may have few processors, and listeners hear the whole program.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The events of stores since it was made.
struct Events {
    id: ListenerId,
    log: Arc<Mutex<Log>>,
}

/// Kinds and texts.
type Log = Vec<(StoreEventKind, Option<String>)>;

impl Events {
    fn listen() -> Self {
        let log = Arc::new(Mutex::new(Log::new()));
        let id = telemetry::listen({
            let log = log.clone();
            move |event| {
                if let Event::Store(event) = event {
                    let entry = (event.kind(), event.text().map(str::to_owned));
                    log.lock().expect("not poisoned").push(entry);
                }
            }
        });
        Self { id, log }
    }

    fn count(&self, kind: StoreEventKind) -> usize {
        self.log.lock().expect("not poisoned").iter().filter(|(told, _)| *told == kind).count()
    }

    fn texts(&self, kind: StoreEventKind) -> Vec<String> {
        let log = self.log.lock().expect("not poisoned");
        log.iter().filter(|(told, _)| *told == kind).filter_map(|(_, text)| text.clone()).collect()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        telemetry::unlisten(self.id);
    }
}
