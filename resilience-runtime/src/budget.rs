//! Limits on the retries of a program, relative to its calls.

use std::fmt;
#[cfg(feature = "testing")]
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{ConfigError, Value, or_panic};
use crate::ratio::Ratio;
#[cfg(feature = "testing")]
use crate::test_scope::{self, SlotId};
use crate::time::Nanos;

/// The window moves in steps of one tenth.
const SLOTS: usize = 10;

const DEFAULT_RATIO: Ratio = Ratio::of(0.2).expect("0.2 is above 0 and at most 1");

/// A limit on retries, shared by all functions and calls that use it.
///
/// If a service is down and every caller repeats every call, retries can overload what is left of the service. A
/// budget limits them relative to the traffic: 20 % of the calls of the last 10 seconds may be repeated, plus 10
/// calls per second: 100 within the 10 seconds, all at once if need be. If the budget is empty, a failing call returns
/// its error at once, unchanged, and listeners get [`GiveUpReason::Budget`](crate::telemetry::GiveUpReason::Budget).
///
/// The constructor is `const`, for use in a `static`. An invalid constant does not compile.
///
/// ```
/// use resilience::{RetryBudget, retry};
///
/// static DB: RetryBudget = RetryBudget::new().ratio(0.1).min_per_second(5);
///
/// #[retry(times = 3, budget = &DB)]
/// fn query(id: u64) -> Result<String, std::io::Error> {
///     Ok(format!("row {id}"))
/// }
///
/// #[retry(times = 3, budget = 20%)]    // one of the function's own
/// fn ping() -> Result<(), std::io::Error> {
///     Ok(())
/// }
/// # assert_eq!(query(1).unwrap(), "row 1");
/// # ping().unwrap();
/// ```
///
/// | setting | default |
/// |---|---|
/// | [`ratio`](Self::ratio) | 20 % of the calls |
/// | [`min_per_second`](Self::min_per_second) | 10 per second, regardless of the calls |
/// | [`window`](Self::window) | 10 s |
///
/// Counting a call is a single atomic addition. The clock is only read for a retry, and by the first call after it: the
/// calls in between are assumed to be evenly distributed. A window forgets one tenth of itself at once.
///
/// The defaults are those of the retry budget of Finagle, which introduced it.
pub struct RetryBudget {
    ratio: Ratio,
    min_per_second: u32,
    window: Nanos,
    /// Calls that have not been assigned to a slot.
    fresh: AtomicU64,
    /// The slot up to which calls have been assigned, plus one. Zero: there is no slot yet.
    spread_to: AtomicU64,
    calls: [SlotCount; SLOTS],
    withdrawals: [SlotCount; SLOTS],
    #[cfg(feature = "testing")]
    in_scopes: SlotId,
}

/// ```text
/// ┌─────────────────────────┬─────────┐
/// │ slot, its low 32 bits   │  count  │
/// └─────────────────────────┴─────────┘
/// ```
struct SlotCount(AtomicU64);

