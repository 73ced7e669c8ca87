//! A circuit under the opinions of a store. The test is the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::circuit_store::{LocalCircuit, Opinion, SharedRule, Sharing, StoreHandle, TrialProgress};
use crate::event::CircuitEventKind;

const LONG: Duration = Duration::from_secs(1000);

fn share(config: CircuitConfig, sharing: Sharing) -> (Arc<CircuitBreaker>, StoreHandle) {
    let breaker = Arc::new(breaker(config));
    let shared = StoreHandle::attach(breaker.clone(), sharing, || ()).unwrap();
    (breaker, shared)
}

fn progress(shared: &StoreHandle) -> Vec<(u64, TrialProgress)> {
    shared.reports().iter().map(|report| (report.token, report.progress)).collect()
}

fn is_rejected(breaker: &CircuitBreaker) -> bool {
    breaker.try_acquire().map(crate::breaker::Permit::ignore).is_err()
}

#[test]
fn an_opening_of_the_store_rejects_calls_until_its_closing() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    shared.adopt(Opinion::Open(10 * SECOND), LONG);
    assert_eq!((breaker.state(), breaker.snapshot().generation()), (CircuitState::Open, 1));
    let Err(open) = breaker.try_acquire() else { panic!("it is open") };
    assert_eq!((open.state(), open.retry_after()), (CircuitState::Open, Some(10 * SECOND)));
    assert_eq!(breaker.open_remaining(), Some(10 * SECOND));
    shared.adopt(Opinion::HalfOpen, LONG);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert!(is_rejected(&breaker), "it has no place");
    shared.adopt(Opinion::Closed, LONG);
    assert_eq!(breaker.state(), CircuitState::Closed);
    succeed(&breaker, 1);
}

#[test]
fn a_closing_of_the_store_closes_a_circuit_that_had_opened_by_itself() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    fail(&breaker, 2);
    shared.adopt(Opinion::Open(10 * SECOND), LONG);
    shared.adopt(Opinion::Closed, LONG);
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Closed, 0));
}

#[test]
fn a_closed_opinion_without_an_outage_does_not_close_a_circuit() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    shared.adopt(Opinion::Closed, LONG);
    fail(&breaker, 2);
    shared.adopt(Opinion::Closed, LONG);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn an_opinion_ends_and_the_circuit_continues_alone() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    fail(&breaker, 1);
    shared.adopt(Opinion::Open(10 * SECOND), 3 * SECOND);
    assert!(is_rejected(&breaker));
    clock.advance(3 * SECOND);
    succeed(&breaker, 1);
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Closed, 0));
}

#[test]
fn an_opinion_that_ends_leaves_an_open_circuit_open_for_its_own_time() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    fail(&breaker, 2);
    shared.adopt(Opinion::Open(60 * SECOND), 3 * SECOND);
    clock.advance(3 * SECOND);
    let Err(open) = breaker.try_acquire() else { panic!("its own time is not over") };
    assert_eq!(open.retry_after(), Some(7 * SECOND));
    clock.advance(7 * SECOND);
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), CircuitState::Closed, "its own probe has closed it");
}

#[test]
fn a_confirmed_opinion_rejects_calls_beyond_the_end_of_the_first_one() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    for left in [10, 8, 6] {
        shared.adopt(Opinion::Open(left * SECOND), 3 * SECOND);
        let Err(open) = breaker.try_acquire() else { panic!("it is open") };
        assert_eq!(open.retry_after(), Some(left * SECOND));
        clock.advance(2 * SECOND);
    }
    assert!(is_rejected(&breaker));
    assert_eq!(breaker.snapshot().generation(), 1, "a confirmation is not a transition");
}

#[test]
fn a_place_is_for_one_call_which_reports_its_start_and_its_outcome() {
    let _clock = ManualClock::install();
    let outcomes: [(fn(crate::breaker::Permit<'_>), TrialProgress); 4] = [
        (|permit| permit.success(), TrialProgress::Succeeded),
        (|permit| permit.failure_because("down"), TrialProgress::Failed),
        (|permit| permit.ignore(), TrialProgress::Cancelled),
        (|permit| drop(permit), TrialProgress::Cancelled),
    ];
    for (end, expected) in outcomes {
        let (breaker, shared) = share(TWO, Sharing::Enforce);
        assert!(!shared.offer(6, LONG), "only a half-open circuit has trials");
        shared.adopt(Opinion::HalfOpen, LONG);
        assert!(is_rejected(&breaker));
        assert!(shared.offer(7, LONG));
        let permit = breaker.try_acquire().unwrap();
        assert!(is_rejected(&breaker), "there was one place");
        assert_eq!(progress(&shared), [(7, TrialProgress::Started)]);
        end(permit);
        assert_eq!(progress(&shared), [(7, expected)]);
        assert_eq!(breaker.state(), CircuitState::HalfOpen, "the store decides");
    }
}

#[test]
fn the_outcome_of_a_trial_is_reported_even_if_the_opinion_has_ended() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    shared.adopt(Opinion::HalfOpen, SECOND);
    assert!(shared.offer(7, LONG));
    let permit = breaker.try_acquire().unwrap();
    clock.advance(SECOND);
    assert_eq!(breaker.state(), CircuitState::Closed);
    permit.failure_because("down");
    assert_eq!(progress(&shared), [(7, TrialProgress::Started), (7, TrialProgress::Failed)]);
    assert_eq!((breaker.failure_count(), breaker.late_results()), (0, 0), "it is not a call of this time");
}

#[test]
fn a_place_ends_unused_and_can_be_taken_back() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    shared.adopt(Opinion::HalfOpen, LONG);
    assert!(shared.offer(7, SECOND));
    clock.advance(SECOND);
    assert!(is_rejected(&breaker));
    assert!(shared.offer(8, SECOND));
    assert_eq!((shared.take_back(), shared.take_back()), (Some(8), None));
    assert!(is_rejected(&breaker));
    assert_eq!(progress(&shared), []);
}

