//! Every cell of the circuit's contract, on the attribute of a sync and of an async function, and on a permit.
//!
//! ```text
//!             │ closed │ open │ half-open │ forced open │ counting only, disabled
//! acquire     │   1    │  2   │     3     │      4      │           5
//! result      │   6    │  –   │     7     │      –      │           8
//! late result │            9, in all of them
//! nothing     │  10    │  –   │    11     │      –      │          12
//! panic       │  13    │  –   │    14     │      –      │          15
//! overdue     │   –    │  –   │    16     │      –      │           –
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, CircuitState, circuit};

use CircuitState::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
use Outcome::{Dropped, Failure, Ignored, Panic, Success};

const SECOND: Duration = Duration::from_secs(1);
/// Two failures in a row open it for 30 seconds, and two successful trials of two at once close it.
const TWO: CircuitConfig = CircuitConfig::new().failure_threshold(2).half_open_calls(2).success_threshold(2);
const ALL: [CircuitState; 6] = [Closed, Open, HalfOpen, ForcedOpen, MetricsOnly, Disabled];
const PASSIVE: [CircuitState; 2] = [MetricsOnly, Disabled];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Success,
    Failure,
    Ignored,
    /// The future, or the permit, is dropped. A sync call cannot be.
    Dropped,
    Panic,
}

#[derive(Debug, PartialEq)]
enum Error {
    Failed,
    Ignored,
    Refused { state: CircuitState, retry_after: Option<Duration>, failures: u32 },
}

impl From<CircuitOpen> for Error {
    fn from(open: CircuitOpen) -> Self {
        Self::Refused { state: open.state(), retry_after: open.retry_after(), failures: open.failures() }
    }
}

impl Outcome {
    fn happen(self) -> Result<(), Error> {
        match self {
            Success => Ok(()),
            Failure => Err(Error::Failed),
            Ignored => Err(Error::Ignored),
            Dropped => unreachable!("it does not come so far"),
            Panic => panic!("the call panics"),
        }
    }
}

#[circuit(breaker = breaker, ignore(Error::Ignored))]
fn sync(breaker: &CircuitBreaker, outcome: Outcome, during: &mut dyn FnMut()) -> Result<(), Error> {
    during();
    outcome.happen()
}

#[circuit(breaker = breaker, ignore(Error::Ignored))]
async fn asynchronous(breaker: &CircuitBreaker, outcome: Outcome) -> Result<(), Error> {
    tokio::task::yield_now().await;
    outcome.happen()
}

fn permit(breaker: &CircuitBreaker, outcome: Outcome, during: &mut dyn FnMut()) -> Result<(), Error> {
    let permit = breaker.try_acquire()?;
    during();
    match outcome {
        Success => permit.success(),
        Failure => permit.failure(),
        Ignored => permit.ignore(),
        Dropped => drop(permit),
        Panic => {
            // It is dropped while the thread panics.
            let _permit = permit;
            return outcome.happen();
        }
    }
    if outcome == Dropped { Ok(()) } else { outcome.happen() }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Sync,
    Async,
    Permit,
}

/// The call ran, or was refused.
type Answer = Result<(), Error>;

impl Form {
    const ALL: [Self; 3] = [Self::Sync, Self::Async, Self::Permit];

    /// A call that ends so, unless it is refused; something happens while it runs.
    fn call_during(self, breaker: &CircuitBreaker, outcome: Outcome, mut during: impl FnMut()) -> Answer {
        let during: &mut dyn FnMut() = &mut during;
        let call = || match self {
            Self::Sync => sync(breaker, outcome, during),
            Self::Permit => permit(breaker, outcome, during),
            Self::Async => {
                let mut call = pin!(asynchronous(breaker, outcome));
                let mut cx = Context::from_waker(Waker::noop());
                if let Poll::Ready(answer) = call.as_mut().poll(&mut cx) {
                    return answer;
                }
                during();
                if outcome == Dropped {
                    return Ok(());
                }
                match call.poll(&mut cx) {
                    Poll::Ready(answer) => answer,
                    Poll::Pending => unreachable!("it yields once"),
                }
            }
        };
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(refused @ Err(Error::Refused { .. })) => refused,
            Ok(answer) => {
                let expected = if outcome == Dropped { Ok(()) } else { outcome.happen() };
                assert_eq!(answer, expected, "what the function said comes back: {self:?}");
                Ok(())
            }
            Err(panic) => {
                assert_eq!(outcome, Panic, "{self:?}: {panic:?}");
                Ok(())
            }
        }
    }

    fn call(self, breaker: &CircuitBreaker, outcome: Outcome) -> Answer {
        self.call_during(breaker, outcome, || ())
    }

    /// What counts as nothing, in this form.
    fn nothing(self) -> &'static [Outcome] {
        if self == Self::Sync { &[Ignored] } else { &[Ignored, Dropped] }
    }
}

