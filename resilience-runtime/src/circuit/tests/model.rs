//! The circuit against a model written from the documented table alone. The model remembers all events, and
//! counts them anew at every step.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;

use super::*;
use crate::breaker::Permit;
use crate::clock::by_hand;
use crate::time::Nanos;

#[derive(Clone, Copy, Debug)]
enum Step {
    Acquire,
    /// The report of the permit with this number, modulo the number of permits.
    Report(usize, Way),
    /// In milliseconds.
    Wait(u64),
    /// Sets the clock back, in milliseconds.
    Back(u64),
    Turn(CircuitState),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Success,
    Failure,
    Ignore,
    Drop,
    Panic,
}

/// The counting rule of a closed circuit.
#[derive(Clone, Copy, Debug)]
enum Rule {
    InARow(usize),
    Within(usize, u64),
    Rate(usize, usize),
}

#[derive(Clone, Copy, Debug)]
struct Setup {
    rule: Rule,
    recovery: u64,
    most: Option<u64>,
    places: usize,
    needed: usize,
    probe: u64,
    slow: Option<u64>,
}

impl Setup {
    fn config(&self) -> CircuitConfig {
        let ms = Duration::from_millis;
        let mut config = CircuitConfig::new()
            .recovery_timeout(ms(self.recovery))
            .half_open_calls(u32::try_from(self.places).unwrap())
            .success_threshold(u32::try_from(self.needed).unwrap())
            .probe_timeout(ms(self.probe));
        config = match self.rule {
            Rule::InARow(n) => config.failure_threshold(u32::try_from(n).unwrap()),
            Rule::Within(n, time) => config.failure_threshold(u32::try_from(n).unwrap()).within(ms(time)),
            Rule::Rate(window, least) => config
                .failure_rate(0.5)
                .window_calls(u32::try_from(window).unwrap())
                .min_calls(u32::try_from(least).unwrap()),
        };
        if let Some(most) = self.most {
            config = config.max_recovery_timeout(ms(most));
        }
        if let Some(slow) = self.slow {
            config = config.slow_call(ms(slow));
        }
        config
    }
}

struct Model {
    setup: Setup,
    now: u64,
    state: CircuitState,
    generation: u64,
    /// Every result of this generation, with its time.
    results: Vec<(u64, bool)>,
    /// Every running probe: its number and its start.
    trials: Vec<(usize, u64)>,
    good_trials: usize,
    opened_at: u64,
    failed_recoveries: u32,
    failures: usize,
    late: u64,
}

impl Model {
    fn new(setup: Setup) -> Self {
        Self {
            setup,
            now: 1 << 40,
            state: CircuitState::Closed,
            generation: 0,
            results: Vec::new(),
            trials: Vec::new(),
            good_trials: 0,
            opened_at: 0,
            failed_recoveries: 0,
            failures: 0,
            late: 0,
        }
    }

    fn turn(&mut self, state: CircuitState) {
        self.state = state;
        self.generation += 1;
        self.results.clear();
        self.trials.clear();
        self.good_trials = 0;
        if !matches!(state, CircuitState::Open | CircuitState::HalfOpen | CircuitState::ForcedOpen) {
            self.failures = 0;
            self.failed_recoveries = 0;
        }
    }

    fn open_time(&self) -> u64 {
        let Setup { recovery, most, .. } = self.setup;
        most.map_or(recovery, |most| (0..self.failed_recoveries).fold(recovery, |time, _| most.min(time * 2)))
    }

    fn time_left(&self) -> u64 {
        (self.opened_at + self.open_time()).saturating_sub(self.now)
    }

    fn trial_failed(&mut self, at: u64) {
        self.turn(CircuitState::Open);
        self.failed_recoveries += 1;
        self.failures += 1;
        self.opened_at = at;
    }

    fn time_passes(&mut self) {
        let hung = self.trials.iter().map(|(_, began)| began + self.setup.probe).min();
        if let Some(due) = hung.filter(|due| *due <= self.now) {
            self.trial_failed(due);
        }
    }

    fn reads(&self) -> CircuitState {
        if self.state == CircuitState::Open && self.time_left() == 0 {
            return CircuitState::HalfOpen;
        }
        self.state
    }

