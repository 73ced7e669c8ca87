//! Handwritten circuit breakers: minimal code that makes the decision of each row. They keep no text and no generation,
//! report nothing, and accept late results.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::{FAILED, Failure, REJECTED, Subject, mostly, subject, value, work};

pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: by hand", "sync bare", |n| value(closed(n))),
    subject("window of calls: by hand", "sync bare", |n| value(window(n))),
    subject("window of calls, failures in it: by hand", "sync bare", |n| value(window_with_failures(n)))
        .prepared(|| super::a_hundred_failures(window_with_failures)),
    subject("window of time: by hand", "sync bare", |n| value(window_of_time(n))),
    subject("slow calls: by hand", "sync bare", |n| value(slow_call(n))),
    subject("failing in a row: by hand", "failing bare", |_| value(fails(FAILED))).returns(FAILED),
    subject("failing in a window: by hand", "mostly failing bare", |n| value(fails_in_window(n))).mixed(),
    subject("rejected: by hand", "sync bare", |n| value(opened(n)))
        .prepared(|| _ = opened(FAILED))
        .returns(REJECTED),
    subject("probe succeeds: by hand", "sync bare", |n| value(probed(n))).prepared(|| _ = probed(FAILED)),
    subject("open, probe, closed: by hand", "cycle bare", |n| value(cycle(FAILED)) & value(cycle(n))),
    subject("by key: by hand", "sync bare", |n| value(keyed(n))),
];

const HOURS: Duration = Duration::from_secs(36_000);

