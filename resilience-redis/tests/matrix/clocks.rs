//! Clocks that step.

use std::process::Command;

use resilience::CircuitState;

use crate::ONE;
use crate::processes::{PROCESS, go_on, one_circuit, order, reports, see_one_another};
use crate::support::nodes::{Nodes, field_of, keys, plan};
use crate::support::process::{Process, wall_clock};
use crate::support::server::Server;
use crate::support::{ms, secs, until, wait_until, worker};

/// The scripts use the server's clock alone. Its steps are tested in the random histories: this moves what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_clock_went_back_by_an_hour_does_not_stay_open_for_an_hour() {
    let _one = ONE.share().await;
    let server = Server::start().apart();
    let nodes = Nodes::start(&server, 4, &plan()).await;
    nodes.open().await;
    nodes.fail(false);
    // The same as a step by an hour: all times that the store has written are an hour ahead.
    let keys = keys(&server);
    let ahead = "for _, f in ipairs({ 'ends', 'time', 'known' }) do \
                 redis.call('HSET', KEYS[1], f, string.format('%.0f', redis.call('HGET', KEYS[1], f) + 3.6e9)) end";
    server.send(&["EVAL", ahead, "1", &keys[0]]);
    let closed = until("all close", secs(10), || nodes.all(CircuitState::Closed)).await;
    println!("the server's clock went back by an hour while open: closed after {closed:.0?}");
}

/// Two processes start with clocks that are an hour wrong, and two clocks step by an hour while the fleet is open.
#[tokio::test]
async fn clocks_of_processes_that_are_wrong_and_step_by_an_hour_change_nothing() {
    let _one = ONE.share().await;
    let Some(library) = library() else {
        println!("not run: faketime is missing: install the package `faketime`");
        return;
    };
    let server = Server::start();
    let directory = std::env::temp_dir().join(format!("resilience-clocks-{}", server.port));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let clock = |index: usize| directory.join(index.to_string());
    let set = |index: usize, text: &str| {
        let new = directory.join("new");
        std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, clock(index))).expect("a file");
    };
    let begin = |index: usize, text: &str| {
        set(index, text);
        let file = clock(index).display().to_string();
        // The monotonic clock is that of the machine.
        let variables = [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        Process::start_with(PROCESS, &server, &one_circuit(), &variables)
    };
    let beginnings = ["+0", "+0", "+3600", "-3600"];
    let mut processes: Vec<_> =
        beginnings.iter().enumerate().map(|(index, text)| begin(index, text)).collect();
    see_one_another(&mut processes);
    let difference =
        |process: &mut Process| process.report().clock.cast_signed() - wall_clock().cast_signed();
    let are_at = |processes: &mut [Process], hours: [i64; 4]| {
        let is_at = |(process, hours): (&mut Process, i64)| (difference(process) - hours * 3600).abs() < 60;
        assert!(processes.iter_mut().zip(hours).all(is_at), "the clocks are shifted");
    };
    are_at(&mut processes, [0, 0, 1, -1]);
    order(&mut processes, "fail");
    let all =
        |processes: &mut [Process], closed: u64| reports(processes).iter().all(|told| told.closed == closed);
    let state = || field_of(&mut server.connection(), worker::name(0), "state");
    let opened = wait_until("all open, and the store", secs(5), || {
        all(&mut processes, 0) && state().as_deref() == Some("o")
    });
    order(&mut processes, "work");
    set(0, "+3600");
    set(1, "-3600");
    are_at(&mut processes, [1, -1, 1, -1]);
    let calls: u64 = reports(&mut processes).iter().map(|told| told.calls).sum();
    let closed =
        wait_until("all close", secs(5), || all(&mut processes, 1) && state().as_deref() == Some("c"));
    println!(
        "clocks of nodes that are an hour wrong and step by an hour: open after {opened:.0?}, closed {closed:.0?} later"
    );
    assert!(closed > ms(500), "not before the end of the open time, which is 1 s: {closed:?}");
    let trials = reports(&mut processes).iter().map(|told| told.calls).sum::<u64>() - calls;
    assert!(trials < 20, "{trials} calls");
    // They step back to the same time.
    set(2, "-3600");
    set(3, "+3600");
    go_on(&mut processes, 20);
    are_at(&mut processes, [1, -1, -1, 1]);
    for told in reports(&mut processes) {
        assert_eq!((told.closed, told.degraded, told.connected, told.nodes), (1, 0, 1, 4));
    }
    let _ = std::fs::remove_dir_all(directory);
}

/// The library that shifts the clock of a program, where the package is installed.
fn library() -> Option<String> {
    let output = Command::new("faketime").args(["-f", "+0", "env"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().find_map(|line| line.strip_prefix("LD_PRELOAD="))?.to_owned())
}
