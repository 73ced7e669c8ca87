//! The connection to the store: to the server of the URL, or to the one that it names.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo as _};

use super::{Done, UnderWay};

/// The servers that a node connects to.
#[derive(Debug)]
pub(super) struct Servers {
    /// As configured.
    client: Client,
    /// The node of a cluster that has the keys, if another one was asked.
    holder: Option<(String, Client)>,
}

impl Servers {
    pub(super) const fn new(client: Client) -> Self {
        Self { client, holder: None }
    }

    /// Goes to the holder of the keys from now on, as `host:port`.
    pub(super) fn follow(&mut self, address: String) {
        self.holder = redirected(&self.client, &address).map(|client| (address, client));
    }

    /// Returns to the server of the URL, because the holder does not answer: it may have been replaced. The error names
    /// where it happened.
    pub(super) fn give_up(&mut self, error: &str) -> String {
        match self.holder.take() {
            Some((address, _)) => format!("{error} (at {address}, which has the keys of the cluster)"),
            None => error.to_owned(),
        }
    }

    pub(super) fn connect(&self, timeout: Duration) -> UnderWay {
        let client = self.holder.as_ref().map_or(&self.client, |(_, client)| client).clone();
        Box::pin(async move { Done::Connected(connect(client, timeout).await) })
    }
}

async fn connect(client: Client, timeout: Duration) -> Result<MultiplexedConnection, String> {
    // A command has no timeout: late answers count.
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(timeout)).set_response_timeout(None);
    let connection = client.get_multiplexed_async_connection_with_config(&config).await;
    connection.map_err(|error| error.to_string())
}

/// The same client, for another address.
fn redirected(client: &Client, address: &str) -> Option<Client> {
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let info = client.get_connection_info().clone();
    // Without a host, it is the same one.
    let host = |same: &String| if host.is_empty() || host == "?" { same.clone() } else { host.to_owned() };
    let addr = match info.addr() {
        ConnectionAddr::Tcp(same, _) => ConnectionAddr::Tcp(host(same), port),
        ConnectionAddr::TcpTls { host: same, insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host: host(same),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => return None,
    };
    Client::open(info.set_addr(addr).into_connection_info().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_has_the_password_and_the_host_of_the_url_unless_it_names_another_host() {
        let client = Client::open("redis://user:secret@one:6379/").expect("a URL");
        for (address, expected) in [("two:7000", "two:7000"), (":7000", "one:7000"), ("::1:7000", "::1:7000")]
        {
            let holder = redirected(&client, address).expect("an address");
            let info = holder.get_connection_info();
            assert_eq!(info.addr().to_string(), expected);
            assert_eq!(info.redis_settings().password(), Some("secret"));
        }
        for invalid in ["", "two", "two:", "two:70000"] {
            assert!(redirected(&client, invalid).is_none(), "{invalid}");
        }
    }

    #[test]
    fn a_holder_that_does_not_answer_is_named_and_left() {
        let mut servers = Servers::new(Client::open("redis://one/").expect("a URL"));
        servers.follow("two:7000".into());
        assert!(servers.give_up("refused").contains("two:7000"));
        assert_eq!(servers.give_up("refused"), "refused");
    }
}
