use std::sync::Arc;

use redis::Value;
use resilience::circuit_store::{Sharing, StoreHandle};
use resilience::{CircuitBreaker, CircuitConfig};
use tokio::time::advance;

use super::*;
use crate::namesakes::Namesake;

const NODE: &str = "node";

fn attach(breaker: &Arc<CircuitBreaker>) -> Namesake {
    let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).expect("it has none");
    Namesake::new(Arc::new(shared), Sharing::Enforce, true)
}

fn share(name: &'static str) -> (Arc<CircuitBreaker>, Circuit) {
    let config = CircuitConfig::new().recovery_timeout(Duration::from_secs(86_400));
    let breaker = Arc::new(CircuitBreaker::try_new(name, config).expect("valid"));
    let circuit = Circuit::new(Namesakes::new(attach(&breaker)), &Keys::new("tests"), Instant::now());
    (breaker, circuit)
}

/// The answer of a store whose circuit is closed.
fn closed() -> Value {
    let text = |text: &str| Value::BulkString(text.into());
    let number = Value::Int;
    let forced = [text(""), number(0), text(""), text("")];
    let circuit = [text("epoch"), number(1), text("c"), number(0)];
    Value::Array(circuit.into_iter().chain(forced).chain([number(0), number(0)]).collect())
}

impl Circuit {
    /// Sends what there is to send, and gets these answers. Returns what was sent.
    fn exchange(&mut self, answer: impl Fn(Purpose) -> Answer, takes_beats: bool) -> Vec<(Purpose, Command)> {
        let now = Instant::now();
        let max_staleness = Duration::from_secs(3);
        let is_silent = !takes_beats;
        let around =
            Surroundings { node: NODE, peers: 3, circuits: 1, takes_beats, is_silent, max_staleness, now };
        let commands = self.commands(around);
        for (purpose, _) in &commands {
            self.answered(*purpose, answer(*purpose), now, around);
        }
        if takes_beats {
            self.confirm(now, around);
        }
        self.watch(None, around);
        commands
    }
}

fn is_report((purpose, _): &(Purpose, Command)) -> bool {
    *purpose == Purpose::Report
}

/// Sends for this time, and counts reports.
async fn reports(circuit: &mut Circuit, seconds: u64, mut each_second: impl FnMut()) -> usize {
    let mut reports = 0;
    for _ in 0..seconds {
        each_second();
        for _ in 0..5 {
            reports += circuit.exchange(|_| Ok(closed()), true).iter().filter(|it| is_report(it)).count();
            advance(Duration::from_millis(200)).await;
        }
    }
    reports
}

