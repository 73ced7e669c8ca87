//! Circuits of one name in one process.

use std::sync::Arc;
use std::time::Duration;

use resilience::breaker::Permit;
use resilience::{CircuitBreaker, CircuitConfig};
use resilience_redis::{Fleet, Sharing};

use crate::ONE;
use crate::support::nodes::field;
use crate::support::server::Server;
use crate::support::{ms, secs, until};

fn circuit(server: &Server) -> Arc<CircuitBreaker> {
    let config = CircuitConfig::new().recovery_timeout(secs(1));
    Arc::new(CircuitBreaker::try_new(server.circuit, config).expect("valid"))
}

async fn share(server: &Server, circuits: &[&Arc<CircuitBreaker>]) -> Fleet {
    let mut builder = Fleet::builder(server.url()).namespace("tests");
    for circuit in circuits {
        builder = builder.share_circuit((*circuit).clone(), Sharing::Enforce);
    }
    builder.start().await.expect("valid")
}

fn fail(circuit: &CircuitBreaker, times: u32) {
    for _ in 0..times {
        circuit.try_acquire().expect("closed").failure_because("down");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn circuits_of_one_name_in_one_process_are_one_node_with_the_highest_vote() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let [failing, healthy, other] = [(); 3].map(|()| circuit(&server));
    let one = share(&server, &[&failing, &healthy]).await;
    let two = share(&server, &[&other]).await;
    until("both are live", secs(3), || one.health().nodes() == 2 && two.health().nodes() == 2).await;
    let votes = || field(&server, "sum_votes");
    fail(&failing, 4);
    until("it is reported", secs(3), || votes().as_deref() == Some("800")).await;
    for _ in 0..6 {
        fail(&healthy, 1);
        tokio::time::sleep(ms(300)).await;
        healthy.try_acquire().expect("closed").success();
        tokio::time::sleep(ms(300)).await;
    }
    assert_eq!(votes().as_deref(), Some("800"), "the success of one does not hide the failures of the other");
    fail(&failing, 1);
    fail(&other, 5);
    let all = [&failing, &healthy, &other];
    until("all are open", secs(3), || all.iter().all(|circuit| circuit.is_open())).await;
    // Only one of them has calls: it gets the places.
    let closes = || {
        let _ = healthy.try_acquire().map(Permit::success);
        all.iter().all(|circuit| circuit.is_closed())
    };
    until("all are closed by a trial of the one with calls", secs(8), closes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn circuits_of_one_name_in_one_process_have_one_trial() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let [one, other] = [(); 2].map(|()| circuit(&server));
    let fleet = share(&server, &[&one, &other]).await;
    until("connected", secs(3), || fleet.health().connected()).await;
    fail(&one, 5);
    until("both are open", secs(3), || one.is_open() && other.is_open()).await;
    let mut trial = None;
    let limit = tokio::time::Instant::now() + Duration::from_secs(6);
    while trial.is_none() && tokio::time::Instant::now() < limit {
        trial = one.try_acquire().or_else(|_| other.try_acquire()).ok();
        tokio::time::sleep(ms(5)).await;
    }
    let trial = trial.expect("a place");
    for _ in 0..200 {
        assert!(one.try_acquire().is_err() && other.try_acquire().is_err(), "there is one place");
        tokio::time::sleep(ms(5)).await;
    }
    trial.success();
    until("both are closed", secs(3), || one.is_closed() && other.is_closed()).await;
}
