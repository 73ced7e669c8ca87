//! The dependency fails for some nodes, or for all, or seldom.

use std::sync::atomic::Ordering;

use resilience::{CircuitConfig, CircuitState};
use resilience_redis::Sharing;

use crate::ONE;
use crate::support::nodes::{Node, Nodes, field, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_node_never_opens_the_fleet() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.nodes[0].fails(true);
    until("it opens by itself", secs(5), || nodes.nodes[0].breaker.is_open()).await;
    let calls = nodes.nodes[1].calls();
    until("five seconds of calls", secs(12), || nodes.nodes[1].calls() > calls + 100).await;
    let rejected: u64 =
        nodes.nodes[1..].iter().map(|node| node.dependency.rejected.load(Ordering::SeqCst)).sum();
    assert_eq!(rejected, 0);
    assert_eq!(field(&server, "st").as_deref(), Some("c"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_node_with_ten_times_the_traffic_does_not_keep_the_fleet_open() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(1));
    let mut nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    nodes.nodes[0].call(200.0);
    for node in &nodes.nodes[1..] {
        node.fails(false);
    }
    let closed = || nodes.nodes[1..].iter().all(|node| node.breaker.is_closed());
    let took = until("the others close", secs(20), closed).await;
    println!("poison node with ten times the traffic, recovery 1 s: the others close after {took:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loud_node_alone_does_not_open_a_rate() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config =
        CircuitConfig::new().failure_rate(0.5).window_time(secs(5)).min_calls(20).recovery_timeout(secs(2));
    plan.calls_per_second = 5.0;
    let mut nodes = Nodes::start(&server, 4, &plan).await;
    nodes.nodes[0].call(150.0);
    nodes.nodes[0].fails(true);
    until("it opens by itself", secs(5), || nodes.nodes[0].breaker.is_open()).await;
    let calls = nodes.nodes[1].calls();
    until("calls", secs(10), || nodes.nodes[1].calls() > calls + 20).await;
    assert_eq!(field(&server, "st").as_deref(), Some("c"));
    nodes.fail(true);
    let opened = until("the fleet opens", secs(8), || field(&server, "st").as_deref() == Some("o")).await;
    println!("a rate, one node has 91 % of the traffic, all fail: opens after {opened:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sparse_traffic_is_not_starved_by_unused_places() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = CircuitConfig::new().failure_threshold(1).recovery_timeout(secs(1));
    plan.calls_per_second = 0.0;
    let mut nodes = Nodes::start(&server, 4, &plan).await;
    for node in &nodes.nodes {
        node.breaker.try_acquire().expect("closed").failure_because("down");
    }
    until("all open", secs(5), || nodes.all(CircuitState::Open)).await;
    // One node has a call every two seconds, the others have none.
    nodes.nodes[0].call(0.5);
    let closed = until("all close", secs(40), || nodes.all(CircuitState::Closed)).await;
    println!("sparse traffic, a call every 2 s on one of 4 nodes: closed after {closed:.0?}");
    let generation: i64 = redis::cmd("HGET")
        .arg(&resilience_redis::__testing::Keys::new("tests").circuit("payments")[0])
        .arg("g")
        .query(&mut server.connection())
        .expect("an answer");
    assert_eq!(generation, 4, "closed, open, half-open, closed: no unused place has failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_exactly_as_many_trials_as_are_allowed() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.half_open_calls(3).success_threshold(3);
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    // Calls that began before the opening have ended.
    tokio::time::sleep(ms(50)).await;
    nodes.fail(false);
    for node in &nodes.nodes {
        node.dependency.takes.store(700, Ordering::SeqCst);
    }
    let calls = nodes.calls();
    until("three trials", secs(8), || nodes.calls() >= calls + 3).await;
    tokio::time::sleep(ms(500)).await;
    assert_eq!(nodes.calls() - calls, 3, "while they run there is no fourth");
    until("all close", secs(5), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_never_silences_a_node_whose_calls_succeed() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.sharing = Sharing::Advise;
    let nodes = Nodes::start(&server, 4, &plan).await;
    for node in &nodes.nodes[1..] {
        node.fails(true);
    }
    let is_open = || field(&server, "st").as_deref() == Some("o");
    until("the fleet opens", secs(5), is_open).await;
    let healthy: &Node = &nodes.nodes[0];
    let calls = healthy.calls();
    until("its calls go on", secs(8), || healthy.calls() > calls + 60).await;
    assert_eq!(healthy.dependency.rejected.load(Ordering::SeqCst), 0);
    nodes.fail(false);
    let closes = || field(&server, "st").as_deref() == Some("c");
    until("the fleet closes", secs(15), closes).await;
    until("all close", secs(10), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_are_configured_differently_vote_each_by_its_own_threshold() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let events = crate::Events::listen();
    let mut nodes = Nodes { nodes: Vec::new() };
    for index in 0..4_u32 {
        let mut plan = plan();
        plan.config = plan.config.failure_threshold(if index % 2 == 0 { 5 } else { 50 });
        nodes.nodes.push(Node::start(&server, &plan).await);
    }
    until("they see one another", secs(5), || {
        nodes.nodes.iter().all(|node| node.fleet.as_ref().expect("alive").health().nodes() == 4)
    })
    .await;
    nodes.fail(true);
    let took = until("all open", secs(8), || nodes.all(CircuitState::Open)).await;
    println!("thresholds 5 and 50 of one name: all open after {took:.0?}");
    let told = events.count(resilience::telemetry::StoreEventKind::ConfigurationsDiffer);
    assert!((1..=4).contains(&told), "once for each node at most: {told}");
}
