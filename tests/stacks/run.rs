//! A running call of a stack: its options, its circuits, and a record of all that happens.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use resilience::breaker::Permit;
use resilience::testing::ManualClock;
use resilience::{Attempt, CircuitBreaker, CircuitOpen, CircuitState, Limit, TimedOut};

use crate::plan::{END, Kind, Layer, Operation, Plan, Start, Step, Time, secs};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Error {
    Down(u8),
    /// With the time left.
    Rejected(Option<Duration>),
    TimedOut {
        limit: Limit,
        attempts: u32,
        elapsed: Duration,
    },
}

impl Error {
    /// By which options know it.
    pub(crate) fn number(&self) -> usize {
        match self {
            Self::Down(number) => usize::from(*number),
            Self::TimedOut { .. } => 2,
            Self::Rejected(_) => 3,
        }
    }
}

impl From<CircuitOpen> for Error {
    fn from(open: CircuitOpen) -> Self {
        Self::Rejected(open.retry_after())
    }
}

impl From<TimedOut> for Error {
    fn from(timed_out: TimedOut) -> Self {
        let (limit, attempts) = (timed_out.limit(), timed_out.attempts());
        Self::TimedOut { limit, attempts, elapsed: timed_out.elapsed() }
    }
}

/// What happens, with the layer that it happens in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Called { at: Time },
    Told { layer: usize, error: Error, number: u32, elapsed: Time, wait: Option<Time> },
    Counted { layer: usize, error: Error, failures: Option<u32> },
}

/// How it ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct End {
    /// `None`: the caller dropped it.
    pub(crate) result: Option<Result<u8, Error>>,
    pub(crate) at: Time,
    pub(crate) events: Vec<Event>,
    /// Of each layer that is one.
    pub(crate) circuits: Vec<Option<Read>>,
}

/// Before a call begins, circuits that are half-open then have been open for so long.
const SETTLED: Time = 20;

struct State {
    script: VecDeque<Step>,
    events: Vec<Event>,
}

/// What is read of a circuit: the failures if it counts, and late results.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) state: CircuitState,
    pub(crate) left: Option<Time>,
    pub(crate) failures: Option<u32>,
    pub(crate) late: u64,
}

pub(crate) struct Run {
    layers: Vec<Layer>,
    breakers: Vec<Option<CircuitBreaker>>,
    start: tokio::time::Instant,
    state: Mutex<State>,
}

thread_local! {
    /// What a synchronous body moves.
    static CLOCK: RefCell<Option<ManualClock>> = const { RefCell::new(None) };
}

/// Moves the clock, whichever it is.
async fn advance(by: Time) {
    match CLOCK.with_borrow(|clock| clock.as_ref().map(|clock| clock.advance(secs(by)))) {
        Some(()) => {}
        None => tokio::time::advance(secs(by)).await,
    }
}

impl Run {
    /// Brings all circuits into what they start with.
    pub(crate) async fn prepare(kinds: &[Kind], plan: &Plan) -> Self {
        let layers = &plan.layers;
        let breaker = |(kind, layer): (&Kind, &Layer)| {
            kind.is_circuit().then(|| CircuitBreaker::try_new("stacked", layer.config()).expect("it agrees"))
        };
        let breakers: Vec<_> = kinds.iter().zip(layers).map(breaker).collect();
        let trip = |breaker: &CircuitBreaker, layer: &Layer| {
            (0..layer.threshold).for_each(|_| breaker.try_acquire().expect("it is closed").failure());
        };
        // Whoever is probing has been open before.
        for (breaker, layer) in breakers.iter().zip(layers) {
            if let (Some(breaker), Start::Probing) = (breaker, layer.start) {
                trip(breaker, layer);
            }
        }
        advance(SETTLED).await;
        for (breaker, layer) in breakers.iter().zip(layers) {
            let Some(breaker) = breaker else { continue };
            match layer.start {
                Start::Closed => {}
                Start::Open => trip(breaker, layer),
                // It never reports.
                Start::Probing => {
                    std::mem::forget::<Permit<'_>>(breaker.try_acquire().expect("there is a place"));
                }
                Start::ForcedOpen => breaker.force_open(),
                Start::Disabled => breaker.disable(),
                Start::MetricsOnly => breaker.metrics_only(),
            }
        }
        let state = Mutex::new(State { script: plan.script.clone().into(), events: Vec::new() });
        Self { layers: layers.clone(), breakers, start: tokio::time::Instant::now(), state }
    }

