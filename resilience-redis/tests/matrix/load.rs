//! Many circuits, little memory, few commands.

use std::sync::Arc;

use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
use resilience_redis::{Fleet, Sharing};

use crate::ONE;
use crate::support::nodes::{Nodes, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};

fn commands(server: &Server) -> u64 {
    let info: String = redis::cmd("INFO").arg("stats").query(&mut server.connection()).expect("an answer");
    let line = info.lines().find_map(|line| line.strip_prefix("total_commands_processed:"));
    line.expect("a line").trim().parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_node_sends_about_one_command_a_second_however_many_circuits_it_has() {
    let _one = ONE.lock().await;
    for count in [1, 50] {
        let server = Server::start();
        let mut builder = Fleet::builder(server.url());
        for index in 0..count {
            let name = format!("c{index}");
            let name: &'static str = Box::leak(name.into_boxed_str());
            let circuit = CircuitBreaker::try_new(name, CircuitConfig::new()).expect("valid");
            builder = builder.share_circuit(Arc::new(circuit), Sharing::Enforce);
        }
        let fleet = builder.start().await.expect("valid");
        until("connected", secs(5), || fleet.health().connected()).await;
        tokio::time::sleep(secs(1)).await;
        let before = commands(&server);
        tokio::time::sleep(secs(5)).await;
        #[allow(clippy::cast_precision_loss, reason = "a small number")]
        let rate = (commands(&server) - before) as f64 / 5.0;
        // Each beat is a script with five commands inside, which the server counts as well.
        println!("idle, {count} circuits: {rate:.1} commands a second, with those inside scripts");
        assert!(rate < 16.0, "{rate}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evicted_key_does_not_leave_sums_that_never_fall() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.nodes[0].fails(true);
    until("it votes", secs(5), || nodes.nodes[0].breaker.is_open()).await;
    let keys = resilience_redis::__testing::Keys::new("tests").circuit("payments");
    tokio::time::sleep(ms(500)).await;
    for key in [1, 2, 3, 4] {
        server.send(&["DEL", &keys[key]]);
    }
    nodes.fail(false);
    until("all close", secs(8), || nodes.all(CircuitState::Closed)).await;
    nodes.open().await;
    server.send(&["DEL", &keys[6]]);
    nodes.fail(false);
    until("all close again", secs(8), || nodes.all(CircuitState::Closed)).await;
    let votes: Option<i64> =
        redis::cmd("HGET").arg(&keys[0]).arg("sum_votes").query(&mut server.connection()).expect("an answer");
    assert_eq!(votes.unwrap_or(0), 0);
}
