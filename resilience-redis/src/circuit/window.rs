//! What a circuit has counted, and what of it is new.

use std::time::Duration;

use resilience::CircuitState;
use resilience::circuit_store::{LocalCircuit, SharedRules};
use tokio::time::Instant;

/// The window of a circuit, as it is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) calls: u32,
    pub(super) failures: u32,
    pub(super) slow: u32,
    pub(super) vote: u32,
}

impl Window {
    pub(super) const fn of(local: LocalCircuit) -> Self {
        let LocalCircuit { calls, failures, slow, vote, .. } = local;
        Self { calls, failures, slow, vote }
    }

    pub(super) const fn has_faults(self) -> bool {
        self.failures > 0 || self.slow > 0 || self.vote > 0
    }

    pub(super) const fn faults(self) -> (u32, u32, u32) {
        (self.failures, self.slow, self.vote)
    }
}

/// What was counted in a time of which the store is not told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Baseline {
    at: Instant,
    generation: u64,
    recorded: u64,
    calls: u32,
    failures: u32,
    slow: u32,
}

impl Baseline {
    /// All that the circuit has counted until now.
    pub(super) const fn new(local: LocalCircuit, now: Instant) -> Self {
        let LocalCircuit { calls, failures, slow, generation, recorded, .. } = local;
        Self { at: now, generation, recorded, calls, failures, slow }
    }

    /// The window without what was counted before. `None` if nothing of that is left in it.
    pub(super) fn since(&mut self, local: LocalCircuit, rules: &SharedRules, now: Instant) -> Option<Window> {
        let LocalCircuit { calls, failures, slow, vote, generation, .. } = local;
        // An open circuit becomes half-open by time alone: that is no new failure.
        let is_next = local.state == CircuitState::HalfOpen && generation == self.generation.wrapping_add(1);
        let is_old_opening = is_open(local) && (generation == self.generation || is_next);
        self.calls = self.calls.min(calls);
        self.failures = self.failures.min(failures);
        self.slow = self.slow.min(slow);
        if !is_old_opening && self.is_forgotten(local, rules, now) {
            return None;
        }
        let new = failures - self.failures;
        let vote = match is_open(local) {
            true => u32::from(!is_old_opening) * 1000,
            false if failures == 0 => 0,
            false => part(vote, new, failures),
        };
        let calls = if rules.window_calls > 0 { self.new_calls(local) } else { calls - self.calls };
        Some(Window { calls, failures: new, slow: slow - self.slow, vote })
    }

    /// Whether the circuit's window has forgotten the failures. Failures in a row have no age: a success ends them.
    fn is_forgotten(&self, local: LocalCircuit, rules: &SharedRules, now: Instant) -> bool {
        let is_empty = self.failures == 0 && self.slow == 0;
        let is_old = rules.window > Duration::ZERO && now.saturating_duration_since(self.at) >= rules.window;
        let is_replaced = rules.window_calls > 0 && self.new_calls(local) >= rules.window_calls;
        is_empty || is_old || is_replaced
    }

    /// The calls that a window of calls has recorded since.
    fn new_calls(&self, local: LocalCircuit) -> u32 {
        let new = local.recorded.saturating_sub(self.recorded);
        u32::try_from(new).unwrap_or(u32::MAX).min(local.calls)
    }
}

fn is_open(local: LocalCircuit) -> bool {
    matches!(local.state, CircuitState::Open | CircuitState::HalfOpen)
}

