use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use resilience::http::{HttpPoll, HttpPollError, status, text};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{Accept, Server, Stream, answer};
use crate::{error, quick};

/// A certificate of an authority that nobody knows, and the file that names the authority.
fn certified(name: &str) -> (ServerConfig, PathBuf) {
    let mut authority = CertificateParams::new([]).expect("made");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // OpenSSL takes a certificate whose issuer has its own name for a self-signed one.
    authority.distinguished_name.push(DnType::CommonName, "authority of the tests");
    let authority =
        CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("made")).expect("made");
    let key = KeyPair::generate().expect("made");
    let certificate = CertificateParams::new(["localhost".to_owned()])
        .expect("made")
        .signed_by(&key, &authority)
        .expect("made");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("made")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("made"),
        )
        .expect("made");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
    std::fs::write(&path, authority.pem()).expect("made");
    (config, path)
}

pub(crate) async fn server(name: &str) -> (Server, PathBuf) {
    let (config, path) = certified(name);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accept: Accept = Arc::new(move |stream| {
        let accepted = acceptor.accept(stream);
        Box::pin(async { Some(Box::new(accepted.await.ok()?) as Box<dyn Stream>) })
    });
    (Server::over("https://localhost", accept, |_| answer(200, "safe")).await, path)
}

#[tokio::test]
async fn a_custom_authority_is_read_from_a_file_of_certificates() {
    let (server, bundle) = server("bundle").await;
    let poll = quick(&server.url).until(status(200));
    assert!(error(poll.run().await).is_connect());
    assert_eq!(poll.ca_bundle(&bundle).run().await.unwrap().text().unwrap(), "safe");
    let data = serde_json::json!({
        "url": server.url, "until": {"status_code": 200}, "ca_bundle": bundle.to_str().unwrap(),
    });
    serde_json::from_value::<HttpPoll>(data).unwrap().run().await.unwrap();
}

#[tokio::test]
async fn every_certificate_is_accepted_only_on_request() {
    let (server, _) = server("any").await;
    let strict = quick(&server.url).until(status(200));
    let error = error(strict.run().await);
    assert!(error.is_connect() && error.to_string().contains("certificate"), "{error}");
    let lax = strict.clone().danger_accept_invalid_certs(true);
    lax.run().await.unwrap();
    let data = serde_json::json!({"url": server.url, "until": {"status_code": 200}, "verify": false});
    serde_json::from_value::<HttpPoll>(data).unwrap().run().await.unwrap();
}

/// What is said of a copy holds for the copy, whichever of the two runs first.
#[tokio::test]
async fn a_clone_that_accepts_every_certificate_leaves_the_others_strict() {
    let (server, _) = server("copy").await;
    let strict = quick(&server.url).until(status(200));
    strict.clone().danger_accept_invalid_certs(true).run().await.unwrap();
    assert!(error(strict.run().await).is_connect());
    let lax = strict.danger_accept_invalid_certs(true);
    lax.run().await.unwrap();
    assert!(error(lax.danger_accept_invalid_certs(false).run().await).is_connect());
}

#[tokio::test]
async fn the_chosen_cryptography_serves_plain_requests_too() {
    let server = Server::saying([answer(200, "")]).await;
    quick(&server.url).danger_accept_invalid_certs(true).until(status(200)).run().await.unwrap();
}

#[tokio::test]
async fn a_certificate_file_that_is_not_regular_or_too_large_is_rejected() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let large = directory.join("large.pem");
    std::fs::write(&large, vec![b'x'; (4 << 20) + 1]).unwrap();
    let pipe = directory.join(format!("pipe-{}", std::process::id()));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, reason) in
        [(pipe.as_path(), "regular file"), (directory, "regular file"), (large.as_path(), "too large")]
    {
        let poll = HttpPoll::get("http://127.0.0.1:9").until(status(200)).ca_bundle(path);
        let error = error(poll.run().await);
        assert!(error.is_settings() && error.to_string().contains(reason), "{error}");
    }
    std::fs::remove_file(pipe).unwrap();
}

/// A stopped clock jumps to the deadline while nothing but the thread that makes the client is at work.
#[tokio::test(start_paused = true)]
async fn making_the_client_is_inside_the_deadline_and_off_the_runtimes_threads() {
    let server = Server::saying([answer(200, "")]).await;
    let poll = quick(&server.url).until(status(200)).deadline(Duration::from_secs(5));
    let Err(HttpPollError::TimedOut { attempts, .. }) = poll.run().await else { panic!() };
    assert_eq!((attempts, server.times()), (1, 0));
    // The client that took too long is there for the next run.
    tokio::time::resume();
    poll.run().await.unwrap();
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_offers_it() {
    let (mut config, bundle) = certified("http2");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(crate::http2::serve(stream));
            }
        }
    });
    quick(&url).ca_bundle(bundle).until(text("done")).run().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_takes_too_long_is_both_a_connect_and_a_timeout() {
    // The server accepts the connection, and does not answer the handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = reqwest::Client::builder().connect_timeout(Duration::from_millis(5)).build().unwrap();
    let error = error(quick(&url).client(client).until(status(200)).run().await);
    assert!(error.is_connect() && error.is_timeout(), "{error:?}");
}
