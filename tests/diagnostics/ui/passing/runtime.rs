use super::*;
use std::sync::atomic::{AtomicU8, Ordering};

static RUNS: AtomicU8 = AtomicU8::new(0);

#[retry(times = 3, interval = 0s)]
#[tokio::test]
async fn above_a_test() -> Result<(), String> {
    match RUNS.fetch_add(1, Ordering::Relaxed) {
        0 => Err("not yet".into()),
        _ => Ok(()),
    }
}

#[poll(until(()))]
#[tokio::test(start_paused = true)]
async fn above_a_test_with_options() -> Result<(), TimedOut> {
    yield_now().await;
    Ok(())
}

#[retry]
#[tokio::main(flavor = "current_thread")]
async fn start() -> Result<u8, TimedOut> {
    Ok(1)
}

#[test]
fn above_a_main() {
    assert_eq!(start(), Ok(1));
}
