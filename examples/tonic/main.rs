//! gRPC: retries by code and pushback, a circuit around the channel, and a stream that counts by its end.
//!
//! `cargo run --example tonic`

mod client;
mod messages;
mod server;

use std::time::Duration;

use client::ShopClient;
use messages::{OrderReply, OrderRequest};
use resilience::telemetry::{self, Event};
use resilience::tower::{CircuitLayer, RetryLayer, Verdict};
use resilience::{CircuitBreaker, CircuitConfig, RetryPolicy};
use server::{Answer, Shop};
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

const POLICY: RetryPolicy = RetryPolicy::new().times(4).interval(Duration::from_millis(20));

/// The server is asked for nothing while this is open.
static SHOP: CircuitBreaker = CircuitBreaker::new("shop", CircuitConfig::new().failure_threshold(3));

/// The wait that the server requests; a negative one, or anything else, means "do not retry".
fn pushback(status: &Status) -> Option<Result<Duration, ()>> {
    let text = status.metadata().get("grpc-retry-pushback-ms")?.to_str().unwrap_or("invalid");
    Some(text.parse().map(Duration::from_millis).map_err(|_| ()))
}

fn is_retried(result: &Result<Response<OrderReply>, Status>) -> bool {
    let Err(status) = result else { return false };
    let is_transient = matches!(status.code(), Code::Unavailable | Code::ResourceExhausted);
    is_transient && pushback(status).is_none_or(|wait| wait.is_ok())
}

/// gRPC has its code in the response. An answer such as `NotFound` is a success of the server.
fn judge(result: &Result<http::Response<Body>, tonic::transport::Error>) -> Verdict {
    let Ok(response) = result else { return Verdict::Failure };
    match Status::from_header_map(response.headers()).map(|status| status.code()) {
        Some(Code::Unavailable | Code::Internal | Code::Unknown | Code::DataLoss) => Verdict::Failure,
        Some(Code::ResourceExhausted | Code::Cancelled) => Verdict::Ignore,
        _ => Verdict::Success,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    telemetry::listen(|event| {
        if let Event::Attempt(attempt) = event {
            println!("  attempt {} failed, next in {:?}", attempt.number(), attempt.wait());
        }
    });
    let shop = Shop::default();
    let origin: http::Uri = format!("http://{}", shop.serve().await?).parse()?;
    let channel: Channel = Endpoint::from(origin.clone()).connect_lazy();
    let guarded = ServiceBuilder::new()
        .layer(
            CircuitLayer::breaker(&SHOP)
                .judge(judge)
                .on_open(|open| Ok(Status::unavailable(open.to_string()).into_http::<Body>())),
        )
        .service(channel.clone());
    let client = ShopClient::new(guarded, origin.clone());
    let mut order = ServiceBuilder::new()
        .layer(RetryLayer::new(POLICY).name("shop.order").on(is_retried).retry_after(
            |result: &Result<Response<OrderReply>, Status>| pushback(result.as_ref().err()?)?.ok(),
        ))
        .service(service_fn(move |request: OrderRequest| {
            let mut client = client.clone();
            async move { client.order(request).await }
        }));

    println!("unavailable, then pushed back by 100 ms, then paid:");
    shop.will(&[Answer::Fails(Code::Unavailable), Answer::PushesBack(Code::ResourceExhausted, "100")]);
    let reply = order.ready().await?.call(OrderRequest { id: 7 }).await?;
    println!("  {}", reply.get_ref().state);
    assert_eq!(reply.get_ref().state, "paid");

    println!("a negative pushback, and a code that is not transient:");
    for answer in [Answer::PushesBack(Code::Unavailable, "-1"), Answer::Fails(Code::NotFound)] {
        shop.will(&[answer]);
        let status = order.ready().await?.call(OrderRequest { id: 7 }).await.expect_err("it fails");
        println!("  {:?}", status.code());
    }
    assert!(SHOP.is_closed() && SHOP.failure_count() == 0, "the server has answered");

    println!("an outage opens the circuit, and the retry ends at once:");
    shop.will(&[Answer::Fails(Code::Unavailable); 3]);
    let status = order.ready().await?.call(OrderRequest { id: 7 }).await.expect_err("it fails");
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "by the script"));
    let status = order.ready().await?.call(OrderRequest { id: 7 }).await.expect_err("it fails");
    println!("  {}", status.message());
    assert!(SHOP.is_open() && status.message().starts_with("Circuit \"shop\" OPEN"));
    SHOP.reset();

    println!("a stream that breaks is a failure, and one that ends a success:");
    // Not through the layer, which would count the beginning of the response.
    let mut client = ShopClient::new(channel, origin);
    for (answers, failures) in [([Answer::Works, Answer::Fails(Code::Internal)], 1), ([Answer::Works; 2], 0)]
    {
        shop.will(&answers);
        let stream = client.watch(OrderRequest { id: 7 }).await?;
        let mut guarded = SHOP.guard_stream(|| stream)?;
        while let Some(state) = guarded.next().await {
            println!("  {:?}", state.map(|reply| reply.state).map_err(|status| status.code()));
        }
        assert_eq!(SHOP.failure_count(), failures);
    }
    Ok(())
}
