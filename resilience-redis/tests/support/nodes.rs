//! Nodes: each has a circuit, a fleet and traffic.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
use resilience_redis::{Fleet, Sharing};

use super::proxy::Proxy;
use super::server::Server;
use super::{ms, secs, until};

/// What the calls of a node find.
#[derive(Default)]
pub(crate) struct Dependency {
    pub(crate) fails: AtomicBool,
    /// Milliseconds that a call takes.
    pub(crate) takes: AtomicU64,
    pub(crate) calls: AtomicU64,
    pub(crate) rejected: AtomicU64,
    /// How long admissions took, in nanoseconds.
    pub(crate) admissions: Mutex<Vec<u64>>,
}

pub(crate) struct Node {
    pub(crate) breaker: Arc<CircuitBreaker>,
    pub(crate) dependency: Arc<Dependency>,
    pub(crate) fleet: Option<Fleet>,
    pub(crate) proxy: Proxy,
    /// The URL of the server, without the proxy.
    store: String,
    circuit: &'static str,
    traffic: Vec<tokio::task::JoinHandle<()>>,
}

/// The keys of the tests' circuit.
pub(crate) fn keys(server: &Server) -> [String; 10] {
    resilience_redis::__testing::Keys::new("tests").circuit(server.circuit)
}

/// A field of the tests' circuit in the store.
pub(crate) fn field(server: &Server, field: &str) -> Option<String> {
    field_of(&mut server.connection(), server.circuit, field)
}

/// A field that is a number. Zero, where it is missing.
pub(crate) fn number(server: &Server, name: &str) -> i64 {
    field(server, name).map_or(0, |text| text.parse().expect("a number"))
}

/// The epoch, the generation and the state of the tests' circuit in the store.
pub(crate) fn period(server: &Server) -> [Option<String>; 3] {
    ["epoch", "gen", "state"].map(|name| field(server, name))
}

pub(crate) fn field_of(store: &mut redis::Connection, circuit: &str, field: &str) -> Option<String> {
    let keys = resilience_redis::__testing::Keys::new("tests").circuit(circuit);
    redis::cmd("HGET").arg(&keys[0]).arg(field).query(store).expect("an answer")
}

/// What a fleet of tests is like.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) config: CircuitConfig,
    pub(crate) sharing: Sharing,
    pub(crate) calls_per_second: f64,
}

pub(crate) fn plan() -> Plan {
    Plan {
        config: CircuitConfig::new().recovery_timeout(secs(2)),
        sharing: Sharing::Enforce,
        calls_per_second: 20.0,
    }
}

/// The fleet opens by the sum of its calls, and none of its circuits by itself: its own calls are too few.
pub(crate) fn plan_of_a_sum() -> Plan {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(secs(10)).min_calls(60);
    Plan { config: config.recovery_timeout(secs(2)), ..plan() }
}

pub(crate) struct Nodes {
    pub(crate) nodes: Vec<Node>,
}

impl Node {
    pub(crate) async fn start(server: &Server, plan: &Plan) -> Self {
        let proxy = Proxy::start(server.port).await;
        let breaker =
            Arc::new(CircuitBreaker::try_new(server.circuit, plan.config).expect("a valid configuration"));
        let fleet = Fleet::builder(proxy.url())
            .namespace("tests")
            .share_circuit(breaker.clone(), plan.sharing)
            .start()
            .await
            .expect("a valid configuration");
        let dependency = Arc::new(Dependency { takes: AtomicU64::new(2), ..Dependency::default() });
        let (store, circuit) = (server.url(), server.circuit);
        let mut node =
            Self { breaker, dependency, fleet: Some(fleet), proxy, store, circuit, traffic: Vec::new() };
        if plan.calls_per_second > 0.0 {
            node.call(plan.calls_per_second);
        }
        node
    }

    /// Adds traffic.
    pub(crate) fn call(&mut self, per_second: f64) {
        self.traffic.push(traffic(self.breaker.clone(), self.dependency.clone(), per_second));
    }

