//! Two threads on one healthy circuit against one: wall time, as a ratio within this run.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use std::sync::LazyLock;

use circuitbreaker_rs::DefaultPolicy;
use resilience::circuit;

use crate::subjects::{Failure, work};

const CALLS: u32 = 2_000_000;
const ROUNDS: u32 = 10;

type Call = fn(u32) -> bool;

// Functions of their own: one that is called from two places is compiled differently.

#[circuit]
fn in_a_row(n: u32) -> Result<u32, Failure> {
    work(n)
}

#[circuit(failure_rate = 50%, window = 1024)]
fn window(n: u32) -> Result<u32, Failure> {
    work(n)
}

static RECLOSER: LazyLock<recloser::Recloser> =
    LazyLock::new(|| recloser::Recloser::custom().closed_len(1024).build());
static CIRCUITBREAKER: LazyLock<circuitbreaker_rs::CircuitBreaker<DefaultPolicy, Failure>> =
    LazyLock::new(|| circuitbreaker_rs::CircuitBreaker::<DefaultPolicy, Failure>::builder().build());

pub(crate) fn print() {
    println!(
        "\ntwo threads on one healthy circuit (wall time, best of {ROUNDS} rounds of {CALLS} calls each)"
    );
    let subjects: [(&str, Call); 5] = [
        ("nothing shared", |n| work(n).is_ok()),
        ("#[circuit]", |n| in_a_row(n).is_ok()),
        ("#[circuit(window = 1024)]", |n| window(n).is_ok()),
        ("recloser", |n| RECLOSER.call(|| work(n)).is_ok()),
        ("circuitbreaker-rs", |n| CIRCUITBREAKER.call(|| work(n)).is_ok()),
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
