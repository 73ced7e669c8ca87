//! Counters, gauges and histograms through the facade [`metrics`] (feature `metrics`).
//!
//! [`install`] once, after the recorder:
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
//! | `resilience.retry.wait` | histogram, seconds | `name`, `kind` | a wait between two attempts |
//! | `resilience.circuit.state` | gauge | `name`, `state` | 1 for the state that the circuit is in, else 0 |
//! | `resilience.circuit.transitions` | counter | `name`, `from`, `to` | changes of state, an operator's included |
//! | `resilience.circuit.calls` | counter | `name`, `outcome` | calls through the circuit |
//! | `resilience.batch.polls` | counter | `name` | polls of a [`PollExecutor`](crate::PollExecutor) |
//! | `resilience.batch.poll.duration` | histogram, seconds | `name` | how long a poll took |
//! | `resilience.batch.jobs` | gauge | `name` | jobs that wait for a result, as of the last poll |
//!
//! `name` is that of the [site](crate::telemetry::Site), circuit or executor, and `kind` that of the site. Outcomes are spelt
//! as in [`CallOutcome::as_str`](crate::telemetry::CallOutcome::as_str) and
//! [`CircuitCallOutcome::as_str`](crate::telemetry::CircuitCallOutcome::as_str). States are `closed`, `open`, `half_open`, `forced_open`,
//! `disabled` and `metrics_only`. An open circuit stays `open` until a call comes after its recovery timeout.
//!
//! No label grows with what the program does: circuits by key have the name of their set, and their gauges count the keys in
//! each state.

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
use crate::circuit::{CircuitState, KEYS, circuits};
use crate::telemetry::{Event, Site, SiteKind, listen, sites};

static SITES: GrowOnlyMap<SiteMetrics> = GrowOnlyMap::new();
static CIRCUITS: GrowOnlyMap<CircuitMetrics> = GrowOnlyMap::new();
static BATCHES: GrowOnlyMap<BatchMetrics> = GrowOnlyMap::new();

/// Reports every call and circuit of the program to the recorder of [`metrics`].
///
/// The recorder has to be there before, because handles to its metrics are kept. Call this once, at the start of the program;
/// a second call does nothing.
///
/// Sites and circuits that attributes made are reported at once, with counters at zero. Function forms and circuits made by
/// hand are reported from their first event on. Circuits by key made by hand should get their first key after this.
///
/// While it is installed, every call is [observed](crate::telemetry::listen).
pub fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // Relaxed: it guards nothing but itself.
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    names::describe();
    listen(report);
    KEYS.add(Arc::new(|set: &str, evicted| {
        let set = circuit(set);
        set.key_enters(CircuitState::Closed);
        if let Some(state) = evicted {
            set.key_leaves(state);
        }
    }));
    for known in sites() {
        match known.kind() {
            SiteKind::Circuit => _ = circuit(known.name()),
            _ => _ = site(known),
        }
    }
    for known in circuits() {
        match known.set() {
            Some(set) => circuit(set).key_enters(known.told_state()),
            None => circuit(known.name()).begins(known.told_state()),
        }
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
        Event::Nested(_) => {}
    }
}

fn site(site: Site) -> &'static SiteMetrics {
    // Entries are of some words each.
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
