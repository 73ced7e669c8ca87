use super::CircuitState;
use crate::time::Nanos;

/// The properties of a circuit that eviction needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EvictionCandidate {
    /// The stored state: an open circuit stays open until a call.
    pub(super) state: CircuitState,
    /// Whether it has counted a failure or a slow call.
    pub(super) counting: bool,
    /// When an open circuit admits a probe.
    pub(super) open_until: Nanos,
}

/// The loss if a circuit is evicted. Smaller values are evicted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EvictionClass {
    /// No loss.
    Idle,
    /// A count that has not opened it.
    Counting,
    /// It must not be evicted.
    Protected,
}

/// The number of recovery timeouts without a call after which an open circuit is idle.
///
/// Ten: active callers have come back several times by then, even if they wait longer than the circuit does. With the
/// default recovery timeout this is five minutes, so that unused keys do not fill a set permanently.
pub(super) const ABANDONED_AFTER: u64 = 10;

impl EvictionCandidate {
    /// `last_call` is the last call that found it open or half-open, if known.
    ///
    /// A state that an operator has set is kept without a time limit.
    pub(super) fn class(
        self,
        last_call: Option<Nanos>,
        now: Nanos,
        recovery_timeout: Nanos,
    ) -> EvictionClass {
        let after = |moment: Nanos, timeouts: u64| {
            moment.plus(Nanos::new(recovery_timeout.get().saturating_mul(timeouts)))
        };
        let idle = match self.state {
            CircuitState::Closed if self.counting => return EvictionClass::Counting,
            CircuitState::Closed => true,
            // The call that opened it was at least one recovery timeout earlier.
            CircuitState::Open => {
                let called = last_call.is_none_or(|moment| after(moment, ABANDONED_AFTER).is_over(now));
                called && after(self.open_until, ABANDONED_AFTER - 1).is_over(now)
            }
            CircuitState::HalfOpen => {
                last_call.is_some_and(|moment| after(moment, ABANDONED_AFTER).is_over(now))
            }
            CircuitState::ForcedOpen | CircuitState::Disabled | CircuitState::MetricsOnly => false,
        };
        if idle { EvictionClass::Idle } else { EvictionClass::Protected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_is_idle_when_it_is_closed_and_counts_nothing_or_has_been_abandoned() {
        let (closed, open, half_open) = (CircuitState::Closed, CircuitState::Open, CircuitState::HalfOpen);
        for (state, counting, open_until, last_call, now, class) in [
            (closed, false, 0, None, 0, EvictionClass::Idle),
            (closed, true, 0, None, 1000, EvictionClass::Counting),
            // Opened at 100 for 7, which is the recovery timeout.
            (open, true, 107, None, 169, EvictionClass::Protected),
            (open, true, 107, None, 170, EvictionClass::Idle),
            (open, true, 107, Some(103), 172, EvictionClass::Protected),
            (open, true, 107, Some(103), 173, EvictionClass::Idle),
            // Opened for longer: protected during its open time.
            (open, true, 500, Some(103), 499, EvictionClass::Protected),
            (open, true, 500, Some(103), 562, EvictionClass::Protected),
            (open, true, 500, Some(103), 563, EvictionClass::Idle),
            (open, true, u64::MAX, Some(103), u64::MAX - 1, EvictionClass::Protected),
            (half_open, true, 107, None, u64::MAX - 1, EvictionClass::Protected),
            (half_open, true, 107, Some(110), 179, EvictionClass::Protected),
            (half_open, true, 107, Some(110), 180, EvictionClass::Idle),
            (CircuitState::ForcedOpen, false, 0, Some(0), 1000, EvictionClass::Protected),
            (CircuitState::Disabled, false, 0, Some(0), 1000, EvictionClass::Protected),
            (CircuitState::MetricsOnly, false, 0, Some(0), 1000, EvictionClass::Protected),
        ] {
            let candidate = EvictionCandidate { state, counting, open_until: Nanos::new(open_until) };
            let last_call = last_call.map(Nanos::new);
            let found = candidate.class(last_call, Nanos::new(now), Nanos::new(7));
            assert_eq!(found, class, "{candidate:?}, called at {last_call:?}, at {now}");
        }
        let never = EvictionCandidate { state: open, counting: true, open_until: Nanos::NEVER };
        assert_eq!(
            never.class(Some(Nanos::ZERO), Nanos::new(u64::MAX - 1), Nanos::NEVER),
            EvictionClass::Protected
        );
    }
}
