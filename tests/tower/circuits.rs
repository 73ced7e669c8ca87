//! Which calls a circuit admits, and how their results count.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use resilience::tower::{CircuitLayer, Verdict};
use resilience::{CallError, CircuitBreaker, CircuitConfig, CircuitState, circuit, circuits};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::mock::{Error, Hangs, Is, Mock, Panics, ms};

fn breaker() -> Arc<CircuitBreaker> {
    Arc::new(CircuitBreaker::new("breaker", CircuitConfig::new().failure_threshold(2)))
}

#[tokio::test(start_paused = true)]
async fn failures_open_the_circuit_which_then_rejects_without_a_call() {
    let (circuit, mock) = (breaker(), Mock::new([Is(Err(Error::Busy)), Is(Err(Error::Busy))]));
    let service =
        ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(mock.clone());
    for _ in 0..2 {
        assert_eq!(service.clone().oneshot("hello").await, Err(Error::Busy));
    }
    assert!(circuit.is_open());
    assert_eq!(service.oneshot("hello").await, Err(Error::Open("breaker".into())));
    assert_eq!(mock.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_probe_closes_the_circuit_again() {
    let (circuit, mock) = (breaker(), Mock::new([Is(Ok::<_, Error>(200))]));
    circuit.try_acquire().unwrap().failure();
    circuit.try_acquire().unwrap().failure();
    let service = ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(mock);
    tokio::time::sleep(CircuitConfig::DEFAULT_RECOVERY_TIMEOUT).await;
    assert_eq!(service.oneshot("hello").await, Ok(200));
    assert!(circuit.is_closed());
}

#[tokio::test]
async fn a_verdict_may_count_a_response_as_a_failure_and_an_error_as_nothing() {
    let circuit = breaker();
    let layer =
        CircuitLayer::breaker(Arc::clone(&circuit)).judge(|result: &Result<u16, Error>| match result {
            Ok(500..) => Verdict::Failure,
            Ok(_) => Verdict::Success,
            Err(_) => Verdict::Ignore,
        });
    let mock = Mock::new([Is(Ok(503)), Is(Err(Error::Busy)), Is(Ok(200)), Is(Ok(503))]);
    let service = ServiceBuilder::new().layer(layer).service(mock);
    let mut counts = Vec::new();
    for _ in 0..4 {
        let _ = service.clone().oneshot("hello").await;
        counts.push(circuit.failure_count());
    }
    assert_eq!(counts, [1, 1, 0, 1]);
}

#[tokio::test]
async fn on_open_makes_the_result_of_a_rejected_call() {
    static CIRCUIT: CircuitBreaker = CircuitBreaker::new("answers", CircuitConfig::new());
    CIRCUIT.force_open();
    let mock = || Mock::new(Vec::<crate::mock::Step<&str>>::new());
    let layer = CircuitLayer::breaker(&CIRCUIT).on_open(|_| 503_u16);
    assert_eq!(ServiceBuilder::new().layer(layer).service(mock()).oneshot("hello").await, Ok(503));
    let layer = CircuitLayer::breaker(&CIRCUIT).on_open(|open| {
        if open.state() == CircuitState::ForcedOpen { Err("closed for repairs") } else { Ok(503_u16) }
    });
    let result = ServiceBuilder::new().layer(layer).service(mock()).oneshot("hello").await;
    assert_eq!(result, Err("closed for repairs"));
}

#[tokio::test]
async fn a_response_that_is_dropped_is_a_cancelled_call_and_releases_its_probe() {
    let circuit = Arc::new(CircuitBreaker::new("dropped", CircuitConfig::new().failure_threshold(1)));
    let mock = Mock::new([Hangs, Is(Ok::<_, Error>(200))]);
    let service = ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(mock);
    {
        let mut response = pin!(service.clone().oneshot("hello"));
        assert!(poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx))).await.is_pending());
    }
    assert_eq!(circuit.failure_count(), 0);
    assert_eq!(service.oneshot("hello").await, Ok(200));
}

#[tokio::test]
async fn a_panic_of_the_service_is_a_failure() {
    let (circuit, mock) = (breaker(), Mock::new([Panics::<Error>]));
    let service = ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(mock);
    assert!(tokio::spawn(service.oneshot("hello")).await.unwrap_err().is_panic());
    assert_eq!(circuit.failure_count(), 1);
    assert_eq!(circuit.last_failure().as_deref(), Some("the call panicked"));

    let panics =
        tower::service_fn(|(): ()| -> std::future::Ready<Result<u16, Error>> { panic!("in `call`") });
    let service = ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(panics);
    assert!(tokio::spawn(async { service.oneshot(()).await }).await.unwrap_err().is_panic());
    assert!(circuit.is_open(), "a panic before the response future is one as well");
}

