//! The figures of the documentation, measured and asserted.

mod support;

/// One test at a time: the machine may have few processors.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

use resilience::CircuitState;
use support::nodes::{Nodes, field, plan};
use support::server::Server;
use support::{ms, secs, until};

async fn opens_and_closes(count: usize) {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, count, &plan()).await;
    nodes.fail(true);
    let is_open = || nodes.all(CircuitState::Open) && field(&server, "st").as_deref() == Some("o");
    let opened = until("all open, and the store", secs(5), is_open).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_nodes_open_and_close_in_time() {
    opens_and_closes(50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_circuit_of_four_nodes_takes_less_than_two_kilobytes() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.config = plan.config.failure_threshold(1000);
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.fail(true);
    until("all have reported", secs(5), || field(&server, "cnt").as_deref() == Some("4")).await;
    let keys = resilience_redis::__testing::Keys::new("tests").circuit("payments");
    let size = |key: &String| {
        let mut command = redis::cmd("MEMORY");
        let size: Option<u64> =
            command.arg("USAGE").arg(key).query(&mut server.connection()).expect("an answer");
        size.unwrap_or(0)
    };
    let bytes: u64 = keys[..6].iter().map(size).sum();
    println!("a circuit of 4 nodes: {bytes} B");
    assert!(bytes < 2000, "{bytes}");
}
