//! Nested loops.

use std::sync::{Arc, Mutex};

use resilience::breaker::ListenerId;
use resilience::telemetry::{self, Event, NestedEvent};
use resilience::{poll, retry};

use crate::script::{Error, Script, Step};

/// The pairs whose outer site has a name that begins so.
struct Pairs {
    id: ListenerId,
    told: Arc<Mutex<Vec<NestedEvent>>>,
}

impl Pairs {
    fn of(prefix: &'static str) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let id = telemetry::listen(move |event| match event {
            Event::Nested(nested) if nested.outer().name().starts_with(prefix) => {
                kept.lock().expect("a test pushes").push(*nested);
            }
            _ => {}
        });
        Self { id, told }
    }

    #[track_caller]
    fn check(&self, expected: &[(&str, &str, Option<u32>)]) {
        let told = self.told.lock().expect("a test pushes");
        let told: Vec<_> =
            told.iter().map(|pair| (pair.outer().name(), pair.inner().name(), pair.attempts())).collect();
        assert_eq!(told, expected);
    }
}

impl Drop for Pairs {
    fn drop(&mut self) {
        telemetry::unlisten(self.id);
    }
}

const FAILS: &[Step] = &[Step::Busy, Step::Busy, Step::Busy, Step::Busy];

#[resilience::retry(times = 2, interval = 0s, name = "A outer")]
fn outer(script: &Script) -> Result<u8, Error> {
    middle(script)
}

#[resilience::retry(times = 3, interval = 0s, name = "A middle")]
fn middle(script: &Script) -> Result<u8, Error> {
    inner(script)
}

#[resilience::poll(until(1), interval = 0s, name = "A inner")]
fn inner(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn a_loop_inside_of_an_attempt_is_told_once_with_the_product_of_the_attempts() {
    let pairs = Pairs::of("A ");
    for _ in 0..3 {
        let _ = outer(&Script::new(&[Step::Busy; 6]));
    }
    pairs.check(&[("A outer", "A middle", Some(6)), ("A middle", "A inner", None)]);
}

#[test]
fn a_loop_after_another_one_or_on_another_thread_is_not_inside_of_it() {
    #[resilience::retry(times = 2, interval = 0s, name = "B outer")]
    fn outer(next: fn()) -> Result<u8, Error> {
        next();
        Ok(1)
    }
    #[resilience::retry(times = 2, interval = 0s, name = "B other")]
    fn other() -> Result<u8, Error> {
        Ok(1)
    }
    let pairs = Pairs::of("B ");
    outer(|| ()).unwrap();
    other().unwrap();
    let panics = || std::panic::panic_any("by script");
    assert!(std::panic::catch_unwind(|| outer(panics)).is_err());
    other().unwrap();
    outer(|| _ = std::thread::spawn(other).join().unwrap()).unwrap();
    pairs.check(&[]);
    outer(|| _ = other()).unwrap();
    pairs.check(&[("B outer", "B other", Some(4))]);
}

#[test]
fn a_function_that_calls_itself_is_no_pair() {
    #[resilience::retry(times = 2, interval = 0s, name = "C recursive")]
    fn recursive(depth: u32) -> Result<u8, Error> {
        if depth == 0 { Ok(1) } else { recursive(depth - 1) }
    }
    let pairs = Pairs::of("C ");
    recursive(3).unwrap();
    pairs.check(&[]);
}

#[test]
fn function_forms_and_async_loops_inside_of_a_blocking_attempt_are_told() {
    #[resilience::asyncretry(4, pause = 0s, name = "D async")]
    async fn asynchronous() -> Result<u8, Error> {
        Ok(1)
    }
    let pairs = Pairs::of("D ");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    retry(|| runtime.block_on(asynchronous())).times(5).name("D form").call().unwrap();
    pairs.check(&[("D form", "D async", Some(20))]);
}

#[tokio::test(start_paused = true)]
async fn async_loops_side_by_side_in_one_task_are_no_pair() {
    #[resilience::retry(times = 2, name = "E one")]
    async fn one(script: &Script) -> Result<u8, Error> {
        script.attempt_async().await
    }
    #[resilience::retry(times = 2, name = "E other")]
    async fn other(script: &Script) -> Result<u8, Error> {
        script.attempt_async().await
    }
    let pairs = Pairs::of("E ");
    let (left, right) = (Script::new(FAILS), Script::new(FAILS));
    let (left, right) = tokio::join!(one(&left), other(&right));
    assert_eq!((left, right), (Err(Error::Busy), Err(Error::Busy)));
    pairs.check(&[]);
}

#[resilience::retry(times = 2, interval = 0s, name = "J reports")]
fn reports() -> Result<u8, Error> {
    Ok(1)
}

#[resilience::retry(times = 2, interval = 0s, on_error = |_, _| _ = reports(), name = "J retry")]
fn retried(script: &Script, inside: bool) -> Result<u8, Error> {
    if inside {
        reports()?;
    }
    script.attempt()
}

#[resilience::poll(
    until(1), interval = 0s, ignore = |_| true, times = 3, on_error = |_, _| _ = reports(), name = "J poll"
)]
fn polled(script: &Script, inside: bool) -> Result<u8, Error> {
    if inside {
        reports()?;
    }
    script.attempt()
}

