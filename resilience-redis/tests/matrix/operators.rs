//! Overrides for the whole fleet.

use std::sync::atomic::Ordering;
use std::time::Instant;

use resilience::CircuitState;
use resilience::telemetry::StoreEventKind;

use crate::load::commands;
use crate::support::nodes::{Nodes, field, keys, number, plan, plan_of_a_sum};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_holds_everywhere_for_its_own_time_while_the_store_is_silent() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let events = Events::of(&server);
    let fleet = nodes.nodes[0].fleet.as_ref().expect("alive");
    fleet.force_open(server.circuit, Some(secs(6)), "maintenance").await.expect("the store is there");
    until("all forced open", secs(2), || nodes.all(CircuitState::ForcedOpen)).await;
    assert_eq!(events.texts(StoreEventKind::Overridden)[0], "forced_open: maintenance");
    server.signal("STOP");
    until("all are degraded", secs(5), || events.count(StoreEventKind::Degraded) == 4).await;
    assert!(nodes.all(CircuitState::ForcedOpen), "its time is not over");
    until("its time is over", secs(5), || nodes.all(CircuitState::Closed)).await;
    server.signal("CONT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_without_an_end_is_renewed_and_can_be_cleared_by_another_node() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 2, &plan()).await;
    let (one, other) = (&nodes.nodes[0], &nodes.nodes[1]);
    let fleet = one.fleet.as_ref().expect("alive");
    fleet.force_open(server.circuit, None, "incident").await.expect("the store is there");
    until("both forced open", secs(2), || nodes.all(CircuitState::ForcedOpen)).await;
    let key = &keys(&server)[7];
    server.send(&["PEXPIRE", key, "60000"]);
    server.send(&["SET", "resilience:{tests}:change", "changed"]);
    let left = || redis::cmd("PTTL").arg(key).query::<u64>(&mut server.connection()).expect("an answer");
    until("it is renewed", secs(3), || left() > 60_000).await;
    other.fleet.as_ref().expect("alive").clear(server.circuit).await.expect("the store is there");
    until("both closed", secs(2), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_that_was_not_confirmed_does_not_take_effect_when_the_store_is_back() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 1, &plan()).await;
    let (node, events) = (&nodes.nodes[0], Events::of(&server));
    node.proxy.partition(true);
    until("it is degraded", secs(6), || events.count(StoreEventKind::Degraded) == 1).await;
    let fleet = node.fleet.as_ref().expect("alive");
    let error = fleet.force_open(server.circuit, None, "incident").await.expect_err("nobody answers");
    println!("{error}");
    node.proxy.partition(false);
    until("it has recovered", secs(6), || events.count(StoreEventKind::Recovered) == 1).await;
    fleet.clear("other").await.expect("a later command is executed");
    let key = &keys(&server)[7];
    assert_eq!(server.send(&["EXISTS", key]), redis::Value::Int(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_shuts_down_is_gone_at_once_and_its_circuit_continues_alone() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut nodes = Nodes::start(&server, 2, &plan()).await;
    nodes.open().await;
    let fleet = nodes.nodes[1].fleet.take().expect("alive");
    fleet.shutdown().await;
    let live = || nodes.nodes[0].fleet.as_ref().expect("alive").health().nodes();
    let gone = until("it is gone", secs(4), || live() == 1).await;
    println!("a node that shuts down is not counted after {gone:.0?}");
    nodes.fail(false);
    until("both close", secs(5), || nodes.all(CircuitState::Closed)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_of_one_process_ends_its_own_opening_and_not_that_of_the_fleet() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(3600));
    let nodes = Nodes::start(&server, 2, &plan).await;
    let (one, other) = (&nodes.nodes[0].breaker, &nodes.nodes[1].breaker);
    nodes.nodes[0].fails(true);
    until("one has opened by itself", secs(5), || one.is_open()).await;
    assert!(other.is_closed(), "a node of two is not enough");
    let events = Events::of(&server);
    nodes.fail(true);
    until("both follow the fleet", secs(5), || events.count(StoreEventKind::Adopted) == 2).await;
    nodes.fail(false);
    one.reset();
    assert_eq!(one.state(), CircuitState::Open, "the fleet is still open");
    let rejected = || nodes.nodes[0].dependency.rejected.load(Ordering::SeqCst);
    let before = rejected();
    until("its calls are rejected", secs(5), || rejected() > before + 20).await;
    assert!(nodes.all(CircuitState::Open));
    // Without the store, the circuit is alone: its own opening, which would last for an hour, has ended.
    server.kill();
    until("the one that was reset is closed", secs(6), || one.is_closed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_their_own_operators_have_forced_open_leave_the_trials_to_the_others() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(1));
    plan.calls_per_second = 0.0;
    let mut nodes = Nodes::start(&server, 4, &plan).await;
    for breaker in nodes.nodes.iter().map(|node| &node.breaker) {
        for _ in 0..5 {
            breaker.try_acquire().expect("closed").failure_because("down");
        }
    }
    until("the store is open", secs(3), || field(&server, "state").as_deref() == Some("o")).await;
    for node in &mut nodes.nodes[..3] {
        node.breaker.force_open();
        node.call(200.0);
    }
    let since = Instant::now();
    until("the opening is over", secs(3), || since.elapsed() > ms(1500)).await;
    nodes.nodes[3].call(5.0);
    let closed = until("the other one closes", secs(8), || nodes.nodes[3].breaker.is_closed()).await;
    println!("one of four nodes follows the fleet: closed after {closed:.0?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_override_holds_no_node_asks_for_trials() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(1));
    plan.calls_per_second = 300.0;
    let nodes = Nodes::start(&server, 4, &plan).await;
    nodes.open().await;
    until("half-open", secs(4), || field(&server, "state").as_deref() == Some("h")).await;
    let fleet = nodes.nodes[0].fleet.as_ref().expect("alive");
    fleet.force_open(server.circuit, Some(secs(60)), "maintenance").await.expect("the store is there");
    until("all forced open", secs(2), || nodes.all(CircuitState::ForcedOpen)).await;
    let (before, since) = (number(&server, "token"), Instant::now());
    let commands_before = commands(&server);
    until("three seconds", secs(5), || since.elapsed() > secs(3)).await;
    let commands = commands(&server) - commands_before;
    println!("four nodes under an override: {commands} commands in three seconds");
    assert!(number(&server, "token") <= before + 1, "no place is reserved");
    // Four heartbeats a second, of five commands.
    assert!(commands < 300, "{commands}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_runs_when_an_override_ends_on_an_open_fleet() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan_of_a_sum();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 3, &plan).await;
    nodes.open().await;
    let fleet = nodes.nodes[0].fleet.as_ref().expect("alive");
    for _ in 0..2 {
        fleet.force_open(server.circuit, Some(secs(1)), "maintenance").await.expect("the store is there");
        until("all forced open", secs(2), || nodes.all(CircuitState::ForcedOpen)).await;
        let (calls, rejected) = (nodes.calls(), nodes.rejected());
        until("all open again", secs(3), || nodes.all(CircuitState::Open)).await;
        until("calls go on", secs(5), || nodes.rejected() > rejected + 100).await;
        assert_eq!(nodes.calls(), calls, "calls that ran");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_override_and_its_end_is_told_once_also_with_the_same_reason() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 2, &plan()).await;
    let events = Events::of(&server);
    let fleet = nodes.nodes[0].fleet.as_ref().expect("alive");
    let force = |time| fleet.force_open(server.circuit, Some(time), "deploy");
    let told = |count| events.count(StoreEventKind::Overridden) == count;
    for past in [0, 4] {
        force(ms(1200)).await.expect("the store is there");
        until("both tell it", secs(1), || told(past + 2)).await;
        until("both tell its end", secs(3), || told(past + 4)).await;
    }
    force(secs(30)).await.expect("the store is there");
    until("both tell the third", secs(2), || told(10)).await;
    force(secs(60)).await.expect("the store is there");
    until("both tell that it lasts longer", secs(2), || told(12)).await;
    let since = Instant::now();
    until("nothing else", secs(4), || since.elapsed() > secs(2)).await;
    fleet.clear(server.circuit).await.expect("the store is there");
    until("both tell that it was cleared", secs(2), || told(14)).await;
    let texts = events.texts(StoreEventKind::Overridden);
    let expected = ["forced_open: deploy", "ended", "forced_open: deploy", "ended"];
    let expected = [&expected[..], &["forced_open: deploy", "forced_open: deploy", "cleared"]].concat();
    assert_eq!(texts, expected.iter().flat_map(|text| [*text; 2]).collect::<Vec<_>>());
}