fn fail(breaker: &CircuitBreaker, times: usize) {
    for _ in 0..times {
        breaker.try_acquire().expect("it is closed").failure();
    }
}

/// A circuit in that state, by the shortest way.
fn circuit_in(state: CircuitState, config: CircuitConfig, clock: &ManualClock) -> CircuitBreaker {
    let breaker = CircuitBreaker::try_new("cell", config).expect("it makes sense");
    match state {
        Open | HalfOpen => fail(&breaker, 2),
        ForcedOpen => breaker.force_open(),
        MetricsOnly => breaker.metrics_only(),
        Disabled => breaker.disable(),
        _ => {}
    }
    if state == HalfOpen {
        clock.advance(30 * SECOND);
        breaker.try_acquire().expect("it is a trial").ignore();
    }
    assert_eq!(breaker.state(), state);
    breaker
}

/// What is done in every form: with the clock, and a circuit in that state.
fn in_every_form(state: CircuitState, cell: impl Fn(Form, &CircuitBreaker, &ManualClock)) {
    for form in Form::ALL {
        let clock = ManualClock::install();
        cell(form, &circuit_in(state, TWO, &clock), &clock);
    }
}

/// A slow call, and how it ends.
fn slow(form: Form, breaker: &CircuitBreaker, clock: &ManualClock) -> Answer {
    form.call_during(breaker, Success, || clock.advance(SECOND))
}

#[test]
fn cell_1_closed_lets_every_call_in() {
    in_every_form(Closed, |form, breaker, _| {
        let mut inner = Err(Error::Failed);
        let outer = form.call_during(breaker, Success, || inner = form.call(breaker, Success));
        assert_eq!((outer, inner), (Ok(()), Ok(())), "{form:?}");
    });
}

#[test]
fn cell_2_open_refuses_with_the_time_left_and_once_it_is_over_admits_a_trial() {
    in_every_form(Open, |form, breaker, clock| {
        clock.advance(29 * SECOND);
        let refused = Error::Refused { state: Open, retry_after: Some(SECOND), failures: 2 };
        assert_eq!(form.call(breaker, Success), Err(refused), "{form:?}");
        clock.advance(SECOND);
        let mut seen = None;
        assert_eq!(form.call_during(breaker, Success, || seen = Some(breaker.state())), Ok(()), "{form:?}");
        assert_eq!(seen, Some(HalfOpen), "{form:?}");
    });
}

#[test]
fn cell_3_half_open_admits_trials_while_there_is_room() {
    in_every_form(HalfOpen, |form, breaker, _| {
        let (mut second, mut third) = (Err(Error::Failed), Ok(()));
        let first = form.call_during(breaker, Ignored, || {
            second = form.call_during(breaker, Ignored, || third = form.call(breaker, Success));
        });
        assert_eq!((first, second), (Ok(()), Ok(())), "two places: {form:?}");
        let refused = Error::Refused { state: HalfOpen, retry_after: None, failures: 2 };
        assert_eq!(third, Err(refused), "{form:?}");
    });
}

#[test]
fn cell_4_forced_open_refuses_without_end() {
    in_every_form(ForcedOpen, |form, breaker, clock| {
        for _ in 0..2 {
            let refused = Error::Refused { state: ForcedOpen, retry_after: None, failures: 0 };
            assert_eq!(form.call(breaker, Success), Err(refused), "{form:?}");
            clock.advance(Duration::MAX);
        }
    });
}

#[test]
fn cell_5_counting_only_and_disabled_let_every_call_in() {
    for state in PASSIVE {
        in_every_form(state, |form, breaker, _| {
            for _ in 0..9 {
                assert_eq!(form.call(breaker, Failure), Ok(()), "{form:?}");
            }
            assert_eq!(breaker.state(), state, "{form:?}");
        });
    }
}

#[test]
fn cell_6_closed_records_and_evaluates_results() {
    in_every_form(Closed, |form, breaker, _| {
        let counts = [(Failure, 1), (Success, 0), (Failure, 1), (Failure, 2)];
        for (outcome, count) in counts {
            assert_eq!(form.call(breaker, outcome), Ok(()), "{form:?}");
            assert_eq!(breaker.failure_count(), count, "{form:?}");
        }
        assert_eq!(breaker.state(), Open, "{form:?}");
    });
}

