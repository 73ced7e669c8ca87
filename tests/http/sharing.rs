//! Pollers of one kind share a client, and with it their connections.

use resilience::http::HttpPoll;
use serde_json::json as value;

use crate::server::{Server, answer};

const POLLERS: usize = 200;

fn pollers(url: &str) -> Vec<HttpPoll> {
    let data = value!({"url": url, "until": {"status_code": 200}});
    (0..POLLERS).map(|_| serde_json::from_value(data.clone()).expect("it is valid")).collect()
}

#[tokio::test]
async fn two_hundred_pollers_made_from_data_share_one_connection() {
    let server = Server::saying([answer(200, "")]).await;
    let pollers = pollers(&server.url);
    for poll in &pollers {
        poll.run().await.unwrap();
    }
    let asked = server.asked();
    assert_eq!(asked.len(), POLLERS);
    assert!(asked.iter().all(|asked| asked.connection == 1));
}

/// The descriptors of this process: one for each end of a connection, and those of other tests.
#[cfg(target_os = "linux")]
#[test]
fn two_hundred_pollers_in_use_open_few_descriptors() {
    let open = || std::fs::read_dir("/proc/self/fd").expect("there are descriptors").count();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::saying([answer(200, "")]).await;
        let pollers = pollers(&server.url);
        let before = open();
        for poll in &pollers {
            poll.run().await.unwrap();
        }
        let after = open();
        assert!(after < before + POLLERS, "{before} descriptors before, {after} after");
    });
}

/// A connection works only while its runtime does: here, the runtime that opened one is there, but does not run.
#[test]
fn a_poller_of_another_runtime_does_not_wait_for_the_connections_of_the_first() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(Server::saying([answer(200, "")]));
    let (first, second) = (runtime(), runtime());
    let pollers = pollers(&server.url);
    first.block_on(pollers[0].run()).unwrap();
    second.block_on(pollers[1].run()).unwrap();
    first.block_on(pollers[2].run()).unwrap();
    let connections: Vec<_> = server.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections, [1, 2, 1]);
}

/// As above, with one poller for both runtimes.
#[test]
fn a_poller_used_on_a_second_runtime_does_not_wait_for_its_connections_on_the_first() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(Server::saying([answer(200, "")]));
    let (first, second) = (runtime(), runtime());
    let poll = pollers(&server.url).swap_remove(0).attempt_timeout(std::time::Duration::from_secs(10));
    first.block_on(poll.run()).unwrap();
    second.block_on(poll.run()).unwrap();
    second.block_on(poll.clone().run()).unwrap();
    let connections: Vec<_> = server.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections, [1, 2, 2]);
}