    /// Whether a call with this number is admitted, and in which generation.
    fn acquire(&mut self, number: usize) -> bool {
        match self.state {
            CircuitState::ForcedOpen => false,
            CircuitState::Open if self.time_left() > 0 => false,
            CircuitState::Open => {
                self.turn(CircuitState::HalfOpen);
                self.trials.push((number, self.now));
                true
            }
            CircuitState::HalfOpen if self.trials.len() >= self.setup.places => false,
            CircuitState::HalfOpen => {
                self.trials.push((number, self.now));
                true
            }
            _ => true,
        }
    }

    fn failed_now(&self) -> usize {
        let bad = |results: &[(u64, bool)]| results.iter().filter(|(_, failed)| *failed).count();
        match self.setup.rule {
            Rule::InARow(_) => self.results.iter().rev().take_while(|(_, failed)| *failed).count(),
            Rule::Within(n, time) => {
                // The last n failures, except those that are too old or too far in the future.
                let failures = self.results.iter().rev().filter(|(_, failed)| *failed).take(n);
                failures.filter(|(at, _)| at + time >= self.now && self.now + time >= *at).count()
            }
            Rule::Rate(window, _) => bad(&self.results[self.results.len().saturating_sub(window)..]),
        }
    }

    fn is_too_bad(&self) -> bool {
        match self.setup.rule {
            Rule::InARow(n) => self.failed_now() >= n,
            // The oldest of them decides.
            Rule::Within(n, time) => {
                let oldest = self.results.iter().rev().filter(|(_, failed)| *failed).nth(n - 1);
                let last_failed = self.results.last().is_some_and(|(_, failed)| *failed);
                let young = |at: &u64| at + time >= self.now && self.now + time >= *at;
                last_failed && oldest.is_some_and(|(at, _)| young(at))
            }
            Rule::Rate(window, least) => {
                let calls = self.results.len().min(window);
                calls >= least && 2 * self.failed_now() >= calls
            }
        }
    }

    fn report(&mut self, number: usize, generation: u64, began: u64, way: Way) {
        if generation != self.generation {
            self.late += u64::from(!matches!(way, Way::Ignore | Way::Drop));
            return;
        }
        let slow = self.setup.slow.is_some_and(|slow| self.now.saturating_sub(began) >= slow);
        let failed = matches!(way, Way::Failure | Way::Panic) || slow;
        let nothing = matches!(way, Way::Ignore | Way::Drop);
        match self.state {
            CircuitState::Closed | CircuitState::MetricsOnly if !nothing => {
                self.results.push((self.now, failed));
                if self.state == CircuitState::Closed && self.is_too_bad() {
                    let failures = self.failed_now();
                    self.turn(CircuitState::Open);
                    self.failures = failures;
                    self.opened_at = self.now;
                }
            }
            CircuitState::HalfOpen => {
                self.trials.retain(|(trial, _)| *trial != number);
                if !nothing && failed {
                    self.trial_failed(self.now);
                } else if !nothing {
                    self.good_trials += 1;
                    if self.good_trials >= self.setup.needed {
                        self.turn(CircuitState::Closed);
                    }
                }
            }
            _ => {}
        }
    }

    fn failure_count(&self) -> usize {
        match self.state {
            CircuitState::Closed | CircuitState::MetricsOnly => self.failed_now(),
            CircuitState::Disabled => 0,
            _ => self.failures,
        }
    }
}

