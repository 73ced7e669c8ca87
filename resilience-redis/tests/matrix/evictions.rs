//! The store loses keys, or has no memory for more.

use std::time::Instant;

use resilience::CircuitState;
use resilience::telemetry::StoreEventKind;
use tokio::task::JoinSet;

use crate::support::nodes::{Nodes, field, keys, number, plan};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

/// The keys of a circuit, in their order.
const KINDS: [&str; 10] =
    ["circuit", "windows", "active", "votes", "failures", "slow", "leases", "override", "change", "nodes"];

/// Each key is deleted while a node votes, while the fleet is open, and while a trial runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loss_of_any_key_in_any_state_leaves_a_fleet_that_closes_and_opens() {
    let _one = ONE.share().await;
    let mut cells = JoinSet::new();
    for kind in 0..KINDS.len() {
        cells.spawn(lose(kind));
    }
    for took in cells.join_all().await {
        println!("{took}");
    }
}

async fn lose(kind: usize) -> String {
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(ms(500));
    let nodes = Nodes::start(&server, 3, &plan).await;
    let key = &keys(&server)[kind];
    let lose = || server.send(&["DEL", key]);
    let what = KINDS[kind];
    // A vote.
    nodes.nodes[0].fails(true);
    until("it votes", secs(5), || number(&server, "sum_votes") >= 1000).await;
    lose();
    nodes.fail(false);
    let voting = nodes.closed(secs(8)).await;
    let no_votes = || number(&server, "sum_votes") == 0 && number(&server, "sum_failures") == 0;
    until(&format!("no vote is left without `{what}`"), secs(5), no_votes).await;
    // The whole fleet.
    nodes.open().await;
    lose();
    nodes.fail(false);
    let open = nodes.closed(secs(8)).await;
    // A trial.
    nodes.open().await;
    nodes.fail(false);
    for node in &nodes.nodes {
        node.dependency.takes.store(300, std::sync::atomic::Ordering::SeqCst);
    }
    until("a trial", secs(8), || field(&server, "state").as_deref() == Some("h")).await;
    lose();
    let half_open = nodes.closed(secs(8)).await;
    for node in &nodes.nodes {
        node.dependency.takes.store(2, std::sync::atomic::Ordering::SeqCst);
    }
    nodes.open().await;
    format!(
        "`{what}` lost: closed {voting:.0?} after the loss while a node voted, {open:.0?} while open, {half_open:.0?} in a trial"
    )
}

/// Another program fills the memory all the time, so that the server evicts the keys of the circuit as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_evicts_keys_for_lack_of_memory_does_not_stop_healthy_calls() {
    let _one = ONE.share().await;
    let mut cells = JoinSet::new();
    for policy in ["allkeys-lru", "allkeys-random"] {
        cells.spawn(evict(policy));
    }
    for told in cells.join_all().await {
        println!("{told}");
    }
}

async fn evict(policy: &str) -> String {
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(ms(500));
    let nodes = Nodes::start(&server, 4, &plan).await;
    let events = Events::of(&server);
    until("the store knows the circuit", secs(5), || number(&server, "n_active") == 4).await;
    let used: u64 = info(&server, "memory", "used_memory");
    server.send(&["CONFIG", "SET", "maxmemory-policy", policy]);
    server.send(&["CONFIG", "SET", "maxmemory", &(used + 400_000).to_string()]);
    let fill = || {
        let mut junk = redis::pipe();
        for _ in 0..40 {
            junk.set(format!("junk{}", fastrand::u64(..)), "x".repeat(1000)).ignore();
        }
        junk.query::<()>(&mut server.connection()).expect("old keys are evicted");
    };
    // While all is well. The question does not count as a use of the key.
    let key = &keys(&server)[0];
    let is_gone = || server.send(&["EXISTS", key]) == redis::Value::Int(0);
    let (began, calls) = (Instant::now(), nodes.calls());
    let mut gone = None;
    while began.elapsed() < secs(3) || gone.is_none() {
        assert!(began.elapsed() < secs(20), "the circuit is not evicted");
        fill();
        if gone.is_none() && is_gone() {
            gone = Some(began.elapsed());
        }
        tokio::time::sleep(ms(20)).await;
    }
    let gone = gone.expect("evicted");
    assert_eq!(nodes.rejected(), 0);
    assert!(nodes.calls() > calls + 150, "{} calls", nodes.calls() - calls);
    // While all fails: they open, by the fleet or alone, and stay open.
    nodes.fail(true);
    let began = Instant::now();
    while !nodes.all(CircuitState::Open) {
        assert!(began.elapsed() < secs(8), "{:?}", nodes.states());
        fill();
        tokio::time::sleep(ms(10)).await;
    }
    nodes.fail(false);
    let began = Instant::now();
    while !nodes.all(CircuitState::Closed) {
        assert!(began.elapsed() < secs(8), "{:?}", nodes.states());
        fill();
        tokio::time::sleep(ms(10)).await;
    }
    let closed = began.elapsed();
    assert_eq!(events.count(StoreEventKind::Degraded), 0, "{:?}", events.texts(StoreEventKind::Degraded));
    // There is memory again.
    server.send(&["FLUSHALL"]);
    nodes.open().await;
    nodes.fail(false);
    nodes.closed(secs(8)).await;
    let evicted = info(&server, "stats", "evicted_keys");
    format!(
        "{policy}: {evicted} keys were evicted, the circuit after {gone:.0?}; all closed {closed:.0?} after an outage"
    )
}

/// A number of `INFO`.
pub(crate) fn info(server: &Server, section: &str, name: &str) -> u64 {
    let info: String = redis::cmd("INFO").arg(section).query(&mut server.connection()).expect("an answer");
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.expect("a line").trim().parse().expect("a number")
}
