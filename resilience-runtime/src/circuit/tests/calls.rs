use super::*;
use crate::CallError;

#[test]
fn a_call_brings_its_value_its_error_or_the_refusal() {
    let breaker = breaker(TWO);
    assert_eq!(breaker.call(|| Ok::<_, &str>(7)), Ok(7));
    assert_eq!(breaker.call(|| Err::<(), _>("a")), Err(CallError::Failed("a")));
    assert_eq!(breaker.call(|| Err::<(), _>("b")), Err(CallError::Failed("b")));
    let mut called = false;
    let refused = breaker.call(|| {
        called = true;
        Ok::<_, &str>(7)
    });
    assert!(matches!(refused, Err(CallError::Open(open)) if open.last_failure() == Some("b")));
    assert!(!called, "the function is not called");
}

#[test]
fn an_error_that_does_not_count_is_a_success_and_an_ignored_one_is_nothing() {
    let breaker = breaker(TWO);
    fail(&breaker, 1);
    let _ = breaker.ignore(|error: &u8| *error == 1).call(|| Err::<(), _>(1));
    assert_eq!(breaker.failure_count(), 1);
    let _ = breaker.on(|error: &u8| *error > 2).ignore(|error| *error == 1).call(|| Err::<(), _>(2));
    assert_eq!(breaker.failure_count(), 0);
    let _ = breaker.on(|error: &u8| *error > 2).call(|| Err::<(), _>(3));
    assert_eq!(breaker.failure_count(), 1);
}

#[cfg(feature = "tokio")]
mod asynchronous {
    use std::future::pending;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tokios_paused_clock_drives_a_circuit() {
        let breaker = breaker(TWO);
        for _ in 0..2 {
            let failed = breaker.call_async(async || Err::<(), _>("down")).await;
            assert_eq!(failed, Err(CallError::Failed("down")));
        }
        assert_eq!(breaker.open_remaining(), Some(10 * SECOND));
        tokio::time::sleep(10 * SECOND).await;
        assert_eq!(breaker.call_async(async || Ok::<_, &str>(1)).await, Ok(1));
        assert!(breaker.is_closed());
    }

    #[tokio::test]
    async fn a_guarded_future_can_be_spawned() {
        static CIRCUIT: CircuitBreaker = CircuitBreaker::new("spawned", TWO);
        let task = tokio::spawn(CIRCUIT.call_async(async || {
            tokio::task::yield_now().await;
            Ok::<_, String>(1)
        }));
        assert_eq!(task.await.unwrap(), Ok(1));
    }

    #[test]
    fn a_trial_whose_future_is_dropped_gives_its_place_back() {
        let clock = ManualClock::install();
        let breaker = open(TWO);
        clock.advance(10 * SECOND);
        let mut trial = Box::pin(breaker.call_async(pending::<Result<(), ()>>));
        assert!(trial.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(breaker.try_acquire().is_err());
        drop(trial);
        succeed(&breaker, 1);
        assert!(breaker.is_closed());
    }

    #[test]
    fn a_future_dropped_by_somebody_elses_panic_was_cancelled() {
        let breaker = breaker(TWO.failure_threshold(1));
        let mut call = Box::pin(breaker.call_async(pending::<Result<(), ()>>));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _call = call;
            panic!("the executor panics");
        }));
        assert!(panicked.is_err() && breaker.is_closed());
    }

    #[test]
    fn a_future_that_panics_and_is_polled_again_has_failed_once_and_keeps_no_place() {
        let clock = ManualClock::install();
        let breaker = breaker(TWO.failure_threshold(3));
        let mut cx = Context::from_waker(Waker::noop());
        let mut panics_twice = |mut permit: crate::circuit::AsyncPermit<'_>| {
            let mut future = std::future::poll_fn(|_| -> std::task::Poll<()> { panic!("every time") });
            for _ in 0..2 {
                let poll = || permit.poll(std::pin::Pin::new(&mut future), &mut cx).is_ready();
                assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(poll)).is_err());
            }
            permit.ended().success();
        };
        panics_twice(breaker.acquire_async().unwrap());
        assert_eq!((breaker.failure_count(), breaker.late_results()), (1, 0));
        fail(&breaker, 2);
        clock.advance(10 * SECOND);
        panics_twice(breaker.acquire_async().unwrap());
        assert_eq!((breaker.failure_count(), breaker.late_results()), (4, 0), "the trial failed, once");
        clock.advance(10 * SECOND);
        succeed(&breaker, 1);
        assert!(breaker.is_closed());
    }

    #[tokio::test]
    async fn a_future_that_panics_and_a_closure_that_panics_are_failures() {
        static CIRCUIT: CircuitBreaker = CircuitBreaker::new("panics", TWO);
        async fn panics() -> Result<(), ()> {
            tokio::task::yield_now().await;
            panic!("in the future")
        }
        fn panics_early() -> std::future::Ready<Result<(), ()>> {
            panic!("in the closure")
        }
        assert!(tokio::spawn(CIRCUIT.call_async(panics)).await.is_err());
        assert_eq!(CIRCUIT.failure_count(), 1);
        assert!(tokio::spawn(CIRCUIT.call_async(panics_early)).await.is_err());
        assert_eq!(CIRCUIT.last_failure().unwrap(), "the call panicked");
    }
}
