use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request};
use resilience::http::{HttpPoll, status};

use crate::server::{Server, answer, with};
use crate::{error, quick};

#[tokio::test]
async fn a_prepared_request_is_sent_as_it_is_each_time() {
    let server = Server::saying([answer(404, ""), answer(200, "")]).await;
    let mut request = Request::new(Method::PUT, format!("{}/job?a=b", server.url).parse().unwrap());
    request.headers_mut().insert("x-own", HeaderValue::from_static("1"));
    request.headers_mut().insert("x-both", HeaderValue::from_static("request"));
    *request.body_mut() = Some("body".into());
    let poll = HttpPoll::request(request).interval(std::time::Duration::from_millis(1)).until(status(200));
    poll.header("x-both", "poller").run().await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        let said = (asked.method.as_str(), asked.path.as_str(), asked.body.as_str());
        assert_eq!(said, ("PUT", "/job?a=b", "body"));
        assert_eq!((asked.header("x-own"), asked.header("x-both")), (Some("1"), Some("poller")));
    }
}

#[tokio::test]
async fn a_request_that_can_be_sent_only_once_is_rejected() {
    let server = Server::saying([answer(200, "")]).await;
    let stream = Client::new().get(&server.url).send().await.unwrap();
    let mut request = Request::new(Method::POST, server.url.parse().unwrap());
    *request.body_mut() = Some(stream.into());
    let poll = HttpPoll::request(request).until(status(200));
    assert!(poll.check().unwrap_err().is_settings());
    assert!(error(poll.ignore(|_| true).run().await).is_settings());
    assert_eq!(server.times(), 1);
}

#[tokio::test]
async fn basic_and_bearer_are_sent_as_servers_expect_them() {
    let server = Server::saying([answer(200, "")]).await;
    let poll = || quick(&server.url).until(status(200));
    poll().basic_auth("Aladdin", "open sesame").run().await.unwrap();
    poll().basic_auth("me", "ö:").run().await.unwrap();
    poll().basic_auth("me", "x").bearer("token").run().await.unwrap();
    let said: Vec<_> = server.asked().iter().map(|a| a.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(said, ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic bWU6w7Y6", "Bearer token"]);
}

#[tokio::test]
async fn a_name_and_a_password_in_the_address_are_sent_as_well() {
    let server = Server::saying([answer(200, "")]).await;
    let url = server.url.replace("http://", "http://me:s%C3%B6%3A@");
    quick(&url).until(status(200)).run().await.unwrap();
    quick(&url).until(status(200)).bearer("token").run().await.unwrap();
    let prepared = Request::new(Method::GET, url.parse().unwrap());
    HttpPoll::request(prepared).until(status(200)).run().await.unwrap();
    let said: Vec<_> = server.asked().iter().map(|a| a.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(said, ["Basic bWU6c8O2Og==", "Bearer token", "Basic bWU6c8O2Og=="]);
}

#[tokio::test]
async fn a_header_overrides_the_clients_own() {
    let server = Server::saying([answer(200, "")]).await;
    let mut defaults = HeaderMap::new();
    defaults.insert("x-a", HeaderValue::from_static("client"));
    defaults.insert("x-b", HeaderValue::from_static("client"));
    let client = Client::builder().default_headers(defaults).build().unwrap();
    quick(&server.url).client(client).header("X-A", "poller").until(status(200)).run().await.unwrap();
    let asked = server.asked().remove(0);
    assert_eq!((asked.header("x-a"), asked.header("x-b")), (Some("poller"), Some("client")));
}

#[tokio::test]
async fn a_callers_client_keeps_its_cookies() {
    let server = Server::saying([with(404, "set-cookie: id=7\r\n", ""), answer(200, "")]).await;
    let client = Client::builder().cookie_store(true).build().unwrap();
    quick(&server.url).client(client).until(status(200)).run().await.unwrap();
    assert_eq!(server.asked()[1].header("cookie"), Some("id=7"));
}

#[tokio::test]
async fn the_attempts_of_a_run_and_the_runs_after_it_share_one_connection() {
    let server = Server::start(|asked| answer(if asked.number % 5 == 0 { 200 } else { 404 }, "x")).await;
    let poll = quick(&server.url).until(status(200));
    poll.run().await.unwrap();
    poll.clone().run().await.unwrap();
    assert_eq!(server.times(), 10);
    assert!(server.asked().iter().all(|asked| asked.connection == 1));
}

#[tokio::test]
async fn redirects_are_followed_and_loops_are_an_error() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/old" => with(302, "location: /new\r\n", ""),
        "/circle" => with(302, "location: /circle?token=secret\r\n", ""),
        "/circle?token=secret" => with(302, "location: /circle\r\n", ""),
        _ => answer(200, "there"),
    })
    .await;
    let found = quick(&format!("{}/old", server.url)).until(status(200)).run().await.unwrap();
    assert_eq!(found.url().path(), "/new");
    let error = error(quick(&format!("{}/circle", server.url)).until(status(200)).run().await);
    assert!(error.is_request(), "{error:?}");
    assert!(error.to_string().contains("too many redirects"), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn a_head_has_no_body_however_long_it_says_it_is() {
    let server =
        Server::saying([crate::Reply::Bytes(b"HTTP/1.1 200 So\r\ncontent-length: 9999999\r\n\r\n".into())])
            .await;
    let request = Request::new(Method::HEAD, server.url.parse().unwrap());
    let response = HttpPoll::request(request).max_body(10).until(status(200)).run().await.unwrap();
    assert!(response.bytes().is_empty());
}
