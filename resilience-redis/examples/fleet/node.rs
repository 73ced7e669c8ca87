//! One of the processes: 20 calls a second, and a line for each change.

use std::io::BufRead as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use resilience::telemetry::{self, Event, StoreEventKind};
use resilience::{CircuitEventKind, CircuitOpen, circuit};
use resilience_redis::{Fleet, Sharing};

static FAILS: AtomicBool = AtomicBool::new(false);
static ENDS: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU32 = AtomicU32::new(0);
static REJECTED: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, thiserror::Error)]
enum PayError {
    #[error("the dependency is down")]
    Down,
    #[error(transparent)]
    Open(#[from] CircuitOpen),
}

#[circuit(name = "payments", failure_threshold = 5, recovery_timeout = 2s)]
async fn pay() -> Result<(), PayError> {
    CALLS.fetch_add(1, Ordering::Relaxed);
    if FAILS.load(Ordering::Relaxed) { Err(PayError::Down) } else { Ok(()) }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(port: &str) {
    std::thread::spawn(listen_to_orders);
    telemetry::listen(tell);
    let fleet = Fleet::builder(format!("redis://127.0.0.1:{port}/"))
        .namespace("example")
        .share("payments", Sharing::Enforce)
        .start()
        .await
        .expect("the configuration is valid");
    while !ENDS.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if let Err(PayError::Open(_)) = pay().await {
            REJECTED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let (calls, rejected) = (CALLS.load(Ordering::Relaxed), REJECTED.load(Ordering::Relaxed));
    println!("{calls} calls ran, {rejected} were rejected");
    fleet.shutdown().await;
}

fn listen_to_orders() {
    for order in std::io::stdin().lock().lines().map_while(Result::ok) {
        match order.as_str() {
            "fail" => FAILS.store(true, Ordering::Relaxed),
            "work" => FAILS.store(false, Ordering::Relaxed),
            "end" => ENDS.store(true, Ordering::Relaxed),
            _ => {}
        }
    }
    ENDS.store(true, Ordering::Relaxed);
}

fn tell(event: &Event<'_>) {
    match event {
        Event::Circuit(event) => match event.kind() {
            CircuitEventKind::Opened => println!("open"),
            CircuitEventKind::HalfOpened => println!("half-open"),
            CircuitEventKind::Closed => println!("closed"),
            _ => {}
        },
        Event::Store(event) => match event.kind() {
            StoreEventKind::Degraded => println!("without the store: {}", event.text().unwrap_or_default()),
            StoreEventKind::Recovered => println!("the store is back"),
            StoreEventKind::Adopted => println!("the fleet is {}", event.text().unwrap_or_default()),
            _ => {}
        },
        _ => {}
    }
}
