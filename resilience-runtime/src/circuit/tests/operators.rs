use super::*;

#[test]
fn an_operator_can_turn_it_to_any_state_from_any_state() {
    let turns: [(Turn, CircuitState); 4] = [
        (CircuitBreaker::force_open, CircuitState::ForcedOpen),
        (CircuitBreaker::disable, CircuitState::Disabled),
        (CircuitBreaker::metrics_only, CircuitState::MetricsOnly),
        (CircuitBreaker::reset, CircuitState::Closed),
    ];
    for (from, _) in turns {
        for (to, state) in turns {
            let breaker = open(TWO);
            from(&breaker);
            to(&breaker);
            assert_eq!(breaker.state(), state);
        }
    }
}

#[test]
fn reset_makes_it_a_new_circuit() {
    let breaker = open(TWO);
    assert_eq!(breaker.failure_count(), 2);
    breaker.reset();
    assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Closed, 0));
    assert_eq!((breaker.last_failure(), breaker.open_remaining()), (None, None));
    fail(&breaker, 1);
    assert!(breaker.is_closed());
}

#[test]
fn while_open_it_tells_when_it_recovers() {
    let _clock = ManualClock::install();
    let breaker = open(TWO);
    assert!(breaker.is_open());
    assert_eq!(breaker.open_until(), Some(crate::clock::std_now() + 10 * SECOND));
    assert_eq!((breaker.name(), breaker.config()), ("test", TWO));
}

#[test]
fn a_circuit_is_a_static_a_field_and_shared_on_the_heap() {
    static CIRCUIT: CircuitBreaker = CircuitBreaker::new("static", TWO);
    struct Client {
        breaker: CircuitBreaker,
    }
    let field = Client { breaker: CircuitBreaker::new("field", TWO) };
    let shared = std::sync::Arc::new(CircuitBreaker::new("shared", TWO));
    for breaker in [&CIRCUIT, &field.breaker, &shared] {
        assert_eq!(breaker.call(|| Ok::<_, ()>(1)), Ok(1));
    }
}