/// The part of the vote that `new` of `all` failures have, rounded up.
fn part(vote: u32, new: u32, all: u32) -> u32 {
    let part = (u64::from(vote) * u64::from(new)).div_ceil(u64::from(all));
    u32::try_from(part).unwrap_or(vote)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use resilience::circuit_store::{Sharing, StoreHandle};
    use resilience::{CircuitBreaker, CircuitConfig};

    use super::*;

    struct Counted {
        breaker: Arc<CircuitBreaker>,
        shared: StoreHandle,
        baseline: Option<Baseline>,
    }

    impl Counted {
        fn new(name: &'static str, config: CircuitConfig) -> Self {
            let breaker = Arc::new(CircuitBreaker::try_new(name, config).expect("valid"));
            let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).expect("it has none");
            Self { breaker, shared, baseline: None }
        }

        fn calls(&self, failures: u32, successes: u32) {
            for _ in 0..failures {
                self.breaker.try_acquire().expect("closed").failure_because("down");
            }
            for _ in 0..successes {
                self.breaker.try_acquire().expect("closed").success();
            }
        }

        fn begin_anew(&mut self) {
            self.baseline = Some(Baseline::new(self.shared.local(), Instant::now()));
        }

        fn window(&mut self) -> Window {
            let (local, rules) = (self.shared.local(), self.shared.rules());
            let since = self.baseline.as_mut().and_then(|it| it.since(local, &rules, Instant::now()));
            since.unwrap_or(Window::of(local))
        }
    }

    const MINUTES: Duration = Duration::from_secs(600);

    #[tokio::test(start_paused = true)]
    async fn an_old_opening_is_not_reported_when_it_becomes_half_open() {
        let mut it = Counted::new("post", CircuitConfig::new().recovery_timeout(Duration::from_secs(1)));
        it.calls(5, 0);
        assert_eq!(it.window().vote, 1000);
        it.begin_anew();
        assert_eq!(it.window().vote, 0);
        tokio::time::advance(Duration::from_secs(2)).await;
        let breaker = it.breaker.clone();
        let trial = breaker.try_acquire().expect("half-open");
        assert_eq!((it.breaker.state(), it.window().vote), (CircuitState::HalfOpen, 0));
        trial.failure_because("still down");
        assert_eq!((it.breaker.state(), it.window().vote), (CircuitState::Open, 1000));
    }

    #[tokio::test(start_paused = true)]
    async fn old_failures_in_a_row_never_vote_and_new_ones_do() {
        let mut it = Counted::new("mail", CircuitConfig::new());
        it.calls(3, 0);
        it.begin_anew();
        tokio::time::advance(MINUTES).await;
        assert_eq!(it.window(), Window::default(), "ten minutes later");
        it.calls(1, 0);
        assert_eq!(it.window(), Window { failures: 1, vote: 200, ..Window::default() });
        it.calls(0, 1);
        assert_eq!(it.window(), Window::default());
        it.calls(1, 0);
        assert_eq!(it.window().vote, 200, "a success has ended the row");
    }

    #[tokio::test(start_paused = true)]
    async fn old_failures_of_a_window_of_calls_never_vote_until_other_calls_have_replaced_them() {
        let config = CircuitConfig::new().failure_rate(0.9).window_calls(10).min_calls(10);
        let mut it = Counted::new("fax", config);
        it.calls(4, 6);
        it.begin_anew();
        tokio::time::advance(MINUTES).await;
        assert_eq!(it.window(), Window::default(), "ten minutes later");
        it.calls(0, 2);
        it.calls(1, 0);
        let Window { calls, failures, .. } = it.window();
        assert_eq!(calls, 3, "the new ones");
        assert!(failures <= 1, "{failures}");
        it.calls(1, 6);
        assert_eq!(it.window(), Window { calls: 10, failures: 2, slow: 0, vote: 0 }, "all are new");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_a_window_of_time_are_forgotten_with_it() {
        let time = Duration::from_secs(120);
        let mut it = Counted::new("chat", CircuitConfig::new().failure_threshold(4).within(time));
        it.calls(2, 0);
        it.begin_anew();
        tokio::time::advance(time / 2).await;
        it.calls(1, 0);
        assert_eq!(it.window(), Window { failures: 1, vote: 250, ..Window::default() });
        tokio::time::advance(time / 2 + Duration::from_secs(1)).await;
        assert_eq!((it.window().failures, it.window().vote), (1, 250), "the new one is left");
    }
}
