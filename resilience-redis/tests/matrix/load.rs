//! Few commands.

use std::sync::Arc;

use resilience::{CircuitBreaker, CircuitConfig};
use resilience_redis::{Fleet, Sharing};

use crate::ONE;
use crate::evictions::info;
use crate::support::server::Server;
use crate::support::{secs, until};

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
