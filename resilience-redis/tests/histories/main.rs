//! Random histories of a fleet through the scripts of a real server, compared with a naive model: duplicates,
//! reordering, loss, crashes, flushed and evicted keys, and steps of the server's clock.
//!
//! `RESILIENCE_HISTORIES=100000` sets the number, `RESILIENCE_SEED=7` the seed.

mod history;
mod model;
mod replay;
#[path = "../support/server.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod server;

use history::Seen;
use replay::Replay;
use server::Server;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn the_scripts_do_what_the_model_does_in_random_histories() {
    let server = Server::start();
    let (count, seed) = (variable("RESILIENCE_HISTORIES", 10_000), variable("RESILIENCE_SEED", 3));
    let mut replay = Replay::new(&server, |_, text| text);
    let counts = replay.run(count, seed).unwrap_or_else(|difference| panic!("{difference}"));
    println!("{count} histories, seed {seed}: {counts:?}");
    let Seen { opened, half_opened, closed, duplicates, .. } = counts;
    assert!(opened > count / 10 && half_opened > count / 20 && closed > count / 100, "{counts:?}");
    assert!(duplicates > count, "{counts:?}");
}

/// A change of a script, which the histories have to notice: the script, what is replaced, and by what.
const MUTATIONS: [(&str, &str, &str); 17] = [
    ("report", "old[1] >= seq", "old[1] > seq + 1"),
    ("report", "ag ~= g or ", ""),
    ("report", "W > need and", "W >= need and"),
    ("report", " - old[5]", ""),
    ("report", "math.max(active, peers + 1)", "active"),
    ("report", "math.min(active, peers + 1)", "active"),
    ("report", "W > need and W - most >= need / 2", "W > need"),
    ("report", "cnt ~= tonumber", "cnt < 0 and tonumber"),
    ("report", "math.max(2, math.ceil(share * active))", "1"),
    ("acquire", "<= tonumber(high)", "< 0"),
    ("acquire", "- #over >= permits", ">= permits"),
    ("acquire", "lf == node and", "false and"),
    ("settle", "== 0 then return", "== 9 then return"),
    ("settle", "k = 0", "k = k"),
    ("start", "ZADD", "ZREM"),
    ("prelude", "un = un + d;", "un = un;"),
    ("prelude", "redis.call('UNLINK', N, F, L)", "redis.call('UNLINK', N, F)"),
];

#[test]
fn every_mutation_of_the_scripts_is_noticed() {
    let server = Server::start();
    for (script, from, to) in MUTATIONS {
        let mut applied = false;
        let mut replay = Replay::new(&server, |name, text| {
            // The prelude is a part of every script.
            if name != script && script != "prelude" || !text.contains(from) {
                return text;
            }
            applied = true;
            text.replace(from, to)
        });
        assert!(applied, "{script}: `{from}` is not there");
        assert!(replay.run(4000, 5).is_err(), "nobody notices `{to}` in place of `{from}` in {script}");
    }
}
