//! Log events for `tracing`: failures, and circuits that open and close.
//!
//! They are emitted on paths that only failures take, without a listener: a call that succeeds at once is not
//! observed for them.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::span::Entered;
use tracing::{Instrument, Level, Span, event, span};

use super::{CallOrigin, CallOutcome, SiteKind};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::{is_telling, telling};

/// The target for log filters.
const TARGET: &str = "resilience";

/// Whether the end of a call is logged. Rejections of a circuit are not: the circuit has logged that it opened.
pub(crate) const fn tells(outcome: CallOutcome) -> bool {
    matches!(outcome, CallOutcome::GaveUp(_) | CallOutcome::TimedOut)
}

/// Logs a failed attempt. Without a `wait` it was the last one, and the end of the call is logged instead.
pub(crate) fn attempt(origin: CallOrigin, number: u32, wait: Option<Duration>, error: Option<&dyn Display>) {
    let Some(wait) = wait.filter(|_| is_enabled(Level::DEBUG)) else { return };
    telling(|| {
        event!(
            target: TARGET,
            Level::DEBUG,
            resilience.name = &*origin.name.of_site(),
            resilience.kind = origin.kind.as_str(),
            resilience.attempt = number,
            resilience.wait_ms = millis(wait),
            error = error.map(tracing::field::display),
            "attempt failed, retrying"
        );
    });
}

/// Logs a failed call.
pub(crate) fn call(origin: CallOrigin, outcome: CallOutcome, attempts: u32, error: Option<&dyn Display>) {
    if !tells(outcome) || !is_enabled(Level::WARN) {
        return;
    }
    let message = if outcome == CallOutcome::TimedOut { "call timed out" } else { "call gave up" };
    telling(|| {
        event!(
            target: TARGET,
            Level::WARN,
            resilience.name = &*origin.name.of_site(),
            resilience.kind = origin.kind.as_str(),
            resilience.attempt = attempts,
            resilience.outcome = outcome.as_str(),
            error = error.map(tracing::field::display),
            "{message}"
        );
    });
}

/// The span of a call, if its site requests one and a subscriber is interested.
///
/// Reference-counted here, because a subscriber is informed of every clone of a span, and clones are made under a lock.
#[derive(Clone, Debug)]
pub struct CallSpan(Option<Arc<Span>>);

impl CallSpan {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn begin(origin: CallOrigin) -> Self {
        let mut span = Span::none();
        if is_enabled(Level::INFO) {
            telling(|| {
                span = span!(
                    target: TARGET,
                    Level::INFO,
                    "resilience.call",
                    resilience.name = &*origin.name.of_site(),
                    resilience.kind = origin.kind.as_str(),
                    resilience.attempt = Empty,
                    resilience.outcome = Empty,
                    error = Empty,
                );
            });
        }
        Self((!span.is_disabled()).then(|| Arc::new(span)))
    }

    /// The call has ended after this number of attempts.
    pub(crate) fn end(&self, outcome: CallOutcome, attempts: u32, error: Option<&dyn Display>) {
        let Some(span) = &self.0 else { return };
        telling(|| {
            span.record("resilience.attempt", attempts);
            span.record("resilience.outcome", outcome.as_str());
            if let Some(error) = error {
                span.record("error", tracing::field::display(error));
            }
        });
    }

    /// Enters the span, until the guard is dropped.
    #[must_use]
    pub fn enter(&self) -> Option<Entered<'_>> {
        self.0.as_ref().map(|span| span.enter())
    }

    /// Enters the span whenever the future is polled.
    pub fn around<F: Future>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.as_deref().cloned().unwrap_or_else(Span::none))
    }
}

/// Whether an event of a circuit is logged. Called under the circuit's lock, so it calls no subscriber.
pub(crate) fn hears(kind: CircuitEventKind) -> bool {
    match kind {
        CircuitEventKind::Opened => is_enabled(Level::WARN),
        CircuitEventKind::Closed => is_enabled(Level::INFO),
        _ => false,
    }
}

/// Logs an event of a circuit.
pub(crate) fn circuit(event: &CircuitEvent) {
    if !hears(event.kind) {
        return;
    }
    telling(|| match event.kind {
        CircuitEventKind::Opened => event!(
            target: TARGET,
            Level::WARN,
            resilience.name = event.name(),
            resilience.kind = SiteKind::Circuit.as_str(),
            resilience.wait_ms = event.retry_after().map(millis),
            error = event.last_failure(),
            "circuit opened"
        ),
        CircuitEventKind::Closed => event!(
            target: TARGET,
            Level::INFO,
            resilience.name = event.name(),
            resilience.kind = SiteKind::Circuit.as_str(),
            "circuit closed"
        ),
        _ => {}
    });
}

/// Whether a subscriber may be interested in events of this level. Calls made by a subscriber are not logged, like
/// those of listeners, to prevent loops.
fn is_enabled(level: Level) -> bool {
    level <= STATIC_MAX_LEVEL && level <= LevelFilter::current() && !is_telling()
}

/// Whole milliseconds. A wait beyond the range of a log value is logged as the maximum.
fn millis(wait: Duration) -> u64 {
    wait.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
