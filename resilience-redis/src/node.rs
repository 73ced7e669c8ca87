//! The task of a node: one batch of commands at a time, for all circuits.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, FromRedisValue as _, Value};
use resilience::CircuitBreaker;
use resilience::breaker::CircuitRef;
use resilience::circuit_store::StoreHandle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::builder::Settings;
use crate::circuit::{Circuit, Purpose, Surroundings, nonce};
use crate::exchange::{Answer, Command, exchange};
use crate::health::Status;
use crate::keys::Keys;
use crate::scripts::Script;

/// How long the store keeps the nonce of a change.
const KEPT_MILLIS: &str = "600000";

/// A node lives for this time after its last beat.
const LIVE: Duration = Duration::from_secs(5);

/// The time between two beats, at most.
const BEAT: Duration = Duration::from_secs(1);

/// The time between two looks at the circuits, unless one of them wakes the node.
pub(crate) const TICK: Duration = Duration::from_millis(200);

/// The least time between two batches.
const LEAST: Duration = Duration::from_millis(5);

/// How much later a node asks after a hint, so that a fleet does not ask at one moment.
const SPREAD: Duration = Duration::from_millis(20);

/// A connection that is silent for this time is replaced. A timeout of a command does not close it.
const SILENT: Duration = Duration::from_secs(15);

/// The first wait before it connects again. Each wait is a random part of it, so that a fleet does not connect at once.
pub(crate) const LEAST_BACKOFF: Duration = Duration::from_millis(100);

/// The longest wait before it connects again.
pub(crate) const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// The overrides that wait for the store, at most.
const MOST_ORDERS: usize = 64;

/// What the owner of the fleet requests.
pub(crate) enum Order {
    Override(Override),
    Shutdown(oneshot::Sender<()>),
}

/// An operator's command, and who waits for its answer.
pub(crate) struct Override {
    pub(crate) circuit: String,
    /// The state, its time in milliseconds, and why.
    pub(crate) args: [String; 3],
    pub(crate) answer: oneshot::Sender<Result<(), String>>,
}

/// Whose command it is.
enum Owner {
    /// The index of the circuit.
    Circuit(usize, Purpose),
    Beat,
    Order(oneshot::Sender<Result<(), String>>),
    Leave(oneshot::Sender<()>),
}

/// What is under way.
type UnderWay = Pin<Box<dyn Future<Output = Done> + Send>>;

enum Done {
    Connected(Result<MultiplexedConnection, String>),
    Exchanged(Result<Vec<(usize, Answer)>, String>),
}

pub(crate) struct Node {
    id: String,
    client: redis::Client,
    keys: Keys,
    settings: Arc<Settings>,
    circuits: Vec<Circuit>,
    /// The number of circuits that were named in the code. They are first, and stay.
    named: usize,
    status: Arc<Status>,
    wake: Arc<Notify>,
    hint: Arc<Notify>,
    connection: Option<MultiplexedConnection>,
    under_way: Option<UnderWay>,
    /// Whose commands are under way.
    owners: Vec<Owner>,
    /// Since when something is under way.
    since: Instant,
    /// It does not connect before this time.
    connect_at: Instant,
    backoff: Duration,
    /// Why the store does not answer.
    error: Option<String>,
    beat_at: Instant,
    discover_at: Instant,
    /// The store's nonce of the last change whose views are known.
    version: Option<String>,
    asks_views: bool,
    /// The numbers of live nodes in the last seconds.
    beats: VecDeque<(Instant, u64)>,
    orders: Vec<Override>,
    leaving: Option<oneshot::Sender<()>>,
}

impl Node {
    pub(crate) fn new(
        client: redis::Client,
        keys: Keys,
        settings: Arc<Settings>,
        circuits: Vec<Circuit>,
        status: Arc<Status>,
        wake: Arc<Notify>,
        hint: Arc<Notify>,
    ) -> Self {
        let now = Instant::now();
        Self {
            id: nonce(),
            client,
            keys,
            settings,
            named: circuits.len(),
            circuits,
            status,
            wake,
            hint,
            connection: None,
            under_way: None,
            owners: Vec::new(),
            since: now,
            connect_at: now,
            backoff: Duration::ZERO,
            error: None,
            beat_at: now,
            discover_at: now,
            version: None,
            asks_views: true,
            beats: VecDeque::new(),
            orders: Vec::new(),
            leaving: None,
        }
    }