#[test]
fn a_loop_in_on_error_is_not_inside_of_an_attempt() {
    let pairs = Pairs::of("J ");
    let steps = [Step::Busy; 3];
    for call in [retried as fn(&Script, bool) -> _, polled] {
        let _ = call(&Script::new(&steps), false);
        let _ = call(&Script::new(&[Step::Busy, Step::Value(1)]), false);
    }
    let script = Script::new(&[Step::Busy, Step::Busy]);
    let form = retry(|| script.attempt()).times(2).interval(std::time::Duration::ZERO).name("J form");
    assert!(form.on_error(|_, _| _ = reports()).call().is_err());
    let script = Script::new(&[Step::Busy, Step::Value(1)]);
    let form = poll(|| script.attempt()).until(|_| true).ignore(|_| true).name("J poll form");
    assert!(form.interval(std::time::Duration::ZERO).on_error(|_, _| _ = reports()).call().is_ok());
    pairs.check(&[]);
    // The attempt after that is one.
    let _ = retried(&Script::new(&[Step::Busy, Step::Value(1)]), true);
    let _ = polled(&Script::new(&[Step::Busy, Step::Value(1)]), true);
    pairs.check(&[("J retry", "J reports", Some(4)), ("J poll", "J reports", Some(6))]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_in_on_error_of_an_async_call_is_not_inside_of_an_attempt() {
    #[resilience::retry(times = 2, interval = 0s, name = "H reports")]
    fn reports() -> Result<u8, Error> {
        Ok(1)
    }
    #[resilience::asyncretry(2, on_error = |_, _| _ = reports(), name = "H asyncretry")]
    async fn retried(script: &Script, inside: bool) -> Result<u8, Error> {
        if inside {
            reports()?;
        }
        script.attempt_async().await
    }
    let pairs = Pairs::of("H ");
    let _ = retried(&Script::new(&[Step::Busy, Step::Busy]), false).await;
    pairs.check(&[]);
    let _ = retried(&Script::new(&[Step::Busy, Step::Value(1)]), true).await;
    pairs.check(&[("H asyncretry", "H reports", Some(4))]);
}

#[test]
fn an_attempt_after_a_wait_is_inside_of_its_call_again() {
    #[resilience::retry(times = 2, interval = 0s, name = "K outer")]
    fn outer(first: &mut bool) -> Result<u8, Error> {
        if std::mem::take(first) { Err(Error::Busy) } else { inner() }
    }
    #[resilience::retry(times = 2, interval = 0s, name = "K inner")]
    fn inner() -> Result<u8, Error> {
        Ok(1)
    }
    let pairs = Pairs::of("K ");
    outer(&mut true).unwrap();
    pairs.check(&[("K outer", "K inner", Some(4))]);
}

#[resilience::retry(times = 2, interval = 0s, name = "F retry")]
async fn outer_async(script: &Script) -> Result<u8, Error> {
    tokio::task::yield_now().await;
    middle_async(script).await
}

#[resilience::asyncbackoff(attempt_timeout = 5s, max_tries = 3, on(_), name = "F backoff")]
async fn middle_async(script: &Script) -> Result<u8, Error> {
    tokio::task::yield_now().await;
    inner_async(script).await
}

#[resilience::poll(until(1), times = 5, interval = 0s, name = "F poll")]
async fn inner_async(script: &Script) -> Result<u8, Error> {
    tokio::task::yield_now().await;
    let form =
        resilience::retry(async || script.attempt_async().await).times(7).interval(std::time::Duration::ZERO);
    form.name("F form").run().await
}

#[tokio::test(start_paused = true)]
async fn loops_inside_of_an_async_attempt_are_told_also_after_it_was_pending() {
    let pairs = Pairs::of("F ");
    for _ in 0..3 {
        // Two attempts in each loop.
        let steps = [Step::Busy, Step::Fatal, Step::Value(0), Step::Value(1)];
        let _ = outer_async(&Script::new(&steps)).await;
    }
    pairs.check(&[
        ("F retry", "F backoff", Some(6)),
        ("F backoff", "F poll", Some(15)),
        ("F poll", "F form", Some(35)),
    ]);
}

#[resilience::retry(times = 2, interval = 0s, name = "G outer")]
async fn outer_of_both(blocks: bool) -> Result<u8, Error> {
    tokio::task::yield_now().await;
    if blocks {
        blocking_inside()
    } else {
        resilience::poll(async || blocking_inside())
            .until(|value| *value == 1)
            .name("G form")
            .run()
            .await
            .map_err(|_| Error::Busy)
    }
}

#[resilience::retry(times = 3, interval = 0s, name = "G blocking")]
fn blocking_inside() -> Result<u8, Error> {
    Ok(1)
}

#[tokio::test]
async fn a_blocking_loop_inside_of_an_async_attempt_is_told() {
    let pairs = Pairs::of("G ");
    outer_of_both(true).await.unwrap();
    outer_of_both(false).await.unwrap();
    let told =
        [("G outer", "G blocking", Some(6)), ("G outer", "G form", None), ("G form", "G blocking", None)];
    pairs.check(&told);
}

#[tokio::test(start_paused = true)]
async fn what_runs_beside_an_async_attempt_or_after_it_is_not_inside_of_it() {
    #[resilience::retry(times = 2, name = "H outer")]
    async fn outer<F: Future<Output = ()>>(ends: impl Fn() -> F) -> Result<u8, Error> {
        ends().await;
        Ok(1)
    }
    #[resilience::retry(times = 2, name = "H other")]
    async fn other() -> Result<u8, Error> {
        tokio::task::yield_now().await;
        Ok(1)
    }
    let pairs = Pairs::of("H ");
    let second = std::time::Duration::from_secs(1);
    // Beside it in one task, in another task of the thread, after it was dropped, and after it panicked.
    let _ = tokio::join!(outer(|| tokio::time::sleep(second)), other());
    outer(|| async { _ = tokio::spawn(other()).await.unwrap() }).await.unwrap();
    let _ = tokio::time::timeout(second, outer(std::future::pending)).await;
    other().await.unwrap();
    let panics = tokio::spawn(outer(|| async { std::panic::panic_any("by script") }));
    assert!(panics.await.is_err());
    other().await.unwrap();
    pairs.check(&[]);
    outer(|| async { _ = other().await }).await.unwrap();
    pairs.check(&[("H outer", "H other", Some(4))]);
}
