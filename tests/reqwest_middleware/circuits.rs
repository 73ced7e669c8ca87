//! A circuit for each host.

use std::time::Duration;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next};
use resilience::reqwest_middleware::ResilienceMiddleware;
use resilience::testing::ManualClock;
use resilience::{CircuitConfig, CircuitOpen, RetryPolicy, circuits};

use crate::proxy::{Answer, Cut, Stall};
use crate::server::{Server, client, ms, plain, times};

const CONFIG: CircuitConfig =
    CircuitConfig::new().failure_threshold(2).recovery_timeout(Duration::from_secs(3600));

fn rejection(error: &Error) -> Option<&CircuitOpen> {
    match error {
        Error::Middleware(error) => error.chain().find_map(|cause| cause.downcast_ref()),
        Error::Reqwest(_) => None,
    }
}

#[tokio::test]
async fn a_host_that_fails_is_not_called_and_another_one_is() {
    let failing = Server::behind([Answer(500, ""), Cut]).await;
    let working = Server::behind([]).await;
    let client = client(ResilienceMiddleware::new(times(1)).circuit_per_host(CONFIG).name("per host"));
    assert_eq!(client.get(failing.url()).send().await.unwrap().status(), 500);
    assert!(client.get(failing.url()).send().await.is_err());
    let error = client.get(failing.url()).send().await.unwrap_err();
    let open = rejection(&error).unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(open.name(), format!("per host[{}]", failing.proxy.host()));
    assert_eq!(failing.attempts(), 2);
    assert_eq!(client.get(working.url()).send().await.unwrap().status(), 200);
    let set = circuits().keyed("per host").unwrap();
    assert!(set.circuit(failing.proxy.host()).is_open() && set.circuit(working.proxy.host()).is_closed());
}

/// Waits take no time on the clock that is moved by hand.
#[tokio::test]
async fn the_retry_ends_with_the_response_that_opened_the_circuit_and_does_not_wait() {
    let clock = ManualClock::install();
    let server = Server::behind([Answer(503, ""), Answer(502, ""), Answer(200, "")]).await;
    let policy = RetryPolicy::new().times(9).interval(Duration::from_secs(60));
    let middleware = ResilienceMiddleware::new(policy).circuit_per_host(CONFIG).name("ends with it");
    let response = client(middleware).get(server.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.attempts()), (502, 2));
    assert_eq!(clock.elapsed(), Duration::from_secs(60));
}

#[tokio::test]
async fn a_retry_that_is_rejected_after_a_response_returns_the_rejection() {
    let server = Server::behind([Answer(503, "")]).await;
    let key = server.proxy.host();
    let middleware = ResilienceMiddleware::new(times(9)).circuit_per_host(CONFIG).name("rejected later").on(
        move |result| {
            circuits().keyed("rejected later").expect("it exists").circuit(&key).force_open();
            result.as_ref().is_ok_and(|response| response.status() == 503)
        },
    );
    let error = client(middleware).get(server.url()).send().await.unwrap_err();
    assert!(rejection(&error).is_some(), "{error:?}");
    assert_eq!(server.attempts(), 1);
}

#[tokio::test]
async fn with_a_deadline_the_retry_waits_for_the_circuit() {
    let server = Server::behind([Answer(503, "")]).await;
    let config = CircuitConfig::new().failure_threshold(1).recovery_timeout(ms(50));
    let policy = times(2).deadline(Duration::from_secs(60));
    let middleware = ResilienceMiddleware::new(policy).circuit_per_host(config);
    let response = client(middleware).get(server.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.attempts()), (200, 2));
}

#[tokio::test]
async fn an_attempt_that_is_cut_is_a_failure_of_its_host() {
    let server = Server::behind([Stall, Stall]).await;
    let policy = times(9).attempt_timeout(ms(50));
    let middleware = ResilienceMiddleware::new(policy).circuit_per_host(CONFIG).name("stalls");
    assert!(client(middleware).get(server.url()).send().await.is_err());
    assert_eq!(server.attempts(), 2);
    let circuit = circuits().get(&format!("stalls[{}]", server.proxy.host())).unwrap();
    assert!(circuit.is_open());
    assert_eq!(circuit.last_failure().as_deref(), Some("timed out after 50ms"));
}

