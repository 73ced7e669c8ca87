//! What a process of a fleet does: traffic for its circuits, until its orders end.

use std::io::BufRead as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use resilience::telemetry::{self, Event, StoreEventKind};
use resilience::{CircuitBreaker, CircuitConfig};
use resilience_redis::{Fleet, Sharing};
use tokio::sync::Notify;

use super::process::{Report, Setup, wall_clock};

/// The name of a circuit of processes.
pub(crate) fn name(index: usize) -> &'static str {
    Box::leak(format!("c{index}").into_boxed_str())
}

struct Worker {
    circuits: Vec<Arc<CircuitBreaker>>,
    fleet: Fleet,
    fails: AtomicBool,
    takes: AtomicU64,
    asked: AtomicU64,
    calls: AtomicU64,
    running: AtomicU64,
    admissions: Mutex<Vec<u64>>,
    degraded: AtomicU64,
    recovered: AtomicU64,
    ends: Notify,
}

/// Runs a process if this program was started as one. Returns whether it was.
pub(crate) fn run() -> bool {
    let (Ok(url), Ok(setup)) = (std::env::var("FLEET_URL"), std::env::var("FLEET_SETUP")) else {
        return false;
    };
    // The name of the test is on the line.
    println!();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work(url, Setup::from_text(&setup)));
    true
}

async fn work(url: String, setup: Setup) {
    let config = CircuitConfig::new().recovery_timeout(setup.recovery).probe_timeout(setup.probe);
    let create = |index| Arc::new(CircuitBreaker::try_new(name(index), config).expect("valid"));
    let circuits: Vec<_> = (0..setup.circuits).map(create).collect();
    let builder = Fleet::builder(url).namespace("tests");
    let share = |builder: resilience_redis::FleetBuilder, circuit: &Arc<CircuitBreaker>| {
        builder.share_circuit(circuit.clone(), Sharing::Enforce)
    };
    let fleet = circuits.iter().fold(builder, share).start().await.expect("valid");
    let worker = Arc::new(Worker {
        circuits,
        fleet,
        fails: AtomicBool::new(false),
        takes: AtomicU64::new(2),
        asked: AtomicU64::new(0),
        calls: AtomicU64::new(0),
        running: AtomicU64::new(0),
        admissions: Mutex::new(Vec::new()),
        degraded: AtomicU64::new(0),
        recovered: AtomicU64::new(0),
        ends: Notify::new(),
    });
    telemetry::listen({
        let worker = worker.clone();
        move |event| {
            if let Event::Store(event) = event {
                match event.kind() {
                    StoreEventKind::Degraded => worker.degraded.fetch_add(1, Ordering::SeqCst),
                    StoreEventKind::Recovered => worker.recovered.fetch_add(1, Ordering::SeqCst),
                    _ => 0,
                };
            }
        }
    });
    for circuit in worker.circuits.clone() {
        let worker = worker.clone();
        tokio::spawn(async move {
            loop {
                let wait = Duration::from_secs_f64((0.5 + fastrand::f64()) / setup.calls_per_second);
                tokio::time::sleep(wait).await;
                worker.call(&circuit).await;
            }
        });
    }
    std::thread::spawn({
        let worker = worker.clone();
        move || worker.obey()
    });
    worker.ends.notified().await;
}

impl Worker {
    async fn call(&self, circuit: &CircuitBreaker) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let began = Instant::now();
        let admitted = circuit.try_acquire();
        let took = began.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
        self.admissions.lock().expect("not poisoned").push(took);
        let Ok(permit) = admitted else { return };
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(self.takes.load(Ordering::SeqCst))).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        if self.fails.load(Ordering::SeqCst) {
            permit.failure_because("down");
        } else {
            permit.success();
        }
    }

    fn obey(&self) {
        for order in std::io::stdin().lock().lines().map_while(Result::ok) {
            match order.split_once(' ').unwrap_or((&order, "")) {
                ("fail", _) => self.fails.store(true, Ordering::SeqCst),
                ("work", _) => self.fails.store(false, Ordering::SeqCst),
                ("take", millis) => self.takes.store(millis.parse().expect("a number"), Ordering::SeqCst),
                ("report", _) => println!("{}", self.report().line()),
                ("measure", _) => println!("{}", self.measure().line()),
                _ => break,
            }
        }
        self.ends.notify_one();
    }

    fn report(&self) -> Report {
        let count = |is_counted: &dyn Fn(&CircuitBreaker) -> bool| {
            self.circuits.iter().filter(|circuit| is_counted(circuit)).count() as u64
        };
        let health = self.fleet.health();
        Report {
            closed: count(&CircuitBreaker::is_closed),
            opened: count(&|circuit| circuit.snapshot().generation() > 0),
            asked: self.asked.load(Ordering::SeqCst),
            calls: self.calls.load(Ordering::SeqCst),
            running: self.running.load(Ordering::SeqCst),
            degraded: self.degraded.load(Ordering::SeqCst),
            recovered: self.recovered.load(Ordering::SeqCst),
            nodes: health.nodes(),
            connected: health.connected().into(),
            clock: wall_clock(),
            ..Report::default()
        }
    }

    fn measure(&self) -> Report {
        let mut admissions = self.admissions.lock().expect("not poisoned").clone();
        admissions.sort_unstable();
        let p99 = admissions.get(admissions.len() * 99 / 100).copied().unwrap_or(0);
        Report { p99, longest: admissions.last().copied().unwrap_or(0), ..self.report() }
    }
}