fn locked<T, R>(mutex: &Mutex<T>, look: impl FnOnce(&mut T) -> R) -> R {
    look(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Consecutive failures, in two atomics. It never closes again.
struct InARow {
    threshold: u32,
    failures: AtomicU32,
    /// In nanoseconds since [`START`]; 0 while it is closed.
    open_until: AtomicU64,
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn nanos() -> u64 {
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl InARow {
    const fn new(threshold: u32) -> Self {
        Self { threshold, failures: AtomicU32::new(0), open_until: AtomicU64::new(0) }
    }

    #[inline]
    fn call(&self, work: impl FnOnce() -> Result<u32, Failure>) -> Result<u32, Failure> {
        let until = self.open_until.load(Ordering::Relaxed);
        if until != 0 && nanos() < until {
            return Err(Failure(REJECTED));
        }
        let result = work();
        self.count(result.is_err());
        result
    }

    #[inline]
    fn count(&self, failed: bool) {
        if !failed {
            if self.failures.load(Ordering::Relaxed) != 0 {
                self.failures.store(0, Ordering::Relaxed);
            }
        } else if self.failures.fetch_add(1, Ordering::Relaxed) >= self.threshold - 1 {
            let open = u64::try_from(HOURS.as_nanos()).unwrap_or(u64::MAX);
            self.open_until.store(nanos() + open, Ordering::Relaxed);
        }
    }
}

#[inline(never)]
fn closed(n: u32) -> Result<u32, Failure> {
    static BREAKER: InARow = InARow::new(5);
    BREAKER.call(|| Ok(work(n)? + 1))
}

#[inline(never)]
fn fails(n: u32) -> Result<u32, Failure> {
    static BREAKER: InARow = InARow::new(u32::MAX);
    BREAKER.call(|| Ok(work(n)? + 1))
}

#[inline(never)]
fn opened(n: u32) -> Result<u32, Failure> {
    static BREAKER: InARow = InARow::new(1);
    BREAKER.call(|| Ok(work(n)? + 1))
}

#[inline(never)]
fn slow_call(n: u32) -> Result<u32, Failure> {
    static BREAKER: InARow = InARow::new(5);
    let start = Instant::now();
    let result = work(n).map(|n| n + 1);
    BREAKER.count(result.is_err() || start.elapsed() > HOURS);
    result
}

/// The last calls, a bit for each, behind a lock. It never opens.
struct Calls<const WORDS: usize> {
    failed: [u64; WORDS],
    next: usize,
    failures: usize,
}

impl<const WORDS: usize> Calls<WORDS> {
    const fn new() -> Mutex<Self> {
        Mutex::new(Self { failed: [0; WORDS], next: 0, failures: 0 })
    }

    /// Whether all calls of the window failed.
    fn count(&mut self, failed: bool) -> bool {
        let (word, bit) = (&mut self.failed[self.next / 64 % WORDS], self.next % 64);
        self.failures -= usize::from(*word >> bit & 1 == 1);
        self.failures += usize::from(failed);
        *word = *word & !(1 << bit) | u64::from(failed) << bit;
        self.next = (self.next + 1) % (WORDS * 64);
        self.failures == WORDS * 64
    }

    #[inline]
    fn call(calls: &Mutex<Self>, n: u32) -> Result<u32, Failure> {
        let result = work(n).map(|n| n + 1);
        if locked(calls, |calls| calls.count(result.is_err())) { Err(Failure(REJECTED)) } else { result }
    }
}

#[inline(never)]
fn window(n: u32) -> Result<u32, Failure> {
    static CALLS: Mutex<Calls<16>> = Calls::new();
    Calls::call(&CALLS, n)
}

#[inline(never)]
fn window_with_failures(n: u32) -> Result<u32, Failure> {
    static CALLS: Mutex<Calls<1024>> = Calls::new();
    Calls::call(&CALLS, n)
}

#[inline(never)]
fn fails_in_window(_: u32) -> Result<u32, Failure> {
    static CALLS: Mutex<Calls<16>> = Calls::new();
    Calls::call(&CALLS, mostly())
}

/// The calls of the last thirty seconds in ten slots, behind a lock. It never opens.
struct Slots {
    slots: [(u32, u32); 10],
    slot: u64,
}

#[inline(never)]
fn window_of_time(n: u32) -> Result<u32, Failure> {
    static SLOTS: Mutex<Slots> = Mutex::new(Slots { slots: [(0, 0); 10], slot: 0 });
    let result = work(n).map(|n| n + 1);
    let now = nanos() / 3_000_000_000;
    locked(&SLOTS, |slots| {
        while slots.slot < now {
            slots.slot += 1;
            slots.slots[(slots.slot % 10) as usize] = (0, 0);
        }
        let slot = &mut slots.slots[(now % 10) as usize];
        slot.0 += 1;
        slot.1 += u32::from(result.is_err());
    });
    result
}

/// All three states behind a lock: the first failure opens it for a nanosecond.
enum State {
    Closed,
    Open { until: Instant },
    HalfOpen { running: bool, successes: u32 },
}

fn call(state: &Mutex<State>, successes_to_close: u32, n: u32) -> Result<u32, Failure> {
    let admitted = locked(state, |state| match state {
        State::Closed => true,
        State::Open { until } => {
            let elapsed = Instant::now() >= *until;
            if elapsed {
                *state = State::HalfOpen { running: true, successes: 0 };
            }
            elapsed
        }
        State::HalfOpen { running, .. } => !std::mem::replace(running, true),
    });
    if !admitted {
        return Err(Failure(REJECTED));
    }
    let result = work(n).map(|n| n + 1);
    locked(state, |state| {
        if result.is_err() {
            *state = State::Open { until: Instant::now() + Duration::from_nanos(1) };
        } else if let State::HalfOpen { running, successes } = state {
            (*running, *successes) = (false, *successes + 1);
            if *successes >= successes_to_close {
                *state = State::Closed;
            }
        }
    });
    result
}

#[inline(never)]
fn probed(n: u32) -> Result<u32, Failure> {
    static STATE: Mutex<State> = Mutex::new(State::Closed);
    call(&STATE, u32::MAX, n)
}

#[inline(never)]
fn cycle(n: u32) -> Result<u32, Failure> {
    static STATE: Mutex<State> = Mutex::new(State::Closed);
    call(&STATE, 1, n)
}

#[inline(never)]
fn keyed(n: u32) -> Result<u32, Failure> {
    static BREAKERS: LazyLock<RwLock<HashMap<String, Arc<InARow>>>> = LazyLock::new(RwLock::default);
    let key = super::key(n);
    let known = BREAKERS.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
    let breaker = known.unwrap_or_else(|| {
        let mut breakers = BREAKERS.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(breakers.entry(key.to_owned()).or_insert_with(|| Arc::new(InARow::new(5))))
    });
    breaker.call(|| Ok(work(n)? + 1))
}
