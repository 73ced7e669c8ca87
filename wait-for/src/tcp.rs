//! Waits for a port.

use std::io;
use std::time::Duration;

use resilience::{PollError, PollPolicy, poll};
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::exit::Exit;
use crate::progress::Progress;

/// One connection must not use up the whole time.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A port, and how to wait for it.
#[derive(Debug)]
pub(crate) struct Tcp {
    address: String,
    policy: PollPolicy,
}

impl Tcp {
    pub(crate) fn new(address: &str, interval: Option<&str>, timeout: Option<&str>) -> Result<Self, String> {
        let port = address
            .rsplit_once(':')
            .filter(|(host, _)| !host.is_empty())
            .map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            return Err(format!("`--tcp`: expected HOST:PORT, found {address}"));
        }
        let interval = interval.unwrap_or("2s");
        if interval == "forever" {
            return Err("`--interval`: expected a delay, found `forever`; write `2s` or `500ms`".into());
        }
        let mut options = Map::new();
        options.insert("interval".into(), interval.into());
        options.insert("timeout".into(), timeout.unwrap_or("60s").into());
        // The error begins with the key, which is the name of the option.
        let policy: PollPolicy = serde_json::from_value(Value::from(options))
            .map_err(|error| error.to_string().replacen('`', "`--", 1))?;
        // As for a response.
        if policy.try_timeout(Duration::ZERO).is_ok_and(|zero| zero == policy) {
            return Err("`--timeout`: expected more than zero".into());
        }
        Ok(Self { address: address.to_owned(), policy })
    }
}

pub(crate) async fn wait(tcp: Tcp, progress: &Progress) -> Result<(), (Exit, String)> {
    wait_with(tcp, progress, async |address| TcpStream::connect(address).await).await
}

async fn wait_with(
    tcp: Tcp,
    progress: &Progress,
    connect: impl AsyncFn(&str) -> io::Result<TcpStream>,
) -> Result<(), (Exit, String)> {
    let mut failed = 0;
    let outcome = poll(async || match timeout(ATTEMPT_TIMEOUT, connect(&tcp.address)).await {
        Ok(connected) => connected,
        Err(_) => Err(io::Error::other(format!("no response within {ATTEMPT_TIMEOUT:?}"))),
    })
    .until(|_| true)
    .ignore(|_| true)
    .on_error(|error, attempt| {
        failed = attempt.number;
        progress.attempt(attempt.number, &format!("{}: {error}", tcp.address));
    })
    .policy(tcp.policy)
    .run()
    .await;
    match outcome {
        Ok(_) => Ok(()),
        Err(PollError::TimedOut { last_error, attempts, elapsed, .. }) => {
            let plural = if attempts == 1 { "" } else { "s" };
            let last = last_error.map(|error| error.to_string());
            // The deadline ended the last attempt.
            let last = if failed < attempts { Some(cut(last)) } else { last };
            let last = last.map(|error| format!("; last error: {error}")).unwrap_or_default();
            let message = format!(
                "no connection to {} in {attempts} attempt{plural}, in {elapsed:?}{last}",
                tcp.address
            );
            Err((Exit::TimedOut, message))
        }
        Err(error) => Err((Exit::Alarm, error.to_string())),
    }
}

/// As the library reports it for a request.
fn cut(before: Option<String>) -> String {
    let before = before.map(|error| format!("; the error before: {error}")).unwrap_or_default();
    format!("no response before the deadline{before}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_the_deadline_ends_is_the_last_error() {
        for (time, expected) in [
            ("5s", "in 1 attempt, in 5s; last error: no response before the deadline"),
            (
                "15s",
                "in 2 attempts, in 15s; last error: no response before the deadline; \
                 the error before: no response within 10s",
            ),
        ] {
            let tcp = Tcp::new("db:5432", None, Some(time)).unwrap();
            let progress = Progress::start(true);
            let outcome = wait_with(tcp, &progress, async |_| std::future::pending().await);
            assert_eq!(outcome.await, Err((Exit::TimedOut, format!("no connection to db:5432 {expected}"))));
        }
    }
}
