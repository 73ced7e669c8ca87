//! The store is silent, slow or out of reach.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use resilience::telemetry::StoreEventKind;
use resilience::{CircuitBreaker, CircuitState};
use tokio::task::JoinHandle;

use crate::support::nodes::{Dependency, Node, Nodes, field, number, period, plan, plan_of_a_sum, traffic};
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

/// The 99th percentile of admissions since the last time, in nanoseconds, and their number.
fn p99(dependencies: &[Arc<Dependency>]) -> (u64, usize) {
    let mut all = Vec::new();
    for dependency in dependencies {
        all.append(&mut dependency.admissions.lock().expect("not poisoned"));
    }
    all.sort_unstable();
    (all[all.len() * 99 / 100], all.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_stopped_for_five_seconds_degrades_and_recovers_in_time() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    // The local circuits do not open by themselves.
    let mut plan = plan_of_a_sum();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 4, &plan).await;
    let events = Events::of(&server);
    nodes.open().await;
    nodes.fail(false);
    server.signal("STOP");
    let stopped = Instant::now();
    let calls = nodes.calls();
    let degraded = until("all are degraded", secs(6), || events.count(StoreEventKind::Degraded) == 4).await;
    assert!(degraded <= secs(4), "{degraded:?}: max_staleness is 3 s");
    until("the local circuits let calls through", secs(1), || nodes.all(CircuitState::Closed)).await;
    assert!(nodes.nodes.iter().all(|node| !node.is_connected()));
    tokio::time::sleep(secs(5).saturating_sub(stopped.elapsed())).await;
    // 20 calls a second of each of four nodes, for a second at least.
    assert!(nodes.calls() - calls > 40, "{} calls ran while it was stopped", nodes.calls() - calls);
    server.signal("CONT");
    let recovered =
        until("all have recovered", secs(5), || events.count(StoreEventKind::Recovered) == 4).await;
    assert!(recovered <= secs(1), "{recovered:?}");
    println!("stopped for 5 s: degraded after {degraded:.1?}, recovered after {recovered:.0?}");
    // Its open time is 60 s.
    until("they know the opening again", secs(2), || nodes.all(CircuitState::Open)).await;
    assert_eq!(field(&server, "state").as_deref(), Some("o"));
    assert_eq!((events.count(StoreEventKind::Degraded), events.count(StoreEventKind::Recovered)), (4, 4));
}

