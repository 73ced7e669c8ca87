use reqwest::{Client, Proxy};
use resilience::http::{HttpPoll, status};
use tokio::process::Command;

use crate::quick;
use crate::server::{Server, answer};

/// No such host can exist: only a proxy answers.
const URL: &str = "http://server.invalid/job";

#[tokio::test]
async fn a_callers_client_polls_through_its_proxy() {
    let proxy = Server::saying([answer(404, ""), answer(200, "")]).await;
    let client = Client::builder().proxy(Proxy::http(&proxy.url).unwrap()).build().unwrap();
    quick(URL).client(client).until(status(200)).run().await.unwrap();
    let paths: Vec<_> = proxy.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, [URL, URL]);
}

/// Runs a test again, in a process of its own whose environment names the proxy.
pub(crate) async fn in_child(test: &str, environment: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test])
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .envs(environment.iter().copied())
        .output()
        .await
        .expect("it starts");
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn the_built_in_client_polls_through_the_proxy_of_the_environment() {
    const CHILD: &str = "RESILIENCE_TEST_POLLS_THROUGH_A_PROXY";
    if std::env::var_os(CHILD).is_some() {
        HttpPoll::get(URL).until(status(200)).run().await.unwrap();
        return;
    }
    let proxy = Server::saying([answer(200, "")]).await;
    let test = "proxy::the_built_in_client_polls_through_the_proxy_of_the_environment";
    in_child(test, &[(CHILD, "1"), ("HTTP_PROXY", &proxy.url)]).await;
    assert_eq!(proxy.asked().iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>(), [URL]);
}
