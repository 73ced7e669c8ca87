//! Layers of `tower` and middleware of `reqwest`, around a service and a client that answer at once.
//!
//! Every subject is a service of the thread: what is measured is a request, without building the stack.

use std::cell::RefCell;
use std::future::{Ready, ready as answer};
use std::task::{Context, Poll, Waker};
use std::thread::LocalKey;
use std::time::Duration;

use http::Extensions;
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use resilience::reqwest_middleware::ResilienceMiddleware;
use resilience::tower::{CircuitLayer, RetryLayer};
use resilience::{CircuitBreaker, CircuitConfig, RetryPolicy};
use tower::{Layer, Service, ServiceBuilder};

use super::{Failure, Subject, ready, subject, value, work};

pub(super) const SUBJECTS: &[Subject] = &[
    subject("tower bare", "tower bare", |n| request(&BARE, n)),
    subject("tower retry", "tower bare", |n| request(&RETRY, n)),
    subject("tower retry: tower", "tower bare", |n| request(&TOWER, n)),
    subject("tower retry: tower-resilience", "tower bare", |n| request(&TOWER_RESILIENCE, n)),
    subject("tower circuit", "tower bare", |n| request(&CIRCUIT, n)),
    subject("tower retry over circuit", "tower bare", |n| request(&STACK, n)),
    subject("reqwest bare", "reqwest bare", |n| get(&CLIENT, n)),
    subject("reqwest retry", "reqwest bare", |n| get(&CLIENT_RETRY, n)),
    subject("reqwest retry and circuit", "reqwest bare", |n| get(&CLIENT_STACK, n)),
    subject("reqwest retry: reqwest-retry", "reqwest bare", |n| get(&CLIENT_PEER, n)),
];

const POLICY: RetryPolicy = RetryPolicy::new().times(3).interval(Duration::ZERO);
static BREAKER: CircuitBreaker = CircuitBreaker::new("stack", CircuitConfig::new());

#[derive(Clone)]
struct Work;

impl Service<u32> for Work {
    type Response = u32;
    type Error = Failure;
    type Future = Ready<Result<u32, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, n: u32) -> Self::Future {
        answer(work(n).map(|n| n + 1))
    }
}

/// Three attempts, for tower's own retry.
#[derive(Clone)]
struct Attempts(u32);

impl tower::retry::Policy<u32, u32, Failure> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut u32, result: &mut Result<u32, Failure>) -> Option<Self::Future> {
        let again = result.is_err() && self.0 > 1;
        self.0 -= u32::from(again);
        again.then(|| answer(()))
    }

    fn clone_request(&mut self, request: &u32) -> Option<u32> {
        Some(*request)
    }
}

type Retried = <RetryLayer as Layer<Work>>::Service;
type Guarded = <CircuitLayer as Layer<Work>>::Service;
type Peer = tower_resilience_retry::Retry<Work, u32, u32, Failure>;

fn peer() -> Peer {
    let layer = tower_resilience_retry::RetryLayer::<u32, u32, Failure>::builder()
        .max_attempts(3)
        .fixed_backoff(Duration::ZERO)
        .build();
    layer.layer(Work)
}

// A service is called by `&mut`, and each task has a clone: these are the clones of this thread.
thread_local! {
    static BARE: RefCell<Work> = const { RefCell::new(Work) };
    static RETRY: RefCell<Retried> = RefCell::new(RetryLayer::new(POLICY).layer(Work));
    static TOWER: RefCell<tower::retry::Retry<Attempts, Work>> =
        RefCell::new(tower::retry::RetryLayer::new(Attempts(3)).layer(Work));
    static TOWER_RESILIENCE: RefCell<Peer> = RefCell::new(peer());
    static CIRCUIT: RefCell<Guarded> = RefCell::new(CircuitLayer::breaker(&BREAKER).layer(Work));
    static STACK: RefCell<<RetryLayer as Layer<Guarded>>::Service> = RefCell::new(
        ServiceBuilder::new()
            .layer(RetryLayer::new(POLICY))
            .layer(CircuitLayer::breaker(&BREAKER))
            .service(Work),
    );
}

#[inline(never)]
fn request<S>(service: &'static LocalKey<RefCell<S>>, n: u32) -> u32
where
    S: Service<u32, Response = u32, Error = Failure>,
{
    let mut cx = Context::from_waker(Waker::noop());
    let response = service.with_borrow_mut(|service| {
        let is_ready = service.poll_ready(&mut cx);
        assert!(is_ready.is_ready(), "the service is always ready");
        service.call(n)
    });
    value(ready(response))
}

/// The end of the chain: answers in place of the network.
struct Answers;

#[async_trait::async_trait]
impl Middleware for Answers {
    async fn handle(
        &self,
        _: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> Result<Response, reqwest_middleware::Error> {
        Ok(Response::from(http::Response::new("")))
    }
}

fn client(middleware: Option<impl Middleware>) -> ClientWithMiddleware {
    let client = ClientBuilder::new(Client::new());
    match middleware {
        Some(middleware) => client.with(middleware).with(Answers).build(),
        None => client.with(Answers).build(),
    }
}

thread_local! {
    static CLIENT: ClientWithMiddleware = client(None::<Answers>);
    static CLIENT_RETRY: ClientWithMiddleware = client(Some(ResilienceMiddleware::new(POLICY)));
    static CLIENT_STACK: ClientWithMiddleware =
        client(Some(ResilienceMiddleware::new(POLICY).circuit_per_host(CircuitConfig::new())));
    static CLIENT_PEER: ClientWithMiddleware = client(Some(RetryTransientMiddleware::new_with_policy(
        ExponentialBackoff::builder().build_with_max_retries(2),
    )));
}

#[inline(never)]
fn get(client: &'static LocalKey<ClientWithMiddleware>, n: u32) -> u32 {
    let request = client.with(|client| client.get("http://shop.example/orders/7"));
    match ready(request.send()) {
        Ok(response) if response.status().is_success() => n + 1,
        Ok(_) | Err(_) => 0,
    }
}
