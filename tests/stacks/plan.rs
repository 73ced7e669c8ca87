//! The plan of a stack: the options of its layers, and a script of its body's results.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use resilience::{CircuitConfig, PollPolicy, RetryPolicy};

/// Seconds since the call began.
pub(crate) type Time = u64;

/// The value that every poll waits for, whatever else it accepts: what the body returns at the end of its script.
pub(crate) const END: u8 = 4;

/// What a fallback returns.
pub(crate) const FALLBACK: u8 = 3;

/// `#[circuit(call_timeout = 3s)]`, which is a constant.
pub(crate) const CALL_TIMEOUT: Time = 3;

/// A layer, as `functions.rs` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[retry]` with a policy.
    Retry,
    /// `#[retry(times = 3, interval = 2s)]`, which reads no clock.
    Untimed,
    /// `#[asyncbackoff]` with a policy, and without `on`.
    Backoff,
    /// `#[poll]` with a policy.
    Poll,
    Circuit,
    /// `#[circuit]` with a `call_timeout`.
    Limited,
    /// `#[circuit]` with a fallback.
    Fallback,
}

impl Kind {
    pub(crate) fn is_circuit(self) -> bool {
        matches!(self, Self::Circuit | Self::Limited | Self::Fallback)
    }
}

/// What a circuit is doing when the call begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    Closed,
    /// Opened at this moment.
    Open,
    /// Half-open, with the only place for a probe taken.
    Probing,
    ForcedOpen,
    Disabled,
    MetricsOnly,
}

/// The options of one layer, of which each kind takes its own.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) times: u32,
    pub(crate) interval: Time,
    /// A poll's timeout, too.
    pub(crate) deadline: Option<Time>,
    pub(crate) attempt_timeout: Option<Time>,
    pub(crate) max_ignored: Option<u32>,
    /// By the number of an error.
    pub(crate) on: [bool; 4],
    pub(crate) ignore: [bool; 4],
    pub(crate) until: [bool; 4],
    pub(crate) threshold: u32,
    pub(crate) recovery: Time,
    pub(crate) start: Start,
}

impl Layer {
    pub(crate) fn retry(&self) -> RetryPolicy {
        let mut policy = RetryPolicy::new().times(self.times).interval(secs(self.interval));
        if let Some(deadline) = self.deadline {
            policy = policy.deadline(secs(deadline));
        }
        self.attempt_timeout.map_or(policy, |timeout| policy.attempt_timeout(secs(timeout)))
    }

    pub(crate) fn poll(&self) -> PollPolicy {
        let mut policy = PollPolicy::new().times(self.times).interval(secs(self.interval));
        policy = self.deadline.map_or(policy.forever(), |timeout| policy.timeout(secs(timeout)));
        policy = self.max_ignored.map_or(policy, |most| policy.max_ignored(most));
        self.attempt_timeout.map_or(policy, |timeout| policy.attempt_timeout(secs(timeout)))
    }

    pub(crate) fn config(&self) -> CircuitConfig {
        CircuitConfig::new()
            .failure_threshold(self.threshold)
            .recovery_timeout(secs(self.recovery))
            .probe_timeout(Duration::MAX)
    }
}

pub(crate) fn secs(seconds: Time) -> Duration {
    Duration::from_secs(seconds)
}

/// One call of the body.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// `None`: it hangs.
    pub(crate) takes: Option<Time>,
    pub(crate) outcome: Result<u8, u8>,
    /// What is done meanwhile to the circuit of a layer, if it is one.
    pub(crate) operation: Option<(usize, Operation)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    ForceOpen,
    Reset,
    Disable,
}

fn layer() -> impl Strategy<Value = Layer> {
    let start = prop_oneof![
        8 => Just(Start::Closed),
        2 => Just(Start::Open),
        1 => Just(Start::Probing),
        1 => Just(Start::ForcedOpen),
        1 => Just(Start::Disabled),
        1 => Just(Start::MetricsOnly),
    ];
    let limits = (option::of(1_u64..20), option::of(1_u64..6), option::of(1_u32..4));
    let mostly = || proptest::array::uniform4(proptest::bool::weighted(0.8));
    let rarely = || proptest::array::uniform4(proptest::bool::weighted(0.2));
    let circuit = (1_u32..4, 1_u64..12, start);
    (1_u32..5, 0_u64..4, limits, mostly(), rarely(), mostly(), circuit, any::<bool>()).prop_map(
        |(times, interval, (deadline, attempt_timeout, max_ignored), on, ignore, until, circuit, swap)| {
            Layer {
                times,
                interval,
                deadline,
                attempt_timeout: attempt_timeout
                    .map(|timeout| deadline.map_or(timeout, |most| timeout.min(most))),
                max_ignored,
                on,
                // A poll's `ignore` is like the `on` of the others.
                ignore: if swap { on } else { ignore },
                until: until.map(|good| !good),
                threshold: circuit.0,
                recovery: circuit.1,
                start: circuit.2,
            }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let takes = prop_oneof![5 => Just(Some(0)), 3 => (1_u64..8).prop_map(Some), 2 => Just(None)];
    let outcome = prop_oneof![1 => (0_u8..4).prop_map(Ok), 3 => (0_u8..2).prop_map(Err)];
    let operation = prop_oneof![Just(Operation::ForceOpen), Just(Operation::Reset), Just(Operation::Disable)];
    let operation = option::weighted(0.1, (0_usize..3, operation));
    (takes, outcome, operation).prop_map(|(takes, outcome, operation)| Step { takes, outcome, operation })
}

/// What one call of a stack is told to do.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// For up to three layers.
    pub(crate) layers: Vec<Layer>,
    pub(crate) script: Vec<Step>,
    /// The caller drops the future then.
    pub(crate) patience: Time,
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let patience = prop_oneof![1 => 0_u64..20, 2 => Just(300)];
    (vec(layer(), 3), vec(step(), 0..12), patience).prop_map(|(layers, script, patience)| Plan {
        layers,
        script,
        patience,
    })
}
