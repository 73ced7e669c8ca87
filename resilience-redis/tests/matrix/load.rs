//! Many circuits, little memory, few commands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
use resilience_redis::{Fleet, Sharing};

use crate::ONE;
use crate::support::nodes::{Nodes, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};

pub(crate) fn commands(server: &Server) -> u64 {
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

/// `RESILIENCE_SOAK_SECONDS=600` sets the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_circuits_of_four_nodes_agree_after_many_outages() {
    let _one = ONE.lock().await;
    let seconds = std::env::var("RESILIENCE_SOAK_SECONDS").map_or(15, |text| text.parse().expect("a number"));
    let server = Server::start();
    let fails = Arc::new(AtomicBool::new(false));
    let mut fleets = Vec::new();
    let mut circuits = Vec::new();
    let mut traffic = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let mut builder = Fleet::builder(server.url()).namespace("tests");
        for index in 0..50 {
            let name: &'static str = Box::leak(format!("c{index}").into_boxed_str());
            let config = CircuitConfig::new().recovery_timeout(secs(1));
            let circuit = Arc::new(CircuitBreaker::try_new(name, config).expect("valid"));
            builder = builder.share_circuit(circuit.clone(), Sharing::Enforce);
            circuits.push(circuit.clone());
            let fails = fails.clone();
            traffic.spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_secs_f64(0.1 + 0.2 * fastrand::f64())).await;
                    let Ok(permit) = circuit.try_acquire() else { continue };
                    if fails.load(Ordering::Relaxed) { permit.failure() } else { permit.success() }
                }
            });
        }
        fleets.push(builder.start().await.expect("valid"));
    }
    until("all see one another", secs(5), || fleets.iter().all(|fleet| fleet.health().nodes() == 4)).await;
    let before = commands(&server);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(seconds) {
        fails.store(true, Ordering::Relaxed);
        tokio::time::sleep(secs(3)).await;
        fails.store(false, Ordering::Relaxed);
        tokio::time::sleep(secs(3)).await;
    }
    until("all close", secs(10), || circuits.iter().all(|circuit| circuit.is_closed())).await;
    let state = |index: usize| {
        let keys = resilience_redis::__testing::Keys::new("tests").circuit(&format!("c{index}"));
        let mut command = redis::cmd("HGET");
        command.arg(&keys[0]).arg("state").query::<String>(&mut server.connection()).expect("an answer")
    };
    until("the store agrees", secs(5), || (0..50).all(|index| state(index) == "c")).await;
    let opened = circuits.iter().filter(|circuit| circuit.snapshot().generation() > 0).count();
    assert_eq!(opened, 200, "all were open in between");
    let rate = (commands(&server) - before) / began.elapsed().as_secs().max(1);
    println!("50 circuits of 4 nodes, {seconds} s: {rate} commands a second, with those inside scripts");
    assert!(fleets.iter().all(|fleet| fleet.health().connected()));
}
