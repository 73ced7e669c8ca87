//! All features combined: a retry over a circuit with statistics and a listener, under a policy that was replaced, with
//! injected faults.

use std::cell::RefCell;
use std::time::Duration;

use resilience::telemetry::{self, Site, SiteKind};
use resilience::testing::{Fault, ManualClock, Scope, scope, seam};
use resilience::{RetryPolicy, circuit, retry};

use crate::script::{Error, Record};

const SECOND: Duration = Duration::from_secs(1);

fn site(name: &str, kind: SiteKind) -> Site {
    let mut sites = telemetry::sites();
    sites.find(|site| site.name() == name && site.kind() == kind).expect("it is listed")
}

fn injected(name: &str, fault: Fault) -> Scope {
    let scope = scope();
    scope.inject(name, fault);
    scope
}

type Body<'a> = &'a dyn Fn() -> Result<u8, Error>;

#[retry(times = 2, deadline = 1h, name = "slice", stats = "slice")]
#[circuit(name = "slice circuit", failure_threshold = 4)]
fn blocking(body: Body<'_>) -> Result<u8, Error> {
    body()
}

#[retry(times = 2, deadline = 1h, name = "async slice", stats = "async slice")]
#[circuit(name = "async slice circuit", failure_threshold = 4)]
async fn asynchronous(body: Body<'_>) -> Result<u8, Error> {
    tokio::task::yield_now().await;
    body()
}

/// A first attempt that fails, while which the policy is exchanged again and a fault injected.
fn first_attempt<'a>(
    name: &'a str,
    circuit: &'a str,
    fault: &'a RefCell<Option<Scope>>,
) -> impl Fn() -> Result<u8, Error> {
    let site_of_loop = site(name, SiteKind::Retry);
    assert!(seam::exchange(site_of_loop, RetryPolicy::new().times(3).interval(5 * SECOND)));
    move || {
        assert!(seam::exchange(site_of_loop, RetryPolicy::new().times(1)));
        *fault.borrow_mut() = Some(injected(circuit, Fault::error(|| Error::Fatal)));
        Err(Error::Busy)
    }
}

fn check(name: &str, record: &Record) {
    record.check(
        &[
            "attempt 1 at 0ns: busy, wait 5s",
            "attempt 2 at 5s: fatal, wait 5s",
            "attempt 3 at 10s: fatal, no wait",
            "GaveUp(Attempts) after 3 in 10s: fatal",
            "FirstTry after 1 in 2s: -",
        ],
        true,
    );
    let tally = telemetry::stats(name).expect("it has statistics");
    assert_eq!((tally.calls(), tally.attempts(), tally.errors(), tally.successes()), (2, 4, 3, 1));
    assert_eq!(tally.time(), 12 * SECOND);
}

#[test]
fn all_of_it_meets_in_a_sync_function() {
    let _clock = ManualClock::install();
    let (record, fault) = (Record::of("slice"), RefCell::new(None));
    assert_eq!(blocking(&first_attempt("slice", "slice circuit", &fault)), Err(Error::Fatal));
    fault.take();
    let latency = injected("slice", Fault::latency(2 * SECOND));
    assert_eq!(blocking(&|| Ok(7)), Ok(7));
    drop(latency);
    check("slice", &record);
}

#[tokio::test(start_paused = true)]
async fn all_of_it_meets_in_an_async_function() {
    let (record, fault) = (Record::of("async slice"), RefCell::new(None));
    let first = first_attempt("async slice", "async slice circuit", &fault);
    assert_eq!(asynchronous(&first).await, Err(Error::Fatal));
    fault.take();
    let latency = injected("async slice", Fault::latency(2 * SECOND));
    assert_eq!(asynchronous(&|| Ok(7)).await, Ok(7));
    drop(latency);
    check("async slice", &record);
}
