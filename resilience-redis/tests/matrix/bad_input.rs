//! What is wrong at the start, and what the store rejects.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use resilience::telemetry::StoreEventKind;
use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
use resilience_redis::{Fleet, FleetError, OverrideError, Sharing};

use crate::load::commands;
use crate::support::nodes::{Node, Nodes, field, field_of, keys, plan};
use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

fn circuit(name: &'static str) -> Arc<CircuitBreaker> {
    Arc::new(CircuitBreaker::try_new(name, CircuitConfig::new()).expect("valid"))
}

#[tokio::test]
async fn a_wrong_configuration_is_an_error_that_names_it_without_the_password() {
    let error = Fleet::builder("http://user:secret@host/").start().await.expect_err("not a store");
    assert!(matches!(error, FleetError::Url(_)) && !error.to_string().contains("secret"), "{error}");
    let error = Fleet::builder("redis://localhost/").namespace("a{b}").start().await.expect_err("braces");
    assert!(error.to_string().contains("`a{b}`"), "{error}");
    let error = Fleet::builder("redis://localhost/").max_staleness(secs(1)).start().await.expect_err("short");
    assert!(error.to_string().contains("1s"), "{error}");
    let error =
        Fleet::builder("redis://localhost/").command_timeout(secs(3)).start().await.expect_err("long");
    assert!(error.to_string().contains("3s"), "{error}");
    let circuit = circuit("payments");
    let builder = || Fleet::builder("redis://127.0.0.1:1/").share_circuit(circuit.clone(), Sharing::Enforce);
    let _fleet = builder().start().await.expect("the first");
    let error = builder().start().await.expect_err("the second");
    assert!(error.to_string().contains("payments"), "{error}");
}

