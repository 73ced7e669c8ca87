//! The figures of the documentation, measured and asserted.

mod support;

use resilience::CircuitState;
use support::nodes::{Nodes, plan};
use support::server::Server;
use support::{ms, secs, until};

async fn opens_and_closes(count: usize) {
    let server = Server::start();
    let nodes = Nodes::start(&server, count, &plan()).await;
    nodes.fail(true);
    let opened = until("all open", secs(5), || nodes.all(CircuitState::Open)).await;
    let calls = nodes.calls();
    nodes.fail(false);
    let first = until("one closes", secs(10), || nodes.any(CircuitState::Closed)).await;
    let trials = nodes.calls() - calls;
    let rest = until("all close", secs(5), || nodes.all(CircuitState::Closed)).await;
    println!(
        "{count} nodes: all open after {opened:.0?}, first closed after {first:.0?} with {trials} trials, all {rest:.0?} later"
    );
    assert!(opened <= ms(1000), "{opened:?}");
    assert!(rest <= ms(600), "{rest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_opens_and_closes_in_time() {
    opens_and_closes(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_open_and_close_in_time() {
    opens_and_closes(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_open_and_close_in_time() {
    opens_and_closes(4).await;
}
