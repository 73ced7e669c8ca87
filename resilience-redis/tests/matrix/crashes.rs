//! The store, or a node, dies.

use resilience::CircuitState;
use resilience::telemetry::StoreEventKind;

use crate::support::nodes::{Nodes, field, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_killed_and_restarted_empty_lets_traffic_resume() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    server.kill();
    server.restart();
    nodes.fail(false);
    // The circuits that had not opened by themselves: their calls flow at once. The fleet does not know the outage.
    let resumed = until("traffic resumes", secs(8), || nodes.any(CircuitState::Closed)).await;
    println!("killed and restarted empty: traffic resumes after {resumed:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_killed_with_persistence_remembers_the_opening() {
    let _one = ONE.lock().await;
    let server = Server::with(&["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(3));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    server.kill();
    server.restart();
    nodes.fail(false);
    let calls = nodes.calls();
    until("all close", secs(10), || nodes.all(CircuitState::Closed)).await;
    let trials = nodes.calls() - calls;
    assert!(trials < 40, "they were open in between: {trials} calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_replica_that_has_lost_the_opening_lets_traffic_resume() {
    let _one = ONE.lock().await;
    let (server, replica) = (Server::start(), Server::start());
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 4, &plan).await;
    until("the store knows the circuit", secs(5), || field(&server, "g").as_deref() == Some("1")).await;
    replica.send(&["REPLICAOF", "127.0.0.1", &server.port.to_string()]);
    until("replicated", secs(10), || field(&replica, "g").as_deref() == Some("1")).await;
    // Nothing that the primary acknowledges from now on reaches the replica.
    replica.send(&["REPLICAOF", "NO", "ONE"]);
    let events = Events::listen();
    nodes.open().await;
    until("all know of it", secs(3), || events.count(StoreEventKind::Adopted) == 4).await;
    server.kill();
    nodes.fail(false);
    for node in &nodes.nodes {
        node.proxy.lead_to(replica.port);
    }
    // The same epoch with an older generation: the answer to the latest question counts.
    let resumed = until("all resume", secs(8), || nodes.all(CircuitState::Closed)).await;
    println!("acknowledged writes lost by a failover while open: all resume after {resumed:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_deploy_that_changes_the_threshold_still_opens() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut nodes = Nodes::start(&server, 4, &plan()).await;
    let mut plan = plan();
    plan.config = plan.config.failure_threshold(10);
    for index in 0..4 {
        nodes.nodes[index].kill();
        nodes.nodes[index] = crate::support::nodes::Node::start(&server, &plan).await;
    }
    nodes.open().await;
    // The old nodes, which were killed a moment ago, live for five seconds, and are remembered for five more.
    let opened = until("the fleet opens", secs(15), || field(&server, "st").as_deref() == Some("o")).await;
    println!("all nodes replaced, then an outage at once: the fleet opens after {opened:.0?}");
    nodes.fail(false);
    until("all close", secs(8), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_while_closed_is_not_noticed_by_calls() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let rejected = || nodes.nodes.iter().map(|node| node.breaker.snapshot().refused()).sum::<u64>();
    server.send(&["FLUSHALL"]);
    let calls = nodes.calls();
    until("calls go on", secs(5), || nodes.calls() > calls + 100).await;
    assert_eq!((rejected(), nodes.all(CircuitState::Closed)), (0, true));
    nodes.open().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_while_open_and_still_failing_opens_again() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(20));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    server.send(&["FLUSHALL"]);
    until("the fleet is open again", secs(8), || field(&server, "st").as_deref() == Some("o")).await;
    until("all open", secs(3), || nodes.all(CircuitState::Open)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_during_a_trial_lets_all_nodes_resume() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(1));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    nodes.fail(false);
    for node in &nodes.nodes {
        node.dependency.takes.store(600, std::sync::atomic::Ordering::SeqCst);
    }
    let calls = nodes.calls();
    until("a trial", secs(5), || nodes.calls() > calls).await;
    server.send(&["FLUSHALL"]);
    until("all resume", secs(5), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn script_flush_costs_one_more_round_trip() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let events = Events::listen();
    server.send(&["SCRIPT", "FLUSH"]);
    nodes.open().await;
    assert_eq!(events.count(StoreEventKind::Degraded), 0);
}

/// Each state is adopted once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_that_are_sent_again_do_not_bring_back_an_old_state() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 1, &plan()).await;
    let events = Events::listen();
    for round in 1..=3 {
        nodes.open().await;
        nodes.fail(false);
        server.send(&["SCRIPT", "FLUSH"]);
        until("it closes", secs(8), || nodes.all(CircuitState::Closed)).await;
        let calls = nodes.calls();
        until("calls", secs(5), || nodes.calls() > calls + 20).await;
        assert_eq!(events.texts(StoreEventKind::Adopted), ["open", "half_open", "closed"].repeat(round));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_killed_holder_of_a_trial_does_not_wedge_the_fleet() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(1)).probe_timeout(ms(1500));
    let mut nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    nodes.fail(false);
    for node in &nodes.nodes {
        node.dependency.takes.store(60_000, std::sync::atomic::Ordering::SeqCst);
    }
    let calls: Vec<_> = nodes.nodes.iter().map(crate::support::nodes::Node::calls).collect();
    let holder = || nodes.nodes.iter().zip(&calls).position(|(node, calls)| node.calls() > *calls);
    until("a trial", secs(5), || holder().is_some()).await;
    let holder = holder().expect("found");
    // The start of the trial reaches the store.
    until("the store knows of it", secs(2), || leases(&server).iter().any(|lease| lease.starts_with("s:")))
        .await;
    nodes.nodes[holder].kill();
    nodes.nodes.remove(holder);
    for node in &nodes.nodes {
        node.dependency.takes.store(2, std::sync::atomic::Ordering::SeqCst);
    }
    let closed = until("the others close", secs(12), || nodes.all(CircuitState::Closed)).await;
    println!("holder of a trial killed (probe_timeout 1.5 s, recovery 1 s): closed after {closed:.0?}");
}

fn leases(server: &Server) -> Vec<String> {
    let keys = resilience_redis::__testing::Keys::new("tests").circuit("payments");
    redis::cmd("ZRANGE").arg(&keys[4]).arg(0).arg(-1).query(&mut server.connection()).expect("an answer")
}
