//! The program, as a shell runs it.

#![cfg(unix)]

mod pseudo_terminal;
mod server;

use std::process::{Command, Output, Stdio};

use server::{Server, answer};

/// The program with these arguments, which tries again at once.
fn wait_for(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wait-for"));
    command.args(["--interval", "1ms"]).args(arguments).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

fn run(arguments: &[&str]) -> Output {
    wait_for(arguments).output().expect("the program starts")
}

/// The exit code, and what was printed on stderr.
fn end(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn code(arguments: &[&str]) -> Option<i32> {
    end(arguments).0
}

/// A port at which nobody listens.
const NOBODY: &str = "127.0.0.1:9";

#[test]
fn it_ends_with_0_when_a_response_matches() {
    let json = r#"{"status": "OK", "query": "a=b", "jobs": [{"id": 1}]}"#;
    let server = Server::replying([answer(503, "<html>"), answer(200, json)]);
    let url = server.url.as_str();
    assert_eq!(code(&[url]), Some(0));
    for until in [
        &["--until", "status=418", "--until-jsonpath", "$.status=OK"][..],
        &["--until-jsonpath", "$.jobs[?@.id==1].id=1"],
        &["--until-jsonpath", "$.query=a=b"],
        &["--until-json", json, "--alarm", "status=500", "--alarm-jsonpath", "$.status=LOST"],
        &["--all", "--until", "status=200", "--until-jsonpath", "$.status=OK", "--until-json", json],
        &["--timeout", "forever"],
    ] {
        assert_eq!(code(&[until, &[url]].concat()), Some(0), "{until:?}");
    }
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("--until-jsonpath"));
}

#[test]
fn it_ends_with_1_when_an_alarm_matches() {
    let server = Server::replying([answer(500, "[1]")]);
    for alarm in [
        ["--alarm", "status=500"],
        ["--alarm", "text=[1]"],
        ["--alarm-json", "[1]"],
        ["--alarm-jsonpath", "$[0]=1"],
    ] {
        let (code, message) = end(&[&alarm[..], &[&server.url]].concat());
        assert_eq!(code, Some(1), "{alarm:?}");
        assert!(message.contains("wait-for: alarm: "), "{message}");
    }
}

#[test]
fn it_ends_with_2_when_the_time_is_up_and_its_message_ends_with_the_last_error() {
    let server = Server::replying([answer(200, r#"{"status": "WORKING"}"#)]);
    let until = ["--timeout", "1s", "--until-jsonpath", "$.status=OK"];
    let (code, message) = end(&[&until[..], &[&server.url]].concat());
    assert_eq!(code, Some(2));
    assert!(message.contains("last response: 200 OK"), "{message}");

    let (code, message) = end(&["--timeout", "1s", &format!("http://{NOBODY}")]);
    assert_eq!(code, Some(2));
    let last = message.lines().last().unwrap_or_default();
    assert!(last.contains("; last error: ") && last.contains("refused"), "{message}");
    assert!(is_elapsed_time(last), "{message}");
}

#[test]
fn it_ends_with_2_and_says_why_when_the_server_requests_too_long_a_wait() {
    for (timeout, requested, reason) in [
        ("1min", 120, ", whose `Retry-After` of 120s is longer than the time left"),
        ("forever", 7200, ", whose `Retry-After` is longer than `max_retry_after`"),
    ] {
        let head = format!("HTTP/1.1 503 \r\nretry-after: {requested}\r\n");
        let server = Server::replying([head + "content-length: 0\r\nconnection: close\r\n\r\n"]);
        let (code, message) = end(&["--timeout", timeout, &server.url]);
        assert_eq!(code, Some(2));
        assert!(message.lines().last().is_some_and(|last| last.ends_with(reason)), "{message}");
    }
    let help = run(&["--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("max_retry_after"));
}

#[test]
fn it_ends_with_3_when_its_arguments_are_invalid() {
    let url = "http://127.0.0.1:9";
    for bad in [
        &["--until", "status=fine", url][..],
        &["--until", "status=2000", url],
        &["--until", "colour=red", url],
        &["--until-json", "{", url],
        &["--until-jsonpath", "$.status", url],
        &["--until-jsonpath", "$[=1", url],
        &["--alarm-jsonpath", "$[=1", url],
        &["--all", "--until", "status=200", "--until", "status=201", url],
        &["--timeout", "soon", url],
        &["--config", "/no/such/file", url],
        &["--no-such-option", url],
        &["nowhere"],
        &[],
        &["--tcp", "db"],
        &["--tcp", ":5432"],
        &["--tcp", "db:0"],
        &["--tcp", "db:70000"],
        &["--tcp", NOBODY, url],
        &["--tcp", NOBODY, "--until", "status=200"],
        &["--tcp", NOBODY, "--timeout", "soon"],
    ] {
        let (code, message) = end(bad);
        assert_eq!(code, Some(3), "{bad:?}: {message}");
        assert!(!message.is_empty(), "{bad:?}");
    }
}

#[test]
fn a_wrong_time_is_reported_by_the_option_as_it_was_written() {
    for target in [&["http://127.0.0.1:9"][..], &["--tcp", NOBODY]] {
        for (option, time, expected) in [
            ("--timeout", "5", "expected a duration"),
            ("--timeout", "0s", "expected more than zero"),
            ("--interval", "5", "expected a duration"),
            ("--interval", "forever", "expected a delay, found `forever`"),
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wait-for"));
            let output = command.args([option, time]).args(target).output().expect("the program starts");
            let message = String::from_utf8(output.stderr).expect("UTF-8");
            assert!(message.starts_with(&format!("wait-for: `{option}`: {expected}")), "{message}");
            assert_eq!(output.status.code(), Some(3));
        }
    }
}

#[test]
fn a_wrong_status_is_reported_by_the_option_as_it_was_written() {
    for option in ["--until", "--alarm"] {
        for status in ["99", "1000", "-1", "70000", "fine", ""] {
            let (code, message) = end(&[option, &format!("status={status}"), "http://127.0.0.1:9"]);
            let expected =
                format!("wait-for: `{option}`: status={status}: expected a status from 100 to 999\n");
            assert_eq!((code, message), (Some(3), expected));
        }
    }
    let twice = ["--all", "--until", "status=200", "--until", "status=201", "http://127.0.0.1:9"];
    let expected = "wait-for: `--all`: a response has one `status`, found two\n";
    assert_eq!(end(&twice), (Some(3), expected.to_owned()));
}

#[test]
fn a_text_is_the_whole_body_with_its_last_line_break() {
    let server = Server::replying([answer(200, "done\n")]);
    assert_eq!(code(&["--timeout", "100ms", "--until", "text=done", &server.url]), Some(2));
    assert_eq!(code(&["--until", "text=done\n", &server.url]), Some(0));
    let help = run(&["--help"]);
    let help = String::from_utf8_lossy(&help.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("the whole body"), "{help}");
}

#[test]
fn its_configuration_is_a_poller_and_the_command_line_overrides_it() {
    let server = Server::replying([answer(200, "done")]);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("poller.toml");
    let config = format!("url = {:?}\nmax_retries = 2\nuntil = {{ text = \"done\" }}\n", server.url);
    std::fs::write(&path, config).expect("the file is written");
    let path = path.to_str().expect("UTF-8");
    assert_eq!(code(&["--config", path]), Some(0));
    assert_eq!(code(&["--config", path, &format!("{}/other", server.url)]), Some(0));
    assert_eq!(code(&["--config", path, "--until", "status=404"]), Some(2));
    assert_eq!(server.paths(), ["/", "/other", "/", "/"]);
}

/// The text of a duration as the library has it: a number, and its unit at once.
fn is_elapsed_time(message: &str) -> bool {
    let elapsed = message.split(", in ").nth(1).and_then(|rest| rest.split(';').next());
    elapsed.is_some_and(|elapsed| elapsed.ends_with('s') && !elapsed.contains(' '))
}

#[test]
fn it_waits_for_a_port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("an address").to_string();
    assert_eq!(end(&["--tcp", &address]), (Some(0), String::new()));

    let (code, message) = end(&["--tcp", NOBODY, "--timeout", "5ms"]);
    assert_eq!(code, Some(2));
    let last = message.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("wait-for: no connection to {NOBODY} in ")), "{message}");
    assert!(last.contains("; last error: ") && last.contains("refused"), "{message}");
    assert!(is_elapsed_time(last), "{message}");
}

#[test]
fn without_a_terminal_each_change_of_the_outcome_is_one_line() {
    let busy = answer(503, "");
    let server = Server::replying([busy.clone(), busy.clone(), busy, answer(500, ""), answer(200, "")]);
    let (code, message) = end(&[&server.url]);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(
        lines,
        [
            "wait-for: attempt 1: 503 Service Unavailable",
            "wait-for: attempt 4: 500 Internal Server Error",
            "wait-for: attempt 5: 200 OK",
        ],
    );
}

#[test]
fn quiet_prints_nothing_but_what_is_wrong_with_the_arguments() {
    let server = Server::replying([answer(500, "")]);
    let silent = |code| (Some(code), String::new());
    assert_eq!(end(&["--quiet", "--alarm", "status=500", &server.url]), silent(1));
    assert_eq!(end(&["-q", "--timeout", "1ms", &server.url]), silent(2));
    assert_eq!(end(&["-q", "--timeout", "1ms", "--tcp", NOBODY]), silent(2));
    let (code, message) = end(&["-q", "--timeout", "soon", &server.url]);
    assert!(code == Some(3) && message.contains("soon"), "{message}");
}

#[test]
fn a_signal_ends_it_with_the_code_that_shells_use() {
    use nix::sys::signal::{Signal, kill};
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let server = Server::replying([answer(503, "")]);
        let mut child =
            wait_for(&["--timeout", "10min", &server.url]).stderr(Stdio::piped()).spawn().expect("it starts");
        // Its first request shows that it is waiting.
        server.wait_for_request();
        let id = nix::unistd::Pid::from_raw(child.id().try_into().expect("a process"));
        kill(id, signal).expect("it is running");
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{signal}");
    }
}

#[test]
fn on_a_terminal_one_line_shows_the_progress_and_is_cleared_at_the_end() {
    let server = Server::replying([answer(503, ""), answer(500, "")]);
    let arguments = ["--interval", "300ms", "--alarm", "status=500", &server.url];
    let (code, shown) = pseudo_terminal::run(&arguments, &[]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("attempt 1: 503 Service Unavailable"), "{shown:?}");
    assert!(shown.contains("\u{1b}[2K"), "the line is cleared: {shown:?}");
    assert!(shown.trim_end().lines().last().is_some_and(|last| last.contains("alarm: ")), "{shown:?}");
    assert!(shown.contains("\u{1b}[1mwait-for:\u{1b}[0m "), "the name is bold: {shown:?}");
    assert!(!shown.contains("attempt 1: 503 Service Unavailable\r\n"), "it is one line: {shown:?}");
}

#[test]
fn no_color_is_kept_to_on_a_terminal() {
    let server = Server::replying([answer(503, ""), answer(500, "")]);
    let arguments = ["--interval", "300ms", "--alarm", "status=500", &server.url];
    let (code, shown) = pseudo_terminal::run(&arguments, &[("NO_COLOR", "1")]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("attempt 1: 503 Service Unavailable"), "{shown:?}");
    // Sequences that end with `m` set colours and weights.
    let sequences = shown.split("\u{1b}[").skip(1);
    let is_colour = |sequence: &&str| {
        sequence.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    };
    assert_eq!(sequences.filter(is_colour).count(), 0, "{shown:?}");
}