    /// Runs until the fleet is dropped. `first` is notified after every answer.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>, first: Arc<Notify>) {
        let mut look_at = Instant::now();
        let (wake, hint) = (self.wake.clone(), self.hint.clone());
        loop {
            tokio::select! {
                biased;
                done = progress(&mut self.under_way) => {
                    self.under_way = None;
                    let is_answer = !matches!(done, Done::Connected(Ok(_)));
                    self.done(done);
                    if is_answer {
                        first.notify_one();
                    }
                    // What an answer makes necessary is sent at once: views after a change, the next place.
                    look_at = Instant::now().max(self.since + LEAST);
                }
                order = orders.recv() => {
                    match order {
                        Some(Order::Override(order)) => self.note(order),
                        Some(Order::Shutdown(answer)) => self.leaving = Some(answer),
                        None => return,
                    }
                    look_at = Instant::now();
                }
                () = hint.notified() => {
                    self.beat_at = self.beat_at.min(Instant::now() + SPREAD.mul_f64(fastrand::f64()));
                    look_at = look_at.min(self.beat_at);
                }
                () = wake.notified() => look_at = look_at.min(Instant::now() + LEAST),
                () = sleep_until(look_at) => {
                    let now = Instant::now();
                    look_at = now + TICK.mul_f64(0.5 + fastrand::f64() / 2.0);
                    self.look(now);
                }
            }
        }
    }

    /// Keeps an override until it can be sent, or nobody waits for it any more.
    fn note(&mut self, order: Override) {
        self.drop_orders_without_waiter();
        if self.orders.len() < MOST_ORDERS {
            self.orders.push(order);
        } else {
            _ = order.answer.send(Err("too many overrides wait for the store".into()));
        }
    }

    /// Who has been told that the store did not answer does not expect the override hours later.
    fn drop_orders_without_waiter(&mut self) {
        self.orders.retain(|order| !order.answer.is_closed());
    }

    /// Starts what is due. One batch or connection is under way at a time.
    fn look(&mut self, now: Instant) {
        self.watch_silence(now);
        if self.under_way.is_some() {
            return;
        }
        self.discover(now);
        let Some(connection) = self.connection.clone() else {
            if now >= self.connect_at {
                self.begin(now, Box::pin(connect(self.client.clone(), self.settings.clone())));
            }
            return;
        };
        let commands = self.commands(now);
        if !commands.is_empty() {
            self.begin(now, Box::pin(async { Done::Exchanged(exchange(connection, commands).await) }));
        }
    }

    fn begin(&mut self, now: Instant, under_way: UnderWay) {
        self.since = now;
        self.under_way = Some(under_way);
    }

    /// Attaches the circuits of the program that are to be shared, and detaches keyed ones that were evicted.
    fn discover(&mut self, now: Instant) {
        if now < self.discover_at || self.settings.selection.is_empty() {
            return;
        }
        self.discover_at = now + BEAT;
        let listed: Vec<_> = resilience::circuits().iter().collect();
        let named = self.named;
        let mut index = 0;
        self.circuits.retain(|circuit| {
            index += 1;
            index <= named || listed.iter().any(|listed| is_same(listed, circuit.shared.circuit()))
        });
        for circuit in listed {
            let Some(sharing) = self.settings.selection.of(&circuit) else { continue };
            let wake = self.wake.clone();
            // Attached before, by this fleet or by another one.
            if let Ok(shared) = StoreHandle::attach(circuit, sharing, move || wake.notify_one()) {
                self.circuits.push(Circuit::new(shared, sharing, &self.keys, now));
                self.asks_views = true;
            }
        }
    }

    /// The circuits, and what they have to know.
    fn circuits(&mut self, now: Instant) -> (&mut Vec<Circuit>, Surroundings<'_>) {
        let around = Surroundings {
            node: &self.id,
            // The most of the last seconds: a store that has forgotten its nodes makes nobody alone.
            peers: self.beats.iter().map(|(_, live)| live.saturating_sub(1)).max().unwrap_or(0),
            circuits: self.circuits.len(),
            max_staleness: self.settings.max_staleness,
            now,
        };
        (&mut self.circuits, around)
    }

    /// Everything that there is to send.
    fn commands(&mut self, now: Instant) -> Vec<Command> {
        let mut owners = Vec::new();
        let mut commands = Vec::new();
        if now >= self.beat_at {
            self.beat_at = now + BEAT.mul_f64(0.5 + fastrand::f64() / 2.0);
            let args = vec![self.id.clone(), LIVE.as_micros().to_string()];
            let keys = vec![self.keys.nodes(), self.keys.changes()];
            owners.push(Owner::Beat);
            commands.push(Command { script: Script::Beat, keys, args });
        }
        self.drop_orders_without_waiter();
        for Override { circuit, args, answer } in self.orders.drain(..) {
            // An override is not part of the circuit, and has no times of its own.
            let common = [self.id.clone(), "0".into(), "0".into(), KEPT_MILLIS.into(), nonce()];
            let args = common.into_iter().chain(args).chain([self.id.clone()]).collect();
            owners.push(Owner::Order(answer));
            commands.push(Command {
                script: Script::Override,
                keys: self.keys.circuit(&circuit).into(),
                args,
            });
        }
        let asks_views = std::mem::take(&mut self.asks_views);
        let (circuits, around) = self.circuits(now);
        for (index, circuit) in circuits.iter_mut().enumerate() {
            for (purpose, command) in circuit.commands(asks_views, around) {
                owners.push(Owner::Circuit(index, purpose));
                commands.push(command);
            }
        }
        if let Some(answer) = self.leaving.take() {
            let (circuits, around) = self.circuits(now);
            for (index, circuit) in circuits.iter_mut().enumerate() {
                for (purpose, command) in circuit.leave(around) {
                    owners.push(Owner::Circuit(index, purpose));
                    commands.push(command);
                }
            }
            owners.push(Owner::Leave(answer));
            let (keys, args) = (vec![self.keys.nodes()], vec![self.id.clone()]);
            commands.push(Command { script: Script::Leave, keys, args });
        }
        self.owners = owners;
        commands
    }

    fn done(&mut self, done: Done) {
        let now = Instant::now();
        match done {
            Done::Connected(Ok(connection)) => {
                self.connection = Some(connection);
                self.asks_views = true;
            }
            Done::Connected(Err(error)) | Done::Exchanged(Err(error)) => self.lost(now, &error),
            Done::Exchanged(Ok(answers)) => self.answered(now, answers),
        }
    }

    /// The connection is lost. What was under way may have been executed, and is sent again.
    fn lost(&mut self, now: Instant, error: &str) {
        self.connection = None;
        self.under_way = None;
        for owner in std::mem::take(&mut self.owners) {
            match owner {
                Owner::Circuit(index, _) => self.circuits[index].failed(),
                Owner::Order(answer) => _ = answer.send(Err(error.to_owned())),
                Owner::Beat => self.beat_at = now,
                Owner::Leave(answer) => _ = answer.send(()),
            }
        }
        self.backoff = (self.backoff * 2).clamp(LEAST_BACKOFF, LONGEST_BACKOFF);
        self.connect_at = now + self.backoff.mul_f64(fastrand::f64());
        self.error = Some(error.to_owned());
    }

    fn answered(&mut self, now: Instant, answers: Vec<(usize, Answer)>) {
        let sent = self.since;
        let mut owners: Vec<_> = std::mem::take(&mut self.owners).into_iter().map(Some).collect();
        self.backoff = Duration::ZERO;
        for (index, answer) in answers {
            let Some(owner) = owners.get_mut(index).and_then(Option::take) else { continue };
            match owner {
                Owner::Circuit(index, purpose) => {
                    let (circuits, around) = self.circuits(now);
                    if circuits[index].answered(purpose, answer, sent, around) {
                        self.status.update(|facts| facts.reports_dropped += 1);
                    }
                }
                Owner::Beat => match answer.and_then(beat) {
                    Ok((live, version)) => self.beaten(now, sent, live, version),
                    Err(error) => self.error = Some(error),
                },
                Owner::Order(sender) => {
                    _ = sender.send(answer.map(drop));
                    self.asks_views = true;
                }
                Owner::Leave(sender) => _ = sender.send(()),
            }
        }
    }

    /// The answer to a beat: views are only asked for if something has changed.
    fn beaten(&mut self, now: Instant, sent: Instant, live: u64, version: String) {
        self.beats.push_back((now, live));
        while self.beats.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > LIVE) {
            self.beats.pop_front();
        }
        self.error = None;
        self.status.update(|facts| {
            facts.nodes = live;
            facts.answered = Some(sent);
        });
        if self.version.as_ref() == Some(&version) {
            let (circuits, around) = self.circuits(now);
            for circuit in circuits {
                circuit.confirm(sent, around);
            }
        } else {
            self.version = Some(version);
            self.asks_views = true;
        }
    }

    /// Tells of circuits without a recent answer, and replaces a connection that is silent for long.
    fn watch_silence(&mut self, now: Instant) {
        if self.under_way.is_some() && now.saturating_duration_since(self.since) > SILENT {
            self.lost(now, "no answer");
        }
        let error = self.error.clone();
        let (circuits, around) = self.circuits(now);
        for circuit in circuits {
            circuit.watch(error.as_deref(), around);
        }
    }
}

/// Waits for what is under way. Cancel safe.
async fn progress(under_way: &mut Option<UnderWay>) -> Done {
    match under_way {
        Some(under_way) => under_way.await,
        None => std::future::pending().await,
    }
}

async fn connect(client: redis::Client, settings: Arc<Settings>) -> Done {
    // A command has no timeout: late answers count.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(settings.max_staleness))
        .set_response_timeout(None);
    let connection = client.get_multiplexed_async_connection_with_config(&config).await;
    Done::Connected(connection.map_err(|error| error.to_string()))
}

fn beat(answer: Value) -> Result<(u64, String), String> {
    <(u64, String)>::from_redis_value(answer).map_err(|error| format!("unexpected answer: {error}"))
}

fn is_same(one: &CircuitRef, other: &CircuitRef) -> bool {
    std::ptr::eq::<CircuitBreaker>(&raw const **one, &raw const **other)
}