#[test]
fn cell_6_closed_records_a_slow_call_as_a_failure_or_in_its_rate() {
    let rated = CircuitConfig::new().slow_call(SECOND).slow_rate(1.0).window_calls(2);
    for config in [TWO.slow_call(SECOND), rated] {
        for form in Form::ALL {
            let clock = ManualClock::install();
            let breaker = circuit_in(Closed, config, &clock);
            assert_eq!(slow(form, &breaker, &clock), Ok(()), "{form:?}");
            assert_eq!(breaker.state(), Closed, "{form:?}");
            assert_eq!(slow(form, &breaker, &clock), Ok(()), "{form:?}");
            assert_eq!(breaker.state(), Open, "{form:?}");
            assert_eq!(breaker.last_failure().as_deref(), Some("a call took 1s or longer"), "{form:?}");
        }
    }
}

#[test]
fn cell_7_half_open_closes_with_the_last_success_that_was_missing() {
    in_every_form(HalfOpen, |form, breaker, _| {
        assert_eq!(form.call(breaker, Success), Ok(()), "{form:?}");
        assert_eq!(breaker.state(), HalfOpen, "one of two: {form:?}");
        assert_eq!(form.call(breaker, Success), Ok(()), "{form:?}");
        assert_eq!((breaker.state(), breaker.failure_count()), (Closed, 0), "{form:?}");
    });
}

#[test]
fn cell_7_half_open_opens_with_the_first_failure_and_does_not_wait_for_the_other_trials() {
    in_every_form(HalfOpen, |form, breaker, _| {
        let outer = form.call_during(breaker, Success, || {
            assert_eq!(form.call(breaker, Failure), Ok(()), "{form:?}");
            assert_eq!((breaker.state(), breaker.failure_count()), (Open, 3), "{form:?}");
        });
        assert_eq!(outer, Ok(()));
        assert_eq!((breaker.state(), breaker.late_results()), (Open, 1), "the other one is late: {form:?}");
        assert_eq!(breaker.open_remaining(), Some(30 * SECOND), "{form:?}");
    });
}

#[test]
fn cell_7_half_open_takes_a_slow_trial_for_a_bad_one() {
    for form in Form::ALL {
        let clock = ManualClock::install();
        let breaker = circuit_in(HalfOpen, TWO.slow_call(SECOND), &clock);
        assert_eq!(slow(form, &breaker, &clock), Ok(()), "{form:?}");
        assert_eq!(breaker.state(), Open, "{form:?}");
    }
}

#[test]
fn cell_8_counting_only_records_and_disabled_does_not() {
    for (state, counted) in [(MetricsOnly, 3), (Disabled, 0)] {
        in_every_form(state, |form, breaker, _| {
            for _ in 0..3 {
                assert_eq!(form.call(breaker, Failure), Ok(()), "{form:?}");
            }
            assert_eq!((breaker.state(), breaker.failure_count()), (state, counted), "{form:?}");
            assert_eq!(form.call(breaker, Success), Ok(()), "{form:?}");
            assert_eq!(breaker.failure_count(), 0, "{form:?}");
        });
    }
}

/// From every state in which a call can begin, to every state.
#[test]
fn cell_9_a_result_of_an_older_generation_is_late_and_changes_nothing_in_any_state() {
    for began in [Closed, HalfOpen, MetricsOnly, Disabled] {
        for ends in ALL {
            for outcome in [Success, Failure, Panic] {
                in_every_form(began, |form, breaker, clock| {
                    let mut before = None;
                    let ran = form.call_during(breaker, outcome, || {
                        breaker.reset();
                        match ends {
                            Open | HalfOpen => fail(breaker, 2),
                            ForcedOpen => breaker.force_open(),
                            MetricsOnly => breaker.metrics_only(),
                            Disabled => breaker.disable(),
                            _ => fail(breaker, 1),
                        }
                        if ends == HalfOpen {
                            clock.advance(30 * SECOND);
                            breaker.try_acquire().expect("it is a trial").ignore();
                        }
                        before = Some((breaker.state(), breaker.failure_count(), breaker.open_remaining()));
                        assert_eq!(breaker.state(), ends);
                    });
                    assert_eq!(ran, Ok(()));
                    let after = (breaker.state(), breaker.failure_count(), breaker.open_remaining());
                    assert_eq!(Some(after), before, "{form:?}: {outcome:?} from {began} in {ends}");
                    assert_eq!(breaker.late_results(), 1, "{form:?}: {outcome:?} from {began} in {ends}");
                });
            }
        }
    }
}

