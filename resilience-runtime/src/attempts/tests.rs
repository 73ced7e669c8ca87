//! The machines against independently written models: whole calls, in plain numbers.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::backoff::{Backoff, Jitter};
use crate::rng::Chance;
use crate::time::Nanos;

const SECOND: Duration = Duration::from_secs(1);

/// An attempt of a script: its duration and its result.
#[derive(Clone, Copy, Debug)]
struct Scripted {
    takes: u64,
    brings: Brings,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Brings {
    Good,
    NotYet,
    /// A retryable error, and the wait that the server requests.
    Again {
        hint: u64,
    },
    Fatal,
    /// It was dropped when its time was up.
    Cut,
}

/// When each attempt began, when the call ended, and why.
#[derive(Debug, PartialEq)]
struct Story {
    began: Vec<u128>,
    ended: u128,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    /// With the result of the last attempt.
    Returned,
    /// Retry: after a failed attempt, the last one.
    Failed,
    TimedOut,
    Exhausted,
    /// Poll: the requested wait is longer than the time left.
    RetryAfter,
    /// The script ended first.
    Unfinished,
}

/// The waits of the schedules that the models support. None of them is random.
#[derive(Clone, Copy, Debug)]
enum Waits {
    Constant(u64),
    Linear(u64),
    Doubling(u64, u64),
}

impl Waits {
    fn backoff(self) -> Backoff {
        match self {
            Self::Constant(base) => Backoff::constant(Duration::from_nanos(base)),
            Self::Linear(base) => Backoff::linear(Duration::from_nanos(base)),
            Self::Doubling(base, cap) => {
                Backoff::exponential(Duration::from_nanos(base)).max(Duration::from_nanos(cap.max(base)))
            }
        }
    }

