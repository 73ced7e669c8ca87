//! Calls through circuits: the events of each, and the contents of a snapshot.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::breaker::ListenerId;
use resilience::telemetry::{self, CircuitCallOutcome, Event};
use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, CircuitState, KeyedCircuits};

use crate::script::{Error, Script, Step};

const SECOND: Duration = Duration::from_secs(1);

/// The outcomes of the calls through circuits of one name.
struct Outcomes {
    id: ListenerId,
    told: Arc<Mutex<Vec<&'static str>>>,
}

impl Outcomes {
    fn of(name: &'static str) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let id = telemetry::listen(move |event| match event {
            Event::CircuitCall(call) if call.name() == name => {
                kept.lock().expect("a test pushes").push(call.outcome().as_str());
            }
            _ => {}
        });
        Self { id, told }
    }

    #[track_caller]
    fn check(&self, expected: &[&str]) {
        assert_eq!(*self.told.lock().expect("a test pushes"), expected);
    }
}

impl Drop for Outcomes {
    fn drop(&mut self) {
        telemetry::unlisten(self.id);
    }
}

fn fatal(error: &Error) -> bool {
    matches!(error, Error::Fatal)
}

#[resilience::circuit(name = "outcomes, sync", failure_threshold = 2, ignore = fatal)]
fn annotated(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[resilience::circuit(name = "outcomes, async", failure_threshold = 2, ignore = fatal)]
async fn annotated_async(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

const STEPS: [Step; 5] = [Step::Value(1), Step::Fatal, Step::Busy, Step::Value(1), Step::Busy];
const TOLD: [&str; 7] = ["success", "ignored", "failure", "success", "failure", "failure", "refused"];

#[test]
fn every_call_of_a_sync_function_is_told_once() {
    let outcomes = Outcomes::of("outcomes, sync");
    for step in STEPS {
        let _ = annotated(&Script::new(&[step]));
    }
    assert!(catch_unwind(AssertUnwindSafe(|| annotated(&Script::new(&[Step::Panics])))).is_err());
    assert_eq!(annotated(&Script::new(&[])), Err(Error::Open));
    outcomes.check(&TOLD);
}

#[tokio::test(start_paused = true)]
async fn every_call_of_an_async_function_is_told_once() {
    let outcomes = Outcomes::of("outcomes, async");
    for step in STEPS {
        let _ = annotated_async(&Script::new(&[step])).await;
    }
    let panics = Script::new(&[Step::Panics]);
    let mut call = Box::pin(annotated_async(&panics));
    let polled = std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
        std::task::Poll::Ready(polled.is_err())
    });
    assert!(polled.await);
    drop(call);
    assert_eq!(annotated_async(&Script::new(&[])).await, Err(Error::Open));
    outcomes.check(&TOLD);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_is_told_as_cancelled_and_one_that_was_never_polled_is_not_told() {
    #[resilience::circuit(name = "dropped")]
    async fn dropped(script: &Script) -> Result<u8, Error> {
        script.attempt_async().await
    }
    let outcomes = Outcomes::of("dropped");
    let script = Script::new(&[Step::Hangs]);
    assert!(tokio::time::timeout(SECOND, dropped(&script)).await.is_err());
    drop(dropped(&script));
    outcomes.check(&["cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cut_by_a_time_limit_is_told_as_a_failure() {
    #[resilience::retry(times = 1, attempt_timeout = 2s)]
    #[resilience::circuit(name = "cut from above")]
    async fn from_above(script: &Script) -> Result<u8, Error> {
        script.attempt_async().await
    }
    #[resilience::circuit(name = "cut by itself", call_timeout = 2s)]
    async fn by_itself(script: &Script) -> Result<u8, Error> {
        script.attempt_async().await
    }
    let outcomes = [Outcomes::of("cut from above"), Outcomes::of("cut by itself")];
    assert_eq!(from_above(&Script::new(&[Step::Hangs])).await, Err(Error::TimedOut));
    assert_eq!(by_itself(&Script::new(&[Step::Hangs])).await, Err(Error::TimedOut));
    outcomes[0].check(&["failure"]);
    outcomes[1].check(&["failure"]);
}

#[test]
fn the_permits_of_a_circuit_that_was_made_by_hand_tell_each_outcome() {
    static BY_HAND: CircuitBreaker = CircuitBreaker::new("by hand", CircuitConfig::new());
    let outcomes = Outcomes::of("by hand");
    let permit = || BY_HAND.try_acquire().unwrap();
    permit().success();
    permit().failure();
    permit().failure_because("full");
    permit().ignore();
    drop(permit());
    let (late_success, late_failure, dropped) = (permit(), permit(), permit());
    BY_HAND.force_open();
    late_success.success();
    late_failure.failure();
    drop(dropped);
    assert!(BY_HAND.try_acquire().is_err());
    outcomes.check(&[
        "success",
        "failure",
        "failure",
        "ignored",
        "cancelled",
        "late",
        "late",
        "cancelled",
        "refused",
    ]);
}

#[test]
fn probes_are_told_as_other_calls() {
    let clock = ManualClock::install();
    let breaker = CircuitBreaker::new("probed", CircuitConfig::new().failure_threshold(1));
    let outcomes = Outcomes::of("probed");
    breaker.try_acquire().unwrap().failure();
    clock.advance(CircuitConfig::DEFAULT_RECOVERY_TIMEOUT);
    let probe = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err(), "there is one place");
    drop(probe);
    breaker.try_acquire().unwrap().success();
    outcomes.check(&["failure", "refused", "cancelled", "success"]);
}

#[test]
fn calls_by_key_are_told_under_the_name_of_the_set() {
    static HOSTS: KeyedCircuits =
        KeyedCircuits::new("told hosts", CircuitConfig::new().failure_threshold(1), 8);
    let outcomes = Outcomes::of("told hosts");
    for host in ["a", "b", "a"] {
        let _ = HOSTS.circuit(host).call(|| if host == "a" { Err("down") } else { Ok(()) });
    }
    outcomes.check(&["failure", "success", "refused"]);
}

#[test]
fn an_iterator_under_guard_is_one_call() {
    let breaker = CircuitBreaker::new("rows", CircuitConfig::new());
    let outcomes = Outcomes::of("rows");
    let rows = || [Ok::<_, &str>(1), Ok(2)];
    assert_eq!(breaker.guard_iter(rows).unwrap().count(), 2);
    assert!(breaker.guard_iter(rows).unwrap().next().is_some());
    assert_eq!(breaker.guard_iter(|| [Err::<u8, _>("torn")]).unwrap().count(), 1);
    outcomes.check(&["success", "cancelled", "failure"]);
}

#[test]
fn a_circuit_below_that_refuses_is_an_ignored_call_of_the_one_above() {
    static BELOW: CircuitBreaker = CircuitBreaker::new("below", CircuitConfig::new());
    #[resilience::circuit(name = "above")]
    #[resilience::circuit(breaker = BELOW)]
    fn both(script: &Script) -> Result<u8, Error> {
        script.attempt()
    }
    let (above, below) = (Outcomes::of("above"), Outcomes::of("below"));
    both(&Script::new(&[Step::Value(1)])).unwrap();
    BELOW.force_open();
    both(&Script::new(&[])).unwrap_err();
    above.check(&["success", "ignored"]);
    below.check(&["success", "refused"]);
}

#[test]
fn a_listener_that_calls_a_circuit_is_not_told_of_that_call() {
    static INSIDE: CircuitBreaker = CircuitBreaker::new("inside a listener", CircuitConfig::new());
    static OUTSIDE: CircuitBreaker = CircuitBreaker::new("outside of a listener", CircuitConfig::new());
    let outcomes = Outcomes::of("inside a listener");
    let id = telemetry::listen(|event| {
        if matches!(event, Event::CircuitCall(call) if call.name() == "outside of a listener") {
            INSIDE.try_acquire().unwrap().success();
        }
    });
    OUTSIDE.try_acquire().unwrap().success();
    outcomes.check(&[]);
    INSIDE.try_acquire().unwrap().success();
    outcomes.check(&["success"]);
    telemetry::unlisten(id);
}

#[test]
fn a_listener_of_circuits_alone_is_told_of_no_call_and_a_listener_may_use_the_circuit_it_is_told_of() {
    static USED: CircuitBreaker = CircuitBreaker::new("used", CircuitConfig::new().failure_threshold(1));
    static STATES: Mutex<Vec<CircuitState>> = Mutex::new(Vec::new());
    let events = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&events);
    let own = USED.listen(move |_| _ = counted.fetch_add(1, Ordering::Relaxed));
    let id = telemetry::listen(|event| {
        if matches!(event, Event::CircuitCall(call) if call.name() == "used") {
            STATES.lock().unwrap().push(USED.snapshot().state());
        }
    });
    USED.try_acquire().unwrap().success();
    USED.try_acquire().unwrap().failure();
    telemetry::unlisten(id);
    assert_eq!(*STATES.lock().unwrap(), [CircuitState::Closed, CircuitState::Open], "after the change");
    assert_eq!(events.load(Ordering::Relaxed), 1, "it has opened");
    USED.unlisten(own);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_million_calls_of_many_tasks_add_up() {
    const TASKS: u64 = 100;
    const CALLS: u64 = 10_000;
    static BUSY: CircuitBreaker =
        CircuitBreaker::new("a million calls", CircuitConfig::new().failure_threshold(u32::MAX));
    static TOLD: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];
    let id = telemetry::listen(|event| match event {
        Event::CircuitCall(call) if call.name() == "a million calls" => {
            let place = match call.outcome() {
                CircuitCallOutcome::Success => 0,
                CircuitCallOutcome::Failure => 1,
                CircuitCallOutcome::Ignored => 2,
                CircuitCallOutcome::Cancelled => 3,
                CircuitCallOutcome::Late => 4,
                _ => 5,
            };
            TOLD[place].fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    });
    let tasks = (0..TASKS).map(|_| {
        tokio::spawn(async {
            for call in 0..CALLS {
                let permit = BUSY.try_acquire().unwrap();
                match call % 4 {
                    0 => permit.success(),
                    1 => permit.failure(),
                    2 => permit.ignore(),
                    _ => drop(permit),
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    telemetry::unlisten(id);
    let quarter = TASKS * CALLS / 4;
    let told = TOLD.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert_eq!(told, [quarter, quarter, quarter, quarter, 0, 0]);
}

#[test]
fn refusals_of_many_threads_add_up_whether_anybody_listens_or_not() {
    const THREADS: u64 = 8;
    const CALLS: u64 = 2_000;
    let breaker = CircuitBreaker::new("refusing threads", CircuitConfig::new());
    breaker.force_open();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..CALLS {
                    assert!(breaker.try_acquire().is_err());
                }
            });
        }
    });
    assert_eq!(breaker.snapshot().refused(), THREADS * CALLS);
    let _outcomes = Outcomes::of("refusing threads");
    assert!(breaker.try_acquire().is_err());
    assert_eq!(breaker.snapshot().refused(), THREADS * CALLS + 1);
}

mod snapshots {
    use super::*;

    /// What a snapshot says, as JSON without what every circuit has.
    fn json(breaker: &CircuitBreaker) -> String {
        let mut json = serde_json::to_value(breaker.snapshot()).expect("a map");
        let map = json.as_object_mut().expect("a map");
        assert_eq!(map.len(), 16);
        map.retain(|key, value| key != "name" && !value.is_null() && *value != 0);
        json.to_string()
    }

    fn rated() -> CircuitBreaker {
        let config = CircuitConfig::new()
            .failure_rate(0.5)
            .window_calls(4)
            .slow_call(2 * SECOND)
            .slow_rate(0.75)
            .recovery_timeout(10 * SECOND);
        CircuitBreaker::new("rated", config)
    }

    #[test]
    fn of_a_circuit_that_counts_in_a_row() {
        let breaker = CircuitBreaker::new("in a row", CircuitConfig::new());
        assert_eq!(json(&breaker), r#"{"state":"closed"}"#);
        breaker.try_acquire().unwrap().failure_because("down");
        assert_eq!(json(&breaker), r#"{"failures":1,"last_failure":"down","state":"closed"}"#);
    }

    #[test]
    fn of_each_state() {
        let clock = ManualClock::install();
        let breaker = rated();
        let thresholds = r#""failure_rate_threshold":0.5"#;
        let slow = r#""slow_rate_threshold":0.75"#;
        assert_eq!(
            json(&breaker),
            format!("{{{thresholds},{slow},\"state\":\"closed\"}}"),
            "an empty window has no rate"
        );
        breaker.try_acquire().unwrap().success();
        let permit = breaker.try_acquire().unwrap();
        clock.advance(2 * SECOND);
        permit.success();
        breaker.try_acquire().unwrap().failure_because("down");
        let closed = breaker.snapshot();
        let counts = (closed.window_calls(), closed.window_failures(), closed.window_slow_calls());
        assert_eq!(counts, (Some(3), Some(1), Some(1)));
        assert_eq!((closed.failure_rate(), closed.slow_rate()), (Some(1.0 / 3.0), Some(1.0 / 3.0)));
        let late = breaker.try_acquire().unwrap();
        breaker.try_acquire().unwrap().failure_because("down again");
        clock.advance(4 * SECOND);
        late.success();
        assert!(breaker.try_acquire().is_err());
        assert_eq!(
            json(&breaker),
            format!(
                "{{{thresholds},\"failures\":2,\"generation\":1,\"last_failure\":\"down again\",\"late\":1,\
                 \"refused\":1,{slow},\"state\":\"open\",\"time_left\":6.0}}"
            )
        );
        clock.advance(6 * SECOND);
        let half_open = breaker.snapshot();
        assert_eq!((half_open.state(), half_open.time_left()), (CircuitState::HalfOpen, None));
        for (operate, state) in [
            (CircuitBreaker::force_open as fn(&CircuitBreaker), "forced_open"),
            (CircuitBreaker::disable, "disabled"),
            (CircuitBreaker::metrics_only, "metrics_only"),
            (CircuitBreaker::reset, "closed"),
        ] {
            operate(&breaker);
            assert_eq!(breaker.snapshot().state().as_str(), state);
        }
        assert_eq!((breaker.snapshot().generation(), breaker.snapshot().refused()), (5, 1));
    }

    #[test]
    fn of_a_circuit_that_stays_open_for_ever() {
        let config = CircuitConfig::new().failure_threshold(1).recovery_timeout(Duration::MAX);
        let breaker = CircuitBreaker::new("for ever", config);
        breaker.try_acquire().unwrap().failure();
        assert_eq!(json(&breaker), r#"{"failures":1,"generation":1,"state":"open"}"#);
    }

    #[resilience::circuit(name = "placed")]
    #[resilience::retry(stats = "placed", name = "placed loop")]
    fn placed(script: &Script) -> Result<u8, Error> {
        script.attempt()
    }

    #[resilience::circuit(name = "placed hosts", key = host)]
    fn by_key(host: &str) -> Result<u8, Error> {
        Script::new(&[Step::Value(1)]).attempt()
    }

    #[test]
    fn of_everything_alive() {
        let _clock = ManualClock::install();
        placed(&Script::new(&[Step::Busy, Step::Value(1)])).unwrap();
        by_key("a").unwrap();
        let now = telemetry::snapshot();
        let circuit = |name: &str| now.circuits().iter().find(|circuit| circuit.name() == name).unwrap();
        for name in ["placed", "placed hosts[a]"] {
            assert_eq!(circuit(name).place().unwrap().0, file!(), "{name}");
        }
        assert!(CircuitBreaker::new("x", CircuitConfig::new()).snapshot().place().is_none());

        let json = serde_json::to_value(&now).unwrap();
        let find = |list: &str, name: &str| {
            json[list].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone()
        };
        let place = circuit("placed").place().unwrap();
        assert_eq!(find("circuits", "placed")["place"], format!("{}:{}", place.0, place.1));
        let site = find("sites", "placed loop");
        assert_eq!((&site["kind"], &site["file"]), (&"retry".into(), &file!().into()));
        let stats = serde_json::json!({
            "calls": 1, "attempts": 2, "successes": 1, "errors": 1,
            "timeouts": 0, "cancelled": 0, "gave_up": 0, "time": 1.0,
        });
        assert_eq!(site["stats"], stats);
        assert_eq!(find("sites", "placed")["stats"], serde_json::Value::Null);
        assert!(now.sites().iter().any(|site| site.stats().is_some_and(|stats| stats.calls() == 1)));
    }
}