impl RetryBudget {
    /// 20 % of the calls plus 10 per second, over a window of 10 seconds.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ratio: DEFAULT_RATIO,
            min_per_second: 10,
            window: Nanos::new(10_000_000_000),
            fresh: AtomicU64::new(0),
            spread_to: AtomicU64::new(0),
            calls: [const { SlotCount(AtomicU64::new(0)) }; SLOTS],
            withdrawals: [const { SlotCount(AtomicU64::new(0)) }; SLOTS],
            #[cfg(feature = "testing")]
            in_scopes: SlotId::new(),
        }
    }

    /// Sets the ratio of calls that may be repeated, above 0 and at most 1.
    ///
    /// # Panics
    /// On any other number. In a `static`, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn ratio(self, ratio: f64) -> Self {
        or_panic!(self.try_ratio(ratio))
    }

    /// Like [`ratio`](Self::ratio), for a value that is only known at run time.
    ///
    /// # Errors
    /// If `ratio` would panic.
    pub const fn try_ratio(mut self, ratio: f64) -> Result<Self, ConfigError> {
        let Some(checked) = Ratio::of(ratio) else {
            let message = "the `ratio` of a retry budget must be above 0 and at most 1";
            return Err(ConfigError::new("ratio", message, Value::number(ratio)));
        };
        self.ratio = checked;
        Ok(self)
    }

    /// Sets the number of retries per second that are allowed regardless of the calls. 0 for none.
    #[must_use]
    pub const fn min_per_second(mut self, retries: u32) -> Self {
        self.min_per_second = retries;
        self
    }

    /// Sets how long a call and a retry count.
    ///
    /// # Panics
    /// If it is zero. In a `static`, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn window(self, window: Duration) -> Self {
        or_panic!(self.try_window(window))
    }

    /// Like [`window`](Self::window), for a value that is only known at run time.
    ///
    /// # Errors
    /// If it is zero.
    pub const fn try_window(mut self, window: Duration) -> Result<Self, ConfigError> {
        if window.is_zero() {
            let message = "the `window` of a retry budget must be longer than zero";
            return Err(ConfigError::new("window", message, Value::Time(Nanos::ZERO)));
        }
        self.window = Nanos::of(window);
        Ok(self)
    }

    /// Counts a call. `now` is only called for the first one, and for the first one after each retry.
    #[inline]
    pub(crate) fn deposit(&self, now: impl FnOnce() -> Nanos) {
        #[cfg(feature = "testing")]
        if let Some(own) = self.in_scope() {
            return own.count(now);
        }
        self.count(now);
    }

    /// The budget of the current test scope, which begins without calls.
    #[cfg(feature = "testing")]
    fn in_scope(&self) -> Option<Arc<Self>> {
        let Self { ratio, min_per_second, window, .. } = *self;
        test_scope::replaced(&self.in_scopes, || Self { ratio, min_per_second, window, ..Self::new() })
    }

    #[inline]
    fn count(&self, now: impl FnOnce() -> Nanos) {
        // Relaxed, as everything here: each word publishes only itself. A withdrawal that does not yet see the last
        // few calls may be denied because of that.
        if self.fresh.fetch_add(1, Ordering::Relaxed) == 0 {
            self.begin(now());
        }
    }

    #[cold]
    fn begin(&self, now: Nanos) {
        self.spread_to.store(self.slot(now) + 1, Ordering::Relaxed);
    }

    /// Withdraws a retry. Returns `false` if the budget is empty.
    pub(crate) fn withdraw(&self, now: Nanos) -> bool {
        #[cfg(feature = "testing")]
        if let Some(own) = self.in_scope() {
            return own.take(now);
        }
        self.take(now)
    }

    fn take(&self, now: Nanos) -> bool {
        let slot = self.slot(now);
        self.spread(slot);
        let allowed = self.allowed(slot);
        let SlotCount(current) = &self.withdrawals[index(slot)];
        let mut seen = current.load(Ordering::Relaxed);
        loop {
            let others = self.withdrawals.iter().enumerate().filter(|(other, _)| *other != index(slot));
            let taken = others.map(|(_, count)| count.at(slot)).sum::<u64>() + recent(seen, slot);
            if taken >= allowed {
                return false;
            }
            match current.compare_exchange_weak(
                seen,
                plus(seen, slot, 1),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// The number of retries that it holds.
    pub(crate) fn left(&self, now: Nanos) -> u64 {
        #[cfg(feature = "testing")]
        if let Some(own) = self.in_scope() {
            return own.holds(now);
        }
        self.holds(now)
    }

    fn holds(&self, now: Nanos) -> u64 {
        let slot = self.slot(now);
        self.spread(slot);
        let taken = self.withdrawals.iter().map(|count| count.at(slot)).sum();
        self.allowed(slot).saturating_sub(taken)
    }

    fn allowed(&self, slot: u64) -> u64 {
        let calls: u64 = self.calls.iter().map(|count| count.at(slot)).sum();
        let floor = u128::from(self.min_per_second) * u128::from(self.window.get()) / 1_000_000_000;
        let allowed = u128::from(self.ratio.part_of(calls)) + floor;
        u64::try_from(allowed).unwrap_or(u64::MAX)
    }

    fn slot(&self, now: Nanos) -> u64 {
        // The maximum is reserved, because `spread_to` is the slot plus one.
        (now.get() / self.window.get().div_ceil(SLOTS as u64)).min(u64::MAX - 1)
    }

    /// Distributes the calls since the last time evenly over the slots since then.
    fn spread(&self, slot: u64) {
        let fresh = self.fresh.swap(0, Ordering::Relaxed);
        let last = self.spread_to.swap(slot + 1, Ordering::Relaxed);
        if fresh == 0 {
            return;
        }
        // Includes the slot of the last distribution, which may have continued since.
        let slots = if last == 0 { 1 } else { (slot + 1).saturating_sub(last) + 1 };
        for back in 0..slots.min(SLOTS as u64) {
            // Rounded such that the parts add up to the whole.
            let (before, after) = (share(fresh, back, slots), share(fresh, back + 1, slots));
            self.calls[index(slot - back)].add(slot - back, after - before);
        }
    }
}

/// The calls in `part` of `whole` slots.
fn share(calls: u64, part: u64, whole: u64) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "at most all of the calls")]
    let share = (u128::from(calls) * u128::from(part)).div_ceil(u128::from(whole)) as u64;
    share
}