#[test]
fn cell_10_closed_takes_what_is_ignored_or_dropped_for_nothing() {
    in_every_form(Closed, |form, breaker, _| {
        assert_eq!(form.call(breaker, Failure), Ok(()));
        for outcome in form.nothing() {
            assert_eq!(form.call(breaker, *outcome), Ok(()), "{form:?}: {outcome:?}");
            assert_eq!((breaker.state(), breaker.failure_count()), (Closed, 1), "{form:?}: {outcome:?}");
        }
    });
}

#[test]
fn cell_11_half_open_gets_the_place_of_what_is_ignored_or_dropped_back() {
    in_every_form(HalfOpen, |form, breaker, _| {
        for outcome in form.nothing().repeat(3) {
            assert_eq!(form.call(breaker, outcome), Ok(()), "{form:?}: {outcome:?}");
            assert_eq!((breaker.state(), breaker.failure_count()), (HalfOpen, 2), "{form:?}: {outcome:?}");
        }
        assert_eq!((form.call(breaker, Success), form.call(breaker, Success)), (Ok(()), Ok(())), "{form:?}");
        assert_eq!(breaker.state(), Closed, "nothing is no success: {form:?}");
    });
}

#[test]
fn cell_12_counting_only_and_disabled_take_it_for_nothing() {
    for state in PASSIVE {
        in_every_form(state, |form, breaker, _| {
            assert_eq!(form.call(breaker, Failure), Ok(()));
            let before = breaker.failure_count();
            for outcome in form.nothing() {
                assert_eq!(form.call(breaker, *outcome), Ok(()), "{form:?}: {outcome:?}");
            }
            assert_eq!((breaker.state(), breaker.failure_count()), (state, before), "{form:?}");
        });
    }
}

#[test]
fn cell_13_closed_counts_a_panic_as_a_failure() {
    in_every_form(Closed, |form, breaker, _| {
        for count in 1..=2 {
            assert_eq!(form.call(breaker, Panic), Ok(()), "{form:?}");
            assert_eq!(breaker.failure_count(), count, "{form:?}");
        }
        assert_eq!(breaker.state(), Open, "{form:?}");
        assert_eq!(breaker.last_failure().as_deref(), Some("the call panicked"), "{form:?}");
    });
}

#[test]
fn cell_14_half_open_opens_with_a_panic() {
    in_every_form(HalfOpen, |form, breaker, _| {
        assert_eq!(form.call(breaker, Panic), Ok(()), "{form:?}");
        assert_eq!((breaker.state(), breaker.failure_count()), (Open, 3), "{form:?}");
    });
}

#[test]
fn cell_15_counting_only_counts_a_panic_and_disabled_does_not() {
    for (state, counted) in [(MetricsOnly, 1), (Disabled, 0)] {
        in_every_form(state, |form, breaker, _| {
            assert_eq!(form.call(breaker, Panic), Ok(()), "{form:?}");
            assert_eq!((breaker.state(), breaker.failure_count()), (state, counted), "{form:?}");
        });
    }
}

#[test]
fn cell_16_a_trial_past_its_probe_timeout_has_failed_and_its_place_is_free_again() {
    for form in Form::ALL {
        let clock = ManualClock::install();
        let breaker = circuit_in(HalfOpen, TWO.probe_timeout(5 * SECOND), &clock);
        let ran = form.call_during(&breaker, Success, || {
            clock.advance(Duration::from_nanos(4_999_999_999));
            assert_eq!(breaker.state(), HalfOpen, "{form:?}");
            clock.advance(Duration::from_nanos(1));
            assert_eq!((breaker.state(), breaker.failure_count()), (Open, 3), "{form:?}");
            let text = breaker.last_failure().expect("it says so");
            assert_eq!(text, "a probe did not report within 5s", "{form:?}");
            clock.advance(30 * SECOND);
            for _ in 0..2 {
                assert_eq!(form.call(&breaker, Success), Ok(()), "both places are free: {form:?}");
            }
            assert_eq!(breaker.state(), Closed, "{form:?}");
            fail(&breaker, 1);
        });
        assert_eq!(ran, Ok(()));
        assert_eq!((breaker.failure_count(), breaker.late_results()), (1, 1), "it was late: {form:?}");
    }
}