#[tokio::test]
async fn a_layer_and_a_function_that_say_one_name_share_one_circuit() {
    #[circuit(name = "shared with a layer", failure_threshold = 3)]
    fn charge(succeeds: bool) -> Result<u16, Error> {
        if succeeds { Ok(200) } else { Err(Error::Busy) }
    }
    let layer = CircuitLayer::named("shared with a layer");
    let mock = Mock::new(vec![Is(Err(Error::Busy)); 2]);
    let service = ServiceBuilder::new().layer(layer).service(mock);
    assert!(charge(false).is_err());
    for _ in 0..2 {
        assert_eq!(service.clone().oneshot("hello").await, Err(Error::Busy));
    }
    assert_eq!(charge(true), Err(Error::Open("shared with a layer".into())), "the layer has opened it");
    assert_eq!(service.oneshot("hello").await, Err(Error::Open("shared with a layer".into())));
}

#[tokio::test]
async fn a_name_that_no_function_has_is_one_circuit_for_all_layers_and_listed() {
    let one = CircuitLayer::named("known to layers only");
    let other = CircuitLayer::named("known to layers only");
    let fails = Mock::new(vec![Is(Err(Error::Busy)); 5]);
    let service = ServiceBuilder::new().layer(one).service(fails);
    for _ in 0..CircuitConfig::DEFAULT_FAILURE_THRESHOLD {
        let _ = service.clone().oneshot("hello").await;
    }
    let works = Mock::new([Is(Ok::<_, Error>(200))]);
    let result = ServiceBuilder::new().layer(other).service(works).oneshot("hello").await;
    assert_eq!(result, Err(Error::Open("known to layers only".into())));
    let listed: Vec<_> =
        circuits().iter().filter(|circuit| circuit.name() == "known to layers only").collect();
    assert!(listed.len() == 1 && listed[0].is_open());
    circuits().verify().unwrap();
}

#[tokio::test]
async fn each_key_has_a_circuit_and_an_unhealthy_host_leaves_the_others_alone() {
    let config = CircuitConfig::new().failure_threshold(1);
    let layer = CircuitLayer::keyed("hosts of a layer", config, |host: &&'static str| Cow::Borrowed(*host));
    let mock = Mock::new([Is(Err(Error::Busy)), Is(Ok(200))]);
    let service = ServiceBuilder::new().layer(layer).service(mock);
    assert_eq!(service.clone().oneshot("a.example").await, Err(Error::Busy));
    let rejected = service.clone().oneshot("a.example").await;
    assert_eq!(rejected, Err(Error::Open("hosts of a layer[a.example]".into())));
    assert_eq!(service.oneshot("b.example").await, Ok(200));
    let set = circuits().keyed("hosts of a layer").unwrap();
    assert!(set.circuit("a.example").is_open() && set.circuit("b.example").is_closed());
}

#[tokio::test]
async fn a_keyed_layer_shares_the_circuits_of_a_function() {
    #[circuit(name = "tenants", key = tenant, failure_threshold = 1)]
    fn query(tenant: &str, result: Result<u16, Error>) -> Result<u16, Error> {
        result
    }
    let config = CircuitConfig::new().failure_threshold(1);
    let layer = CircuitLayer::keyed("tenants", config, |tenant: &String| Cow::from(tenant.as_str()));
    assert!(query("acme", Err(Error::Busy)).is_err());
    let mock = Mock::new(Vec::new());
    let result = ServiceBuilder::new().layer(layer).service(mock).oneshot(String::from("acme")).await;
    assert_eq!(result, Err(Error::Open("tenants[acme]".into())));
}

#[tokio::test]
async fn a_contradictory_configuration_is_an_error_and_not_found_at_a_call() {
    let config = CircuitConfig::new().failure_rate(0.5).failure_threshold(3);
    let layer = CircuitLayer::try_keyed("contradictory", config, |host: &&'static str| Cow::Borrowed(*host));
    let expected = config.validate();
    assert_eq!(layer.err().map(|error| error.to_string()), expected.err().map(|error| error.to_string()));
    assert!(config.validate().is_err());
}

#[tokio::test]
async fn a_service_that_was_rejected_is_still_ready() {
    let (circuit, mock) = (breaker(), Mock::new([Is(Ok::<_, Error>(200))]));
    let mut service = ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(mock);
    circuit.force_open();
    assert!(ServiceExt::<&str>::ready(&mut service).await.unwrap().call("hello").await.is_err());
    circuit.reset();
    assert_eq!(ServiceExt::<&str>::ready(&mut service).await.unwrap().call("hello").await, Ok(200));
}

#[tokio::test]
async fn the_circuit_of_a_layer_works_in_functions_too() {
    let circuit = breaker();
    let mock = Mock::new([Is(Err(Error::Busy))]);
    let service = ServiceBuilder::new().layer(CircuitLayer::breaker(Arc::clone(&circuit))).service(mock);
    let _ = service.oneshot("hello").await;
    assert_eq!(circuit.call(|| Err::<(), _>("down")), Err(CallError::Failed("down")));
    assert!(circuit.is_open());
    tokio::time::timeout(ms(1), async {}).await.unwrap();
}
