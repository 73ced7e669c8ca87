//! The failure matrix: what happens to calls when the store, the network, a node or a clock fails. Every cell is a test
//! against real servers.
//!
//! The tests wait for conditions, each for a bounded time. Those that measure run alone, and so do those that listen to the
//! whole program. The others have a server and a circuit of their own, and run beside one another.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod clocks;
mod crashes;
mod deploys;
mod evictions;
mod forgetting;
mod kinds_of_stores;
mod load;
mod namesakes;
mod network;
mod operators;
mod outages;
mod processes;
mod refusals;

use std::sync::{Arc, Mutex};

use resilience::telemetry::{self, Event, ListenerId, StoreEventKind};
use support::server::Server;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Which tests run now.
static ONE: Turns = Turns(RwLock::const_new(()));

struct Turns(RwLock<()>);

impl Turns {
    /// For a test that runs alone: it measures, or hears the events of the whole program.
    async fn lock(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().await
    }

    /// For a test with a server [apart](support::server::Server::apart).
    async fn share(&self) -> RwLockReadGuard<'_, ()> {
        self.0.read().await
    }
}

/// The events of stores since it was made.
struct Events {
    id: ListenerId,
    log: Arc<Mutex<Log>>,
}

/// Kinds and texts.
type Log = Vec<(StoreEventKind, Option<String>)>;

impl Events {
    /// Those of the whole program.
    fn listen() -> Self {
        Self::that(|_| true)
    }

    /// Those of the nodes of this server.
    fn of(server: &Server) -> Self {
        let circuit = server.circuit;
        assert_ne!(circuit, "payments", "other tests have this circuit as well");
        Self::that(move |name| name == circuit)
    }

    fn that(is_heard: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let log = Arc::new(Mutex::new(Log::new()));
        let id = telemetry::listen({
            let log = log.clone();
            move |event| {
                if let Event::Store(event) = event
                    && is_heard(event.circuit())
                {
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