#[test]
fn a_slow_trial_has_failed() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO.slow_call(SECOND), Sharing::Enforce);
    shared.adopt(Opinion::HalfOpen, LONG);
    assert!(shared.offer(7, LONG));
    let permit = breaker.try_acquire().unwrap();
    clock.advance(SECOND);
    permit.success();
    assert_eq!(progress(&shared)[1..], [(7, TrialProgress::Failed)]);
}

#[test]
fn advice_never_rejects_and_makes_one_failure_enough() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Advise);
    for opinion in [Opinion::Open(10 * SECOND), Opinion::HalfOpen] {
        shared.adopt(opinion, LONG);
        assert_eq!(breaker.state(), CircuitState::Closed);
        succeed(&breaker, 100);
    }
    fail(&breaker, 1);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn advice_that_has_ended_leaves_the_threshold_as_it_was() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Advise);
    shared.adopt(Opinion::Open(10 * SECOND), SECOND);
    clock.advance(SECOND);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn advice_lets_a_call_carry_a_trial_which_counts_as_a_call_too() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Advise);
    shared.adopt(Opinion::HalfOpen, LONG);
    assert!(shared.offer(7, LONG));
    let permit = breaker.try_acquire().unwrap();
    succeed(&breaker, 3);
    permit.failure_because("down");
    assert_eq!(progress(&shared), [(7, TrialProgress::Started), (7, TrialProgress::Failed)]);
    assert_eq!((breaker.state(), breaker.last_failure().as_deref()), (CircuitState::Open, Some("down")));
}

#[test]
fn an_override_rejects_calls_in_both_modes_and_ends_with_its_time() {
    for sharing in [Sharing::Enforce, Sharing::Advise] {
        let clock = ManualClock::install();
        let (breaker, shared) = share(TWO, sharing);
        shared.adopt(Opinion::ForcedOpen, 60 * SECOND);
        assert_eq!(breaker.state(), CircuitState::ForcedOpen);
        assert!(is_rejected(&breaker));
        clock.advance(60 * SECOND);
        succeed(&breaker, 1);
    }
}

#[test]
fn an_operator_of_this_process_takes_precedence_over_the_store() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    breaker.disable();
    shared.adopt(Opinion::Open(10 * SECOND), LONG);
    assert_eq!(breaker.state(), CircuitState::Disabled);
    succeed(&breaker, 1);
    breaker.reset();
    assert_eq!(breaker.state(), CircuitState::Open, "the opinion still holds");
    breaker.force_open();
    shared.adopt(Opinion::Closed, LONG);
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
}

#[test]
fn a_probe_that_began_before_an_opinion_does_not_count_after_it() {
    let clock = ManualClock::install();
    let (breaker, shared) = share(TWO.probe_timeout(15 * SECOND), Sharing::Enforce);
    fail(&breaker, 2);
    clock.advance(10 * SECOND);
    let probe = breaker.try_acquire().unwrap();
    shared.adopt(Opinion::Open(SECOND), 20 * SECOND);
    probe.failure_because("down");
    assert_eq!(breaker.late_results(), 1);
    clock.advance(20 * SECOND);
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), CircuitState::Closed, "a new probe has closed it");
}

#[test]
fn the_vote_is_the_part_of_the_own_threshold_and_whole_while_open() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(CircuitConfig::new().failure_threshold(3), Sharing::Enforce);
    let votes = [(); 4].map(|()| {
        let vote = shared.local().vote;
        let _ = breaker.call(|| Err::<(), _>("down"));
        vote
    });
    assert_eq!(votes, [0, 334, 667, 1000]);
    let LocalCircuit { state, rejected, .. } = shared.local();
    assert_eq!((state, rejected), (CircuitState::Open, 1));
    assert_eq!(shared.rules().rule, SharedRule::Count { failures: 3 });
}