fn report(permit: Permit<'_>, way: Way) {
    match way {
        Way::Success => permit.success(),
        Way::Failure => permit.failure(),
        Way::Ignore => permit.ignore(),
        Way::Drop => drop(permit),
        Way::Panic => {
            let panics = AssertUnwindSafe(|| {
                let _permit = permit;
                // Unlike `panic!`, this prints nothing.
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(catch_unwind(panics).is_err());
        }
    }
}

fn setups() -> impl Strategy<Value = Setup> {
    let rule = prop_oneof![
        (1..5_usize).prop_map(Rule::InARow),
        (1..5_usize, 1..400_u64).prop_map(|(n, time)| Rule::Within(n, time)),
        (1..9_usize, 1..9_usize).prop_map(|(a, b)| Rule::Rate(a.max(b), a.min(b))),
    ];
    let slow = prop::option::weighted(0.3, 1..300_u64);
    (rule, 1..300_u64, prop::option::of(300..1500_u64), 1..4_usize, 1..4_usize, 1..500_u64, slow).prop_map(
        |(rule, recovery, most, places, needed, probe, slow)| {
            let setup = Setup { rule, recovery, most, places, needed, probe, slow };
            assert_eq!(setup.config().validate(), Ok(()));
            setup
        },
    )
}

fn steps() -> impl Strategy<Value = Step> {
    let way = prop_oneof![
        4 => Just(Way::Success),
        6 => Just(Way::Failure),
        1 => Just(Way::Ignore),
        1 => Just(Way::Drop),
        1 => Just(Way::Panic),
    ];
    let state = prop_oneof![
        4 => Just(CircuitState::Closed),
        1 => Just(CircuitState::ForcedOpen),
        1 => Just(CircuitState::Disabled),
        1 => Just(CircuitState::MetricsOnly),
    ];
    prop_oneof![
        10 => Just(Step::Acquire),
        10 => (any::<usize>(), way).prop_map(|(number, way)| Step::Report(number, way)),
        5 => (0..200_u64).prop_map(Step::Wait),
        1 => (0..500_u64).prop_map(Step::Back),
        1 => state.prop_map(Step::Turn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn whatever_happens_the_circuit_does_what_the_table_says(
        setup in setups(),
        steps in prop::collection::vec(steps(), 0..150),
    ) {
        let clock = ManualClock::install();
        // Far enough that all steps together can set it back.
        clock.advance(Duration::from_secs(1000));
        let circuit = breaker(setup.config());
        let mut model = Model::new(setup);
        let mut held: Vec<(usize, u64, u64, Permit<'_>)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Acquire => {
                    let permit = circuit.try_acquire();
                    let admitted = model.acquire(number);
                    prop_assert_eq!(permit.is_ok(), admitted, "admission at step {}", number);
                    match permit {
                        Ok(permit) => held.push((number, model.generation, model.now, permit)),
                        Err(open) => {
                            prop_assert_eq!(open.state(), model.state);
                            prop_assert_eq!(open.failures() as usize, model.failures);
                            let open_left = (model.state == CircuitState::Open).then(|| model.time_left());
                            prop_assert_eq!(open.retry_after(), open_left.map(Duration::from_millis));
                        }
                    }
                }
                Step::Report(which, way) if !held.is_empty() => {
                    let (number, generation, began, permit) = held.swap_remove(which % held.len());
                    report(permit, way);
                    model.report(number, generation, began, way);
                }
                Step::Report(..) => {}
                Step::Wait(millis) => {
                    clock.advance(Duration::from_millis(millis));
                    model.now += millis;
                    model.time_passes();
                }
                Step::Back(millis) => {
                    by_hand::set_back(Nanos::of(Duration::from_millis(millis)));
                    model.now -= millis;
                }
                Step::Turn(state) => {
                    match state {
                        CircuitState::ForcedOpen => circuit.force_open(),
                        CircuitState::Disabled => circuit.disable(),
                        CircuitState::MetricsOnly => circuit.metrics_only(),
                        _ => circuit.reset(),
                    }
                    model.turn(state);
                }
            }
            let places = circuit.store().read(|machine, _| (machine.generation(), machine.probes()));
            prop_assert_eq!(circuit.state(), model.reads(), "state at step {}", number);
            prop_assert_eq!(places, (model.generation, model.trials.len()), "generation, places at step {}", number);
            prop_assert_eq!(circuit.failure_count() as usize, model.failure_count(), "count at step {}", number);
            prop_assert_eq!(circuit.late_results(), model.late, "late at step {}", number);
            let left = (model.reads() == CircuitState::Open).then(|| Duration::from_millis(model.time_left()));
            prop_assert_eq!(circuit.open_remaining(), left, "time left at step {}", number);
        }
    }
}