    /// The wait after failure number `nth`, from 1.
    fn after(self, nth: usize) -> u128 {
        match self {
            Self::Constant(base) => u128::from(base),
            Self::Linear(base) => u128::from(base) * nth as u128,
            Self::Doubling(base, cap) => {
                (0..nth - 1).fold(u128::from(base), |wait, _| (wait * 2).min(u128::from(cap.max(base))))
            }
        }
    }
}

fn waits() -> impl Strategy<Value = Waits> {
    prop_oneof![
        (0_u64..50).prop_map(Waits::Constant),
        (0_u64..20).prop_map(Waits::Linear),
        (0_u64..20, 0_u64..100).prop_map(|(base, cap)| Waits::Doubling(base, cap)),
    ]
}

fn script(brings: impl Strategy<Value = Brings>) -> impl Strategy<Value = Vec<Scripted>> {
    let scripted = (0_u64..30, brings).prop_map(|(takes, brings)| Scripted { takes, brings });
    prop::collection::vec(scripted, 1..25)
}

fn errors() -> impl Strategy<Value = Brings> {
    prop_oneof![
        8 => prop_oneof![3 => Just(0), 1 => 0_u64..200].prop_map(|hint| Brings::Again { hint }),
        1 => Just(Brings::Fatal),
        1 => Just(Brings::Good),
    ]
}

fn looks() -> impl Strategy<Value = Brings> {
    prop_oneof![
        4 => Just(Brings::Good),
        4 => Just(Brings::NotYet),
        3 => prop_oneof![3 => Just(0), 1 => 0_u64..200].prop_map(|hint| Brings::Again { hint }),
        1 => Just(Brings::Fatal),
        1 => Just(Brings::Cut),
    ]
}

/// The model of a retry.
fn retry_model(script: &[Scripted], times: Option<u32>, waits: Waits, deadline: Option<u64>) -> Story {
    let (mut now, mut began) = (0_u128, Vec::new());
    for scripted in script {
        began.push(now);
        now += u128::from(scripted.takes);
        let hint = match scripted.brings {
            Brings::Good => return Story { began, ended: now, end: End::Returned },
            Brings::Again { hint } => u128::from(hint),
            _ => return Story { began, ended: now, end: End::Failed },
        };
        let made = began.len();
        let next = now + waits.after(made).max(hint);
        let allowed = times.is_none_or(|times| made < times as usize);
        if !allowed || deadline.is_some_and(|deadline| next >= u128::from(deadline)) {
            return Story { began, ended: now, end: End::Failed };
        }
        now = next;
    }
    Story { began, ended: now, end: End::Unfinished }
}

/// A retry by the machine.
fn retry_machine(script: &[Scripted], policy: &RetryPolicy) -> Story {
    let (mut now, mut began) = (0_u64, Vec::new());
    let mut attempts = RetryAttempts::new();
    for scripted in script {
        began.push(u128::from(now));
        now += scripted.takes;
        let (again, hint) = match scripted.brings {
            Brings::Good => return Story { began, ended: now.into(), end: End::Returned },
            Brings::Again { hint } => (true, hint),
            _ => (false, 0),
        };
        let wait = attempts.failed(policy, again, Nanos::new(now), Nanos::new(hint), Chance::MOST).ok();
        assert_eq!(attempts.number() as usize, began.len());
        match wait {
            Some(wait) => now += wait.get(),
            None => return Story { began, ended: now.into(), end: End::Failed },
        }
    }
    Story { began, ended: now.into(), end: End::Unfinished }
}

/// The settings of a poll, in plain numbers.
#[derive(Clone, Copy, Debug)]
struct Rules {
    waits: Waits,
    timeout: Option<u64>,
    times: Option<u32>,
    hold_for: u64,
    max_ignored: Option<u32>,
}

impl Rules {
    fn policy(self) -> PollPolicy {
        let mut policy = PollPolicy::new().forever().backoff(self.waits.backoff());
        if let Some(timeout) = self.timeout {
            policy = policy.timeout(Duration::from_nanos(timeout));
        }
        if let Some(times) = self.times {
            policy = policy.times(times);
        }
        if let Some(max_ignored) = self.max_ignored {
            policy = policy.max_ignored(max_ignored);
        }
        policy.hold_for(Duration::from_nanos(self.hold_for))
    }
}

fn rules() -> impl Strategy<Value = Rules> {
    (
        waits(),
        prop::option::of(0_u64..400),
        prop::option::of(1_u32..15),
        prop_oneof![Just(0), 0_u64..120],
        prop::option::of(1_u32..5),
    )
        .prop_map(|(waits, timeout, times, hold_for, max_ignored)| {
            let hold_for = timeout.map_or(hold_for, |timeout| hold_for.min(timeout));
            Rules { waits, timeout, times, hold_for, max_ignored }
        })
}

/// The model of a poll: every decision examines all earlier attempts.
fn poll_model(script: &[Scripted], rules: Rules) -> Story {
    let (mut now, mut began, mut seen) = (0_u128, Vec::new(), Vec::<(Brings, u128)>::new());
    let hold_for = u128::from(rules.hold_for);
    for scripted in script {
        began.push(now);
        now += u128::from(scripted.takes);
        seen.push((scripted.brings, now));
        let good = seen.iter().rev().take_while(|(brings, _)| *brings == Brings::Good).last();
        let held_at = good.map(|(_, since)| since + hold_for);
        let ignored = seen
            .iter()
            .rev()
            .filter(|(brings, _)| *brings != Brings::Cut)
            .take_while(|(brings, _)| matches!(brings, Brings::Again { .. }))
            .count();
        let too_many = rules.max_ignored.is_some_and(|most| ignored >= most as usize)
            && matches!(scripted.brings, Brings::Again { .. });
        if scripted.brings == Brings::Fatal || too_many || held_at.is_some_and(|held_at| now >= held_at) {
            return Story { began, ended: now, end: End::Returned };
        }
        if rules.times.is_some_and(|times| seen.len() >= times as usize) {
            return Story { began, ended: now, end: End::Exhausted };
        }
        let timeout = rules.timeout.map(u128::from);
        if timeout.is_some_and(|timeout| now >= timeout) {
            return Story { began, ended: now, end: End::TimedOut };
        }
        let hint = if let Brings::Again { hint } = scripted.brings { hint.into() } else { 0 };
        if timeout.is_some_and(|timeout| now + hint > timeout) {
            return Story { began, ended: now, end: End::RetryAfter };
        }
        let next = now + rules.waits.after(seen.len());
        let least = now + hint;
        now = [Some(next), held_at, timeout].into_iter().flatten().min().unwrap_or(next).max(least);
    }
    Story { began, ended: now, end: End::Unfinished }
}

/// A poll by the machine.
fn poll_machine(script: &[Scripted], policy: &PollPolicy) -> Story {
    let (mut now, mut began) = (0_u64, Vec::new());
    let mut attempts = PollAttempts::new();
    for scripted in script {
        began.push(u128::from(now));
        now += scripted.takes;
        let elapsed = Nanos::new(now);
        let step = match scripted.brings {
            Brings::Good => attempts.next(policy, PollVerdict::Good, elapsed, Nanos::ZERO, Chance::MOST),
            Brings::NotYet => attempts.next(policy, PollVerdict::NotYet, elapsed, Nanos::ZERO, Chance::MOST),
            Brings::Again { hint } => {
                attempts.next(policy, PollVerdict::Ignored, elapsed, Nanos::new(hint), Chance::MOST)
            }
            Brings::Cut => PollStep::GoOn(attempts.cut(policy, elapsed, Chance::MOST)),
            Brings::Fatal => {
                attempts.ended();
                PollStep::Return
            }
        };
        assert_eq!(attempts.number() as usize, began.len());
        let end = match step {
            PollStep::Return => End::Returned,
            PollStep::GoOn(Err(PollEnd::TimedOut)) => End::TimedOut,
            PollStep::GoOn(Err(PollEnd::Exhausted)) => End::Exhausted,
            PollStep::GoOn(Err(PollEnd::RetryAfter(_))) => End::RetryAfter,
            PollStep::GoOn(Ok(wait)) => {
                now += wait.get();
                continue;
            }
        };
        return Story { began, ended: now.into(), end };
    }
    Story { began, ended: now.into(), end: End::Unfinished }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn retry_tells_the_story_of_its_model(
        script in script(errors()),
        times in prop::option::of(1_u32..15),
        waits in waits(),
        deadline in prop::option::of(1_u64..400),
    ) {
        let mut policy = RetryPolicy::new().forever().backoff(waits.backoff());
        if let Some(times) = times {
            policy = policy.times(times);
        }
        if let Some(deadline) = deadline {
            policy = policy.deadline(Duration::from_nanos(deadline));
        }
        prop_assert_eq!(retry_machine(&script, &policy), retry_model(&script, times, waits, deadline));
    }

    #[test]
    fn poll_tells_the_story_of_its_model(script in script(looks()), rules in rules()) {
        prop_assert_eq!(poll_machine(&script, &rules.policy()), poll_model(&script, rules));
    }

    #[test]
    fn no_wait_of_a_retry_ends_at_or_after_its_deadline(
        elapsed in any::<u64>(), hint in any::<u64>(), deadline in 1_u64..u64::MAX, interval in any::<u64>(),
        draw in any::<u64>(),
    ) {
        let policy = RetryPolicy::new()
            .interval(Duration::from_nanos(interval))
            .deadline(Duration::from_nanos(deadline));
        let wait = RetryAttempts::new().failed(
            &policy, true, Nanos::new(elapsed), Nanos::new(hint), Chance::scripted(draw),
        );
        match wait.ok() {
            Some(wait) => {
                prop_assert!(u128::from(elapsed) + u128::from(wait.get()) < u128::from(deadline));
                prop_assert!(wait.get() >= hint);
            }
            None => prop_assert!(
                u128::from(elapsed) + u128::from(interval.max(hint)) >= u128::from(deadline)
            ),
        }
    }

    #[test]
    fn no_wait_of_a_poll_ends_after_its_timeout(
        elapsed in any::<u64>(), timeout in 0_u64..u64::MAX, interval in any::<u64>(), draw in any::<u64>(),
        good in any::<bool>(), hold in any::<u64>(),
    ) {
        let policy = PollPolicy::new()
            .interval(Duration::from_nanos(interval))
            .timeout(Duration::from_nanos(timeout))
            .hold_for(Duration::from_nanos(hold.min(timeout)));
        let seen = if good { PollVerdict::Good } else { PollVerdict::NotYet };
        match PollAttempts::new().next(&policy, seen, Nanos::new(elapsed), Nanos::ZERO, Chance::scripted(draw)) {
            PollStep::GoOn(Ok(wait)) => {
                prop_assert!(u128::from(elapsed) + u128::from(wait.get()) <= u128::from(timeout));
            }
            PollStep::GoOn(Err(end)) => {
                prop_assert_eq!(end, PollEnd::TimedOut);
                prop_assert!(elapsed >= timeout);
            }
            PollStep::Return => prop_assert!(good && hold.min(timeout) == 0),
        }
    }
}

#[test]
fn the_defaults_are_what_the_table_says() {
    assert_eq!(RetryPolicy::DEFAULT_TIMES, 3);
    assert_eq!(RetryPolicy::DEFAULT_INTERVAL, SECOND);
    assert_eq!(PollPolicy::DEFAULT_TIMEOUT, 15 * SECOND);
    assert_eq!(PollPolicy::DEFAULT_INTERVAL, SECOND);
    // Exact equality: this factor is the default.
    assert_eq!(Backoff::exponential(SECOND), Backoff::exponential(SECOND).factor(Backoff::DEFAULT_FACTOR));
    assert_eq!(Backoff::exponential(SECOND).delays().nth(1), Some(2 * SECOND));

    assert_eq!(RetryPolicy::new(), RetryPolicy::new().times(3).interval(SECOND));
    assert_eq!(RetryPolicy::new().limits(), (Nanos::NEVER, Nanos::NEVER));
    assert_eq!(RetryPolicy::default(), RetryPolicy::new());
    assert_eq!(PollPolicy::new(), PollPolicy::new().interval(SECOND));
    assert_eq!(PollPolicy::new().limit(), Nanos::of(15 * SECOND));
    assert_eq!(PollPolicy::new(), PollPolicy::new().hold_for(Duration::ZERO));
    assert_eq!(PollPolicy::default(), PollPolicy::new());
    assert_eq!((PollPolicy::new().times, PollPolicy::new().max_ignored), (None, None));
}

/// Edge cases of a retry: earlier attempts, time, hint, and the expected wait.
#[test]
fn a_retry_at_its_edges() {
    let never = Nanos::NEVER;
    let second = Nanos::of(SECOND);
    let unlimited = RetryPolicy::new().forever();
    let limited = unlimited.deadline(10 * SECOND);
    let eternal = unlimited.interval(Duration::MAX);
    let table = [
        // Without a deadline, time does not matter.
        (unlimited, Nanos::ZERO, Nanos::ZERO, Some(second)),
        (unlimited, never, Nanos::ZERO, Some(second)),
        (unlimited, Nanos::ZERO, never, Some(never)),
        (eternal, never, never, Some(never)),
        (unlimited.deadline(Duration::MAX), never, never, Some(never)),
        // With one, a wait may not reach it.
        (limited, Nanos::of(9 * SECOND), Nanos::ZERO, None),
        (limited, Nanos::new(8_999_999_999), Nanos::ZERO, Some(second)),
        (limited, never, Nanos::ZERO, None),
        (limited, Nanos::ZERO, never, None),
        (limited.interval(Duration::MAX), Nanos::ZERO, Nanos::ZERO, None),
        (limited.interval(Duration::ZERO), Nanos::of(10 * SECOND), Nanos::ZERO, None),
        (limited.interval(Duration::ZERO), Nanos::new(9_999_999_999), Nanos::ZERO, Some(Nanos::ZERO)),
        // The hint is a lower bound.
        (limited, Nanos::ZERO, Nanos::new(1), Some(second)),
        (limited, Nanos::ZERO, Nanos::of(2 * SECOND), Some(Nanos::of(2 * SECOND))),
    ];
    for (policy, elapsed, hint, wait) in table {
        let answer = RetryAttempts::new().failed(&policy, true, elapsed, hint, Chance::MOST).ok();
        assert_eq!(answer, wait, "{policy:?} at {elapsed:?} with {hint:?}");
    }
}

#[test]
fn counting_attempts_saturates() {
    let forever = RetryPolicy::new().forever();
    let mut attempts = RetryAttempts::after(u32::MAX - 1);
    for _ in 0..3 {
        let wait = attempts.failed(&forever, true, Nanos::ZERO, Nanos::ZERO, Chance::MOST).ok();
        assert_eq!((wait, attempts.number()), (Some(Nanos::of(SECOND)), u32::MAX));
    }
    let most = forever.times(u32::MAX);
    let last = |number| {
        RetryAttempts::after(number).failed(&most, true, Nanos::ZERO, Nanos::ZERO, Chance::MOST).is_err()
    };
    assert_eq!([last(u32::MAX - 2), last(u32::MAX - 1), last(u32::MAX)], [false, true, true]);

    let mut polled = PollAttempts::after(u32::MAX);
    for _ in 0..3 {
        let step =
            polled.next(&PollPolicy::new(), PollVerdict::Ignored, Nanos::ZERO, Nanos::ZERO, Chance::MOST);
        assert_eq!((step, polled.number()), (PollStep::GoOn(Ok(Nanos::of(SECOND))), u32::MAX));
    }
    // The count of consecutive ignored errors saturates.
    let step = polled.next(
        &PollPolicy::new().max_ignored(u32::MAX),
        PollVerdict::Ignored,
        Nanos::ZERO,
        Nanos::ZERO,
        Chance::MOST,
    );
    assert_eq!(step, PollStep::Return);
}

#[test]
fn a_requested_wait_without_end_ends_a_poll_even_if_it_has_no_timeout() {
    let forever = PollPolicy::new().forever();
    let next = |hint, chance| {
        PollAttempts::new().next(&forever, PollVerdict::NotYet, Nanos::of(SECOND), hint, chance)
    };
    let longest = Nanos::new(u64::MAX - 1);
    assert_eq!(next(longest, Chance::MOST), PollStep::GoOn(Ok(longest)));
    let without_end = Err(PollEnd::RetryAfter(Nanos::NEVER));
    assert_eq!(next(Nanos::NEVER, Chance::MOST), PollStep::GoOn(without_end));
}

/// The last attempt needs no wait, and a value that was held long enough ends it.
#[test]
fn a_requested_wait_does_not_replace_another_end_of_a_poll() {
    let policy = PollPolicy::new().times(2).hold_for(SECOND);
    let next = |seen, elapsed| {
        let mut attempts = PollAttempts::new();
        let _ = attempts.next(&policy, seen, Nanos::ZERO, Nanos::ZERO, Chance::MOST);
        attempts.next(&policy, seen, elapsed, Nanos::NEVER, Chance::MOST)
    };
    assert_eq!(next(PollVerdict::NotYet, Nanos::ZERO), PollStep::GoOn(Err(PollEnd::Exhausted)));
    assert_eq!(next(PollVerdict::Good, Nanos::of(SECOND)), PollStep::Return);
}

#[test]
fn a_poll_without_end_at_the_end_of_time() {
    let forever = PollPolicy::new().forever().interval(Duration::MAX).hold_for(Duration::MAX);
    let mut attempts = PollAttempts::new();
    let step = attempts.next(&forever, PollVerdict::Good, Nanos::new(5), Nanos::ZERO, Chance::MOST);
    assert_eq!(step, PollStep::GoOn(Ok(Nanos::NEVER)));
    let step =
        attempts.next(&forever, PollVerdict::NotYet, Nanos::new(u64::MAX - 1), Nanos::ZERO, Chance::MOST);
    assert_eq!(step, PollStep::GoOn(Ok(Nanos::NEVER)));
}

#[test]
fn a_policy_refuses_what_makes_no_sense_and_says_at_which_option() {
    let (retry, poll, zero) = (RetryPolicy::new(), PollPolicy::new(), Duration::ZERO);
    let errors = [
        ("times", retry.try_times(0).err()),
        ("deadline", retry.try_deadline(zero).err()),
        ("attempt_timeout", retry.try_attempt_timeout(zero).err()),
        ("attempt_timeout", retry.deadline(SECOND).try_attempt_timeout(2 * SECOND).err()),
        ("attempt_timeout", retry.attempt_timeout(2 * SECOND).try_deadline(SECOND).err()),
        ("jitter", retry.try_jitter(crate::backoff::Jitter::Ratio(1.5)).err()),
        ("times", poll.try_times(0).err()),
        ("max_ignored", poll.try_max_ignored(0).err()),
        ("hold_for", poll.timeout(SECOND).try_hold_for(2 * SECOND).err()),
        ("hold_for", poll.hold_for(2 * SECOND).try_timeout(SECOND).err()),
        ("initial_delay", poll.timeout(SECOND).try_initial_delay(2 * SECOND).err()),
        ("initial_delay", poll.initial_delay(2 * SECOND).try_timeout(SECOND).err()),
        ("attempt_timeout", poll.try_attempt_timeout(zero).err()),
        ("attempt_timeout", poll.timeout(SECOND).try_attempt_timeout(2 * SECOND).err()),
        ("jitter", poll.try_jitter(crate::backoff::Jitter::Ratio(-0.5)).err()),
    ];
    for (option, error) in errors {
        assert_eq!(error.map(|error| error.option()), Some(option));
    }
    assert!(retry.deadline(SECOND).try_attempt_timeout(SECOND).is_ok());
    assert!(retry.try_attempt_timeout(Duration::MAX).is_ok());
    assert!(poll.timeout(SECOND).try_hold_for(SECOND).is_ok());
    assert!(poll.timeout(SECOND).try_initial_delay(SECOND).is_ok());
    assert!(poll.timeout(zero).try_initial_delay(zero).is_ok());
    assert!(poll.timeout(SECOND).try_attempt_timeout(Duration::MAX).is_ok());
}

#[test]
fn the_default_timeout_of_a_poll_gives_way_and_one_that_was_set_does_not() {
    let poll = PollPolicy::new();
    let limits = [
        (poll, 15),
        (poll.hold_for(15 * SECOND), 15),
        (poll.hold_for(20 * SECOND), 20),
        (poll.hold_for(20 * SECOND).attempt_timeout(30 * SECOND), 30),
        (poll.attempt_timeout(Duration::MAX), 15),
        (poll.initial_delay(20 * SECOND), 20),
        (poll.initial_delay(10 * SECOND).hold_for(4 * SECOND), 15),
        (poll.initial_delay(10 * SECOND).hold_for(6 * SECOND).attempt_timeout(7 * SECOND), 17),
        (poll.initial_delay(10 * SECOND).timeout(10 * SECOND), 10),
        (poll.hold_for(20 * SECOND).timeout(25 * SECOND), 25),
        (poll.timeout(25 * SECOND).hold_for(20 * SECOND), 25),
    ];
    for (policy, limit) in limits {
        assert_eq!(policy.limit(), Nanos::of(limit * SECOND), "{policy:?}");
    }
}

#[test]
fn a_refused_call_waits_for_the_circuit_only_if_its_limit_leaves_time_for_a_trial() {
    let seconds = |n| Nanos::of(n * SECOND);
    let retry = RetryPolicy::new().deadline(10 * SECOND);
    let poll = PollPolicy::new().timeout(10 * SECOND);
    let cases = [
        // elapsed, until the probe; whether a retry waits, whether a poll does
        (0, 0, false, false),
        (3, 6, true, true),
        (3, 7, false, true), // a poll makes one attempt at its very end
        (3, 8, false, false),
        (11, 1, false, false),
    ];
    for (elapsed, left, retries, polls) in cases {
        let (elapsed, left) = (seconds(elapsed), seconds(left));
        let told = RetryAttempts::refused(&retry, elapsed, left);
        assert_eq!(told, retries.then_some(left), "retry: {elapsed:?}, {left:?}");
        let told = PollAttempts::new().refused(&poll, elapsed, left);
        assert_eq!(told, polls.then_some(left), "poll: {elapsed:?}, {left:?}");
    }
    assert_eq!(
        RetryAttempts::refused(&RetryPolicy::new(), Nanos::ZERO, seconds(1)),
        None,
        "without a deadline"
    );
    assert_eq!(PollAttempts::new().refused(&PollPolicy::new().forever(), Nanos::ZERO, seconds(1)), None);
}

#[test]
fn an_attempt_ends_with_the_poll_and_the_one_at_the_very_end_has_a_time_of_its_own() {
    let seconds = |n| Nanos::of(n * SECOND);
    let without = PollPolicy::new().timeout(10 * SECOND);
    let with = without.attempt_timeout(3 * SECOND);
    for (policy, began, ends) in
        [(without, 4, 10), (without, 10, 12), (without, 11, 13), (with, 4, 7), (with, 8, 10), (with, 10, 13)]
    {
        assert_eq!(policy.attempt_ends(seconds(began), seconds(2)), seconds(ends), "{policy:?} at {began}");
    }
    assert!(PollPolicy::new().timeout(Duration::ZERO).attempt_ends(Nanos::ZERO, seconds(2)).is_never());
}

#[test]
fn an_attempt_may_take_all_the_time_there_is() {
    assert!(PollPolicy::new().timeout(SECOND).try_attempt_timeout(SECOND).is_ok());
    assert!(RetryPolicy::new().deadline(SECOND).try_attempt_timeout(SECOND).is_ok());
}

#[test]
fn the_forms_of_a_builder_set_what_the_checked_ones_set_and_take_a_nanosecond_for_zero() {
    let (poll, retry) = (PollPolicy::new(), RetryPolicy::new());
    assert_eq!(poll.unchecked_timeout(SECOND), poll.timeout(SECOND));
    assert_eq!(poll.unchecked_hold_for(SECOND), poll.hold_for(SECOND));
    assert_eq!(poll.unchecked_initial_delay(SECOND), poll.initial_delay(SECOND));
    assert_eq!(retry.clamped_deadline(SECOND), retry.deadline(SECOND));
    let least = Duration::from_nanos(1);
    assert_eq!(retry.clamped_deadline(Duration::ZERO), retry.deadline(least));
    #[cfg(feature = "tokio")]
    {
        assert_eq!(poll.clamped_attempt_timeout(SECOND), poll.attempt_timeout(SECOND));
        assert_eq!(poll.clamped_attempt_timeout(Duration::ZERO), poll.attempt_timeout(least));
        assert_eq!(retry.clamped_attempt_timeout(SECOND), retry.attempt_timeout(SECOND));
        assert_eq!(retry.clamped_attempt_timeout(Duration::ZERO), retry.attempt_timeout(least));
        assert_eq!(retry.attempt_timeout(SECOND).limits(), (Nanos::of(SECOND), Nanos::NEVER));
    }
    assert!(poll.needs_no_hold() && !poll.hold_for(SECOND).needs_no_hold());
}

#[test]
fn a_policy_by_reference_is_the_same_policy() {
    let (poll, retry) = (PollPolicy::new().times(7), RetryPolicy::new().times(7));
    assert_eq!((PollPolicy::from(&poll), RetryPolicy::from(&retry)), (poll, retry));
}

#[test]
fn policies_are_shown_as_their_options_are_written() {
    let (retry, poll) = (RetryPolicy::new(), PollPolicy::new());
    let cases: [(&dyn std::fmt::Debug, &str); 7] = [
        (&retry, "RetryPolicy { times: 3, interval: 1s }"),
        (
            &retry.forever().interval(Duration::ZERO).deadline(90 * SECOND).attempt_timeout(SECOND / 2),
            "RetryPolicy { times: forever, interval: 0s, deadline: 90s, attempt_timeout: 500ms }",
        ),
        (
            &retry.backoff(Backoff::exponential(SECOND / 10).max(10 * SECOND)).jitter(Jitter::Full),
            "RetryPolicy { times: 3, backoff: exponential(100ms, max = 10s), jitter: full }",
        ),
        (&poll, "PollPolicy { timeout: 15s, interval: 1s }"),
        (&poll.forever(), "PollPolicy { timeout: forever, interval: 1s }"),
        (&poll.initial_delay(2 * SECOND), "PollPolicy { timeout: 15s, initial_delay: 2s, interval: 1s }"),
        (
            &poll
                .jitter(Jitter::Ratio(0.25))
                .times(9)
                .hold_for(5 * SECOND)
                .max_ignored(2)
                .attempt_timeout(SECOND),
            "PollPolicy { timeout: 15s, interval: 1s, jitter: 25%, times: 9, hold_for: 5s, max_ignored: 2, \
             attempt_timeout: 1s }",
        ),
    ];
    for (policy, text) in cases {
        assert_eq!(format!("{policy:?}"), text);
    }
}

#[test]
fn a_policy_that_is_wrong_says_which_values_are() {
    let (retry, poll) = (RetryPolicy::new(), PollPolicy::new());
    let cases = [
        (
            retry.try_times(0).unwrap_err(),
            "`times` must be at least 1: the first call counts as an attempt (found `times = 0`)",
        ),
        (
            retry.deadline(2 * SECOND).try_attempt_timeout(3 * SECOND).unwrap_err(),
            "`attempt_timeout` is longer than `deadline`, so it would never be reached (found `attempt_timeout = 3s`, \
             `deadline = 2s`)",
        ),
        (
            retry.try_backoff(Backoff::exponential(SECOND).factor(f64::NAN)).unwrap_err(),
            "`factor` must be a number of at least 1: waits do not shrink (found `factor = NaN`)",
        ),
        (
            poll.try_backoff(Backoff::linear(SECOND).max(SECOND / 2)).unwrap_err(),
            "`max` is below the first wait, so the backoff would never grow (found `max = 500ms`, `base = 1s`)",
        ),
        (
            poll.timeout(SECOND).try_hold_for(Duration::MAX).unwrap_err(),
            "`hold_for` is longer than `timeout`, so it could never be met (found `hold_for = forever`, `timeout = 1s`)",
        ),
        (
            poll.timeout(SECOND).try_initial_delay(2 * SECOND).unwrap_err(),
            "`initial_delay` is longer than `timeout`, so no attempt could be made in time (found `initial_delay = 2s`, \
             `timeout = 1s`)",
        ),
    ];
    for (error, text) in cases {
        assert_eq!(error.to_string(), text);
    }
}
