//! Circuits of attributes and keyed circuits take part by name, without a change of theirs.

mod support;

use resilience::{CircuitOpen, circuit, circuits};
use resilience_redis::{Fleet, Sharing};
use support::server::Server;
use support::{secs, until};

/// One test at a time: a circuit has one store.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[circuit(name = "mail")]
fn mail() -> Result<(), CircuitOpen> {
    Ok(())
}

#[circuit(name = "stock")]
async fn stock() -> Result<(), CircuitOpen> {
    Ok(())
}

#[circuit(name = "hosts", key = host, max_keys = 10)]
fn ping(host: &str) -> Result<(), CircuitOpen> {
    let _ = host;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn circuits_of_attributes_are_shared_by_name_or_all() {
    let _one = ONE.lock().await;
    let server = Server::start();
    ping("a").expect("closed");
    let fleet = Fleet::builder(server.url())
        .share("hosts", Sharing::Enforce)
        .share_all(Sharing::Advise)
        .start()
        .await
        .expect("valid");
    for name in ["mail", "stock", "hosts[a]", "hosts[b]"] {
        fleet.force_open(name, Some(secs(60)), "test").await.expect("the store is there");
    }
    until("the sync one is forced open", secs(5), || mail().is_err()).await;
    until("that of a key is forced open", secs(5), || ping("a").is_err()).await;
    until("that of a new key is forced open", secs(5), || ping("b").is_err()).await;
    ping("c").expect("another key is not");
    assert!(stock().await.is_err());
    for name in ["mail", "hosts[a]"] {
        fleet.clear(name).await.expect("the store is there");
    }
    until("both are closed", secs(5), || mail().is_ok() && ping("a").is_ok()).await;
    assert!(ping("b").is_err());
    fleet.shutdown().await;
    ping("b").expect("it continues alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyed_circuit_is_not_shared_with_all() {
    let _one = ONE.lock().await;
    let server = Server::start();
    ping("d").expect("closed");
    let builder = Fleet::builder(server.url()).namespace("other").share_all(Sharing::Enforce);
    let fleet = builder.start().await.expect("valid");
    fleet.force_open("hosts[d]", Some(secs(60)), "test").await.expect("the store is there");
    fleet.force_open("stock", Some(secs(60)), "test").await.expect("the store is there");
    let stock = circuits().get("stock").expect("listed");
    until("the other one is forced open", secs(5), || stock.is_open()).await;
    ping("d").expect("not shared");
}
