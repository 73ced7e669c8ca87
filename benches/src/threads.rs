//! Wall time of a call, and the throughput of two threads on one circuit over that of one: ratios within this run.
//!
//! Other load on the machine slows two threads down, or speeds up a contended lock, because its threads then run one
//! after the other. Therefore rounds are short, and only those count in which no thread waited for a processor, if the
//! system reports this (Linux does, in `/proc/thread-self/schedstat`).

use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::subjects::{Subject, find, work};

const CALLS: u32 = 20_000;
/// The number of rounds, of which the best is used.
const ROUNDS: u32 = 100;
/// The time limit for this number of valid rounds.
const PATIENCE: Duration = Duration::from_secs(3);

/// The paths that are measured with two threads, and their required throughput. It is printed, and not asserted,
/// because it is wall time.
pub(crate) const SHARED: [(&str, Option<f64>); 7] = [
    ("closed", Some(1.8)),
    ("window of calls", None),
    ("window of calls, failures in it", None),
    ("window of time", Some(1.2)),
    ("failing in a row", None),
    ("rejected", Some(1.8)),
    ("by key", Some(1.5)),
];
const WHOSE: [&str; 5] = ["#[circuit]", "by hand", "recloser", "failsafe", "circuitbreaker-rs"];

/// The called function, and its preparation.
type Timed = (fn(u32) -> u32, fn());

pub(crate) fn print() {
    println!("\ntwo threads over one (wall time, best of {ROUNDS} undisturbed rounds of {CALLS} calls each)");
    row("nothing shared", nothing_shared());
    for (path, _) in SHARED {
        for whose in WHOSE {
            let name = format!("{path}: {whose}");
            let Some(subject) = find(&name) else { continue };
            row(&name, timed(subject));
        }
    }
}

pub(crate) fn nothing_shared() -> Timed {
    (|n| u32::from(work(n).is_ok()), || ())
}

pub(crate) fn timed(subject: &Subject) -> Timed {
    (subject.call, subject.prepare)
}

fn row(name: &str, timed: Timed) {
    let figures = figures(timed, true);
    println!("  {name:<50} {:>10}   2T {:>6}", figures.one, figures.two.unwrap_or_default());
}

/// Wall times in printed form.
pub(crate) struct Figures {
    /// Nanoseconds of a call by one thread.
    pub(crate) one: String,
    /// The throughput of two threads divided by that of one.
    pub(crate) two: Option<String>,
    pub(crate) ratio: f64,
}

pub(crate) fn figures(timed: Timed, shared: bool) -> Figures {
    let (mut one, mut two) = (Best::new(), Best::new());
    let start = Instant::now();
    // Alternately, so that a temporarily slow machine affects both.
    while start.elapsed() < PATIENCE && !(one.is_sure() && (!shared || two.is_sure())) {
        one.add(round(1, timed));
        if shared {
            two.add(round(2, timed));
        }
    }
    let ratio = 2.0 * one.time().as_secs_f64() / two.time().as_secs_f64();
    let each = one.time().as_secs_f64() * 1e9 / f64::from(CALLS);
    Figures {
        one: format!("{}{each:.1} ns", one.mark()),
        two: shared.then(|| format!("{}{ratio:.2}", two.mark())),
        ratio,
    }
}

/// The best valid round, or the best of all if none is valid.
struct Best {
    rounds: u32,
    undisturbed: Duration,
    any: Duration,
}

impl Best {
    const fn new() -> Self {
        Self { rounds: 0, undisturbed: Duration::MAX, any: Duration::MAX }
    }

    fn add(&mut self, (time, waited): (Duration, Duration)) {
        self.any = self.any.min(time);
        if waited < time / 50 {
            self.undisturbed = self.undisturbed.min(time);
            self.rounds += 1;
        }
    }

    const fn is_sure(&self) -> bool {
        self.rounds >= ROUNDS
    }

    fn time(&self) -> Duration {
        if self.rounds > 0 { self.undisturbed } else { self.any }
    }

    /// Whether only few rounds are valid.
    const fn mark(&self) -> &'static str {
        if self.rounds < ROUNDS / 10 { "~" } else { "" }
    }
}

/// The time from the first call of any thread to the last, and the time that a thread waited for a processor.
fn round(threads: u32, (call, prepare): Timed) -> (Duration, Duration) {
    prepare();
    let ready = AtomicU32::new(0);
    let run = |number: u32| {
        let waited = waited_for_processor();
        ready.fetch_add(1, Ordering::AcqRel);
        // Not a sleeping barrier: the threads start together.
        while ready.load(Ordering::Acquire) < threads {
            std::hint::spin_loop();
        }
        let begin = Instant::now();
        for _ in 0..CALLS {
            black_box(call(black_box(number)));
        }
        let end = Instant::now();
        (begin, end, waited_for_processor().saturating_sub(waited))
    };
    let run = &run;
    thread::scope(|scope| {
        let threads: Vec<_> = (1..=threads).map(|number| scope.spawn(move || run(number))).collect();
        let times: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
        let begin = times.iter().map(|(begin, ..)| *begin).min();
        let last_begin = times.iter().map(|(begin, ..)| *begin).max();
        let end = times.iter().map(|(_, end, _)| *end).max();
        // A thread that starts late has waited too, for a processor that a hypervisor took away.
        let late = begin.zip(last_begin).map_or(Duration::ZERO, |(begin, last)| last - begin);
        let waited = times.iter().map(|(.., waited)| *waited).max().unwrap_or_default().max(late);
        let time = begin.zip(end).map_or(Duration::MAX, |(begin, end)| end.saturating_duration_since(begin));
        (time, waited)
    })
}

/// The time that this thread was ready to run and did not run.
fn waited_for_processor() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split_whitespace().nth(1).and_then(|waited| waited.parse().ok()).unwrap_or(0))
}
