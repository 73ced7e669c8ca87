//! Each rule of the scripts is there for a reason: without it, the histories differ from the model.

use crate::replay::run;
use crate::scripts::Scripts;
use crate::server::Server;

/// The histories within which each mutation is noticed.
const WITHIN: u64 = 8_000;

/// The script, a text in it, and its replacement.
const MUTATIONS: &[(&str, &str, &str)] = &[
    // A clock that was set back.
    ("prelude", "now < it.time - STEP", "false"),
    ("prelude", "it.ends + by, UNKNOWN", "it.ends, UNKNOWN"),
    ("prelude", "it.ends + by, UNKNOWN", "it.ends + by, it.n_active"),
    ("prelude", "int(lease.ends + by)", "int(lease.ends)"),
    ("beat", "int(now + 1000000), '+inf'", "'+inf', '+inf'"),
    // Transitions.
    (
        "prelude",
        "windows, votes, failures, slow, leases)\n  redis.call('HDEL'",
        "windows)\n  redis.call('HDEL'",
    ),
    ("prelude", "it.failed, it.last_failed = it.failed + 1, whose", "it.last_failed = whose"),
    ("prelude", "it.failed, it.last_failed = it.failed + 1, whose", "it.failed = it.failed + 1"),
    ("prelude", "math.max(open_us, max_us)", "open_us"),
    ("prelude", "'last_failed', it.last_failed)\n  announce()", "'last_failed', it.last_failed)"),
    ("settle", "it.failed, it.lasts, it.last_failed = 0, 0, ''", "it.lasts, it.last_failed = 0, ''"),
    // Reports.
    ("report", "if epoch == '' then", "if false then"),
    ("report", "before.seq >= seq", "false"),
    ("report", " or gen ~= it.gen", ""),
    ("report", "add(before, -1)", ""),
    ("report", "add(window_of(gone), -1)", ""),
    ("report", "int(now - fresh)", "0"),
    ("report", "int(used)", "int(now)"),
    ("report", "used <= now - fresh", "false"),
    ("report", "math.max(n_active, peers + 1) or", "n_active or"),
    ("report", "math.min(n_active, peers + 1)", "n_active"),
    ("report", "math.ceil(3 * count / 10)", "0"),
    ("report", "math.max(seen, live - 1)", "seen"),
    ("report", "live > seen", "false"),
    ("report", "live > seen", "true"),
    ("report", "      forget(who)\n", ""),
    ("report", "    save_sums()\n    count_active()", "    count_active()"),
    ("report", "    save_sums()\n    count_active()", "    save_sums()"),
    ("report", "sum.votes > need", "sum.votes >= need"),
    ("report", "sum.votes - loudest(votes).votes >= need / 2", "true"),
    ("report", "sum[part] - top[part] >= rate * calls", "true"),
    ("report", "calls >= math.max(1, min_calls / 2) and", ""),
    ("report", "n[part] < quorum or", ""),
    // Keys that are lost.
    ("report", "active_lost or lost(windows, 'HLEN', n_windows)", "active_lost"),
    ("report", "if active_lost or", "if"),
    ("report", " or lost(slow, 'ZCARD', n.slow)", ""),
    ("report", "active_lost and UNKNOWN or", ""),
    ("report", "known = now + fresh / 2", ""),
    ("prelude", "#list ~= it.n_leases", "false"),
    ("report", "keep(windows)", ""),
    ("start", "keep(leases)", ""),
    // Trials.
    ("prelude", "lease.started and lease.ends <= now", "lease.ends <= now"),
    ("prelude", "lease.started and lease.ends <= now", "false"),
    ("acquire", "it.last_failed == node and", "false and"),
    ("acquire", "if lease.started or now < lease.ends then", "if true then"),
    ("acquire", "not lease.started and lease.node == node", "false"),
    ("acquire", "- it.passed", ""),
    ("acquire", "math.min(permits, math", "math.min(permits + 1, 1 + math"),
    ("acquire", "held >= math.max(1, ", "held >= math.max(0, "),
    ("start", "'s' .. name)\nkeep", "'r' .. name)\nkeep"),
    ("settle", "'s' .. name) == 0", "'s' .. name) == 9"),
    ("settle", ", 's' .. name)", ")"),
    ("settle", "then it.passed = it.passed + 1 end", "then end"),
    // The rest.
    ("beat", "  version = ARGV[3]\n  redis.call('SET', change, version, 'PX', ARGV[4])", "  version = ''"),
    ("beat", "redis.call('SET', change, version, 'PX', ARGV[4])", ""),
    ("beat", ", 'PX', ARGV[4])", ")"),
    ("beat", "int(now - live)", "0"),
    ("override", "redis.call('UNLINK', override)", ""),
    ("override", "announce()", ""),
];

#[test]
fn every_mutation_of_the_scripts_is_noticed() {
    let server = Server::start();
    let mut connection = server.connection();
    let mut unnoticed = Vec::new();
    for &(name, text, instead) in MUTATIONS {
        let scripts = Scripts::mutated(name, text, instead);
        match run(&mut connection, &scripts, 0..WITHIN) {
            Ok(_) => unnoticed.push(format!("{name}.lua: `{text}` -> `{instead}`")),
            Err(difference) => {
                println!("{name}.lua: `{text}` -> `{instead}`: noticed in history {}", difference.seed);
                assert!(!difference.is_error, "`{instead}` is no valid script: {difference}");
            }
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}
