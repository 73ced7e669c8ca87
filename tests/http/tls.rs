use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use resilience::http::{HttpPoll, status};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{Server, answer};
use crate::{error, quick};

/// A server with the certificate of an authority that nobody knows, and the file that says who that is.
async fn server(name: &str) -> (Server, std::path::PathBuf) {
    let mut authority = CertificateParams::new([]).expect("made");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
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
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
    std::fs::write(&path, authority.pem()).expect("made");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    (Server::over(Some(acceptor), |_| answer(200, "safe")).await, path)
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
