//! Requests, errors and callbacks that the layers for tower do not accept.

use std::io;

use resilience::RetryPolicy;
use resilience::tower::{CircuitLayer, RetryLayer, Verdict};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

struct Upload(u8);

#[derive(Debug)]
struct Busy;

fn accept<R, S: Service<R>>(_: S) {}

async fn upload(upload: Upload) -> io::Result<u8> {
    Ok(upload.0)
}

async fn query(id: u8) -> Result<u8, Busy> {
    if id == 0 { Err(Busy) } else { Ok(id) }
}

fn a_request_that_is_not_clone() {
    let layer = RetryLayer::new(RetryPolicy::new());
    accept::<Upload, _>(ServiceBuilder::new().layer(layer).service(service_fn(upload)));
}

async fn a_call_with_a_request_that_is_not_clone() {
    let layer = RetryLayer::new(RetryPolicy::new());
    let service = ServiceBuilder::new().layer(layer).service(service_fn(upload));
    let _ = service.oneshot(Upload(1)).await;
}

fn an_error_that_holds_no_rejection() {
    let layer = CircuitLayer::named("queries");
    accept::<u8, _>(ServiceBuilder::new().layer(layer).service(service_fn(query)));
}

async fn a_call_with_an_error_that_holds_no_rejection() {
    let mut service = CircuitLayer::named("queries").layer_service(service_fn(query));
    let _ = service.call(1).await;
}

trait LayerService: Sized {
    fn layer_service<S>(self, service: S) -> <Self as tower::Layer<S>>::Service
    where
        Self: tower::Layer<S>,
    {
        self.layer(service)
    }
}

impl<L> LayerService for L {}

fn a_predicate_for_another_error() {
    let layer = RetryLayer::new(RetryPolicy::new()).on(|result: &Result<u8, io::Error>| result.is_err());
    accept::<u8, _>(ServiceBuilder::new().layer(layer).service(service_fn(query)));
}

fn a_verdict_on_another_response() {
    let layer = CircuitLayer::named("queries")
        .judge(|_: &Result<String, Busy>| Verdict::Success)
        .on_open(|_| Err(Busy));
    accept::<u8, _>(ServiceBuilder::new().layer(layer).service(service_fn(query)));
}

fn a_result_of_another_type() {
    let layer = CircuitLayer::named("queries").on_open(|_| "503");
    accept::<u8, _>(ServiceBuilder::new().layer(layer).service(service_fn(query)));
}

fn main() {
    drop((a_call_with_a_request_that_is_not_clone(), a_call_with_an_error_that_holds_no_rejection()));
    a_request_that_is_not_clone();
    an_error_that_holds_no_rejection();
    a_predicate_for_another_error();
    a_verdict_on_another_response();
    a_result_of_another_type();
}
