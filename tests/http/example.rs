//! The exit codes of `examples/wait_for`, which is called as a function, so that its executable is not needed.

use crate::server::{Server, answer};

#[path = "../../examples/wait_for/program.rs"]
mod program;

use program::{ALARM, BAD_USAGE, REACHED, TIMED_OUT};

async fn exits(arguments: &[&str]) -> u8 {
    program::wait_for(["wait_for", "--interval", "1ms"].iter().chain(arguments)).await
}

#[tokio::test]
async fn it_ends_with_0_when_a_response_matches() {
    let json = r#"{"status": "OK", "jobs": [{"id": 1}]}"#;
    let server = Server::saying([answer(503, "<html>"), answer(200, json)]).await;
    let url = server.url.as_str();
    assert_eq!(exits(&[url]).await, REACHED);
    assert_eq!(exits(&["--until", "status=418", "--until-jsonpath", "$.status=OK", url]).await, REACHED);
    assert_eq!(exits(&["--until-jsonpath", "$.jobs[?@.id==1].id=1", url]).await, REACHED);
    assert_eq!(exits(&["--until-json", json, "--alarm", "status=500", url]).await, REACHED);
    let all =
        ["--all", "--until", "status=200", "--until-jsonpath", "$.status=OK", "--until-json", json, url];
    assert_eq!(exits(&all).await, REACHED);
    assert_eq!(exits(&["--help"]).await, REACHED);
}

#[tokio::test]
async fn it_ends_with_1_when_an_alarm_matches() {
    let server = Server::saying([answer(503, ""), answer(500, "")]).await;
    assert_eq!(exits(&["--alarm", "status=500", &server.url]).await, ALARM);
    assert_eq!(exits(&["--until", "text=x", "--alarm", "text=", &server.url]).await, ALARM);
}

#[tokio::test]
async fn it_ends_with_2_when_it_takes_too_long() {
    let server = Server::saying([answer(200, r#"{"status": "WORKING"}"#)]).await;
    let url = server.url.as_str();
    assert_eq!(exits(&["--timeout", "5ms", "--until-jsonpath", "$.status=OK", url]).await, TIMED_OUT);
    let all = ["--all", "--until", "status=200", "--until-jsonpath", "$.status=OK", "--timeout", "5ms", url];
    assert_eq!(exits(&all).await, TIMED_OUT);
    // Nobody is there.
    assert_eq!(exits(&["--timeout", "5ms", "http://127.0.0.1:9"]).await, TIMED_OUT);
}

#[tokio::test]
async fn it_ends_with_3_when_its_arguments_are_invalid() {
    let url = "http://127.0.0.1:9";
    for bad in [
        &["--until", "status=fine", url][..],
        &["--until", "status=2000", url],
        &["--until", "colour=red", url],
        &["--until-json", "{", url],
        &["--until-jsonpath", "$.status", url],
        &["--until-jsonpath", "$[=1", url],
        &["--all", "--until", "status=200", "--until", "status=201", url],
        &["--timeout", "soon", url],
        &["--config", "/no/such/file", url],
        &["--no-such-option", url],
        &["nowhere"],
        &[],
    ] {
        assert_eq!(exits(bad).await, BAD_USAGE, "{bad:?}");
    }
}

#[tokio::test]
async fn its_configuration_is_a_poller_and_the_command_line_overrides_it() {
    let server = Server::saying([answer(200, "done")]).await;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("wait_for.toml");
    let config = format!("url = {:?}\nmax_retries = 2\nuntil = {{ text = \"done\" }}\n", server.url);
    std::fs::write(&path, config).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(exits(&["--config", path]).await, REACHED);
    assert_eq!(server.asked()[0].path, "/");
    assert_eq!(exits(&["--config", path, &format!("{}/other", server.url)]).await, REACHED);
    assert_eq!(server.asked()[1].path, "/other");
    assert_eq!(exits(&["--config", path, "--until", "status=404"]).await, TIMED_OUT);
    assert_eq!(server.times(), 4);
}
