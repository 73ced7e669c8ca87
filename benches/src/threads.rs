//! Two threads on one healthy circuit against one: wall time, as a ratio within this run.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::subjects::{closed, healthy_window, with_circuitbreaker, with_recloser};

const CALLS: u32 = 2_000_000;
const ROUNDS: u32 = 10;

type Call = fn(u32) -> bool;

pub(crate) fn print() {
    println!("\ntwo threads on one healthy circuit (wall time, best of {ROUNDS} rounds of {CALLS} calls each)");
    let subjects: [(&str, Call); 4] = [
        ("#[circuit]", |n| closed(n).is_ok()),
        ("#[circuit(window = 1024)]", |n| healthy_window(n).is_ok()),
        ("recloser", |n| with_recloser(n).is_ok()),
        ("circuitbreaker-rs", |n| with_circuitbreaker(n).is_ok()),
    ];
    for (name, call) in subjects {
        let best = |threads| (0..ROUNDS).map(|_| time(threads, call)).min().unwrap_or_default();
        let (one, two) = (best(1), best(2));
        let ratio = 2.0 * one.as_secs_f64() / two.as_secs_f64();
        let each = one.as_secs_f64() * 1e9 / f64::from(CALLS);
        println!("  {name:<30} {each:>9.1} ns   {ratio:>9.2} × one thread");
    }
}

/// Until the last of these threads has made its calls.
fn time(threads: usize, call: Call) -> Duration {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        let run = || {
            start.wait();
            let begin = Instant::now();
            for _ in 0..CALLS {
                black_box(call(black_box(1)));
            }
            begin.elapsed()
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).max().unwrap_or_default()
    })
}
