//! Layers are sites: they are listed, observed and overridden as functions are.

use std::sync::{Arc, Mutex};

use resilience::telemetry::{self, CallOutcome, Event, GiveUpReason, SiteKind};
use resilience::testing::seam;
use resilience::tower::{CircuitLayer, RetryLayer};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use crate::mock::{Error, Hangs, Is, Mock, ms, times};

#[test]
fn a_layer_is_listed_when_it_is_built_with_its_place_in_the_source() {
    let build = || {
        let layer = RetryLayer::new(times(2)).name("listed layer");
        ServiceBuilder::new().layer(layer).layer(CircuitLayer::named("listed circuit")).service(())
    };
    build();
    build();
    let of = |name| telemetry::sites().filter(move |site| site.name() == name).collect::<Vec<_>>();
    let (retry, circuit) = (of("listed layer"), of("listed circuit"));
    assert_eq!((retry.len(), circuit.len()), (1, 1), "{retry:?} {circuit:?}");
    assert_eq!((retry[0].kind(), circuit[0].kind()), (SiteKind::Retry, SiteKind::Circuit));
    assert!(retry[0].file().ends_with("sites.rs") && circuit[0].file().ends_with("sites.rs"));
    assert_eq!(circuit[0].line(), retry[0].line() + 1);
}

/// What a listener hears of the site of this name.
fn log_of(name: &'static str) -> Arc<Mutex<Vec<String>>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&log);
    telemetry::listen(move |event| match event {
        Event::Attempt(attempt) if attempt.site().name() == name => {
            let text = attempt.error().map(ToString::to_string);
            kept.lock().expect("it is not poisoned").push(format!(
                "{} {:?} {text:?}",
                attempt.number(),
                attempt.wait()
            ));
        }
        Event::Call(call) if call.site().name() == name => {
            kept.lock().expect("it is not poisoned").push(format!(
                "{:?} {}",
                call.outcome(),
                call.attempts()
            ));
        }
        _ => {}
    });
    log
}

#[tokio::test(start_paused = true)]
async fn attempts_and_calls_of_a_layer_are_events() {
    let log = log_of("observed layer");
    let layer = RetryLayer::new(times(2).interval(ms(10))).name("observed layer").stats("observed layer");
    let service = ServiceBuilder::new()
        .layer(layer)
        .service(service_fn(async |text: &'static str| Err::<(), _>(BoxError::from(text))));
    assert!(service.clone().oneshot("down").await.is_err());
    let outcome = CallOutcome::GaveUp(GiveUpReason::Attempts);
    let expected = [
        String::from("1 Some(10ms) Some(\"down\")"),
        "2 None Some(\"down\")".into(),
        format!("{outcome:?} 2"),
    ];
    assert_eq!(*log.lock().expect("it is not poisoned"), expected);
    let stats = telemetry::stats("observed layer").unwrap();
    assert_eq!((stats.calls(), stats.attempts(), stats.gave_up()), (1, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_circuit_rejects_is_told_as_such_and_a_dropped_one_as_cancelled() {
    let log = log_of("rejected layer");
    let stack = |mock: Mock| {
        ServiceBuilder::new()
            .layer(RetryLayer::new(times(3)).name("rejected layer"))
            .layer(CircuitLayer::named("rejects"))
            .service(mock)
    };
    let mut hangs = Box::pin(stack(Mock::new([Hangs])).oneshot("hello"));
    assert!(tokio::time::timeout(ms(1), &mut hangs).await.is_err());
    drop(hangs);
    resilience::circuits().get("rejects").unwrap().force_open();
    assert!(stack(Mock::new([])).oneshot("hello").await.is_err());
    assert_eq!(*log.lock().expect("it is not poisoned"), ["Cancelled 1", "Refused 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_sent_once_is_told_as_not_retryable() {
    let log = log_of("sent once");
    let layer = RetryLayer::new(times(3)).name("sent once").replay_with(|_: &&str| None);
    let mock = Mock::new([Is(Err(Error::Busy))]);
    assert!(ServiceBuilder::new().layer(layer).service(mock).oneshot("hello").await.is_err());
    let type_name = std::any::type_name::<Error>();
    assert_eq!(
        *log.lock().expect("it is not poisoned"),
        [format!("1 None Some({type_name:?})"), "GaveUp(NotRetryable) 1".into()]
    );
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_a_named_layer_can_be_replaced() {
    let service = |mock: &Mock| {
        let layer = RetryLayer::new(times(2).deadline(ms(500))).name("replaced layer");
        ServiceBuilder::new().layer(layer).service(mock.clone())
    };
    let mock = Mock::new(vec![Is(Err(Error::Busy)); 7]);
    let first = service(&mock);
    let site = telemetry::sites().find(|site| site.name() == "replaced layer").unwrap();
    assert!(seam::exchange(site, times(5)));
    assert!(first.oneshot("hello").await.is_err());
    assert_eq!(mock.calls(), 5);
    seam::revert(site);
    assert!(service(&mock).oneshot("hello").await.is_err());
    assert_eq!(mock.calls(), 7);
}
