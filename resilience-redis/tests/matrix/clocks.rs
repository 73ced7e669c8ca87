//! Clocks that step.

use resilience::CircuitState;

use crate::ONE;
use crate::support::nodes::{Nodes, plan};
use crate::support::server::Server;
use crate::support::{secs, until};

/// The scripts use the server's clock alone. Its steps are tested in the random histories: this moves what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_went_back_by_an_hour_does_not_stay_open_for_an_hour() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.open().await;
    nodes.fail(false);
    // The same as a step by an hour: all times that the store has written are an hour ahead.
    let keys = resilience_redis::__testing::Keys::new("tests").circuit("payments");
    let ahead = "for _, f in ipairs({ 'ends', 'time', 'known' }) do \
                 redis.call('HSET', KEYS[1], f, string.format('%.0f', redis.call('HGET', KEYS[1], f) + 3.6e9)) end";
    server.send(&["EVAL", ahead, "1", &keys[0]]);
    let closed = until("all close", secs(10), || nodes.all(CircuitState::Closed)).await;
    println!("the server's clock went back by an hour while open: closed after {closed:.0?}");
}

/// A step of a node's clock by an hour, in either direction, cannot matter.
#[test]
fn no_node_reads_a_clock_that_can_step() {
    check(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
}

fn check(folder: &std::path::Path) {
    for source in std::fs::read_dir(folder).expect("the sources") {
        let path = source.expect("a file").path();
        if path.is_dir() {
            check(&path);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(!text.contains("SystemTime") && !text.contains("UNIX_EPOCH"), "{}", path.display());
    }
}
