use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::attached::Attached;
use crate::builder::FleetBuilder;
use crate::circuits::Circuits;
use crate::error::{FleetError, OverrideError};
use crate::health::{Health, Status};
use crate::hints;
use crate::keys::Keys;
use crate::namesakes::Namesake;
use crate::node::Node;
use crate::order::{Order, Override};
use crate::settings::Settings;

/// The circuits that this process shares with others through one Redis or Valkey.
///
/// Dropping it stops sharing at once, and another fleet may share the circuits; [`shutdown`](Self::shutdown) also tells the other processes.
#[must_use = "sharing ends when this is dropped"]
pub struct Fleet {
    task: JoinHandle<()>,
    hints: JoinHandle<()>,
    orders: mpsc::Sender<Order>,
    status: Arc<Status>,
    settings: Arc<Settings>,
    attached: Arc<Attached>,
}

/// The longest time of an override that has an end.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Fleet {
    /// The configuration of a fleet, with the URL of its store: `redis://[user:password@]host[:port]/[database]`, or
    /// `rediss://..` with the feature `rustls` or `native-tls`.
    pub fn builder(url: impl Into<String>) -> FleetBuilder {
        FleetBuilder::new(url)
    }

    pub(crate) async fn start(builder: FleetBuilder) -> Result<Self, FleetError> {
        let client = builder.check()?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| FleetError::NoRuntime)?;
        // In a task of its own, because it panics in a runtime without timers.
        runtime.spawn(async { sleep(Duration::ZERO).await }).await.map_err(|_| FleetError::NoDrivers)?;
        let settings: Arc<Settings> = (&builder).into();
        let hint = Arc::new(Notify::new());
        let keys = Keys::new(&builder.namespace);
        let now = Instant::now();
        let attached = Arc::new(Attached::new(Arc::new(Notify::new())));
        let mut circuits = Circuits::default();
        for (circuit, sharing) in builder.circuits {
            let shared = attached.attach(circuit, sharing)?;
            circuits.include(Namesake::new(shared, sharing, true), &keys, now);
        }
        let status = Arc::new(Status::default());
        let (orders, received) = mpsc::channel(64);
        let first = Arc::new(Notify::new());
        let hints = runtime.spawn(hints::listen(client.clone(), keys.changes(), hint.clone()));
        let node =
            Node::new(client, keys, settings.clone(), attached.clone(), circuits, status.clone(), hint);
        let task = runtime.spawn(node.run(received, first.clone()));
        let mut fleet = Self { task, hints, orders, status, settings, attached };
        tokio::select! {
            () = first.notified() => Ok(fleet),
            // The connection has panicked, in a runtime without I/O.
            _ = &mut fleet.task => Err(FleetError::NoDrivers),
            () = sleep(fleet.settings.command_timeout) => Ok(fleet),
        }
    }

    /// How the fleet is.
    pub fn health(&self) -> Health {
        self.status.health(self.settings.max_staleness)
    }

    /// Forces the circuit of this name open in all processes, for a time or until it is [cleared](Self::clear). `why` is
    /// told in their events.
    ///
    /// It holds for its time while the store does not answer. One without an end holds for at most 30 days after the last
    /// process has seen it.
    ///
    /// The name is not checked, because the circuit may be shared by other processes only, or by one that starts later. A
    /// name that no process shares is `Ok` and has no effect: compare it with the events, which are
    /// [`Overridden`](resilience::telemetry::StoreEventKind::Overridden) in each process that follows.
    ///
    /// # Errors
    /// If the store does not confirm it. It may still take effect then.
    pub async fn force_open(
        &self,
        circuit: &str,
        time: Option<Duration>,
        why: &str,
    ) -> Result<(), OverrideError> {
        // Zero is without an end.
        let millis = time.map_or(0, |time| time.min(LONGEST).as_millis().max(1)).to_string();
        self.order(circuit, ["forced_open".into(), millis, why.into()]).await
    }

    /// Clears the override of a circuit. It then continues as the fleet has it: open, if the fleet is.
    ///
    /// Nothing closes an open circuit of the fleet but its trials. [`CircuitBreaker::reset`](resilience::CircuitBreaker::reset)
    /// in one process closes that process's own circuit, and it keeps following the fleet.
    ///
    /// # Errors
    /// If the store does not confirm it.
    pub async fn clear(&self, circuit: &str) -> Result<(), OverrideError> {
        self.order(circuit, [String::new(), "0".into(), String::new()]).await
    }

    async fn order(&self, circuit: &str, args: [String; 3]) -> Result<(), OverrideError> {
        let (answer, answered) = oneshot::channel();
        let order = Order::Override(Override { circuit: circuit.to_owned(), args, answer });
        self.orders.send(order).await.map_err(|_| OverrideError::ShutDown)?;
        match timeout(self.settings.max_staleness, answered).await {
            Ok(Ok(answer)) => answer.map_err(OverrideError::Store),
            Ok(Err(_)) => Err(OverrideError::ShutDown),
            Err(_) => Err(OverrideError::NoAnswer(self.settings.max_staleness)),
        }
    }

    /// Stops sharing: unused places for trials are returned, the store is told that this node has left, and the
    /// circuits continue alone. Waits for the store, but not longer than `command_timeout`.
    pub async fn shutdown(self) {
        let (answer, answered) = oneshot::channel();
        if self.orders.send(Order::Shutdown(answer)).await.is_ok() {
            let _ = timeout(self.settings.command_timeout, answered).await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.task.abort();
        self.hints.abort();
        // The task ends later, at its next await.
        self.attached.release();
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("health", &self.health()).finish_non_exhaustive()
    }
}