impl SlotCount {
    /// The count, if it belongs to the window that ends with `slot`.
    fn at(&self, slot: u64) -> u64 {
        recent(self.0.load(Ordering::Relaxed), slot)
    }

    fn add(&self, slot: u64, calls: u64) {
        let mut seen = self.0.load(Ordering::Relaxed);
        while let Err(other) =
            self.0.compare_exchange_weak(seen, plus(seen, slot, calls), Ordering::Relaxed, Ordering::Relaxed)
        {
            seen = other;
        }
    }
}

/// The count in a word, unless it is older than the window. A count of a future slot, after the clock was set back,
/// counts as current.
fn recent(word: u64, slot: u64) -> u64 {
    let (now, then) = (low(slot), low(word >> 32));
    let apart = now.wrapping_sub(then).min(then.wrapping_sub(now));
    if u64::from(apart) < SLOTS as u64 { u64::from(low(word)) } else { 0 }
}

/// The word with `more` added in `slot`. A count of an older slot is discarded.
fn plus(word: u64, slot: u64, more: u64) -> u64 {
    let kept = if low(word >> 32) == low(slot) { u64::from(low(word)) } else { 0 };
    u64::from(low(slot)) << 32 | (kept + more).min(u64::from(u32::MAX))
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(word: u64) -> u32 {
    word as u32
}

fn index(slot: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "below 10")]
    let index = (slot % SLOTS as u64) as usize;
    index
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
    }
}

/// A budget is only equal to itself.
impl PartialEq for RetryBudget {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryBudget")
            .field("ratio", &self.ratio)
            .field("min_per_second", &self.min_per_second)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;
    /// An arbitrary time: a process has no time zero.
    const START: Nanos = Nanos::new(1 << 62);

    fn after(seconds: u64) -> Nanos {
        START.plus(Nanos::new(seconds * SECOND))
    }

    fn begin(budget: &RetryBudget, calls: u32, now: Nanos) {
        (0..calls).for_each(|_| budget.deposit(|| now));
    }

    fn granted(budget: &RetryBudget, now: Nanos) -> usize {
        (0..10_000).filter(|_| budget.withdraw(now)).count()
    }

    #[test]
    fn a_fifth_of_the_calls_and_ten_a_second_may_be_repeated() {
        let budget = RetryBudget::new();
        assert_eq!(granted(&budget, START), 100);
        begin(&budget, 1_004, START);
        assert_eq!(granted(&budget, START), 200);
        assert_eq!(granted(&budget, START), 0);
    }

    #[test]
    fn calls_and_retries_are_forgotten_with_the_window() {
        let budget = RetryBudget::new().min_per_second(0);
        begin(&budget, 100, START);
        assert!(budget.withdraw(START), "the calls belong to this second");
        assert_eq!(granted(&budget, after(9)), 19);
        assert_eq!(granted(&budget, after(10)), 0);
        begin(&budget, 100, after(10));
        assert_eq!(granted(&budget, after(10)), 1, "nineteen retries are younger than the window");
        assert_eq!(granted(&budget, after(19)), 19, "and are forgotten now");
    }

