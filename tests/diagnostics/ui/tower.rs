//! Requests, errors and callbacks that the layers for tower do not accept.

use std::io;

use resilience::RetryPolicy;
use resilience::tower::{CircuitLayer, RetryLayer, Verdict};
use tower::{Service, ServiceBuilder, service_fn};

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

fn an_error_that_holds_no_rejection() {
    let layer = CircuitLayer::named("queries");
    accept::<u8, _>(ServiceBuilder::new().layer(layer).service(service_fn(query)));
}

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
    a_request_that_is_not_clone();
    an_error_that_holds_no_rejection();
    a_predicate_for_another_error();
    a_verdict_on_another_response();
    a_result_of_another_type();
}
