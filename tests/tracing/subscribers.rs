//! What a subscriber may do.

use std::sync::atomic::{AtomicU32, Ordering};

use resilience::{CircuitBreaker, CircuitConfig, retry};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Does as it likes at each event.
struct Does<F>(F);

impl<F: Fn() + 'static> Subscriber for Does<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "resilience"
    }

    fn event(&self, _: &Event<'_>) {
        self.0();
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[retry(times = 2, interval = 0s)]
fn fails() -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_panic_in_a_subscriber_is_caught_and_the_circuit_opens() {
    let breaker = CircuitBreaker::new("calm", CircuitConfig::new().failure_threshold(1));
    let panics = Does(|| panic!("by a subscriber"));
    tracing::subscriber::with_default(panics, || {
        assert_eq!(fails(), Err("down"));
        assert!(breaker.call(|| Err::<(), _>("down")).is_err());
    });
    assert!(breaker.is_open());
}

#[test]
fn a_subscriber_may_use_the_circuit_that_it_is_told_of() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("looked at", CircuitConfig::new().failure_threshold(1));
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let looks = Does(|| _ = OPENED.fetch_add(u32::from(BREAKER.is_open()), Ordering::Relaxed));
    tracing::subscriber::with_default(looks, || {
        assert!(BREAKER.call(|| Err::<(), _>("down")).is_err());
    });
    assert_eq!(OPENED.load(Ordering::Relaxed), 1, "no lock is held");
}
