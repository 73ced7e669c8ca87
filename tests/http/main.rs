//! `resilience::http` against real servers on loopback. No test waits for time to pass: intervals are a millisecond.

mod attributes;
mod conditions;
mod conversation;
mod data;
mod encoding;
mod ends;
mod http2;
mod idle;
#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod plain;
mod proxy;
mod running;
mod secrets;
mod server;
mod sharing;
mod strangers;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;
mod trouble;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tunnel;

use std::time::Duration;

use resilience::http::{Condition, HttpError, HttpPoll, HttpPollError, HttpResponse};
use server::{Reply, Server};

/// Quick, and not for long.
fn quick(url: &str) -> HttpPoll {
    HttpPoll::get(url).interval(Duration::from_millis(1)).max_attempts(20)
}

/// Whether a condition holds for this answer, or what is wrong with that.
async fn holds(condition: Condition, reply: Reply) -> Result<bool, HttpError> {
    let server = Server::saying([reply]).await;
    match quick(&server.url).max_attempts(1).until(condition).run().await {
        Ok(_) => Ok(true),
        Err(HttpPollError::TimedOut { .. }) => Ok(false),
        Err(HttpPollError::Http(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

fn error(outcome: Result<HttpResponse, HttpPollError>) -> HttpError {
    match outcome {
        Err(HttpPollError::Http(error)) => error,
        other => panic!("{other:?}"),
    }
}
