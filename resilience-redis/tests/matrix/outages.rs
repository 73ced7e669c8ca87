//! The dependency fails for some nodes, or for all, or seldom.

use std::sync::atomic::Ordering;

use resilience::{CircuitConfig, CircuitState};
use resilience_redis::Sharing;

use crate::ONE;
use crate::support::nodes::{Node, Nodes, Plan, field, number, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_node_never_opens_the_fleet() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.nodes[0].fails(true);
    until("it opens by itself", secs(5), || nodes.nodes[0].breaker.is_open()).await;
    until("the store knows its vote", secs(2), || number(&server, "sum_votes") == 1000).await;
    let calls = nodes.nodes[1].calls();
    until("five seconds of calls", secs(12), || nodes.nodes[1].calls() > calls + 100).await;
    let rejected: u64 = nodes.nodes[1..].iter().map(Node::rejected).sum();
    assert_eq!(rejected, 0);
    assert!(nodes.nodes[0].rejected() > 30, "it works alone: {} rejected", nodes.nodes[0].rejected());
    // The first generation is closed.
    assert_eq!((number(&server, "gen"), number(&server, "n_active")), (1, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_node_with_ten_times_the_traffic_does_not_keep_the_fleet_open() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
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
    let is_closed = || field(&server, "state").as_deref() == Some("c");
    until("the fleet is closed", secs(1), is_closed).await;
    println!("poison node with ten times the traffic, recovery 1 s: the others close after {took:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loud_node_alone_does_not_open_a_rate() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let rate = |min_calls| {
        let config = CircuitConfig::new().failure_rate(0.5).window_time(secs(5)).min_calls(min_calls);
        Plan { config: config.recovery_timeout(secs(2)), calls_per_second: 5.0, ..plan() }
    };
    let mut nodes = Nodes::start(&server, 3, &rate(20)).await;
    // It does not open by itself, and reports all of its failures.
    let mut loud = Node::start(&server, &rate(2000)).await;
    loud.fails(true);
    loud.call(150.0);
    // The sum alone would open it.
    let sums = || (number(&server, "sum_failures"), number(&server, "sum_calls"));
    let is_over = || matches!(sums(), (failures, calls) if failures >= 200 && 4 * failures >= 3 * calls);
    until("three quarters of all calls have failed", secs(8), is_over).await;
    // Each of the others has a failure, and judges by the sum as well.
    for node in &nodes.nodes {
        node.breaker.try_acquire().expect("closed").failure_because("down");
    }
    until("all four have failures", secs(3), || number(&server, "n_failures") == 4).await;
    let (failures, calls) = sums();
    let before = nodes.calls();
    until("calls", secs(10), || nodes.calls() > before + 20).await;
    assert_eq!((number(&server, "gen"), nodes.rejected()), (1, 0), "it has not opened");
    nodes.fail(true);
    let opened = until("the fleet opens", secs(10), || field(&server, "state").as_deref() == Some("o")).await;
    println!(
        "a rate: {failures} of {calls} calls have failed, nearly all of one node: closed; all fail: opens after {opened:.0?}"
    );
    nodes.nodes.push(loud);
    until("all open", secs(3), || nodes.all(CircuitState::Open)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sparse_traffic_is_not_starved_by_unused_places() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
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
    // Chance decides whose turn it is: nine seconds on average, and seldom many times that.
    let closed = until("all close", secs(90), || nodes.all(CircuitState::Closed)).await;
    println!("sparse traffic, a call every 2 s on one of 4 nodes: closed after {closed:.0?}");
    until("the store knows", secs(1), || field(&server, "state").as_deref() == Some("c")).await;
    assert_eq!(number(&server, "gen"), 4, "closed, open, half-open, closed: no unused place has failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_exactly_as_many_trials_as_are_allowed() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
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
    nodes.closed(secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn advice_never_silences_a_node_whose_calls_succeed() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.sharing = Sharing::Advise;
    let nodes = Nodes::start(&server, 4, &plan).await;
    for node in &nodes.nodes[1..] {
        node.fails(true);
    }
    let is_open = || field(&server, "state").as_deref() == Some("o");
    until("the fleet opens", secs(5), is_open).await;
    let healthy: &Node = &nodes.nodes[0];
    let calls = healthy.calls();
    until("its calls go on", secs(8), || healthy.calls() > calls + 60).await;
    assert_eq!(healthy.rejected(), 0);
    nodes.fail(false);
    let closes = || field(&server, "state").as_deref() == Some("c");
    until("the fleet closes", secs(15), closes).await;
    until("all close", secs(10), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_are_configured_differently_vote_each_by_its_own_threshold() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let events = crate::Events::of(&server);
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
    until("the fleet is open", secs(3), || field(&server, "state").as_deref() == Some("o")).await;
    println!("thresholds 5 and 50 of one name: all open after {took:.0?}");
    let told = events.count(resilience::telemetry::StoreEventKind::ConfigurationsDiffer);
    assert!((1..=4).contains(&told), "once for each node at most: {told}");
}
