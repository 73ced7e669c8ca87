use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::story::Story;
use crate::clock;
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::ListenerId;
use crate::telemetry::{CallOutcome, CircuitCallOutcome, Event, listen, unlisten};
use crate::test_scope::ScopeState;
use crate::time::Instant;

/// A record of the calls in a scope: see [`Scope::record`](super::Scope::record).
///
/// It is live: it grows while calls are made. It can be sent to other threads, and keeps its events when the scope has
/// ended. `{}` and `{:?}` print the story of the calls:
///
/// ```
/// use resilience::testing::{self, Fault};
///
/// #[resilience::retry(times = 3, backoff = exponential(1s), name = "payments")]
/// fn charge() -> Result<(), &'static str> {
///     Ok(())
/// }
///
/// let scope = testing::scope();
/// scope.no_waits().inject("payments", Fault::error(|| "busy").times(2));
/// let record = scope.record();
/// charge().unwrap();
/// println!("{record}");
/// # let lines: Vec<_> = record.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
/// # assert_eq!(lines[0], "   time  name                 attempt  result                      then");
/// # assert!(lines[1].contains("payments                   1  busy                        again after 1000 ms"), "{lines:?}");
/// # assert!(lines[2].contains("payments                   2  busy                        again after 2000 ms"), "{lines:?}");
/// # assert!(lines[3].ends_with("payments                   3  ok                          done"), "{lines:?}");
/// ```
///
/// ```text
///    time  name                 attempt  result                      then
///    0 ms  payments                   1  busy                        again after 1000 ms
/// 1000 ms  payments                   2  busy                        again after 2000 ms
/// 3000 ms  payments                   3  ok                          done
/// ```
///
/// A name is that of a function or of a circuit. Names are exact: a name that no call has had counts nothing.
#[derive(Clone)]
pub struct Record(Arc<Recording>);

struct Recording {
    shared: Arc<RecordLog>,
    listener: ListenerId,
}

#[derive(Debug)]
struct RecordLog {
    began: Instant,
    events: Mutex<Vec<(Duration, RecordedEvent)>>,
}

/// An event in a [`Record`]. The owned form of [`Event`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RecordedEvent {
    /// An attempt has failed, or has returned a value that a poll does not accept yet.
    #[non_exhaustive]
    Attempt {
        /// The function.
        name: &'static str,
        /// The number of the attempt, from 1.
        number: u32,
        /// The wait before the next attempt. `None`: it was the last.
        wait: Option<Duration>,
        /// The text of its error.
        error: Option<String>,
    },
    /// A call of a retry or poll has ended.
    #[non_exhaustive]
    Call {
        /// The function.
        name: &'static str,
        /// Its outcome.
        outcome: CallOutcome,
        /// The number of attempts that began.
        attempts: u32,
        /// The number of its attempts that have an event.
        #[doc(hidden)]
        told: u32,
        /// The text of the returned error.
        error: Option<String>,
    },
    /// A circuit has changed its state.
    #[non_exhaustive]
    Circuit {
        /// The circuit.
        name: String,
        /// The change.
        kind: CircuitEventKind,
        /// The text of its last failure.
        last_failure: Option<String>,
    },
    /// A call through a circuit has ended, or was rejected.
    #[non_exhaustive]
    CircuitCall {
        /// The circuit, or the set of keyed circuits.
        name: String,
        /// Its outcome.
        outcome: CircuitCallOutcome,
    },
    /// A `PollExecutor` has polled its jobs.
    #[non_exhaustive]
    Batch {
        /// The executor.
        name: &'static str,
        /// The number of jobs that were polled.
        jobs: usize,
        /// The number of jobs that got a result.
        resolved: u64,
    },
}

impl RecordedEvent {
    /// The function, circuit or executor.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Attempt { name, .. } | Self::Call { name, .. } | Self::Batch { name, .. } => name,
            Self::Circuit { name, .. } | Self::CircuitCall { name, .. } => name,
        }
    }

    /// `None` for events that say nothing about a single call.
    fn of(event: &Event<'_>) -> Option<Self> {
        let text = |error: Option<&dyn fmt::Display>| error.map(ToString::to_string);
        Some(match event {
            Event::Attempt(attempt) => Self::Attempt {
                name: attempt.site().name(),
                number: attempt.number(),
                wait: attempt.wait(),
                error: text(attempt.error()),
            },
            Event::Call(call) => Self::Call {
                name: call.site().name(),
                outcome: call.outcome(),
                attempts: call.attempts(),
                told: call.told,
                error: text(call.error()),
            },
            // The end of the call is an event too.
            Event::Circuit(CircuitEvent {
                kind: CircuitEventKind::Refused | CircuitEventKind::LateResult,
                ..
            })
            | Event::Nested(_)
            | Event::Store(_) => return None,
            Event::Circuit(circuit) => Self::Circuit {
                name: circuit.name().to_owned(),
                kind: circuit.kind(),
                last_failure: circuit.last_failure().map(ToOwned::to_owned),
            },
            Event::CircuitCall(call) => {
                Self::CircuitCall { name: call.name().to_owned(), outcome: call.outcome() }
            }
            Event::Batch(batch) => {
                Self::Batch { name: batch.executor(), jobs: batch.jobs(), resolved: batch.resolved() }
            }
        })
    }
}

