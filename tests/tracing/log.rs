//! A subscriber that records one line for each event.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// The events of this target, of this thread, while `run` runs: their level, message and fields.
    pub(crate) fn of<T>(run: impl FnOnce() -> T) -> (T, Vec<String>) {
        let log = Self::default();
        let result = tracing::subscriber::with_default(log.clone(), run);
        (result, log.lines())
    }

    /// For async code, which a test's runtime runs on the test's thread.
    pub(crate) fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let guard = tracing::dispatcher::set_default(&Dispatch::new(log.clone()));
        (log, guard)
    }

    fn push(&self, line: String) {
        self.0.lock().expect("nothing panics under it").push(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().expect("nothing panics under it").clone()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.0.insert_str(0, &format!("{value:?}:")),
            name => write!(self.0, " {name}={value:?}").expect("a text takes everything"),
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "resilience"
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let line = format!("{} {}", event.metadata().level(), line.0);
        self.push(line);
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(String::new());
        span.record(&mut line);
        self.push(format!("{} {}:{}", span.metadata().level(), span.metadata().name(), line.0));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, record: &Record<'_>) {
        let mut line = Line(String::new());
        record.record(&mut line);
        self.push(format!("recorded{}", line.0));
    }

    fn enter(&self, _: &Id) {
        self.push("enter".into());
    }

    fn exit(&self, _: &Id) {
        self.push("exit".into());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}
