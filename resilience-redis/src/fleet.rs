use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resilience::circuit_store::StoreHandle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::builder::{FleetBuilder, Settings};
use crate::circuit::Circuit;
use crate::error::{FleetError, OverrideError};
use crate::health::{Health, Status};
use crate::hints;
use crate::keys::Keys;
use crate::node::{Node, Order, Override};

/// The circuits that this process shares with others through one Redis or Valkey.
///
/// Dropping it stops sharing at once; [`shutdown`](Self::shutdown) also tells the other processes.
#[must_use = "sharing ends when this is dropped"]
pub struct Fleet {
    task: JoinHandle<()>,
    hints: JoinHandle<()>,
    orders: mpsc::Sender<Order>,
    status: Arc<Status>,
    settings: Arc<Settings>,
}

/// The longest time of an override that has an end.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Fleet {
    /// The configuration of a fleet, with the URL of its store: `redis://[user:password@]host[:port]/[database]`.
    pub fn builder(url: impl Into<String>) -> FleetBuilder {
        FleetBuilder::new(url)
    }

    pub(crate) async fn start(builder: FleetBuilder) -> Result<Self, FleetError> {
        let client = builder.check()?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| FleetError::NoRuntime)?;
        let settings: Arc<Settings> = (&builder).into();
        let (wake, hint) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let keys = Keys::new(&builder.namespace);
        let now = Instant::now();
        let attach = |(circuit, sharing)| {
            let wake = wake.clone();
            let shared = StoreHandle::attach(circuit, sharing, move || wake.notify_one())?;
            Ok::<_, FleetError>(Circuit::new(shared, sharing, &keys, now))
        };
        let circuits = builder.circuits.into_iter().map(attach).collect::<Result<Vec<_>, _>>()?;
        let status = Arc::new(Status::default());
        let (orders, received) = mpsc::channel(64);
        let first = Arc::new(Notify::new());
        let hints = runtime.spawn(hints::listen(client.clone(), keys.changes(), hint.clone()));
        let node = Node::new(client, keys, settings.clone(), circuits, status.clone(), wake, hint);
        let task = runtime.spawn(node.run(received, first.clone()));
        let _ = timeout(settings.command_timeout, first.notified()).await;
        Ok(Self { task, hints, orders, status, settings })
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

    /// Clears the override of a circuit.
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
    pub async fn shutdown(mut self) {
        let (answer, answered) = oneshot::channel();
        if self.orders.send(Order::Shutdown(answer)).await.is_ok() {
            let _ = timeout(self.settings.command_timeout, answered).await;
        }
        self.task.abort();
        // The circuits are detached when the task is gone.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.task.abort();
        self.hints.abort();
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("health", &self.health()).finish_non_exhaustive()
    }
}