#[test]
fn a_runtime_without_timers_or_io_is_an_error_that_names_what_to_enable() {
    let server = Server::start().apart();
    let mut builders = [0; 3].map(|_| tokio::runtime::Builder::new_current_thread());
    builders[1].enable_time();
    builders[2].enable_io();
    for mut builder in builders {
        let runtime = builder.build().expect("a runtime");
        let circuit = circuit("without drivers");
        let fleet = Fleet::builder(server.url()).command_timeout(secs(2));
        let error = runtime.block_on(fleet.share_circuit(circuit, Sharing::Enforce).start());
        let error = error.expect_err("it has no drivers");
        assert!(error.to_string().contains("enable_all"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_starts_where_the_store_is_down_and_tells_why_it_is_degraded() {
    let _one = ONE.lock().await;
    let events = Events::listen();
    let circuit = circuit("payments");
    let fleet = Fleet::builder("redis://127.0.0.1:1/")
        .share_circuit(circuit.clone(), Sharing::Enforce)
        .max_staleness(ms(1500))
        .start()
        .await
        .expect("a store that is down is not an error");
    until("degraded", secs(4), || events.count(StoreEventKind::Degraded) == 1).await;
    assert!(
        events.texts(StoreEventKind::Degraded)[0].contains("refused"),
        "{:?}",
        events.texts(StoreEventKind::Degraded)
    );
    circuit.try_acquire().expect("calls go on").success();
    assert!(!fleet.health().connected() && fleet.health().view_age().is_none());
    let error = fleet.force_open("payments", None, "why").await.expect_err("nobody answers");
    assert!(matches!(error, OverrideError::NoAnswer(_)), "{error}");
}

/// Each of these answers with an error that a degraded circuit names, while calls go on.
async fn degrades(server: &Server, url: String, expected: &str) {
    let events = Events::of(server);
    let circuit = circuit(server.circuit);
    let _fleet = Fleet::builder(url)
        .namespace("tests")
        .share_circuit(circuit.clone(), Sharing::Enforce)
        .max_staleness(ms(1500))
        .start()
        .await
        .expect("the configuration is valid");
    circuit.try_acquire().expect("calls go on").failure_because("down");
    until("degraded", secs(5), || events.count(StoreEventKind::Degraded) == 1).await;
    let text = events.texts(StoreEventKind::Degraded).remove(0);
    assert!(text.to_uppercase().contains(expected), "{text}");
    circuit.try_acquire().expect("calls go on").success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_permission_for_scripts_is_named() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    server.send(&["ACL", "SETUSER", "weak", "on", ">pw", "~*", "&*", "+@all", "-evalsha", "-eval"]);
    let url = format!("redis://weak:pw@127.0.0.1:{}/", server.port);
    degrades(&server, url, "NOPERM").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_the_store_are_not_answered_with_more_commands() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    server.send(&["SET", &keys(&server)[0], "mine"]);
    let node = Node::start(&server, &plan()).await;
    until("some calls", secs(5), || node.calls() > 5).await;
    let (before, calls) = (commands(&server), node.calls());
    until("about two seconds of calls", secs(10), || node.calls() >= calls + 40).await;
    let sent = commands(&server) - before;
    println!("{sent} commands while every script of a circuit fails");
    assert!(sent < 100, "{sent} commands");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_node_that_is_denied_a_place_asks_a_few_times_a_second() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.calls_per_second = 500.0;
    let nodes = Nodes::start(&server, 2, &plan).await;
    // The trial of the one that gets the place hangs.
    for node in &nodes.nodes {
        node.dependency.takes.store(20_000, Ordering::SeqCst);
        node.breaker.try_acquire().expect("closed").failure_because("down");
    }
    for _ in 0..10 {
        for node in &nodes.nodes {
            if let Ok(permit) = node.breaker.try_acquire() {
                permit.failure_because("down");
            }
        }
    }
    until("half-open", secs(8), || field(&server, "state").as_deref() == Some("h")).await;
    let rejected =
        || nodes.nodes[0].breaker.snapshot().refused() + nodes.nodes[1].breaker.snapshot().refused();
    let (before, began) = (commands(&server), Instant::now());
    let limit = rejected() + 200;
    until("rejected calls", secs(10), || rejected() > limit && began.elapsed() > secs(1)).await;
    let sent = commands(&server).saturating_sub(before);
    let rate = u128::from(sent) * 1000 / began.elapsed().as_millis();
    println!("{rate} commands a second of two busy nodes without a place");
    assert!(rate < 200, "{rate}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_waits_for_the_first_answer() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let proxy = Proxy::start(server.port).await;
    proxy.delay(ms(10));
    let fleet = Fleet::builder(proxy.url())
        .namespace("tests")
        .share_circuit(circuit(server.circuit), Sharing::Enforce)
        .command_timeout(secs(1))
        .start()
        .await
        .expect("the configuration is valid");
    assert!(fleet.health().connected(), "{:?}", fleet.health());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_replica_is_named() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let primary = Server::start();
    server.send(&["REPLICAOF", "127.0.0.1", &primary.port.to_string()]);
    degrades(&server, server.url(), "READONLY").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_program_is_named_and_does_not_stop_other_circuits() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let prefix = format!("{}-other-", server.circuit);
    let events = Events::that(move |name| name.starts_with(&prefix));
    for (part, key) in keys(&server)[..8].iter().enumerate() {
        let other: &'static str = Box::leak(format!("{}-other-{part}", server.circuit).into_boxed_str());
        let other = circuit(other);
        let fleet = Fleet::builder(server.url()).namespace("tests");
        let fleet = fleet.share_circuit(other.clone(), Sharing::Enforce).start().await.expect("valid");
        server.send(&["DEL", key]);
        server.send(&["SET", key, "mine"]);
        other.try_acquire().expect("closed").failure_because("down");
        let state = || field_of(&mut server.connection(), other.name(), "state");
        until("the store knows the other one", secs(5), || state().as_deref() == Some("c")).await;
        // A circuit that begins anew deletes the other keys, also those of another program.
        if part == 0 {
            degrades(&server, server.url(), "WRONGTYPE").await;
        }
        let forced = fleet.force_open(other.name(), Some(secs(60)), "test").await;
        forced.expect("the store is there");
        until("it follows the store", secs(5), || other.state() == CircuitState::ForcedOpen).await;
        server.send(&["DEL", key]);
        fleet.shutdown().await;
    }
    assert_eq!(events.count(StoreEventKind::Degraded), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_store_is_named() {
    let _one = ONE.share().await;
    let options = ["--save", "", "--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    let server = Server::with(&options).apart();
    degrades(&server, server.url(), "OOM").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_keys_of_a_circuit_lie_in_one_slot_of_a_cluster() {
    let _one = ONE.share().await;
    let server = Server::with(&["--save", "", "--cluster-enabled", "yes"]);
    let keys = resilience_redis::__testing::Keys::new("shop");
    let all: Vec<_> = keys.circuit("payments").into_iter().chain([keys.nodes(), keys.changes()]).collect();
    let slot = |key: &String| server.send(&["CLUSTER", "KEYSLOT", key]);
    assert!(all.iter().all(|key| slot(key) == slot(&all[0])));
}