impl Record {
    pub(super) fn begin(scope: Arc<ScopeState>) -> Self {
        let shared = Arc::new(RecordLog { began: clock::now(), events: Mutex::default() });
        let recorded = Arc::clone(&shared);
        let listener = listen(move |event| {
            if !scope.applies() {
                return;
            }
            if let Some(event) = RecordedEvent::of(event) {
                let time = clock::now().saturating_duration_since(recorded.began);
                recorded.lock().push((time, event));
            }
        });
        Self(Arc::new(Recording { shared, listener }))
    }

    /// The number of attempts that began in calls of this function, without a running one. For a circuit, the number of
    /// ended calls that it admitted.
    ///
    /// If a function and its circuit have the same name, this is the number of the function.
    #[must_use]
    pub fn attempts(&self, name: &str) -> u32 {
        let (mut attempts, mut admitted, mut is_function) = (0, 0, false);
        for (_, event) in self.0.shared.lock().iter().filter(|(_, event)| event.name() == name) {
            match event {
                RecordedEvent::Attempt { .. } => attempts += 1,
                RecordedEvent::Call { attempts: all, told, .. } => attempts += all.saturating_sub(*told),
                RecordedEvent::CircuitCall { outcome, .. } => {
                    admitted += u32::from(*outcome != CircuitCallOutcome::Refused);
                    continue;
                }
                _ => continue,
            }
            is_function = true;
        }
        if is_function { attempts } else { admitted }
    }

    /// The waits between the attempts of this function, in order. Waits that [`no_waits`](super::Scope::no_waits) skips
    /// are included.
    #[must_use]
    pub fn waits(&self, name: &str) -> Vec<Duration> {
        self.of(name, |event| match event {
            RecordedEvent::Attempt { wait, .. } => *wait,
            _ => None,
        })
    }

    /// The outcomes of the calls of this function, in order.
    #[must_use]
    pub fn outcomes(&self, name: &str) -> Vec<CallOutcome> {
        self.of(name, |event| match event {
            RecordedEvent::Call { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }

    /// The outcomes of the calls through this circuit, in order. For keyed circuits, `name` is that of the set.
    #[must_use]
    pub fn circuit_outcomes(&self, name: &str) -> Vec<CircuitCallOutcome> {
        self.of(name, |event| match event {
            RecordedEvent::CircuitCall { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }

    /// All events, in order.
    #[must_use]
    pub fn events(&self) -> Vec<RecordedEvent> {
        self.0.shared.lock().iter().map(|(_, event)| event.clone()).collect()
    }

    fn of<T>(&self, name: &str, value: impl Fn(&RecordedEvent) -> Option<T>) -> Vec<T> {
        let events = self.0.shared.lock();
        events
            .iter()
            .filter(|(_, event)| event.name() == name)
            .filter_map(|(_, event)| value(event))
            .collect()
    }

    /// Asserts the number of [attempts](Self::attempts).
    ///
    /// # Panics
    /// If it is another one. The message has the story of the calls, as for all assertions here.
    #[track_caller]
    pub fn assert_attempts(&self, name: &str, attempts: u32) {
        self.assert("attempts", name, &self.attempts(name), &attempts);
    }

    /// Asserts the [waits](Self::waits).
    ///
    /// # Panics
    /// If they are others.
    #[track_caller]
    pub fn assert_waits(&self, name: &str, waits: &[Duration]) {
        self.assert("waits", name, &*self.waits(name), waits);
    }

    /// Asserts the [outcomes](Self::outcomes).
    ///
    /// # Panics
    /// If they are others.
    #[track_caller]
    pub fn assert_outcomes(&self, name: &str, outcomes: &[CallOutcome]) {
        self.assert("outcomes", name, &*self.outcomes(name), outcomes);
    }

    /// Asserts the [outcomes of calls through a circuit](Self::circuit_outcomes).
    ///
    /// # Panics
    /// If they are others.
    #[track_caller]
    pub fn assert_circuit_outcomes(&self, name: &str, outcomes: &[CircuitCallOutcome]) {
        self.assert("outcomes", name, &*self.circuit_outcomes(name), outcomes);
    }

    #[track_caller]
    fn assert<T: PartialEq + Debug + ?Sized>(&self, what: &str, name: &str, found: &T, expected: &T) {
        assert!(found == expected, "{what} of `{name}`: expected {expected:?}, found {found:?}\n{self}");
    }
}

impl RecordLog {
    fn lock(&self) -> MutexGuard<'_, Vec<(Duration, RecordedEvent)>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        unlisten(self.listener);
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.0.shared.lock().clone();
        Story::of(&events).fmt(f)
    }
}

impl Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