#[test]
fn a_rate_reports_its_window_and_votes_only_while_open() {
    let _clock = ManualClock::install();
    let config = CircuitConfig::new().failure_rate(0.5).window_time(10 * SECOND).min_calls(4);
    let (breaker, shared) = share(config, Sharing::Enforce);
    succeed(&breaker, 2);
    fail(&breaker, 1);
    let LocalCircuit { calls, failures, vote, .. } = shared.local();
    assert_eq!((calls, failures, vote), (3, 1, 0));
    fail(&breaker, 1);
    assert_eq!((breaker.state(), shared.local().vote), (CircuitState::Open, 1000));
    assert_eq!(shared.rules().window, 10 * SECOND);
}

#[test]
fn an_armed_circuit_notes_one_call_and_is_healthy_before_and_after() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    succeed(&breaker, 1);
    assert!(!shared.arm());
    assert!(!shared.arm(), "no call came");
    succeed(&breaker, 2);
    assert!(shared.arm());
    assert_eq!(breaker.snapshot().generation(), 0);
}

#[test]
fn the_store_is_woken_by_transitions_and_trials_without_a_lock() {
    let _clock = ManualClock::install();
    let woken = Arc::new(AtomicU32::new(0));
    let breaker = Arc::new(breaker(TWO));
    let wake = {
        let (woken, breaker) = (woken.clone(), Arc::downgrade(&breaker));
        move || {
            woken.fetch_add(1, Ordering::Relaxed);
            // Deadlocks if the lock is held.
            _ = breaker.upgrade().map(|breaker| breaker.failure_count());
        }
    };
    let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, wake).unwrap();
    let wakes = || woken.swap(0, Ordering::Relaxed);
    succeed(&breaker, 1);
    fail(&breaker, 1);
    assert_eq!(wakes(), 0);
    fail(&breaker, 1);
    assert_eq!(wakes(), 1);
    shared.adopt(Opinion::HalfOpen, LONG);
    wakes();
    assert!(shared.offer(7, LONG));
    let permit = breaker.try_acquire().unwrap();
    assert_eq!(wakes(), 1);
    permit.success();
    assert_eq!(wakes(), 1);
}

#[test]
fn transitions_of_the_store_are_events_of_the_circuit() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    let log = Arc::new(std::sync::Mutex::new(Vec::new()));
    breaker.listen({
        let log = log.clone();
        move |event| log.lock().unwrap().push((event.kind(), event.retry_after()))
    });
    shared.adopt(Opinion::Open(10 * SECOND), LONG);
    shared.adopt(Opinion::Open(9 * SECOND), LONG);
    shared.adopt(Opinion::HalfOpen, LONG);
    shared.adopt(Opinion::Closed, LONG);
    assert_eq!(
        *log.lock().unwrap(),
        [
            (CircuitEventKind::Opened, Some(10 * SECOND)),
            (CircuitEventKind::HalfOpened, None),
            (CircuitEventKind::Closed, None)
        ]
    );
}

#[test]
fn a_circuit_has_one_store_until_that_one_is_dropped() {
    let _clock = ManualClock::install();
    let (breaker, shared) = share(TWO, Sharing::Enforce);
    let again = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ());
    assert_eq!(again.unwrap_err().to_string(), "circuit \"test\" is already shared by a store");
    shared.adopt(Opinion::Open(10 * SECOND), LONG);
    drop(shared);
    assert_eq!(breaker.state(), CircuitState::Closed);
    StoreHandle::attach(breaker, Sharing::Enforce, || ()).unwrap();
}

#[test]
fn a_detached_handle_has_no_effect_on_the_store_that_follows() {
    let _clock = ManualClock::install();
    let (breaker, old) = share(TWO, Sharing::Enforce);
    old.adopt(Opinion::Open(10 * SECOND), LONG);
    old.detach();
    assert_eq!(breaker.state(), CircuitState::Closed, "its opinion has ended");
    let new = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).unwrap();
    new.adopt(Opinion::HalfOpen, LONG);
    assert!(new.offer(7, LONG));
    old.withdraw();
    old.detach();
    assert_eq!((old.take_back(), old.offer(8, LONG), old.arm()), (None, false, false));
    drop(old);
    assert_eq!((breaker.state(), new.take_back()), (CircuitState::HalfOpen, Some(7)));
}

#[test]
fn a_window_of_calls_tells_how_many_calls_it_has_recorded() {
    let _clock = ManualClock::install();
    let config = CircuitConfig::new().failure_rate(0.9).window_calls(4).min_calls(4);
    let (breaker, shared) = share(config, Sharing::Enforce);
    let mut expected = 0;
    for (failures, successes) in [(1, 2), (0, 1), (1, 2), (2, 3), (1, 1)] {
        fail(&breaker, failures);
        succeed(&breaker, successes);
        expected += u64::from(failures + successes);
        let LocalCircuit { calls, recorded, .. } = shared.local();
        assert_eq!((u64::from(calls), recorded), (expected.min(4), expected));
    }
    assert_eq!((shared.rules().window_calls, shared.rules().window), (4, Duration::ZERO));
    succeed(&breaker, 100);
    assert!(shared.local().recorded >= expected + 4);
    let (_breaker, shared) = share(TWO, Sharing::Enforce);
    assert_eq!((shared.rules().window_calls, shared.local().recorded), (0, 0));
}