    #[test]
    fn calls_of_a_long_time_without_a_retry_are_taken_to_be_spread_evenly() {
        let budget = RetryBudget::new().min_per_second(0);
        begin(&budget, 1_000, START);
        // A hundred slots, of which ten are in the window.
        assert_eq!(granted(&budget, after(99)), 20);
    }

    #[test]
    fn only_the_first_call_after_a_retry_reads_a_clock() {
        let budget = RetryBudget::new();
        for _ in 0..3 {
            begin(&budget, 1, START);
            (0..100).for_each(|_| budget.deposit(|| unreachable!("it is not the first call")));
            assert!(budget.withdraw(START));
        }
    }

    #[test]
    fn calls_after_a_quiet_time_belong_to_the_time_when_they_began() {
        let budget = RetryBudget::new().min_per_second(0);
        begin(&budget, 5, START);
        assert_eq!(granted(&budget, START), 1);
        begin(&budget, 1_000, after(3_600));
        assert_eq!(granted(&budget, after(3_600)), 200);
    }

    #[test]
    fn what_cannot_be_a_budget_is_refused() {
        for ratio in [0.0, -0.1, 1.000_1, f64::NAN, f64::INFINITY] {
            let error = RetryBudget::new().try_ratio(ratio).expect_err("it is no share");
            assert_eq!(error.option(), "ratio");
        }
        let error = RetryBudget::new().try_window(Duration::ZERO).expect_err("it holds no time");
        assert_eq!(
            error.to_string(),
            "the `window` of a retry budget must be longer than zero (found `window = 0s`)"
        );
        assert!(RetryBudget::new().try_ratio(1.0).is_ok());
        assert_eq!(
            format!("{:?}", RetryBudget::new().min_per_second(0)),
            "RetryBudget { ratio: 20%, min_per_second: 0, window: 10s, .. }"
        );
    }

    #[test]
    fn any_window_and_any_clock_are_survived() {
        for window in [Duration::from_nanos(1), Duration::from_secs(1), Duration::MAX] {
            let budget = RetryBudget::new().min_per_second(u32::MAX).window(window);
            for now in [START, Nanos::ZERO, Nanos::NEVER, START, after(1)] {
                begin(&budget, 3, now);
                budget.withdraw(now);
            }
        }
    }

    #[test]
    fn threads_take_no_more_than_there_is() {
        let budget = RetryBudget::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| begin(&budget, 1_000, START));
            }
        });
        let granted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| granted(&budget, START))).collect();
            threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
        });
        assert_eq!(granted, 900);
    }

    proptest! {
        /// Compares with a list of all calls and retries with their slots.
        #[test]
        fn a_budget_grants_what_a_list_of_calls_and_retries_says(
            percent in 1..=100_u32,
            min_per_second in 0..3_u32,
            steps in prop::collection::vec((0..40_u32, 0..30_u64), 1..60),
        ) {
            let budget = RetryBudget::new().ratio(f64::from(percent) / 100.0).min_per_second(min_per_second);
            let (mut calls, mut retries) = (Vec::new(), Vec::new());
            let (mut second, mut last) = (0, 0);
            for (begun, passed) in steps {
                begin(&budget, begun, after(second));
                second += passed;
                // The calls since the last withdrawal, at even distances back from now.
                let slots = second - last + 1;
                calls.extend((0..u64::from(begun)).map(|call| second - call * slots / u64::from(begun)));
                last = second;
                let young = |slot: &&u64| second - **slot < 10;
                let allowed = calls.iter().filter(young).count() as u64 * u64::from(percent) / 100;
                let allowed = allowed + 10 * u64::from(min_per_second);
                let taken = retries.iter().filter(young).count() as u64;
                let granted = budget.withdraw(after(second));
                prop_assert_eq!(granted, taken < allowed);
                if granted {
                    retries.push(second);
                }
            }
        }
    }
}
