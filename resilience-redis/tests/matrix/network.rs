//! The store is silent, slow or out of reach.

use resilience::CircuitState;
use resilience::telemetry::StoreEventKind;

use crate::support::nodes::{Nodes, field, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

fn p99(nodes: &Nodes) -> u64 {
    let mut all = Vec::new();
    for node in &nodes.nodes {
        all.append(&mut node.dependency.admissions.lock().expect("not poisoned"));
    }
    all.sort_unstable();
    all[all.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_stopped_for_five_seconds_degrades_and_recovers_in_time() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let events = Events::listen();
    nodes.open().await;
    nodes.fail(false);
    server.signal("STOP");
    let degraded = until("all are degraded", secs(6), || events.count(StoreEventKind::Degraded) == 4).await;
    assert!(degraded <= secs(4), "{degraded:?}: max_staleness is 3 s");
    until("the local circuits let calls through", secs(3), || nodes.all(CircuitState::Closed)).await;
    assert!(nodes.nodes.iter().all(|node| !node.fleet.as_ref().expect("alive").health().connected()));
    tokio::time::sleep(ms(500)).await;
    server.signal("CONT");
    let recovered =
        until("all have recovered", secs(5), || events.count(StoreEventKind::Recovered) == 4).await;
    assert!(recovered <= secs(1), "{recovered:?}");
    until("all close", secs(5), || nodes.all(CircuitState::Closed)).await;
    println!("stopped: degraded after {degraded:.0?}, recovered after {recovered:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_waits_for_a_store_that_is_stopped() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.calls_per_second = 200.0;
    let nodes = Nodes::start(&server, 4, &plan).await;
    let calls = nodes.calls();
    until("calls", secs(10), || nodes.calls() > calls + 2000).await;
    let without = p99(&nodes);
    server.signal("STOP");
    let calls = nodes.calls();
    until("calls", secs(10), || nodes.calls() > calls + 2000).await;
    let with = p99(&nodes);
    server.signal("CONT");
    println!("p99 of an admission: {without} ns with the store, {with} ns while it is stopped");
    // A wait for the store would take milliseconds.
    assert!(with < without.max(50_000) * 5, "{with} ns, {without} ns with the store");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_while_the_store_was_silent_is_not_reported() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(30));
    let nodes = Nodes::start(&server, 4, &plan).await;
    let events = Events::listen();
    server.signal("STOP");
    until("all are degraded", secs(6), || events.count(StoreEventKind::Degraded) == 4).await;
    nodes.fail(true);
    until("all open by themselves", secs(5), || nodes.all(CircuitState::Open)).await;
    nodes.fail(false);
    server.signal("CONT");
    until("all have dropped it", secs(5), || events.count(StoreEventKind::ReportsDropped) == 4).await;
    let calls = nodes.nodes[0].breaker.snapshot().refused();
    until("some time", secs(5), || nodes.nodes[0].breaker.snapshot().refused() > calls + 40).await;
    assert_ne!(field(&server, "st").as_deref(), Some("o"), "an old opening is not pushed");
    assert!(
        nodes.nodes.iter().all(|node| node.fleet.as_ref().expect("alive").health().reports_dropped() == 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_answers_of_a_slow_store_count() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let events = Events::listen();
    for node in &nodes.nodes {
        node.proxy.delay(ms(250));
    }
    nodes.fail(true);
    let opened = until("the fleet opens", secs(8), || field(&server, "st").as_deref() == Some("o")).await;
    nodes.fail(false);
    let closed = until("all close", secs(15), || nodes.all(CircuitState::Closed)).await;
    println!(
        "500 ms of latency, commands time out after 50 ms: opened after {opened:.0?}, closed after {closed:.0?}"
    );
    assert_eq!(events.count(StoreEventKind::Degraded), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_works_alone_and_pushes_nothing_old() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let events = Events::listen();
    nodes.nodes[0].proxy.partition(true);
    nodes.fail(true);
    until("all open", secs(5), || nodes.all(CircuitState::Open)).await;
    until("it is degraded", secs(6), || events.count(StoreEventKind::Degraded) == 1).await;
    nodes.fail(false);
    until("all close", secs(8), || nodes.all(CircuitState::Closed)).await;
    nodes.nodes[0].proxy.partition(false);
    until("it has recovered", secs(5), || events.count(StoreEventKind::Recovered) == 1).await;
    let calls = nodes.calls();
    until("calls", secs(5), || nodes.calls() > calls + 100).await;
    assert!(nodes.all(CircuitState::Closed), "{:?}", nodes.states());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_off_majority_resumes_by_itself_and_the_rest_by_trials() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.open().await;
    for node in &nodes.nodes[..3] {
        node.proxy.partition(true);
    }
    nodes.fail(false);
    let resumed = until("all close", secs(10), || nodes.all(CircuitState::Closed)).await;
    println!("partition of 3 of 4 while open: all resume after {resumed:.0?}");
}
