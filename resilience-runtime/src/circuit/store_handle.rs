//! The handle of a store to one circuit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::CircuitState;
use super::machine::Machine;
use super::registry::CircuitRef;
use super::rules::{Rates, Span, Trip};
use super::shared::{Opinion, Sharing, StoreControl, TrialReport, Wake};
use crate::ratio::Ratio;
use crate::telemetry::{Event, LISTENERS, StoreEvent, StoreEventKind};
use crate::time::Nanos;

/// A circuit that a store shares: see [`circuit_store`](crate::circuit_store).
///
/// Dropping the handle [detaches](Self::detach) the store: its opinion ends, and the circuit continues alone.
pub struct StoreHandle {
    circuit: CircuitRef,
    /// Also identifies this handle: a circuit has another one after it was detached and attached again.
    wake: Wake,
}

/// The error of [`StoreHandle::attach`]: another store shares the circuit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("circuit \"{name}\" is already shared by a store")]
pub struct AlreadyShared {
    name: String,
}

/// What a circuit itself has seen, regardless of its store: created by [`StoreHandle::local`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalCircuit {
    /// The state without the store's opinion. An open circuit stays open until a call.
    pub state: CircuitState,
    /// The calls in the window of a rate. Zero if only failures are counted.
    pub calls: u32,
    /// The failures in the window, or in a row.
    pub failures: u32,
    /// The slow calls in the window of a rate.
    pub slow: u32,
    /// How close the circuit is to opening, in thousandths: its failures per threshold. 1000 while it is open. For a
    /// rate: 1000 while it is open, else 0.
    pub vote: u32,
    /// The number of calls that were rejected.
    pub rejected: u64,
    /// The number of transitions.
    pub generation: u64,
    /// The number of calls that a window of the last calls has recorded, with those that it has forgotten. While it is
    /// full of successes, it records no further ones. Zero for other rules.
    pub recorded: u64,
}

/// The rules of a circuit, for the decisions of a store: created by [`StoreHandle::rules`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SharedRules {
    /// When the circuit opens.
    pub rule: SharedRule,
    /// The time that its window covers; zero if it has none.
    pub window: Duration,
    /// The number of calls that its window covers; zero if it covers a time, or has none.
    pub window_calls: u32,
    /// How long it stays open.
    pub recovery_timeout: Duration,
    /// How long it stays open at most, after recoveries that failed.
    pub max_recovery_timeout: Duration,
    /// The number of trials at once.
    pub half_open_calls: u32,
    /// The number of successes that close it.
    pub success_threshold: u32,
    /// The time after which a trial without an outcome has failed.
    pub probe_timeout: Duration,
}

/// When a circuit opens.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum SharedRule {
    /// After a number of failures.
    Count {
        /// That number.
        failures: u32,
    },
    /// At a rate.
    #[non_exhaustive]
    Rate {
        /// The failure rate, from 0 to 1.
        failures: Option<f64>,
        /// The rate of slow calls, from 0 to 1.
        slow: Option<f64>,
        /// The least number of calls.
        min_calls: u32,
    },
}

