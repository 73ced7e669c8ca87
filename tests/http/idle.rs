//! Connections that the server closes while they are idle, after its own keep-alive time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use reqwest::{Client, Method, Request};
use resilience::http::{HttpError, HttpPoll, status};

use crate::server::{Reply, Server};
use crate::{error, quick};

/// When the server closes a connection on which it has answered one request.
#[derive(Clone, Copy, Debug)]
enum Close {
    /// This long after the response, or as soon as something arrives.
    After(Duration),
    /// With the first byte of the next request: the rest is answered with a reset.
    OnFirstByte,
    /// After the whole next request, without a response.
    OnRequest,
}

/// A server that answers one request on each connection. Responses are 404 and 200 in turn.
struct KeepAlive {
    url: String,
    requests: Arc<AtomicU32>,
}

impl KeepAlive {
    /// On threads of its own: its timer is not one of the runtime that is tested.
    fn start(close: Close) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (requests, answered) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answered) = (Arc::clone(&seen), Arc::clone(&answered));
                std::thread::spawn(move || Self::serve(&stream, close, &seen, &answered));
            }
        });
        Self { url, requests }
    }

    fn serve(mut stream: &TcpStream, close: Close, seen: &AtomicU32, answered: &AtomicU32) -> Option<()> {
        request(stream)?;
        seen.fetch_add(1, SeqCst);
        let status = if answered.fetch_add(1, SeqCst) % 2 == 0 { "404 Not Found" } else { "200 OK" };
        let response = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
        stream.write_all(response.as_bytes()).ok()?;
        match close {
            Close::After(Duration::ZERO) => {}
            Close::After(time) => {
                stream.set_read_timeout(Some(time)).ok()?;
                let _ = stream.peek(&mut [0]);
            }
            Close::OnFirstByte => {
                stream.read_exact(&mut [0]).ok()?;
                seen.fetch_add(1, SeqCst);
            }
            Close::OnRequest => {
                request(stream)?;
                seen.fetch_add(1, SeqCst);
            }
        }
        None
    }
}

fn request(mut stream: &TcpStream) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    Some(())
}

const INTERVAL: Duration = Duration::from_millis(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_closed_while_idle_is_not_a_failed_attempt() {
    for close in [
        Close::After(Duration::ZERO),
        Close::After(INTERVAL / 2),
        Close::After(INTERVAL),
        Close::After(INTERVAL + Duration::from_millis(1)),
        Close::OnFirstByte,
        Close::OnRequest,
    ] {
        let server = KeepAlive::start(close);
        let attempts = Arc::<AtomicU32>::default();
        let count = Arc::clone(&attempts);
        let poll = HttpPoll::get(&server.url).interval(INTERVAL).until(status(200));
        let poll = poll.on_attempt(move |attempt| {
            assert!(attempt.outcome.is_ok(), "{close:?}: {:?}", attempt.outcome);
            count.fetch_add(1, SeqCst);
        });
        let failed = {
            let mut failed = 0;
            for _ in 0..100 {
                failed += u32::from(poll.run().await.is_err());
            }
            failed
        };
        assert_eq!(failed, 0, "{close:?}: of 100 polls");
        assert_eq!(attempts.load(SeqCst), 200, "{close:?}: a repeated request is not an attempt");
    }
}

#[tokio::test]
async fn a_request_that_is_not_idempotent_is_not_repeated_once_it_was_written() {
    let server = KeepAlive::start(Close::OnRequest);
    let request = Request::new(Method::POST, server.url.parse().unwrap());
    let poll = HttpPoll::request(request).interval(INTERVAL).until(status(200));
    let error = error(poll.run().await);
    assert!(error.is_request(), "{error}");
    assert_eq!(server.requests.load(SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_not_idempotent_is_sent_on_a_new_connection_if_the_old_one_is_closed() {
    let server = KeepAlive::start(Close::After(Duration::ZERO));
    let request = Request::new(Method::POST, server.url.parse().unwrap());
    let poll = HttpPoll::request(request).interval(Duration::from_millis(30)).until(status(200));
    poll.run().await.unwrap();
    assert_eq!(server.requests.load(SeqCst), 2);
}

/// The failure is the server's, not that of an idle connection.
#[tokio::test]
async fn a_request_on_a_new_connection_is_not_repeated() {
    let server = Server::saying([Reply::Last(Vec::new())]).await;
    assert!(error(quick(&server.url).until(status(200)).run().await).is_request());
    assert_eq!(server.times(), 1);
}

#[tokio::test]
async fn an_incomplete_response_is_not_repeated() {
    let half = Reply::Last(b"HTTP/1.1 200 So\r\ncontent-length: 9\r\n\r\nhalf".into());
    let server = Server::saying([crate::server::answer(404, ""), half]).await;
    assert!(error(quick(&server.url).until(status(200)).run().await).is_body());
    assert_eq!(server.times(), 2);
}

/// Nothing tells how long the connections of a caller's own client have been idle, or that they have been.
#[tokio::test]
async fn with_a_clients_own_pool_a_request_is_repeated_at_most_twice() {
    let server = KeepAlive::start(Close::OnRequest);
    let client = Client::new();
    // Two idle connections, both of which are closed by the next request.
    let (one, other) = tokio::join!(client.get(&server.url).send(), client.get(&server.url).send());
    let (one, other) = (one.unwrap(), other.unwrap());
    let _ = tokio::join!(one.bytes(), other.bytes());
    assert_eq!(server.requests.load(SeqCst), 2);
    let poll = quick(&server.url).client(client).max_attempts(1).until(!status(500));
    poll.run().await.unwrap();
    assert_eq!(server.requests.load(SeqCst), 5);

    let closing = Server::saying([Reply::Last(Vec::new())]).await;
    let poll = quick(&closing.url).client(Client::new()).until(status(200));
    assert!(error(poll.run().await).is_request());
    assert_eq!(closing.times(), 3);
}

/// The deadline covers the repetitions as it covers everything else.
#[tokio::test]
async fn a_server_that_closes_every_connection_cannot_hold_a_poll() {
    let server = Server::saying([crate::server::answer(404, ""), Reply::Last(Vec::new())]).await;
    let poll = quick(&server.url).until(status(200)).ignore(HttpError::is_request).max_attempts(10);
    poll.run().await.unwrap_err();
    // The second attempt finds its idle connection closed, repeats once on a new one, and the others have new ones.
    assert_eq!(server.times(), 11);
}
