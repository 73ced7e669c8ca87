//! A retry with a zero delay, compared with a timer of zero duration: wall time, as a ratio within this run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use resilience::retry;

use crate::subjects::Failure;

const RETRIES: u32 = 1_000;

#[retry(times = 1001, interval = 0s)]
async fn at_once(tries: &mut u32) -> Result<u32, Failure> {
    fails(tries)
}

#[retry(times = 1001, interval = 0s)]
fn at_once_sync(tries: &mut u32) -> Result<u32, Failure> {
    fails(tries)
}

async fn by_yielding(tries: &mut u32) -> Result<u32, Failure> {
    loop {
        match fails(tries) {
            Ok(tries) => return Ok(tries),
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn by_timer(tries: &mut u32) -> Result<u32, Failure> {
    loop {
        match fails(tries) {
            Ok(tries) => return Ok(tries),
            Err(_) => tokio::time::sleep(Duration::from_nanos(1)).await,
        }
    }
}

fn fails(tries: &mut u32) -> Result<u32, Failure> {
    *tries += 1;
    if black_box(*tries) <= RETRIES { Err(Failure(*tries)) } else { Ok(*tries) }
}

pub(crate) fn print() {
    println!("\none retry that waits for no time (wall time, best of 20 rounds of {RETRIES})");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a timer and no I/O");
    let yielding = best(|| runtime.block_on(by_yielding(&mut 0)).is_ok());
    let ours = best(|| runtime.block_on(at_once(&mut 0)).is_ok());
    let sync = best(|| at_once_sync(&mut 0).is_ok());
    let timer = {
        let start = Instant::now();
        assert!(runtime.block_on(by_timer(&mut 0)).is_ok());
        start.elapsed() / RETRIES
    };
    let row = |name: &str, each: Duration| {
        let ratio = each.as_secs_f64() / yielding.as_secs_f64();
        println!("  {name:<30} {:>9.1} ns   {ratio:>9.2} × yield", each.as_secs_f64() * 1e9);
    };
    row("tokio::task::yield_now()", yielding);
    row("async #[retry(interval = 0s)]", ours);
    row("sync #[retry(interval = 0s)]", sync);
    row("tokio timer of 1 ns", timer);
}

fn best(round: impl Fn() -> bool) -> Duration {
    let time = || {
        let start = Instant::now();
        assert!(round());
        start.elapsed() / RETRIES
    };
    (0..20).map(|_| time()).min().unwrap_or_default()
}
