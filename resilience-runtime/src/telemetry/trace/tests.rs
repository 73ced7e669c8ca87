use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use super::*;
use crate::RetryPolicy;
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::telemetry::{Brought, Failed, GiveUpReason, Observation, SiteEntry};

struct Counts(Arc<AtomicU32>);

impl Subscriber for Counts {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
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
fn a_call_is_logged_without_being_observed() {
    static ENTRY: SiteEntry = SiteEntry::new(SiteKind::Retry, SiteName::Given("logged"), "", 1);
    let told = Arc::new(AtomicU32::new(0));
    tracing::subscriber::with_default(Counts(Arc::clone(&told)), || {
        let site = PolicySite::new(SiteName::Given("logged"), SiteKind::Retry, RetryPolicy::new());
        let origin = site.origin();
        let mut observation = Observation::NONE;
        assert!(!ENTRY.is_watched(), "a subscriber is no listener");
        observation.begin(&ENTRY, &site, false);
        // An observed call reads the clock here, and has a record from here on.
        assert!(!observation.is_on());
        let failed = Failed { brought: Brought::Error, is_open: false, error: Some(&"down") };
        observation.failed(origin, 1, Ok(Duration::ZERO), failed);
        assert!(!observation.is_on());
        assert_eq!(told.load(Ordering::Relaxed), 1);
        observation.failed(origin, 2, Err(GiveUpReason::Attempts), failed);
        assert_eq!(told.load(Ordering::Relaxed), 2);
        observation.returns(origin, 2, Some(&"down"));
    });
    assert_eq!(told.load(Ordering::Relaxed), 2, "the end is told once");
}

#[test]
fn a_wait_of_forever_is_the_longest_that_a_log_can_say() {
    assert_eq!(millis(Duration::MAX), u64::MAX);
    assert_eq!(millis(Duration::from_micros(1500)), 1);
}
