use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use axum::http::Response;
use reqwest::Client;
use resilience::http::text;
use tokio::net::TcpListener;

use crate::quick;
use crate::server::Stream;

/// Serves one connection: every other request on it is answered with `done`.
pub(crate) async fn serve(stream: impl Stream) -> Option<()> {
    let mut connection = h2::server::handshake(stream).await.ok()?;
    let mut bodies = ["working", "done"].into_iter().cycle();
    while let Some(request) = connection.accept().await {
        let (_, mut respond) = request.ok()?;
        let mut body = respond.send_response(Response::new(()), false).ok()?;
        body.send_data(bodies.next()?.into(), true).ok()?;
    }
    Some(())
}

#[tokio::test]
async fn a_callers_client_that_speaks_http_2_uses_one_connection_for_many_polls_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::<AtomicUsize>::default();
    let accepted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            accepted.fetch_add(1, SeqCst);
            tokio::spawn(serve(stream));
        }
    });
    let client = Client::builder().http2_prior_knowledge().build().unwrap();
    let poll = quick(&url).client(client).until(text("done")).max_attempts(1000);
    let runs: Vec<_> = (0..20)
        .map(|_| {
            tokio::spawn({
                let poll = poll.clone();
                async move { poll.run().await }
            })
        })
        .collect();
    for run in runs {
        assert_eq!(run.await.unwrap().unwrap().text().unwrap(), "done");
    }
    assert_eq!(connections.load(SeqCst), 1);
}
