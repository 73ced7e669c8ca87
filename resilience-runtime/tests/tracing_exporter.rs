//! A subscriber that retries its own upload. It is the program's: only then does `tracing` let it log in turn.
#![forbid(unsafe_code)]
#![cfg(all(feature = "macros", feature = "tracing"))]

use std::sync::atomic::{AtomicU32, Ordering};

use resilience::retry;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static EVENTS: AtomicU32 = AtomicU32::new(0);

#[retry(times = 2, interval = 0s)]
fn ship() -> Result<(), &'static str> {
    Err("no collector")
}

struct Exporter;

impl Subscriber for Exporter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "resilience"
    }

    fn event(&self, _: &Event<'_>) {
        // Where it is told of itself, that ends here.
        if EVENTS.fetch_add(1, Ordering::Relaxed) < 10 {
            assert!(ship().is_err());
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_subscriber_that_retries_its_own_upload_is_not_told_of_it() {
    tracing::subscriber::set_global_default(Exporter).unwrap();
    assert!(ship().is_err());
    assert_eq!(EVENTS.load(Ordering::Relaxed), 2, "one attempt and one end of a call");
}