#[tokio::test(start_paused = true)]
async fn a_node_that_nobody_calls_reports_no_longer_although_its_circuit_is_open() {
    let (breaker, mut circuit) = share("idle");
    reports(&mut circuit, 1, || ()).await;
    for _ in 0..5 {
        breaker.try_acquire().expect("closed").failure_because("down");
    }
    let first = reports(&mut circuit, 1, || ()).await;
    assert!((1..=2).contains(&first), "its opening: {first}");
    // A call is noted within a third of the time.
    assert!(reports(&mut circuit, 80, || ()).await <= 1);
    assert_eq!(reports(&mut circuit, 1000, || ()).await, 0, "nobody calls");
    let rejected = reports(&mut circuit, 100, || _ = breaker.try_acquire().is_err()).await;
    assert!(
        (5..=7).contains(&rejected),
        "rejected calls are calls, and told three times in a minute: {rejected}"
    );
    assert_eq!(breaker.state(), resilience::CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_report_has_the_time_since_the_last_call() {
    let (breaker, mut circuit) = share("age");
    reports(&mut circuit, 1, || ()).await;
    breaker.try_acquire().expect("closed").failure_because("down");
    let idle = |commands: &[(Purpose, Command)]| {
        let (_, report) = commands.iter().find(|it| is_report(it)).expect("a report");
        report.args.last().expect("arguments").parse::<u64>().expect("a number")
    };
    assert_eq!(idle(&circuit.exchange(|_| Ok(closed()), true)), 0);
    advance(Duration::from_secs(10)).await;
    // The lost batch is repeated.
    circuit.failed();
    circuit.confirmed = Instant::now();
    assert_eq!(idle(&circuit.exchange(|_| Ok(closed()), true)), 10_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_whose_reports_are_refused_is_stale_until_one_is_taken() {
    let (breaker, mut circuit) = share("refused");
    let refuses = |purpose| if purpose == Purpose::Report { Err("OOM".to_owned()) } else { Ok(closed()) };
    for second in 0..30 {
        breaker.try_acquire().expect("closed").success();
        for _ in 0..5 {
            circuit.exchange(refuses, true);
            advance(Duration::from_millis(200)).await;
        }
        if !(2..6).contains(&second) {
            assert_eq!(circuit.is_degraded, second >= 6, "after {second} s");
        }
    }
    for _ in 0..10 {
        circuit.exchange(|_| Ok(closed()), true);
        advance(Duration::from_millis(200)).await;
    }
    assert!(!circuit.is_degraded && circuit.error.is_none());
}

#[tokio::test(start_paused = true)]
async fn answers_of_a_store_that_takes_no_beats_confirm_nothing() {
    let (_breaker, mut circuit) = share("read-only");
    let mut questions = 0;
    for _ in 0..100 {
        circuit.asks_view = true;
        circuit.exchange(|_| Ok(closed()), false);
        advance(Duration::from_millis(200)).await;
        questions += circuit.exchange(|_| Ok(closed()), false).len();
    }
    assert!(circuit.is_degraded);
    assert_eq!(questions, 0, "the answer would be of no use");
    circuit.exchange(|_| Ok(closed()), true);
    assert!(!circuit.is_degraded);
}

#[test]
fn a_circuit_that_is_shared_again_continues_above_the_numbers_of_the_one_before() {
    let breaker = Arc::new(CircuitBreaker::try_new("mail", CircuitConfig::new()).expect("valid"));
    let keys = Keys::new("tests");
    let began = Instant::now();
    let circuit = |at| Circuit::new(Namesakes::new(attach(&breaker)), &keys, at);
    // The first one sends fewer reports than one for each microsecond.
    let sequence = circuit(began).sequence + 1000;
    assert!(circuit(began + Duration::from_millis(2)).sequence > sequence);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_is_not_active_any_more_where_it_was() {
    let (breaker, mut circuit) = share("leaving");
    let leave = |circuit: &mut Circuit| {
        let (now, max_staleness) = (Instant::now(), Duration::from_secs(3));
        circuit.leave(Surroundings {
            node: NODE,
            peers: 3,
            circuits: 1,
            takes_beats: true,
            is_silent: false,
            max_staleness,
            now,
        })
    };
    reports(&mut circuit, 1, || ()).await;
    assert!(leave(&mut circuit).is_empty(), "it was not called");
    breaker.try_acquire().expect("closed").failure_because("down");
    reports(&mut circuit, 1, || ()).await;
    let commands = leave(&mut circuit);
    let [(Purpose::Report, report)] = &commands[..] else { panic!("{commands:?}") };
    let arguments: Vec<_> = report.args.iter().map(String::as_str).collect();
    assert_eq!(arguments[8..12], ["0", "0", "0", "0"], "it has no window");
    let (fresh, idle) = (arguments[16].parse::<u64>(), arguments[18].parse::<u64>());
    assert!(idle.expect("a number") >= fresh.expect("a number"));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_waits_for_its_first_turn_is_degraded_only_if_the_store_is_silent() {
    let (_breaker, mut circuit) = share("new");
    let (now, max_staleness) = (Instant::now(), Duration::from_secs(3));
    let after = |seconds, is_silent| Surroundings {
        node: NODE,
        peers: 3,
        circuits: 1,
        takes_beats: true,
        is_silent,
        max_staleness,
        now: now + Duration::from_secs(seconds),
    };
    circuit.watch(None, after(10, false));
    assert!(!circuit.is_degraded, "the store takes beats");
    circuit.watch(None, after(2, true));
    assert!(!circuit.is_degraded, "it was only just found");
    circuit.watch(None, after(10, true));
    assert!(circuit.is_degraded);
}

/// The answer of a store whose circuit is half-open, which grants this place.
fn half_open(token: i64) -> Value {
    let text = |text: &str| Value::BulkString(text.into());
    let number = Value::Int;
    let forced = [text(""), number(0), text(""), text("")];
    let circuit = [text("epoch"), number(2), text("h"), number(0)];
    let hold = if token > 0 { 2_000_000 } else { 0 };
    Value::Array(circuit.into_iter().chain(forced).chain([number(hold), number(token)]).collect())
}

/// Counts the places that are asked for in this time, and granted.
async fn places(circuit: &mut Circuit, seconds: u64, mut each_tick: impl FnMut()) -> i64 {
    let places = std::cell::Cell::new(0);
    for _ in 0..seconds * 5 {
        each_tick();
        circuit.exchange(
            |purpose| {
                places.set(places.get() + i64::from(purpose == Purpose::Acquire));
                Ok(half_open(if purpose == Purpose::Acquire { places.get() } else { 0 }))
            },
            true,
        );
        advance(Duration::from_millis(200)).await;
    }
    places.get()
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_its_operator_has_forced_open_asks_for_no_place() {
    let (breaker, mut circuit) = share("own-operator");
    breaker.force_open();
    assert_eq!(places(&mut circuit, 30, || assert!(breaker.try_acquire().is_err())).await, 0);
    breaker.reset();
    assert!(places(&mut circuit, 30, || ()).await > 0);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_not_used_is_followed_by_a_wait_although_calls_are_rejected() {
    let (breaker, mut circuit) = share("unused");
    let forced = Arc::new(CircuitBreaker::new("unused", CircuitConfig::new()));
    circuit.shared.add(attach(&forced));
    forced.force_open();
    // 1.5 s of each place, and up to 8 s without one.
    let places = places(&mut circuit, 60, || assert!(forced.try_acquire().is_err())).await;
    assert!((3..20).contains(&places), "{places}");
    drop(breaker);
}
