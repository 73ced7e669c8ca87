//! The scripts, through a real server, against a plain model: random histories, mutations of the scripts, and their use of
//! the server.

mod command;
mod history;
mod model;
mod mutations;
mod on_server;
mod replay;
mod scripts;
#[path = "../support/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

/// The histories of an ordinary run. `RESILIENCE_HISTORIES` sets another number, `RESILIENCE_HISTORIES_FROM` the first seed.
const HISTORIES: u64 = 10_000;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("expected a number in {name}, found `{text}`")))
}

#[test]
fn the_scripts_do_what_the_model_does_in_random_histories() {
    let histories = setting("RESILIENCE_HISTORIES").unwrap_or(HISTORIES);
    let counts = replay::run_many(histories, setting("RESILIENCE_HISTORIES_FROM").unwrap_or(0));
    println!("{histories} histories: {counts:?}");
    assert!(counts.least() >= histories / 100, "the histories miss a part: {counts:?}");
}
