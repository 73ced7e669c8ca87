//! Counters, gauges and histograms through the facade [`metrics`] (feature `metrics`).
//!
//! Call [`install`] once, after the recorder is set:
//!
//! ```
//! # let recorder = metrics::NoopRecorder;
//! metrics::set_global_recorder(recorder)?;
//! resilience::metrics::install();
//! # Ok::<(), metrics::SetRecorderError<metrics::NoopRecorder>>(())
//! ```
//!
//! | metric | type | labels | what it is |
//! |---|---|---|---|
//! | `resilience.calls` | counter | `name`, `kind`, `outcome` | calls that have ended |
//! | `resilience.call.attempts` | histogram | `name`, `kind` | attempts of a call |
//! | `resilience.call.duration` | histogram, seconds | `name`, `kind` | how long a call took, waits included |
//! | `resilience.retry.wait` | histogram, seconds | `name`, `kind` | a wait before the next attempt, also one for an open circuit |
//! | `resilience.circuit.state` | gauge | `name`, `state` | circuits of this name that are in the state: of a single circuit, 1 for its state, else 0 |
//! | `resilience.circuit.transitions` | counter | `name`, `from`, `to` | changes of state, an operator's included |
//! | `resilience.circuit.calls` | counter | `name`, `outcome` | calls through the circuit |
//! | `resilience.batch.polls` | counter | `name` | polls of a [`PollExecutor`](crate::PollExecutor) |
//! | `resilience.batch.poll.duration` | histogram, seconds | `name` | how long a poll took |
//! | `resilience.batch.jobs` | gauge | `name` | polled jobs that wait for a result |
//!
//! `name` is that of the [site](crate::telemetry::Site), circuit or executor, and `kind` that of the site. Outcomes
//! are spelt as in [`CallOutcome::as_str`](crate::telemetry::CallOutcome::as_str) and
//! [`CircuitCallOutcome::as_str`](crate::telemetry::CircuitCallOutcome::as_str). States are `closed`, `open`,
//! `half_open`, `forced_open`, `disabled` and `metrics_only`. An open circuit stays `open` until the first call after
//! its recovery timeout.
//!
//! The number of label values is bounded: keyed circuits have the name of their set, and their gauges count the keys
//! in each state. A key that its set does not keep is not counted. Circuits of one name share their gauges, and so do
//! executors. A circuit or an executor that is dropped is removed from them.
//!
//! The gauge of an executor's jobs increases with a poll. It decreases after a poll and with a cancellation, and
//! drops to zero as soon as no job is left.

mod batch;
mod circuit;
mod names;
mod site;
mod table;

use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use self::batch::BatchMetrics;
use self::circuit::CircuitMetrics;
use self::site::SiteMetrics;
use self::table::GrowOnlyMap;
use crate::circuit::circuits;
use crate::telemetry::{Event, METERS, Measure, Site, SiteKind, listen, sites};

static SITES: GrowOnlyMap<SiteMetrics> = GrowOnlyMap::new();
static CIRCUITS: GrowOnlyMap<CircuitMetrics> = GrowOnlyMap::new();
static BATCHES: GrowOnlyMap<BatchMetrics> = GrowOnlyMap::new();

/// Reports every call and circuit of the program to the recorder of [`metrics`].
///
/// Set the recorder first, because handles to its metrics are kept. Call this once, at the start of the program; a
/// second call does nothing.
///
/// Sites and circuits of attributes are reported immediately, with counters at zero. Function forms are reported from
/// their first call on. A circuit that user code creates is reported, with all states, from its first later call or
/// transition on: before that, the library does not know it. If its gauge is needed early, make one call at the start
/// of the program.
///
/// While the metrics are installed, every call is [observed](crate::telemetry::listen).
pub fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // Relaxed: it guards no other data.
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    names::describe();
    METERS.add(Arc::new(measure));
    listen(report);
    for known in sites() {
        match known.kind() {
            SiteKind::Circuit => _ = circuit(known.name()),
            _ => _ = site(known),
        }
    }
    for known in circuits() {
        known.measure();
    }
}

fn measure(measure: &Measure<'_>) {
    match *measure {
        Measure::Circuit { name, from, to } => circuit(name).counts(from, to),
        Measure::Jobs { executor, from, to } => self::executor(executor).counts(from, to),
        Measure::Wait { site, wait } => self::site(site).waits(wait),
    }
}

fn report(event: &Event<'_>) {
    match event {
        Event::Attempt(attempt) => site(attempt.site()).attempt(attempt),
        Event::Call(call) => site(call.site()).call(call),
        Event::Circuit(event) => {
            if event.from().is_some() {
                circuit(event.set().unwrap_or(event.name())).turns(event);
            }
        }
        Event::CircuitCall(call) => circuit(call.name()).call(call.outcome()),
        Event::Batch(batch) => executor(batch.executor()).polled(batch),
        Event::Nested(_) | Event::Store(_) => {}
    }
}

fn site(site: Site) -> &'static SiteMetrics {
    // Entries have a size of a few words.
    let hash = std::ptr::from_ref(site.0).addr() / 16;
    SITES.get(hash, |known| known.site == site, || SiteMetrics::of(site))
}

fn circuit(name: &str) -> &'static CircuitMetrics {
    CIRCUITS.get(hash(name), |known| *known.name == *name, || CircuitMetrics::of(name))
}

fn executor(name: &'static str) -> &'static BatchMetrics {
    BATCHES.get(hash(name), |known| known.name == name, || BatchMetrics::of(name))
}

fn hash(name: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    hasher.write(name.as_bytes());
    (hasher.finish() >> 32) as usize
}