    pub(crate) fn fails(&self, fails: bool) {
        self.dependency.fails.store(fails, Ordering::SeqCst);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.dependency.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.dependency.rejected.load(Ordering::SeqCst)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.fleet.as_ref().is_some_and(|fleet| fleet.health().connected())
    }

    /// What the store says of the circuit.
    pub(crate) fn state_in_store(&self) -> Option<String> {
        let client = redis::Client::open(self.store.as_str()).expect("a URL");
        let connection = client.get_connection_with_timeout(secs(1));
        field_of(&mut connection.expect("the server listens"), self.circuit, "state")
    }

    /// Ends it as a deploy does: it tells the store.
    pub(crate) async fn shutdown(mut self) {
        if let Some(fleet) = self.fleet.take() {
            fleet.shutdown().await;
        }
    }

    /// Ends it as a crash does: it tells nobody.
    pub(crate) fn kill(&mut self) {
        for traffic in self.traffic.drain(..) {
            traffic.abort();
        }
        self.fleet = None;
        self.proxy.partition(true);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Calls until it is aborted.
pub(crate) fn traffic(
    breaker: Arc<CircuitBreaker>,
    dependency: Arc<Dependency>,
    per_second: f64,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let wait = Duration::from_secs_f64((0.5 + fastrand::f64()) / per_second);
            tokio::time::sleep(wait).await;
            call(&breaker, &dependency).await;
        }
    })
}

async fn call(breaker: &CircuitBreaker, dependency: &Dependency) {
    let began = Instant::now();
    let admitted = breaker.try_acquire();
    let took = began.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
    dependency.admissions.lock().expect("not poisoned").push(took);
    let Ok(permit) = admitted else {
        dependency.rejected.fetch_add(1, Ordering::SeqCst);
        return;
    };
    dependency.calls.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(ms(dependency.takes.load(Ordering::SeqCst))).await;
    if dependency.fails.load(Ordering::SeqCst) {
        permit.failure_because("down");
    } else {
        permit.success();
    }
}

impl Nodes {
    pub(crate) async fn start(server: &Server, count: usize, plan: &Plan) -> Self {
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(Node::start(server, plan).await);
        }
        let nodes = Self { nodes };
        let count = u64::try_from(count).expect("few");
        let sees_all = |node: &Node| node.fleet.as_ref().is_some_and(|fleet| fleet.health().nodes() == count);
        until("all nodes see one another", secs(10), || nodes.nodes.iter().all(sees_all)).await;
        nodes
    }

    pub(crate) fn fail(&self, fails: bool) {
        for node in &self.nodes {
            node.fails(fails);
        }
    }

    pub(crate) fn all(&self, state: CircuitState) -> bool {
        self.nodes.iter().all(|node| node.breaker.state() == state)
    }

    pub(crate) fn any(&self, state: CircuitState) -> bool {
        self.nodes.iter().any(|node| node.breaker.state() == state)
    }

    pub(crate) fn calls(&self) -> u64 {
        self.nodes.iter().map(Node::calls).sum()
    }

    pub(crate) fn states(&self) -> Vec<CircuitState> {
        self.nodes.iter().map(|node| node.breaker.state()).collect()
    }

    /// Lets the dependency fail for all until all are open, and the store as well: circuits that open by themselves are not
    /// enough.
    pub(crate) async fn open(&self) -> Duration {
        self.fail(true);
        let is_open = || {
            let state = self.nodes[0].state_in_store();
            state.as_deref() == Some("o") && self.all(CircuitState::Open)
        };
        until("all open, and the store", secs(5), is_open).await
    }

    /// Waits until all are closed, and the store as well.
    pub(crate) async fn closed(&self, limit: Duration) -> Duration {
        let is_closed =
            || self.all(CircuitState::Closed) && self.nodes[0].state_in_store().as_deref() == Some("c");
        until("all closed, and the store", limit, is_closed).await
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.nodes.iter().map(Node::rejected).sum()
    }
}
