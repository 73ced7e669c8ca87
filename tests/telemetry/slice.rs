//! All features combined: a retry over a circuit with statistics and a listener, under a policy that was replaced, with
//! injected faults.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use resilience::telemetry::{self, Site, SiteKind};
use resilience::testing::ManualClock;
use resilience::testing::seam::{self, Fault, Injected};
use resilience::{CircuitOpen, RetryPolicy, circuit, poll, retry};

use crate::script::{Error, Record};

const SECOND: Duration = Duration::from_secs(1);

fn site(name: &str, kind: SiteKind) -> Site {
    let mut sites = telemetry::sites();
    sites.find(|site| site.name() == name && site.kind() == kind).expect("it is listed")
}

fn error<E: Clone + Send + Sync + 'static>(error: E) -> Fault {
    Fault::Error(Arc::new(move || Box::new(error.clone())))
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
    fault: &'a RefCell<Option<Injected>>,
) -> impl Fn() -> Result<u8, Error> {
    let site_of_loop = site(name, SiteKind::Retry);
    assert!(seam::exchange(site_of_loop, RetryPolicy::new().times(3).interval(5 * SECOND)));
    move || {
        assert!(seam::exchange(site_of_loop, RetryPolicy::new().times(1)));
        *fault.borrow_mut() = Some(seam::inject(site(circuit, SiteKind::Circuit), error(Error::Fatal)));
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
    let latency = seam::inject(site("slice", SiteKind::Retry), Fault::Latency(2 * SECOND));
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
    let latency = seam::inject(site("async slice", SiteKind::Retry), Fault::Latency(2 * SECOND));
    assert_eq!(asynchronous(&|| Ok(7)).await, Ok(7));
    drop(latency);
    check("async slice", &record);
}

#[poll(until(1), times = 2, interval = 0s, ignore = |_| true, name = "faulty poll")]
fn polled() -> Result<u8, Error> {
    Ok(1)
}

#[test]
fn a_fault_holds_in_its_thread_until_it_is_dropped() {
    let faulty = seam::inject(site("faulty poll", SiteKind::Poll), Fault::Panic("by a fault"));
    assert!(catch_unwind(polled).is_err());
    assert_eq!(std::thread::spawn(polled).join().unwrap(), Ok(1));
    let inner = seam::inject(site("faulty poll", SiteKind::Poll), error(Error::Busy));
    assert_eq!(polled(), Err(Error::TimedOut), "the last one counts");
    drop(inner);
    assert!(catch_unwind(polled).is_err());
    drop(faulty);
    assert_eq!(polled(), Ok(1));
}

#[circuit(name = "faulty generic")]
fn generic<E: From<CircuitOpen>>(value: u8) -> Result<u8, E> {
    Ok(value)
}

#[circuit(name = "faulty borrowed")]
fn borrowed(text: &str) -> Result<u8, Borrowed<'_>> {
    text.len().try_into().map_err(|_| Borrowed(Some(text)))
}

#[derive(Debug)]
struct Borrowed<'a>(Option<&'a str>);

impl From<CircuitOpen> for Borrowed<'_> {
    fn from(_: CircuitOpen) -> Self {
        Self(None)
    }
}

#[test]
fn an_error_of_another_type_and_one_where_the_type_is_not_known_are_panics_that_say_so() {
    fn message(call: impl FnOnce()) -> String {
        let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it panics");
        panic
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| panic.downcast_ref::<&str>().unwrap().to_string())
    }
    let _wrong = seam::inject(site("faulty poll", SiteKind::Poll), error("a text"));
    assert!(message(|| _ = polled()).contains("telemetry::script::Error"));
    let [_one, _two] = ["faulty generic", "faulty borrowed"]
        .map(|name| seam::inject(site(name, SiteKind::Circuit), error(Error::Busy)));
    assert!(message(|| _ = generic::<Error>(1)).contains("concrete and `'static`"));
    assert!(message(|| assert!(borrowed("a").is_ok_and(|n| n == 1))).contains("concrete and `'static`"));
    assert_eq!(Borrowed(None).0, None);
}
