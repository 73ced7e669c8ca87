//! A store that forgets.

use std::sync::Arc;

use resilience::telemetry::StoreEventKind;
use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
use resilience_redis::{Fleet, Sharing};

use crate::support::nodes::{Nodes, plan};
use crate::support::server::Server;
use crate::support::{secs, until};
use crate::{Events, ONE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_during_a_long_opening_is_noticed_with_the_next_heartbeat() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let mut plan = plan();
    plan.config = CircuitConfig::new().recovery_timeout(secs(3600));
    let nodes = Nodes::start(&server, 2, &plan).await;
    nodes.open().await;
    nodes.fail(false);
    let change = resilience_redis::__testing::Keys::new("tests").changes();
    // As after a time without a transition that is longer than the value is kept.
    server.send(&["DEL", &change]);
    tokio::time::sleep(secs(2)).await;
    assert!(nodes.all(CircuitState::Open), "the loss of the value alone changes nothing");
    let events = Events::of(&server);
    server.send(&["FLUSHALL"]);
    // The first one to notice it may have begun a new epoch already.
    let is_back = |text: &&String| ["unknown", "closed"].contains(&text.as_str());
    let noticed = || events.texts(StoreEventKind::Adopted).iter().filter(is_back).count();
    let took = until("both notice it", secs(3), || noticed() == 2).await;
    println!("a flush during an opening of an hour: noticed after {took:.0?}");
}

#[tokio::test]
async fn a_fleet_that_was_dropped_has_released_its_circuits() {
    let circuit = Arc::new(CircuitBreaker::try_new("payments", CircuitConfig::new()).expect("valid"));
    let start =
        || Fleet::builder("redis://127.0.0.1:1/").share_circuit(circuit.clone(), Sharing::Enforce).start();
    for _ in 0..3 {
        // Nothing of this thread runs between the drop and the next start.
        drop(start().await.expect("the circuit is free"));
    }
    start().await.expect("the circuit is free").shutdown().await;
    drop(start().await.expect("the circuit is free"));
}
