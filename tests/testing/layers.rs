//! Faults and circuits of tower layers.

use resilience::testing::{self, Fault};
use resilience::tower::{CircuitLayer, RetryLayer};
use resilience::{CircuitState, RetryPolicy, circuits};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::common::{Error, SECOND};

async fn call() -> Result<u32, Error> {
    let mut service = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryPolicy::new().times(4).interval(SECOND)).name("layer retry"))
        .layer(CircuitLayer::named("layer circuit"))
        .service(service_fn(|number: u32| async move { Ok::<u32, Error>(number) }));
    service.ready().await?.call(1).await
}

#[tokio::test(start_paused = true)]
async fn a_fault_replaces_the_response_of_the_service() {
    for name in ["layer retry", "layer circuit"] {
        let scope = testing::scope();
        scope.inject(name, Fault::error(|| Error::Busy(1)).times(2));
        let record = scope.record();
        assert_eq!(call().await, Ok(1));
        record.assert_attempts("layer retry", 3);
        record.assert_waits("layer retry", &[SECOND; 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_before_the_response() {
    let scope = testing::scope();
    scope.inject("layer retry", Fault::latency(SECOND)).inject("layer circuit", Fault::latency(SECOND));
    let start = tokio::time::Instant::now();
    assert_eq!(call().await, Ok(1));
    assert_eq!(start.elapsed(), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_the_circuit() {
    let scope = testing::scope();
    scope.inject("layer circuit", Fault::panic("by a fault"));
    assert!(tokio::spawn(scope.run(call())).await.is_err());
    assert_eq!(circuits().get("layer circuit").expect("it is listed").failure_count(), 1);
    drop(scope);
    assert_eq!(circuits().get("layer circuit").expect("it is listed").failure_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_layer_has_the_circuit_of_the_scope() {
    let scope = testing::scope();
    scope.circuit("layer circuit", CircuitState::Open);
    assert_eq!(call().await, Err(Error::Open));
    drop(scope);
    assert_eq!(call().await, Ok(1));
}
