//! A store that answers questions and takes no reports.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use resilience::breaker::Permit;
use resilience::telemetry::StoreEventKind::{Degraded, Recovered};
use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
use resilience_redis::{Fleet, Sharing};
use tokio::time::{Instant, sleep};

use crate::load::commands;
use crate::support::nodes::{Node, Nodes, field, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

const STALENESS: Duration = ms(1500);

/// A circuit has calls, of which each second one fails, while the store refuses and takes them again.
async fn refuses_for_a_while(server: &Server, url: String, begin: &[&str], end: &[&str], error: &str) {
    let events = Events::of(server);
    let circuit = Arc::new(CircuitBreaker::try_new(server.circuit, CircuitConfig::new()).expect("valid"));
    let fleet = Fleet::builder(url)
        .namespace("tests")
        .share_circuit(circuit.clone(), Sharing::Enforce)
        .max_staleness(STALENESS)
        .start()
        .await
        .expect("valid");
    let calls = tokio::spawn(async move {
        loop {
            let _ = circuit.try_acquire().map(|permit| permit.failure_because("down"));
            let _ = circuit.try_acquire().map(Permit::success);
            sleep(ms(20)).await;
        }
    });
    until("connected", secs(5), || fleet.health().connected()).await;
    server.send(begin);
    until("degraded", secs(5), || events.count(Degraded) == 1).await;
    let told = events.texts(Degraded).remove(0);
    assert!(told.to_lowercase().contains(error), "{told}");
    let (before, since) = (commands(server), Instant::now());
    // More than two times the time after which a flapping circuit would tell again.
    until("four seconds", secs(6), || since.elapsed() > secs(4)).await;
    println!("{error}: {} commands in four seconds", commands(server) - before);
    assert_eq!((events.count(Degraded), events.count(Recovered)), (1, 0), "{error}");
    server.send(end);
    until("recovered", secs(4), || events.count(Recovered) == 1).await;
    let since = Instant::now();
    until("two seconds", secs(4), || since.elapsed() > secs(2)).await;
    assert_eq!((events.count(Degraded), events.count(Recovered)), (1, 1), "{error}");
    calls.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_full_for_a_while_is_told_once_and_recovers_once() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let memory = |size| ["CONFIG", "SET", "maxmemory", size];
    server.send(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    refuses_for_a_while(&server, server.url(), &memory("1"), &memory("0"), "oom").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_read_only_for_a_while_is_told_once_and_recovers_once() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    // Its primary does not exist: it answers from its own data.
    let (begin, end) = (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]);
    refuses_for_a_while(&server, server.url(), &begin, &end, "readonly").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_takes_heartbeats_but_no_reports_is_told_once_and_recovers_once() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let permit = |rule| ["ACL", "SETUSER", "node", "on", ">pw", "~*", "&*", "+@all", rule];
    let url = format!("redis://node:pw@127.0.0.1:{}/", server.port);
    assert_eq!(server.send(&permit("+hset")), Value::Okay);
    // Redis writes `can't run this command`, Valkey `no permissions to run the 'hset' command`.
    refuses_for_a_while(&server, url, &permit("-hset"), &permit("+hset"), "run th").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_read_only_while_the_fleet_is_open_does_not_keep_it_open() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    // No trial begins before the nodes know that the store is read-only.
    plan.config = plan.config.recovery_timeout(secs(4));
    let nodes = Nodes::start(&server, 2, &plan).await;
    nodes.open().await;
    until("the store as well", secs(3), || field(&server, "state").as_deref() == Some("o")).await;
    server.send(&["REPLICAOF", "127.0.0.1", "1"]);
    nodes.fail(false);
    let alone = until("each closes alone", secs(12), || nodes.all(CircuitState::Closed)).await;
    assert_ne!(field(&server, "state").as_deref(), Some("c"), "the store cannot know it");
    let calls = nodes.calls();
    until("calls go on", secs(5), || nodes.calls() > calls + 40).await;
    assert!(nodes.all(CircuitState::Closed));
    server.send(&["REPLICAOF", "NO", "ONE"]);
    let closes = || field(&server, "state").as_deref() == Some("c") && nodes.all(CircuitState::Closed);
    let fleet = until("the fleet closes", secs(10), closes).await;
    println!(
        "read-only while open: the nodes close alone after {alone:.0?}, the fleet {fleet:.0?} after the end"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_refuses_only_requests_for_trials_is_not_connected_and_not_asked_without_a_pause() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.open().await;
    server.send(&["ACL", "SETUSER", "default", "-zrange"]);
    nodes.fail(false);
    let connected = || nodes.nodes.iter().any(Node::is_connected);
    until("none is connected", secs(12), || !connected()).await;
    until("each closes alone", secs(8), || nodes.all(CircuitState::Closed)).await;
    let (before, since) = (commands(&server), Instant::now());
    until("three seconds", secs(5), || since.elapsed() > secs(3)).await;
    let commands = commands(&server) - before;
    println!("requests for trials are refused: {commands} commands in three seconds");
    assert!(commands < 500, "{commands}");
    assert!(!connected());
    server.send(&["ACL", "SETUSER", "default", "+zrange"]);
    nodes.closed(secs(10)).await;
    until("connected", secs(3), || nodes.nodes.iter().all(Node::is_connected)).await;
}
