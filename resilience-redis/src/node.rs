//! The task of a node: one batch of commands at a time, for all circuits.
//!
//! Where it connects to is in [`connect`], what it sends in [`send`], and what it does with answers in [`receive`].

mod connect;
mod receive;
mod send;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use self::connect::Servers;
use crate::attached::Attached;
use crate::circuit::{Purpose, Surroundings, nonce};
use crate::circuits::{Addresses, Circuits};
use crate::exchange::{Answer, Lost, exchange};
use crate::health::Status;
use crate::keys::Keys;
use crate::live::LiveNodes;
use crate::namesakes::Namesake;
use crate::order::{Order, Override};
use crate::pace::{BEAT, LEAST, SILENT, SLICE, SPREAD, TICK};
use crate::settings::Settings;

/// The overrides that wait for the store, at most.
const MOST_ORDERS: usize = 64;

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
    Exchanged(Result<Vec<(usize, Answer)>, Lost>),
}

pub(crate) struct Node {
    id: String,
    servers: Servers,
    keys: Keys,
    settings: Arc<Settings>,
    attached: Arc<Attached>,
    circuits: Circuits,
    /// The circuits that [`discover`](Self::discover) has found.
    found: Addresses,
    /// The index of the circuit that is next in a batch.
    turn: usize,
    status: Arc<Status>,
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
    /// Whether the store took the last beat.
    takes_beats: bool,
    /// When the last beat was sent that the store took. Before the first one: when the node began.
    beaten: Instant,
    live: LiveNodes,
    orders: Vec<Override>,
    leaving: Option<oneshot::Sender<()>>,
}

impl Node {
    pub(crate) fn new(
        client: redis::Client,
        keys: Keys,
        settings: Arc<Settings>,
        attached: Arc<Attached>,
        circuits: Circuits,
        status: Arc<Status>,
        hint: Arc<Notify>,
    ) -> Self {
        let now = Instant::now();
        Self {
            id: nonce(),
            servers: Servers::new(client),
            keys,
            settings,
            attached,
            circuits,
            found: Addresses::default(),
            turn: 0,
            status,
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
            takes_beats: true,
            beaten: now,
            live: LiveNodes::default(),
            orders: Vec::new(),
            leaving: None,
        }
    }

    /// Runs until the fleet is dropped. `first` is notified after every answer.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>, first: Arc<Notify>) {
        let mut look_at = Instant::now();
        let (wake, hint) = (self.attached.wake.clone(), self.hint.clone());
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
                    self.look(now).await;
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
    async fn look(&mut self, now: Instant) {
        self.watch_silence(now).await;
        if self.under_way.is_some() {
            return;
        }
        self.discover(now).await;
        let Some(connection) = self.connection.clone() else {
            if now >= self.connect_at {
                let connection = self.servers.connect(self.settings.max_staleness);
                self.begin(now, connection);
            }
            return;
        };
        let commands = self.commands(now).await;
        if !commands.is_empty() {
            self.begin(now, Box::pin(async { Done::Exchanged(exchange(connection, commands).await) }));
        }
    }

    fn begin(&mut self, now: Instant, under_way: UnderWay) {
        self.since = now;
        self.under_way = Some(under_way);
    }

    /// Attaches the circuits of the program that are to be shared, and detaches keyed ones that were evicted.
    async fn discover(&mut self, now: Instant) {
        if now < self.discover_at || self.settings.selection.is_empty() {
            return;
        }
        self.discover_at = now + BEAT;
        let listed: Vec<_> = resilience::circuits().iter().collect();
        let addresses = Addresses::of(&listed);
        self.found.keep(&addresses);
        self.circuits.keep(&addresses);
        for (index, circuit) in listed.into_iter().enumerate() {
            if index % SLICE == SLICE - 1 {
                yield_now().await;
            }
            if self.found.contains(&circuit) {
                continue;
            }
            let Some(sharing) = self.settings.selection.of(&circuit) else { continue };
            // Attached before, by this fleet or by another one.
            let Ok(shared) = self.attached.attach(circuit, sharing) else { continue };
            self.found.insert(shared.circuit());
            self.circuits.include(Namesake::new(shared, sharing, false), &self.keys, Instant::now());
        }
    }

    /// The circuits, and what they have to know.
    fn circuits(&mut self, now: Instant) -> (&mut Circuits, Surroundings<'_>) {
        let around = Surroundings {
            node: &self.id,
            peers: self.live.others(),
            circuits: self.circuits.len(),
            takes_beats: self.takes_beats,
            is_silent: !self.takes_beats
                || now.saturating_duration_since(self.beaten) > self.settings.max_staleness,
            max_staleness: self.settings.max_staleness,
            now,
        };
        (&mut self.circuits, around)
    }

    /// Tells of circuits without a recent answer, and replaces a connection that is silent for long.
    async fn watch_silence(&mut self, now: Instant) {
        if self.under_way.is_some() && now.saturating_duration_since(self.since) > SILENT {
            self.lost(now, "no answer");
        }
        let error = self.error.clone();
        for first in (0..self.circuits.len()).step_by(SLICE) {
            if first > 0 {
                yield_now().await;
            }
            let (circuits, around) = self.circuits(now);
            for (_, circuit) in circuits.some(first, SLICE) {
                circuit.watch(error.as_deref(), around);
            }
        }
        self.note_alone();
    }

    /// A store that answers, and of which no circuit can make use, is not connected.
    fn note_alone(&self) {
        let alone = !self.circuits.is_empty() && self.circuits.iter().all(|circuit| circuit.is_degraded);
        self.status.update(|facts| facts.alone = alone);
    }
}

/// Waits for what is under way. Cancel safe.
async fn progress(under_way: &mut Option<UnderWay>) -> Done {
    match under_way {
        Some(under_way) => under_way.await,
        None => std::future::pending().await,
    }
}
