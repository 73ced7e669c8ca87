//! By-value arguments of async functions under a circuit alone, which calls the body at most once.

use std::cell::Cell;

use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, circuit};

#[derive(Debug, PartialEq)]
enum Oops {
    Rejected,
    Down,
}

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Self::Rejected
    }
}

#[circuit]
async fn looked_at(cell: Cell<u8>) -> Result<u8, Oops> {
    tokio::task::yield_now().await;
    Ok(cell.get())
}

#[circuit]
async fn copied<T: Copy + Into<u8>>(value: T) -> Result<u8, Oops> {
    tokio::task::yield_now().await;
    Ok(value.into())
}

fn of_any_type<T: Copy + Into<u8> + Send>(value: T) -> impl Future<Output = Result<u8, Oops>> + Send {
    copied(value)
}

async fn other(cell: Cell<u8>) -> Result<u8, Oops> {
    tokio::task::yield_now().await;
    Ok(cell.get() + 1)
}

#[circuit(call_timeout = 1s, fallback = other)]
#[circuit(failure_threshold = 1)]
async fn with_a_fallback(cell: Cell<u8>) -> Result<u8, Oops> {
    tokio::task::yield_now().await;
    if cell.get() == 0 { Err(Oops::Down) } else { Ok(cell.get()) }
}

impl From<resilience::TimedOut> for Oops {
    fn from(_: resilience::TimedOut) -> Self {
        Self::Down
    }
}

struct Client {
    breaker: CircuitBreaker,
}

impl Client {
    #[circuit(breaker = &self.breaker, on_error = |_| seen.set(true))]
    async fn beside_a_shared_self(&self, seen: &Seen, cell: Cell<u8>) -> Result<u8, Oops> {
        tokio::task::yield_now().await;
        if cell.get() == 0 { Err(Oops::Down) } else { Ok(cell.get()) }
    }

    /// Options borrow the arguments, which stay where they are.
    #[circuit(breaker = &self.breaker, on_error = |_| log(&format!("{text}!"), heard))]
    async fn used_by_options(self, text: String, heard: &mut Vec<String>) -> Result<u8, Oops> {
        tokio::task::yield_now().await;
        if text.is_empty() { Ok(1) } else { Err(Oops::Down) }
    }
}

fn log(text: &str, heard: &mut Vec<String>) {
    heard.push(text.to_owned());
}

#[derive(Default)]
struct Seen(std::sync::atomic::AtomicBool);

impl Seen {
    fn set(&self, seen: bool) {
        self.0.store(seen, std::sync::atomic::Ordering::Relaxed);
    }
}

async fn spawned<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(future).await.expect("no panic")
}

#[tokio::test]
async fn an_argument_of_a_body_that_runs_once_needs_not_be_sync() {
    assert_eq!(spawned(looked_at(Cell::new(3))).await, Ok(3));
    assert_eq!(spawned(of_any_type(4)).await, Ok(4));
    assert_eq!(spawned(with_a_fallback(Cell::new(5))).await, Ok(5));
    assert_eq!(spawned(with_a_fallback(Cell::new(0))).await, Err(Oops::Down));
    assert_eq!(spawned(with_a_fallback(Cell::new(0))).await, Err(Oops::Rejected), "the inner one");
}

#[tokio::test]
async fn options_of_a_circuit_use_the_arguments_after_the_body() {
    let client = || Client { breaker: CircuitBreaker::new("owned", CircuitConfig::new()) };
    let seen = Seen::default();
    assert_eq!(client().beside_a_shared_self(&seen, Cell::new(0)).await, Err(Oops::Down));
    assert!(seen.0.into_inner());
    spawned(async move { client().beside_a_shared_self(&Seen::default(), Cell::new(1)).await })
        .await
        .expect("it works");
    let mut heard = Vec::new();
    assert_eq!(client().used_by_options("text".into(), &mut heard).await, Err(Oops::Down));
    assert_eq!(heard, ["text!"]);
}
