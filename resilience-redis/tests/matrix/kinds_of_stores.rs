//! Stores of another kind than one current Redis: a node of a cluster, an old server, one with TLS.

use std::sync::Arc;

use resilience::telemetry::StoreEventKind::Degraded;
use resilience::{CircuitBreaker, CircuitConfig};
use resilience_redis::{Fleet, Sharing};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

fn circuit(name: &'static str) -> Arc<CircuitBreaker> {
    Arc::new(CircuitBreaker::try_new(name, CircuitConfig::new()).expect("valid"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_of_a_cluster_that_holds_the_keys_is_found_from_another_one() {
    let _one = ONE.share().await;
    let [asked, holder] = [(); 2].map(|()| Server::with(&["--save", "", "--cluster-enabled", "yes"]).apart());
    holder.send(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    asked.send(&["CLUSTER", "MEET", "127.0.0.1", &holder.port.to_string()]);
    let moved = || {
        let answer = redis::cmd("GET").arg("x").query::<Option<String>>(&mut asked.connection());
        answer.is_err_and(|error| error.to_string().to_uppercase().contains("MOVED"))
    };
    until("the cluster is formed", secs(20), moved).await;
    let events = Events::of(&asked);
    let circuit = circuit(asked.circuit);
    let fleet = Fleet::builder(asked.url())
        .namespace("tests")
        .share_circuit(circuit.clone(), Sharing::Enforce)
        .max_staleness(ms(1500))
        .start()
        .await
        .expect("valid");
    until("connected", secs(5), || fleet.health().connected()).await;
    circuit.try_acquire().expect("closed").failure_because("down");
    let key = &resilience_redis::__testing::Keys::new("tests").circuit(asked.circuit)[0];
    let keys = || redis::cmd("EXISTS").arg(key).query::<u8>(&mut holder.connection()).expect("an answer");
    until("it reports to the holder", secs(5), || keys() == 1).await;
    // The holder may be replaced: the configured node is asked again.
    holder.kill();
    until("degraded", secs(5), || events.count(Degraded) == 1).await;
    holder.restart();
    until("connected again", secs(20), || fleet.health().connected()).await;
}

/// A server that knows no script.
async fn old_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut read = BufReader::new(read);
                while let Some(words) = words(&mut read).await {
                    let answer = format!("-ERR unknown command '{}'\r\n", words[0]);
                    if write.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// The words of a command.
async fn words(read: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<Vec<String>> {
    let mut count = String::new();
    read.read_line(&mut count).await.ok()?;
    let mut words = Vec::new();
    for _ in 0..count.trim_end().strip_prefix('*')?.parse::<usize>().ok()? {
        let mut length = String::new();
        read.read_line(&mut length).await.ok()?;
        let mut word = vec![0; length.trim_end().strip_prefix('$')?.parse::<usize>().ok()? + 2];
        read.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word).trim_end().to_owned());
    }
    Some(words)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_too_old_is_named_with_the_command_that_it_does_not_know() {
    let _one = ONE.share().await;
    let events = Events::that(|name| name == "old");
    let circuit = circuit("old");
    let _fleet = Fleet::builder(format!("redis://127.0.0.1:{}/", old_server().await))
        .share_circuit(circuit.clone(), Sharing::Enforce)
        .max_staleness(ms(1500))
        .start()
        .await
        .expect("valid");
    until("degraded", secs(5), || events.count(Degraded) == 1).await;
    let text = events.texts(Degraded).remove(0);
    assert!(text.contains("EVALSHA") && text.contains("too old"), "{text}");
    circuit.try_acquire().expect("calls go on").success();
}

#[tokio::test]
async fn a_url_with_tls_needs_a_feature_that_the_error_names() {
    for url in [
        "rediss://user:secret@127.0.0.1:1/",
        "REDISS://user:secret@127.0.0.1:1/",
        "valkeys://user:secret@127.0.0.1:1/",
    ] {
        let start = Fleet::builder(url).share_circuit(circuit("tls"), Sharing::Enforce).start().await;
        if cfg!(any(feature = "rustls", feature = "native-tls")) {
            drop(start.expect("the configuration is valid"));
        } else {
            let error = start.expect_err("no TLS").to_string();
            assert!(
                error.contains("feature `rustls` or `native-tls`") && !error.contains("secret"),
                "{error}"
            );
        }
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use std::path::Path;
    use std::process::Command;

    use super::*;

    /// The URL of the store, for the process that trusts its certificate.
    const URL: &str = "RESILIENCE_TLS_URL";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_store_with_tls_is_used_if_its_certificate_is_trusted() {
        if let Ok(url) = std::env::var(URL) {
            return uses(url).await;
        }
        let _one = ONE.share().await;
        let directory = std::env::temp_dir().join(format!("resilience-redis-tls-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let (key, certificate) = (directory.join("key.pem"), directory.join("certificate.pem"));
        certify(&key, &certificate);
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("free").port();
        let paths = [&key, &certificate].map(|path| path.to_str().expect("a text"));
        let options = ["--save", "", "--tls-port", &port.to_string(), "--tls-auth-clients", "no"];
        let files = ["--tls-key-file", paths[0], "--tls-cert-file", paths[1], "--tls-ca-cert-file", paths[1]];
        let _server = Server::with(&[&options[..], &files].concat());
        // Roots are read from the environment, which a process does not change for itself.
        let run = |trusted: &Path| {
            let this = std::env::current_exe().expect("this test");
            let name = "kinds_of_stores::tls::a_store_with_tls_is_used_if_its_certificate_is_trusted";
            let mut command = Command::new(this);
            command.args(["--exact", name]).env(URL, format!("rediss://localhost:{port}/"));
            command.env("SSL_CERT_FILE", trusted).output().expect("it runs").status.success()
        };
        assert!(run(&certificate), "trusted");
        assert!(!run(&key), "not trusted");
        std::fs::remove_dir_all(&directory).expect("it is there");
    }

    async fn uses(url: String) {
        let builder = Fleet::builder(url).share_circuit(circuit("tls"), Sharing::Enforce);
        let fleet = builder.start().await.expect("the configuration is valid");
        until("connected", secs(5), || fleet.health().connected()).await;
    }

    fn certify(key: &Path, certificate: &Path) {
        let mut command = Command::new("openssl");
        command.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        command
            .args(["-addext", "subjectAltName=DNS:localhost", "-keyout"])
            .arg(key)
            .arg("-out")
            .arg(certificate);
        assert!(command.output().expect("openssl is missing").status.success());
    }
}
