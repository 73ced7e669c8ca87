//! Attributes of other crates above, below and between those of this library: which apply to a call, and which to an
//! attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use resilience::{circuit, retry};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, instrument};

use crate::flaky::{Flaky, Oops};

/// Counts the spans.
#[derive(Clone, Default)]
struct Spans(Arc<AtomicU64>);

impl Subscriber for Spans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Expanded first, and so inside the loop.
#[instrument(skip_all)]
#[retry(interval = 0s)]
fn above(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

/// Expanded last, and so around the loop.
#[retry(interval = 0s)]
#[instrument(skip_all)]
fn below(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

/// Ours are one expansion, and what is between them comes after it.
#[retry(interval = 0s)]
#[instrument(skip_all)]
#[circuit(failure_threshold = 9)]
fn between(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[instrument(skip_all)]
#[retry(interval = 0s)]
async fn above_async(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

#[retry(interval = 0s)]
#[instrument(skip_all)]
async fn below_async(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

#[retry(interval = 0s)]
#[instrument(skip_all)]
#[circuit(failure_threshold = 9)]
async fn between_async(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

#[tokio::test]
async fn an_attribute_above_ours_sees_each_attempt_and_one_below_or_between_sees_the_call() {
    let spans = Spans::default();
    let _listening = tracing::subscriber::set_default(spans.clone());
    let count = |answer| {
        assert_eq!(answer, Ok(3));
        spans.0.swap(0, Ordering::SeqCst)
    };
    assert_eq!(count(above(&Flaky::default())), 3);
    assert_eq!(count(below(&Flaky::default())), 1);
    assert_eq!(count(between(&Flaky::default())), 1);
    assert_eq!(count(above_async(&Flaky::default()).await), 3);
    assert_eq!(count(below_async(&Flaky::default()).await), 1);
    assert_eq!(count(between_async(&Flaky::default()).await), 1);
}

#[retry(interval = 0s)]
#[tokio::test]
async fn ours_stands_above_a_test_of_tokios() -> Result<(), Oops> {
    static FLAKY: std::sync::LazyLock<Flaky> = std::sync::LazyLock::new(Flaky::default);
    FLAKY.ask_async().await.map(drop)
}
