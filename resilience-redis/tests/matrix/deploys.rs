//! The processes are replaced one by one, by others with other rules.

use resilience::CircuitState;
use resilience::telemetry::StoreEventKind;

use crate::support::nodes::{Node, Nodes, Plan, field, number, period, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

fn with_threshold(threshold: u32) -> Plan {
    let mut plan = plan();
    plan.config = plan.config.failure_threshold(threshold).recovery_timeout(ms(500));
    plan
}

/// In each step a new node joins, then an old one leaves; and in each there is an outage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_rolling_deploy_that_changes_the_threshold_each_mixture_opens_and_closes() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let events = Events::of(&server);
    let mut nodes = Nodes::start(&server, 4, &with_threshold(5)).await;
    let epoch = || period(&server)[0].clone();
    until("the store knows the circuit", secs(5), || epoch().is_some()).await;
    let began = epoch();
    for replaced in 1..=4 {
        nodes.nodes.push(Node::start(&server, &with_threshold(10)).await);
        nodes.nodes.remove(0).shutdown().await;
        let live = |node: &Node| node.fleet.as_ref().is_some_and(|fleet| fleet.health().nodes() == 4);
        until("the four see one another", secs(5), || nodes.nodes.iter().all(live)).await;
        let before = number(&server, "gen");
        let opened = nodes.open().await;
        nodes.fail(false);
        let closed = nodes.closed(secs(8)).await;
        println!(
            "{replaced} of 4 nodes with another threshold: open after {opened:.0?}, closed after {closed:.0?}"
        );
        // Open, half-open, closed; or a trial that began before the end of the outage.
        assert!(number(&server, "gen") >= before + 3, "the fleet has opened");
    }
    assert_eq!(epoch(), began, "the circuit was known all the time");
    let told = events.count(StoreEventKind::ConfigurationsDiffer);
    assert!((1..=8).contains(&told), "once for each of eight nodes at most: {told}");
    assert_eq!(events.count(StoreEventKind::Degraded), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_kills_all_nodes_still_opens() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut nodes = Nodes::start(&server, 4, &with_threshold(5)).await;
    for index in 0..4 {
        nodes.nodes[index].kill();
        nodes.nodes[index] = Node::start(&server, &with_threshold(10)).await;
    }
    nodes.fail(true);
    // The old nodes, which were killed a moment ago, live for five seconds, and are remembered for five more.
    let opened = until("the fleet opens", secs(15), || field(&server, "state").as_deref() == Some("o")).await;
    println!("all nodes killed and replaced, then an outage at once: the fleet opens after {opened:.0?}");
    until("all open", secs(3), || nodes.all(CircuitState::Open)).await;
    nodes.fail(false);
    nodes.closed(secs(8)).await;
}
