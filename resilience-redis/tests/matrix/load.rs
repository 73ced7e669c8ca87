//! Few commands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use resilience::telemetry::StoreEventKind;
use resilience::{CircuitBreaker, CircuitConfig};
use resilience_redis::{Fleet, Sharing};

use crate::evictions::info;
use crate::support::server::Server;
use crate::support::{ms, secs, until};
use crate::{Events, ONE};

pub(crate) fn commands(server: &Server) -> u64 {
    info(server, "stats", "total_commands_processed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_node_sends_about_one_command_a_second_however_many_circuits_it_has() {
    let _one = ONE.share().await;
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

#[resilience::circuit(name = "tenants", key = tenant, max_keys = 50_000, failure_threshold = 3)]
fn serve(tenant: usize, fails: bool) -> Result<(), std::io::Error> {
    if fails { Err(std::io::Error::other("down")) } else { Ok(()) }
}

/// All on one thread: the fleet's task, its connection, and the task that is measured.
#[tokio::test]
async fn twenty_thousand_keys_of_a_node_leave_its_thread_to_other_tasks_and_are_not_degraded() {
    let _one = ONE.lock().await;
    let server = Server::start();
    let events = Events::that(|name| name.starts_with("tenants["));
    let builder = Fleet::builder(server.url()).namespace("tests").share("tenants", Sharing::Enforce);
    let _fleet = builder.start().await.expect("valid");
    for tenant in 0..20_000 {
        serve(tenant, false).expect("closed");
    }
    let mut delays = Vec::new();
    let began = Instant::now();
    while began.elapsed() < secs(12) {
        // One of them opens: all others are asked for.
        let _ = serve(0, began.elapsed() > secs(6));
        let from = Instant::now();
        tokio::time::sleep(ms(5)).await;
        delays.push(from.elapsed().saturating_sub(ms(5)));
    }
    delays.sort_unstable();
    let (longest, median) = (delays.last().copied().unwrap_or_default(), delays[delays.len() / 2]);
    println!(
        "20000 keys: another task of the thread waits for {longest:.0?} at most, {median:.1?} in the middle"
    );
    let adopted = events.texts(StoreEventKind::Adopted);
    assert_eq!(adopted.first().map(String::as_str), Some("open"), "{adopted:?}");
    assert_eq!(
        (events.count(StoreEventKind::Degraded), events.count(StoreEventKind::ReportsDropped)),
        (0, 0)
    );
    assert!(longest < Duration::from_millis(400), "{longest:?}");
}