    pub(crate) fn under_a_clock_moved_by_hand<T>(f: impl FnOnce() -> T) -> T {
        CLOCK.set(Some(ManualClock::install()));
        let value = f();
        CLOCK.set(None);
        value
    }

    fn now(&self) -> Time {
        let by_hand = CLOCK
            .with_borrow(|clock| clock.as_ref().map(|clock| clock.elapsed().saturating_sub(secs(SETTLED))));
        whole(by_hand.unwrap_or_else(|| self.start.elapsed()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics under it")
    }

    fn record(&self, event: Event) {
        self.state().events.push(event);
    }

    pub(crate) fn layer(&self, at: usize) -> &Layer {
        &self.layers[at]
    }

    pub(crate) fn breaker(&self, at: usize) -> &CircuitBreaker {
        self.breakers[at].as_ref().expect("the layer is a circuit")
    }

    pub(crate) fn on(&self, at: usize, error: &Error) -> bool {
        self.layers[at].on[error.number()]
    }

    pub(crate) fn ignores(&self, at: usize, error: &Error) -> bool {
        self.layers[at].ignore[error.number()]
    }

    pub(crate) fn is_good(&self, at: usize, value: u8) -> bool {
        value == END || self.layers[at].until[usize::from(value)]
    }

    pub(crate) fn told(&self, layer: usize, error: &Error, attempt: &Attempt) {
        let (number, elapsed, wait) = (attempt.number, whole(attempt.elapsed), attempt.wait.map(whole));
        self.record(Event::Told { layer, error: error.clone(), number, elapsed, wait });
    }

    pub(crate) fn counted(&self, layer: usize, error: &Error) {
        let failures = failures(self.breaker(layer));
        self.record(Event::Counted { layer, error: error.clone(), failures });
    }

    /// The next step of the script.
    fn next(&self) -> Step {
        self.record(Event::Called { at: self.now() });
        let step = self.state().script.pop_front();
        let step = step.unwrap_or(Step { takes: Some(0), outcome: Ok(END), operation: None });
        if let Some((layer, operation)) = step.operation {
            if let Some(Some(breaker)) = self.breakers.get(layer) {
                match operation {
                    Operation::ForceOpen => breaker.force_open(),
                    Operation::Reset => breaker.reset(),
                    Operation::Disable => breaker.disable(),
                }
            }
        }
        step
    }

    pub(crate) async fn body_async(&self) -> Result<u8, Error> {
        let step = self.next();
        match step.takes {
            Some(0) => {}
            Some(time) => tokio::time::sleep(secs(time)).await,
            None => std::future::pending().await,
        }
        step.outcome.map_err(Error::Down)
    }

    pub(crate) fn body(&self) -> Result<u8, Error> {
        let step = self.next();
        let takes = secs(step.takes.unwrap_or(0));
        CLOCK.with_borrow(|clock| clock.as_ref().expect("it is moved by hand").advance(takes));
        step.outcome.map_err(Error::Down)
    }

    pub(crate) fn end(self, result: Option<Result<u8, Error>>) -> End {
        let at = self.now();
        let read = |breaker: &CircuitBreaker| {
            let left = breaker.open_remaining().map(whole);
            Read { state: breaker.state(), left, failures: failures(breaker), late: breaker.late_results() }
        };
        let circuits = self.breakers.iter().map(|breaker| breaker.as_ref().map(read)).collect();
        End { result, at, circuits, events: std::mem::take(&mut self.state().events) }
    }
}

/// The failures of one that counts.
fn failures(breaker: &CircuitBreaker) -> Option<u32> {
    matches!(breaker.state(), CircuitState::Closed | CircuitState::MetricsOnly)
        .then(|| breaker.failure_count())
}

fn whole(time: Duration) -> Time {
    assert_eq!(time.subsec_nanos(), 0, "everything takes whole seconds");
    time.as_secs()
}
