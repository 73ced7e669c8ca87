//! Log events of HTTP polling.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use resilience::http::{HttpError, HttpPoll, HttpPollError, status};

use crate::log::Log;

/// An address that nobody listens at any more.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

#[tokio::test]
async fn neither_a_header_nor_what_is_secret_in_an_address_is_logged() {
    let (log, _guard) = Log::begin();
    let url = format!("http://user:hunter2@127.0.0.1:{}/jobs?token=hunter3", closed_port());
    let poll = HttpPoll::get(&url)
        .header("authorization", "Bearer hunter4")
        .ignore(HttpError::is_connect)
        .interval(Duration::ZERO)
        .until(status(200))
        .max_attempts(2);
    assert!(poll.run().await.is_err());
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let attempt = "DEBUG attempt failed, retrying: resilience.name=HttpPoll::run resilience.kind=function \
                   resilience.attempt=1 resilience.wait_ms=0 error=";
    assert!(lines[0].starts_with(attempt), "{lines:?}");
    assert!(lines[1].starts_with("WARN call gave up: resilience.name=HttpPoll::run"), "{lines:?}");
    assert!(lines[1].contains("; last error: http://127.0.0.1:"), "{lines:?}");
    assert!(!lines.concat().contains("hunter"), "{lines:?}");
}

#[tokio::test]
async fn a_server_that_asks_for_too_long_a_wait_is_one_warning() {
    let (log, _guard) = Log::begin();
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("it is asked");
        let _ = connection.read(&mut [0; 1024]).expect("a request");
        let answer = b"HTTP/1.1 503 So\r\ncontent-length: 0\r\nretry-after: 61\r\n\r\n";
        connection.write_all(answer).expect("it is sent");
    });
    let poll = HttpPoll::get(&url).until(status(200)).max_retry_after(Duration::from_secs(60));
    let Err(HttpPollError::TimedOut { elapsed, .. }) = poll.run().await else { panic!() };
    server.join().expect("it has answered");
    let end = format!(
        "WARN call gave up: resilience.name=HttpPoll::run resilience.kind=function resilience.attempt=1 \
         resilience.outcome=gave_up error=`HttpPoll::run` gave up: the requested wait is too long (1 attempt in {elapsed:?})"
    );
    assert_eq!(log.lines(), [end]);
}