impl StoreHandle {
    /// Attaches a store to a circuit.
    ///
    /// `wake` is called without a lock, on the thread of a call, when the circuit has something to fetch: a transition
    /// or a [report](Self::reports). It must not block. It may be called less often: fetch at intervals as well.
    ///
    /// # Errors
    /// If the circuit already has a store.
    pub fn attach(
        circuit: impl Into<CircuitRef>,
        sharing: Sharing,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, AlreadyShared> {
        let (circuit, wake) = (circuit.into(), Wake(Arc::new(wake)));
        if circuit.shared_store().share(sharing, wake.clone()) {
            Ok(Self { circuit, wake })
        } else {
            Err(AlreadyShared { name: circuit.name().to_owned() })
        }
    }

    /// Detaches the store: its opinion ends, and the circuit continues alone. From then on this handle only reads, and
    /// another store may be attached.
    ///
    /// Dropping the handle does the same. This is for a store whose handles belong to a task that ends later.
    ///
    /// ```
    /// use resilience::circuit_store::{Opinion, Sharing, StoreHandle};
    /// use resilience::{CircuitBreaker, CircuitConfig};
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// let orders = Arc::new(CircuitBreaker::new("orders", CircuitConfig::new()));
    /// let old = StoreHandle::attach(orders.clone(), Sharing::Enforce, || ())?;
    /// old.detach();
    /// let _new = StoreHandle::attach(orders.clone(), Sharing::Enforce, || ())?;
    /// old.adopt(Opinion::ForcedOpen, Duration::from_secs(60));
    /// assert!(orders.is_closed());
    /// # Ok::<(), resilience::circuit_store::AlreadyShared>(())
    /// ```
    pub fn detach(&self) {
        self.circuit.shared_store().unshare(&self.wake);
    }

    /// The circuit.
    #[must_use]
    pub const fn circuit(&self) -> &CircuitRef {
        &self.circuit
    }

    /// The rules that the circuit has now.
    #[must_use]
    pub fn rules(&self) -> SharedRules {
        self.circuit.shared_store().peek(|machine| SharedRules::of(machine))
    }

    /// What the circuit itself has seen.
    #[must_use]
    pub fn local(&self) -> LocalCircuit {
        self.circuit.shared_store().read_with_rejected(LocalCircuit::of)
    }

    /// Sets the store's opinion for a time, and replaces the last one. Confirm it before the time is over: then the
    /// circuit continues alone.
    pub fn adopt(&self, opinion: Opinion, valid_for: Duration) {
        let valid_for = Nanos::of(valid_for);
        self.change(|shared, now| shared.adopt(opinion, valid_for, now));
    }

    /// Ends the store's opinion.
    pub fn withdraw(&self) {
        self.change(|shared, _| shared.forget());
    }

    /// Offers a place for a trial to the next call, and replaces an unused one. Returns `false`, and offers nothing,
    /// unless the opinion is [`Opinion::HalfOpen`].
    ///
    /// `token` identifies the place in [`reports`](Self::reports).
    #[must_use = "a place that is not offered has to be returned to the store"]
    pub fn offer(&self, token: u64, valid_for: Duration) -> bool {
        let valid_for = Nanos::of(valid_for);
        self.change(|shared, now| shared.offer(token, valid_for, now))
    }

    /// Takes back the place that no call has used yet, if there is one.
    #[must_use = "the place has to be returned to the store"]
    pub fn take_back(&self) -> Option<u64> {
        self.change(|shared, _| shared.take_back())
    }

    /// Takes the reports of trials since the last time, at most 1024.
    #[must_use]
    pub fn reports(&self) -> Vec<TrialReport> {
        self.change(|shared, _| shared.take_reports())
    }

    /// Asks for a note of the next admitted call, which takes the circuit's lock for it. Returns whether there was one
    /// since the last time.
    ///
    /// A healthy circuit counts nothing. This is the way to know that it is in use.
    #[must_use]
    pub fn arm(&self) -> bool {
        self.change(|shared, _| shared.arm())
    }

    /// Delivers an event about the store to the listeners of the program, as [`Event::Store`].
    pub fn tell(&self, kind: StoreEventKind, text: Option<&str>) {
        if LISTENERS.any() {
            let event = StoreEvent::new(self.circuit.name(), kind, text);
            LISTENERS.tell(|listener| listener(&Event::Store(event)));
        }
    }

    fn change<T: Default>(&self, change: impl FnOnce(&mut StoreControl, Nanos) -> T) -> T {
        self.circuit.shared_store().change_shared(&self.wake, change)
    }
}

impl Drop for StoreHandle {
    fn drop(&mut self) {
        self.detach();
    }
}

impl LocalCircuit {
    fn of(machine: &Machine, now: Nanos, refused: u64) -> Self {
        let state = machine.own_state();
        let is_open = matches!(state, CircuitState::Open | CircuitState::HalfOpen);
        let tally = machine.tally(now).unwrap_or_default();
        let counts = matches!(state, CircuitState::Closed | CircuitState::MetricsOnly);
        let failures = if counts { machine.failures(now) } else { 0 };
        let vote = match machine.rules().trip {
            _ if is_open => 1000,
            Trip::Rate(_) => 0,
            _ if state != CircuitState::Closed => 0,
            Trip::InARow(threshold) | Trip::Within { failures: threshold, .. } => {
                thousandths(failures, threshold)
            }
        };
        Self {
            state,
            calls: tally.calls,
            failures,
            slow: tally.slow,
            vote,
            rejected: refused.saturating_add(machine.refused()),
            generation: machine.generation(),
            recorded: machine.recorded(),
        }
    }
}

/// Rounded up: a failure is never nothing.
fn thousandths(failures: u32, threshold: u32) -> u32 {
    let part = (u64::from(failures) * 1000).div_ceil(u64::from(threshold.max(1)));
    u32::try_from(part.min(1000)).unwrap_or(1000)
}

impl SharedRules {
    fn of(machine: &Machine) -> Self {
        let rules = machine.rules();
        let (rule, window) = match rules.trip {
            Trip::InARow(failures) => (SharedRule::Count { failures }, Span::Time(Nanos::ZERO)),
            Trip::Within { failures, time } => (SharedRule::Count { failures }, Span::Time(time)),
            Trip::Rate(Rates { window, min_calls, failures, slow }) => {
                let (failures, slow) = (failures.map(Ratio::get), slow.map(Ratio::get));
                (SharedRule::Rate { failures, slow, min_calls }, window)
            }
        };
        let (window, window_calls) = match window {
            Span::Time(time) => (time, 0),
            Span::Calls(calls) => (Nanos::ZERO, calls),
        };
        Self {
            rule,
            window: window.to_duration(),
            window_calls,
            recovery_timeout: rules.open_time(0).to_duration(),
            max_recovery_timeout: rules.open_time(u32::MAX).to_duration(),
            half_open_calls: rules.half_open_calls,
            success_threshold: rules.success_threshold,
            probe_timeout: rules.probe_timeout.to_duration(),
        }
    }
}

impl fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreHandle").field(&self.circuit.name()).finish()
    }
}