/// Calls of circuits that no store is attached to, for comparison.
fn calls_without_a_store(per_second: f64) -> (Vec<Arc<Dependency>>, Vec<JoinHandle<()>>) {
    let start = |_| {
        let breaker = Arc::new(CircuitBreaker::try_new("without", plan().config).expect("valid"));
        let dependency = Arc::new(Dependency { takes: AtomicU64::new(2), ..Dependency::default() });
        (dependency.clone(), traffic(breaker, dependency, per_second))
    };
    (0..4).map(start).unzip()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_waits_for_a_store_that_is_stopped() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let mut plan = plan();
    plan.calls_per_second = 200.0;
    let (own, tasks) = calls_without_a_store(plan.calls_per_second);
    tokio::time::sleep(secs(3)).await;
    let (none, calls_none) = p99(&own);
    tasks.iter().for_each(JoinHandle::abort);
    let nodes = Nodes::start(&server, 4, &plan).await;
    let shared: Vec<_> = nodes.nodes.iter().map(|node| node.dependency.clone()).collect();
    p99(&shared);
    tokio::time::sleep(secs(3)).await;
    let (running, calls_running) = p99(&shared);
    server.signal("STOP");
    let before = nodes.rejected();
    tokio::time::sleep(secs(3)).await;
    let (stopped, calls_stopped) = p99(&shared);
    server.signal("CONT");
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let ratio = |with: u64| with as f64 / none as f64;
    println!(
        "p99 of an admission: {none} ns without a store, {running} ns with it ({:.1}), {stopped} ns while it is stopped ({:.1}); \
         calls in 3 s: {calls_none}, {calls_running}, {calls_stopped}",
        ratio(running),
        ratio(stopped)
    );
    // A call that waited for `command_timeout` would cost its task ten others.
    assert!(
        calls_stopped * 2 > calls_none,
        "{calls_stopped} calls while stopped, {calls_none} without a store"
    );
    assert_eq!(nodes.rejected(), before);
    assert!(stopped < 50_000_000, "{stopped} ns: as long as the timeout of a command");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_while_the_store_was_silent_is_not_reported() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(30));
    let nodes = Nodes::start(&server, 4, &plan).await;
    let events = Events::of(&server);
    server.signal("STOP");
    until("all are degraded", secs(6), || events.count(StoreEventKind::Degraded) == 4).await;
    nodes.fail(true);
    until("all open by themselves", secs(5), || nodes.all(CircuitState::Open)).await;
    nodes.fail(false);
    server.signal("CONT");
    until("all have dropped it", secs(5), || events.count(StoreEventKind::ReportsDropped) == 4).await;
    let calls = nodes.nodes[0].breaker.snapshot().refused();
    until("some time", secs(5), || nodes.nodes[0].breaker.snapshot().refused() > calls + 40).await;
    assert_ne!(field(&server, "state").as_deref(), Some("o"), "an old opening is not pushed");
    assert!(
        nodes.nodes.iter().all(|node| node.fleet.as_ref().expect("alive").health().reports_dropped() == 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_answers_of_a_slow_store_count() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    let events = Events::of(&server);
    for node in &nodes.nodes {
        node.proxy.delay(ms(250));
    }
    nodes.fail(true);
    let opened = until("the fleet opens", secs(8), || field(&server, "state").as_deref() == Some("o")).await;
    nodes.fail(false);
    let closed = until("all close", secs(15), || nodes.all(CircuitState::Closed)).await;
    println!("500 ms of latency: opened after {opened:.0?}, closed after {closed:.0?}");
    assert!(opened <= secs(3), "{opened:?}");
    assert_eq!(events.count(StoreEventKind::Degraded), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_works_alone_and_pushes_nothing_old() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = plan.config.recovery_timeout(secs(60));
    let nodes = Nodes::start(&server, 3, &plan).await;
    let events = Events::of(&server);
    let [cut, sick, healthy] = &nodes.nodes[..] else { panic!("three") };
    // One of three votes is not enough. That of the node that is cut off would be the second.
    sick.fails(true);
    until("the sick one votes", secs(5), || number(&server, "sum_votes") == 1000).await;
    let before = period(&server);
    cut.proxy.partition(true);
    until("it is degraded", secs(6), || events.count(StoreEventKind::Degraded) == 1).await;
    let calls = cut.calls();
    until("it works alone", secs(5), || cut.calls() > calls + 20).await;
    cut.fails(true);
    until("it opens alone", secs(5), || cut.breaker.is_open()).await;
    cut.proxy.partition(false);
    until("it has recovered", secs(5), || events.count(StoreEventKind::Recovered) == 1).await;
    assert_eq!(events.count(StoreEventKind::ReportsDropped), 1);
    // Its rejected calls show that it is in use, in the next seconds.
    let (calls, rejected) = (healthy.calls(), cut.rejected());
    until("calls", secs(10), || healthy.calls() > calls + 60 && cut.rejected() > rejected + 60).await;
    assert!(cut.breaker.is_open(), "its own opening is in force there");
    assert_eq!((period(&server), number(&server, "sum_votes")), (before, 1000), "and is not pushed");
    assert_eq!(healthy.rejected(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_connections_are_lost_silently_gets_hints_again() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let node = Node::start(&server, &plan()).await;
    let subscribers = || {
        let mut command = redis::cmd("CLIENT");
        let list: String =
            command.arg("LIST").arg("TYPE").arg("PUBSUB").query(&mut server.connection()).expect("an answer");
        let id = |line: &str| line.split(' ').next().expect("an id").to_owned();
        list.lines().map(id).collect::<Vec<_>>()
    };
    until("it has subscribed", secs(5), || subscribers().len() == 1).await;
    let before = subscribers();
    node.proxy.lose_silently();
    let renewed = until("another connection subscribes", secs(30), || {
        subscribers().iter().any(|id| !before.contains(id))
    });
    println!("connections lost silently: hints again after {:.0?}", renewed.await);
    until("it is connected", secs(30), || node.is_connected()).await;
}

/// The two that are cut off and well, and the sick one with them, are three of five.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_off_majority_resumes_by_itself_and_the_rest_by_trials() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan_of_a_sum();
    plan.config = plan.config.recovery_timeout(secs(7));
    let nodes = Nodes::start(&server, 5, &plan).await;
    let events = Events::of(&server);
    nodes.open().await;
    let opened = period(&server);
    let (majority, rest) = nodes.nodes.split_at(3);
    for node in majority {
        node.proxy.partition(true);
    }
    let cut = Instant::now();
    nodes.fail(false);
    let calls: Vec<_> = nodes.nodes.iter().map(Node::calls).collect();
    let all_run = || majority.iter().zip(&calls).all(|(node, calls)| node.calls() > *calls);
    let resumed = until("calls of the majority run", secs(6), all_run).await;
    assert!(resumed <= secs(4), "{resumed:?}: max_staleness is 3 s");
    until("they tell it", secs(1), || events.count(StoreEventKind::Degraded) == 3).await;
    assert_eq!(period(&server), opened, "the store has not changed");
    assert!(
        rest.iter().zip(&calls[3..]).all(|(node, calls)| node.calls() <= *calls + 1),
        "the rest are open"
    );
    let closed = until("the rest close", secs(10), || rest.iter().all(|node| node.breaker.is_closed())).await;
    assert!(cut.elapsed() > secs(6), "at the end of the open time: {closed:?}");
    for node in majority {
        node.proxy.partition(false);
    }
    until("the majority is back", secs(5), || events.count(StoreEventKind::Recovered) == 3).await;
    nodes.closed(secs(3)).await;
    let generation = opened[1].as_ref().expect("open").parse::<i64>().expect("a number");
    assert_eq!(number(&server, "gen"), generation + 2, "open, half-open, closed");
    println!(
        "partition of 3 of 5 while open: they resume after {resumed:.1?}, the rest at the end of the open time"
    );
}
