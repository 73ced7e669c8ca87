//! A service that stops gracefully under load: `cargo run --example shutdown`.
//!
//! Each request calls a backend that is overloaded, and retries for up to ten seconds. The signal ends these retries at
//! once, so that the server stops a moment later, with an answer to every request. `service.rs` is the server. The program
//! fails if an attempt begins after the signal, or if the server takes long to stop.

mod service;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use resilience::{Cancelled, TimedOut, retry};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

#[derive(Debug, thiserror::Error)]
enum BackendError {
    #[error("the backend is overloaded")]
    Overloaded,
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A slow backend, which serves one call in eight.
#[derive(Default)]
struct Backend {
    /// Cancelled on Ctrl-C, in a real service.
    shutdown: CancellationToken,
    is_shut_down: AtomicBool,
    attempts: AtomicU32,
    late_attempts: AtomicU32,
}

impl Backend {
    /// The signal drops the attempt or the delay, whichever is running.
    #[retry(
        times = forever,
        deadline = 10s,
        backoff = exponential(50ms, max = 2s),
        jitter = full,
        cancel = self.shutdown.cancelled()
    )]
    async fn fetch(&self) -> Result<&'static str, BackendError> {
        if self.is_shut_down.load(Ordering::Relaxed) {
            self.late_attempts.fetch_add(1, Ordering::Relaxed);
        }
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(10)).await;
        if number % 8 == 7 { Ok("the page") } else { Err(BackendError::Overloaded) }
    }

    fn shut_down(&self) {
        self.is_shut_down.store(true, Ordering::Relaxed);
        self.shutdown.cancel();
    }
}

// On one thread, nothing runs between the two lines of `shut_down`.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let backend = Arc::new(Backend::default());
    let server = service::start(&backend).await?;
    sleep(Duration::from_secs(1)).await;

    let (signal, before) = (Instant::now(), backend.attempts.load(Ordering::Relaxed));
    backend.shut_down();
    let answers = server.stopped().await?;
    let took = signal.elapsed();

    let late = backend.late_attempts.load(Ordering::Relaxed);
    println!("before the signal: {before} attempts, {} pages", answers.pages);
    println!("the signal ended {} requests", answers.cancelled);
    println!("after the signal:  {late} attempts; the server stopped within {took:.0?}");
    if late > 0 || answers.cancelled == 0 || answers.failed > 0 || took > Duration::from_secs(1) {
        return Err(format!("the service did not stop gracefully: {answers:?}").into());
    }
    Ok(())
}
