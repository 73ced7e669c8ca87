//! Waits for a port.

use std::time::Duration;

use resilience::{PollError, PollPolicy, poll};
use serde_json::{Map, Value};
use tokio::net::TcpStream;

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
        // A limit above the total one would never be reached.
        let policy = policy.try_attempt_timeout(ATTEMPT_TIMEOUT).unwrap_or(policy);
        Ok(Self { address: address.to_owned(), policy })
    }
}

pub(crate) async fn wait(tcp: Tcp, progress: &Progress) -> Result<(), (Exit, String)> {
    let outcome = poll(async || TcpStream::connect(&tcp.address).await)
        .until(|_| true)
        .ignore(|_| true)
        .on_error(|error, attempt| progress.attempt(attempt.number, &format!("{}: {error}", tcp.address)))
        .policy(tcp.policy)
        .run()
        .await;
    match outcome {
        Ok(_) => Ok(()),
        Err(PollError::TimedOut { last_error, attempts, elapsed, .. }) => {
            let plural = if attempts == 1 { "" } else { "s" };
            let last = last_error.map(|error| format!("; last error: {error}")).unwrap_or_default();
            let message = format!(
                "no connection to {} in {attempts} attempt{plural}, in {elapsed:?}{last}",
                tcp.address
            );
            Err((Exit::TimedOut, message))
        }
        Err(error) => Err((Exit::Alarm, error.to_string())),
    }
}
