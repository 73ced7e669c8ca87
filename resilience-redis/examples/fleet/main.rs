//! Four processes share a circuit through a Redis that this example starts: `cargo run -p resilience-redis --example fleet`.
//!
//! A dependency fails for one of them, then for all, then the store is killed. Takes about 17 seconds.

mod node;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const NODES: usize = 4;

/// When, to which node (or to all), what is told to it, and what the reader is told.
const SCRIPT: [(u64, Option<usize>, &str, &str); 6] = [
    (1000, Some(0), "fail", "the dependency fails for process 1 only"),
    (4500, Some(0), "work", "it works again for process 1"),
    (7500, None, "fail", "the dependency fails for all"),
    (9000, None, "work", "it works again for all: one of them tries it"),
    (11_500, None, "", "the store is killed"),
    (16_000, None, "end", "the end"),
];

fn main() {
    if let Ok(port) = std::env::var("FLEET_PORT") {
        return node::run(&port);
    }
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a free port").port();
    let Ok(mut store) = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"])
        .stdout(Stdio::null())
        .spawn()
    else {
        println!("redis-server is missing: install the package `redis-server`");
        return;
    };
    let (lines, received) = mpsc::channel();
    let mut nodes: Vec<Child> = (1..=NODES).map(|number| start(number, port, lines.clone())).collect();
    let began = Instant::now();
    let say = |who: &str, text: &str| println!("{:5.1} s  {who:9}  {text}", began.elapsed().as_secs_f64());
    say("", "four processes share the circuit `payments`");
    for (at, to, order, text) in SCRIPT {
        let at = Duration::from_millis(at);
        while let Ok((number, line)) = received.recv_timeout(at.saturating_sub(began.elapsed())) {
            say(&format!("process {number}"), &line);
        }
        say("", &format!("--- {text}"));
        if order.is_empty() {
            store.kill().expect("it was running");
        }
        for (_, node) in nodes.iter_mut().enumerate().filter(|(index, _)| to.is_none_or(|to| to == *index)) {
            let _ = writeln!(node.stdin.as_mut().expect("piped"), "{order}");
        }
    }
    drop(lines);
    for node in &mut nodes {
        let _ = node.wait();
    }
    for (number, line) in received {
        say(&format!("process {number}"), &line);
    }
    let _ = store.wait();
}

/// Starts this program again as a node, and forwards its lines.
fn start(number: usize, port: u16, lines: mpsc::Sender<(usize, String)>) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut node = Command::new(program)
        .env("FLEET_PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program starts again");
    let output = BufReader::new(node.stdout.take().expect("piped"));
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            let _ = lines.send((number, line));
        }
    });
    node
}
