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

#[test]
fn a_request_is_replayed_by_a_callback() {
    let layer = RetryLayer::new(RetryPolicy::new()).replay_with(|upload: &Upload| Some(Upload(upload.0)));
    accept::<Upload, _>(ServiceBuilder::new().layer(layer).service(service_fn(upload)));
}

#[test]
fn the_callbacks_take_and_make_results_of_the_service() {
    let retry = RetryLayer::new(RetryPolicy::new()).on(|result: &Result<u8, Busy>| result.is_err());
    let circuit = CircuitLayer::named("queries").judge(|_: &Result<u8, Busy>| Verdict::Success);
    let service = ServiceBuilder::new().layer(retry).layer(circuit.on_open(|_| Err(Busy)));
    accept::<u8, _>(service.service(service_fn(query)));
    let answers = CircuitLayer::named("queries").on_open(|_| 0);
    accept::<u8, _>(ServiceBuilder::new().layer(answers).service(service_fn(query)));
}