#[tokio::test]
async fn an_answer_of_the_server_that_blames_the_client_is_a_success_and_a_failure_has_no_url() {
    let server = Server::behind([Answer(404, ""), Answer(429, ""), Cut]).await;
    let middleware = ResilienceMiddleware::new(times(1)).circuit_per_host(CONFIG).name("texts");
    let client = client(middleware);
    let circuit = || circuits().get(&format!("texts[{}]", server.proxy.host())).unwrap();
    for status in [404, 429] {
        assert_eq!(client.get(server.url()).send().await.unwrap().status(), status);
        assert_eq!(circuit().failure_count(), 0);
    }
    assert!(client.get(format!("{}?token=secret", server.url())).send().await.is_err());
    assert_eq!(circuit().failure_count(), 1);
    let text = circuit().last_failure().unwrap();
    assert!(text.starts_with("request failed: ") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_request_that_is_dropped_is_neither_a_success_nor_a_failure() {
    let server = Server::behind([Stall]).await;
    let config = CircuitConfig::new().failure_threshold(1);
    let client = client(ResilienceMiddleware::new(times(1)).circuit_per_host(config).name("dropped"));
    let request = client.get(server.url()).send();
    assert!(tokio::time::timeout(ms(100), request).await.is_err());
    assert_eq!(client.get(server.url()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn unnamed_middleware_of_one_place_share_circuits_if_they_are_configured_alike() {
    let build = |config| client(ResilienceMiddleware::new(times(1)).circuit_per_host(config));
    let server = Server::behind([Answer(500, ""), Answer(500, "")]).await;
    for _ in 0..2 {
        assert_eq!(build(CONFIG).get(server.url()).send().await.unwrap().status(), 500);
    }
    assert!(rejection(&build(CONFIG).get(server.url()).send().await.unwrap_err()).is_some());
    let other = build(CONFIG.failure_threshold(3)).get(server.url()).send().await.unwrap();
    assert_eq!(other.status(), 200);
}

/// Fails without a connection.
struct Broken;

#[async_trait::async_trait]
impl Middleware for Broken {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response, Error> {
        Err(Error::middleware(std::io::Error::other("broken")))
    }
}

#[tokio::test]
async fn the_default_port_of_the_scheme_belongs_to_the_key_of_a_circuit() {
    let config = CircuitConfig::new().failure_threshold(1);
    let middleware = ResilienceMiddleware::new(times(1)).circuit_per_host(config).name("ports");
    let client = ClientBuilder::new(plain()).with(middleware).with(Broken).build();
    let error = async |url| client.get(url).send().await.unwrap_err();
    for url in ["http://shop.example/", "https://shop.example/"] {
        assert!(rejection(&error(url).await).is_none(), "{url} is the first of its port");
        assert!(rejection(&error(url).await).is_some());
    }
    for (url, key) in [
        ("http://shop.example:80/", "ports[shop.example:80]"),
        ("https://shop.example:443/", "ports[shop.example:443]"),
    ] {
        let error = error(url).await;
        assert_eq!(rejection(&error).map(CircuitOpen::name), Some(key));
    }
}

#[tokio::test]
async fn the_rejection_of_an_inner_circuit_is_not_a_failure_of_the_host() {
    let server = Server::behind([Answer(503, "")]).await;
    let middleware = |name, failures| {
        let config = CONFIG.failure_threshold(failures);
        ResilienceMiddleware::new(times(1)).circuit_per_host(config).name(name)
    };
    let client = ClientBuilder::new(plain())
        .with(middleware("outer circuit", 2))
        .with(middleware("inner circuit", 1))
        .build();
    assert_eq!(client.get(server.url()).send().await.unwrap().status(), 503);
    for _ in 0..3 {
        let error = client.get(server.url()).send().await.unwrap_err();
        let open = rejection(&error).unwrap_or_else(|| panic!("{error:?}"));
        assert!(open.name().starts_with("inner circuit"), "{open}");
    }
    let outer = circuits().keyed("outer circuit").unwrap().circuit(server.proxy.host());
    assert_eq!((server.attempts(), outer.failure_count()), (1, 1));
}
