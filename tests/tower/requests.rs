//! What requests and services the layers accept.

use std::convert::Infallible;
use std::rc::Rc;

use resilience::tower::{CircuitLayer, RetryLayer};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::mock::times;

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn the_future_of_a_stack_can_be_spawned_if_the_inner_one_can() {
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(2)))
        .layer(CircuitLayer::named("spawned").on_open(|_| String::new()))
        .service(service_fn(async |name: String| Ok::<_, Infallible>(name)));
    let spawned = tokio::spawn(assert_send(service.oneshot(String::from("hello"))));
    assert_eq!(spawned.await.unwrap().as_deref(), Ok("hello"));
}

#[tokio::test]
async fn nothing_has_to_be_send() {
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(2)))
        .layer(CircuitLayer::named("local").on_open(|_| Rc::new(0)))
        .service(service_fn(async |number: Rc<u8>| Ok::<_, Infallible>(number)));
    assert_eq!(service.oneshot(Rc::new(7)).await.as_deref(), Ok(&7));
}

#[tokio::test]
async fn a_service_can_be_called_repeatedly_through_a_reference() {
    let mut service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(2)))
        .service(service_fn(async |number: u8| Ok::<_, Infallible>(number)));
    for number in 0..3 {
        assert_eq!(service.ready().await.unwrap().call(number).await, Ok(number));
    }
}

#[test]
fn layers_are_plain_values() {
    let layer = RetryLayer::new(times(2)).name("printed").on(|result: &Result<u8, ()>| result.is_err());
    let text = format!("{:?}", layer.clone());
    assert!(text.contains("printed") && text.contains("times: 2"), "{text}");
    let circuit = CircuitLayer::named("printed circuit");
    assert!(format!("{:?}", circuit.clone()).contains("printed circuit"));
}
