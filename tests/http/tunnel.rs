//! `https` URLs behind a proxy, which forwards the bytes of the connection.

use std::sync::{Arc, Mutex};

use reqwest::{Client, Proxy};
use resilience::http::{HttpPoll, status};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::proxy::in_child;
use crate::{error, quick, tls};

/// A proxy that connects to the port of the request on loopback, whatever its host, or that responds with this status.
async fn tunnel(refusal: Option<u16>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let requests = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.ok()?);
                }
                let first = String::from_utf8(head).ok()?.lines().next()?.to_owned();
                let port = first.split([':', ' ']).nth(2)?.parse().ok()?;
                seen.lock().ok()?.push(first);
                if let Some(status) = refusal {
                    let response = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
                    return client.write_all(response.as_bytes()).await.ok();
                }
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
                client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.ok()?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop).ok()
            });
        }
    });
    (url, requests)
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_is_a_connection_error() {
    for refusal in [403, 407] {
        let (proxy, requests) = tunnel(Some(refusal)).await;
        let client = Client::builder().proxy(Proxy::https(&proxy).unwrap()).build().unwrap();
        let poll = quick("https://server.invalid/job").client(client).until(status(200));
        let error = error(poll.run().await);
        assert!(error.is_connect(), "{error:?}");
        assert!(error.to_string().contains("tunnel"), "{error}");
        assert_eq!(*requests.lock().unwrap(), ["CONNECT server.invalid:443 HTTP/1.1"]);
    }
}

#[tokio::test]
async fn an_https_url_is_polled_through_a_tunnel_of_the_proxy() {
    const CHILD: &str = "RESILIENCE_TEST_POLLS_THROUGH_A_TUNNEL";
    if let Ok(poller) = std::env::var(CHILD) {
        let poll: HttpPoll = serde_json::from_str(&poller).unwrap();
        assert_eq!(poll.run().await.unwrap().text().unwrap(), "safe");
        return;
    }
    let (server, ca_bundle) = tls::server("tunnel").await;
    let (proxy, requests) = tunnel(None).await;
    let poller = json!({"url": server.url, "until": {"status": 200}, "ca_bundle": ca_bundle}).to_string();
    let test = "tunnel::an_https_url_is_polled_through_a_tunnel_of_the_proxy";
    in_child(test, &[(CHILD, &poller), ("HTTPS_PROXY", &proxy)]).await;
    let host = server.url.strip_prefix("https://").unwrap();
    assert_eq!(*requests.lock().unwrap(), [format!("CONNECT {host} HTTP/1.1")]);
    assert_eq!(server.asked()[0].path, "/", "the proxy does not see the request");
}
