//! The store, or a node, dies.

use std::sync::atomic::Ordering;

use resilience::CircuitState;
use resilience::telemetry::StoreEventKind;

use crate::support::nodes::{Node, Nodes, field, number, period, plan, plan_of_a_sum};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_killed_and_restarted_empty_lets_traffic_resume() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan_of_a_sum();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    nodes.fail(false);
    let before = period(&server);
    server.kill();
    server.restart();
    let calls: Vec<_> = nodes.nodes.iter().map(Node::calls).collect();
    let all_run = || nodes.nodes.iter().zip(&calls).all(|(node, calls)| node.calls() > *calls);
    let resumed = until("calls of all nodes run", secs(8), all_run).await;
    println!("killed and restarted empty, 4 nodes: traffic resumes after {resumed:.0?}");
    assert!(resumed <= ms(1500), "{resumed:?}");
    until("the store knows it again", secs(5), || period(&server)[2].as_deref() == Some("c")).await;
    assert_ne!(period(&server)[0], before[0], "another epoch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_killed_with_persistence_remembers_the_opening() {
    let _one = ONE.share().await;
    let options = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    let server = Server::with(&options).apart();
    let mut plan = plan_of_a_sum();
    plan.config = plan.config.recovery_timeout(secs(4));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    nodes.fail(false);
    let (before, ends) = (period(&server), field(&server, "ends"));
    tokio::time::sleep(ms(100)).await;
    let calls = nodes.calls();
    server.kill();
    server.restart();
    assert_eq!((period(&server), field(&server, "ends")), (before.clone(), ends), "it is the same opening");
    until("half-open", secs(8), || period(&server)[2].as_deref() == Some("h")).await;
    assert!(nodes.calls() - calls <= 1, "{} calls before the end of the open time", nodes.calls() - calls);
    nodes.closed(secs(5)).await;
    assert_eq!(period(&server)[0], before[0], "the same epoch");
    // Open, half-open, closed.
    let generation = before[1].as_ref().expect("open").parse::<i64>().expect("a number");
    assert_eq!(number(&server, "gen"), generation + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_replica_that_has_lost_the_opening_lets_traffic_resume() {
    let _one = ONE.share().await;
    let (server, mut replica) = (Server::start().apart(), Server::start());
    replica.circuit = server.circuit;
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 4, &plan).await;
    until("the store knows the circuit", secs(5), || field(&server, "gen").as_deref() == Some("1")).await;
    replica.send(&["REPLICAOF", "127.0.0.1", &server.port.to_string()]);
    until("replicated", secs(10), || field(&replica, "gen").as_deref() == Some("1")).await;
    // Nothing that the primary acknowledges from now on reaches the replica.
    replica.send(&["REPLICAOF", "NO", "ONE"]);
    let events = Events::of(&server);
    nodes.open().await;
    until("all know of it", secs(3), || events.count(StoreEventKind::Adopted) == 4).await;
    assert_eq!(period(&replica)[0], period(&server)[0], "the same epoch");
    server.kill();
    nodes.fail(false);
    for node in &nodes.nodes {
        node.proxy.lead_to(replica.port);
    }
    // The same epoch with an older generation: the answer to the latest question counts.
    let resumed = until("all resume", secs(8), || nodes.all(CircuitState::Closed)).await;
    println!("acknowledged writes lost by a failover while open: all resume after {resumed:.0?}");
    assert_eq!(events.count(StoreEventKind::Degraded), 0, "the replica answers in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_while_closed_is_not_noticed_by_calls() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    until("the store knows the circuit", secs(5), || number(&server, "n_active") == 4).await;
    let before = period(&server);
    server.send(&["FLUSHALL"]);
    let calls = nodes.calls();
    until("calls go on", secs(5), || nodes.calls() > calls + 100).await;
    assert_eq!((nodes.rejected(), nodes.all(CircuitState::Closed)), (0, true));
    nodes.open().await;
    assert_ne!(period(&server)[0], before[0], "another epoch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_while_open_and_still_failing_opens_again() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(20));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    let (before, calls) = (period(&server), nodes.calls());
    server.send(&["FLUSHALL"]);
    until("the fleet is open again", secs(8), || period(&server)[2].as_deref() == Some("o")).await;
    until("all open", secs(3), || nodes.all(CircuitState::Open)).await;
    assert_ne!(period(&server)[0], before[0], "another epoch");
    println!("FLUSHALL while open, 4 nodes: open again after {} calls", nodes.calls() - calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushall_during_a_trial_lets_all_nodes_resume() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(1));
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    nodes.fail(false);
    for node in &nodes.nodes {
        node.dependency.takes.store(600, Ordering::SeqCst);
    }
    let calls = nodes.calls();
    until("a trial", secs(5), || nodes.calls() > calls && field(&server, "state").as_deref() == Some("h"))
        .await;
    server.send(&["FLUSHALL"]);
    let resumed = until("all resume", secs(5), || nodes.all(CircuitState::Closed)).await;
    println!("FLUSHALL during a trial of 600 ms: all resume after {resumed:.0?}");
    assert_ne!(field(&server, "state").as_deref(), Some("h"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn script_flush_costs_one_more_round_trip() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.open().await;
    nodes.fail(false);
    nodes.closed(secs(8)).await;
    let events = Events::of(&server);
    let unknown = || {
        let info: String =
            redis::cmd("INFO").arg("errorstats").query(&mut server.connection()).expect("an answer");
        let count = info.lines().find_map(|line| line.trim().strip_prefix("errorstat_NOSCRIPT:count="));
        count.map_or(0, |count| count.parse::<u64>().expect("a number"))
    };
    let before = unknown();
    server.send(&["SCRIPT", "FLUSH"]);
    let opened = nodes.open().await;
    let unknown = unknown() - before;
    println!("SCRIPT FLUSH, 4 nodes: {unknown} commands were sent again, opened after {opened:.0?}");
    // Three scripts, which several nodes may send at one moment.
    assert!((1..=12).contains(&unknown), "{unknown}");
    assert_eq!(events.count(StoreEventKind::Degraded), 0);
}

/// Each state is adopted once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_that_are_sent_again_do_not_bring_back_an_old_state() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 1, &plan()).await;
    let events = Events::of(&server);
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
