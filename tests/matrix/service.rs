//! The service that the functions call, and the compared values.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use resilience::breaker::CircuitRef;
use resilience::testing::ManualClock;
use resilience::{CircuitOpen, TimedOut, circuits};
use tokio::time::Instant;

/// What it answers is written down: `x` is an error, `-` a value that is not good yet, `+` a good one, and `.` none at
/// all.
#[derive(Debug)]
pub(crate) struct Service {
    script: &'static [u8],
    asked: AtomicUsize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Oops {
    /// The number of the question.
    Down(usize),
    TimedOut,
    Refused,
}

/// Patterns.
pub(crate) const FIRST: Oops = Oops::Down(1);

impl Oops {
    pub(crate) const SECOND: Self = Self::Down(2);
}

impl Service {
    pub(crate) fn ask(&self) -> Result<u32, Oops> {
        let asked = self.asked.fetch_add(1, Relaxed);
        match self.script.get(asked) {
            Some(b'x') => Err(Oops::Down(asked + 1)),
            Some(b'-') => Ok(0),
            Some(b'+') => Ok(7),
            other => panic!("question {asked} is one too many, or a hang: {other:?}"),
        }
    }

    pub(crate) async fn ask_async(&self) -> Result<u32, Oops> {
        tokio::task::yield_now().await;
        if self.script.get(self.asked()) == Some(&b'.') {
            self.asked.fetch_add(1, Relaxed);
            std::future::pending::<()>().await;
        }
        self.ask()
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

impl fmt::Display for Oops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Oops {}

impl From<TimedOut> for Oops {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Self::Refused
    }
}

/// What the functions return, which are of many types.
pub(crate) trait Answer {
    fn number(&self) -> u32;

    fn is_good(&self) -> bool {
        self.number() == 7
    }
}

impl Answer for u32 {
    fn number(&self) -> u32 {
        *self
    }
}

impl<T> Answer for (u32, T) {
    fn number(&self) -> u32 {
        self.0
    }
}

impl<const N: usize> Answer for [u32; N] {
    fn number(&self) -> u32 {
        self.iter().copied().min().unwrap_or(u32::MAX)
    }
}

/// A stack of attributes, and what calls of a function under it come to.
pub(crate) struct Row {
    pub(crate) script: &'static str,
    pub(crate) calls: &'static [Call],
}

/// One call: what it returns, and the sums after it.
pub(crate) struct Call {
    pub(crate) result: Result<u32, Oops>,
    pub(crate) asked: usize,
    pub(crate) waited: u64,
    /// The failures that the circuit counts, if there is one.
    pub(crate) counted: Option<u32>,
}

/// The cells of one row, one after the other.
pub(crate) struct Run {
    row: &'static Row,
    module: &'static str,
    kinds: Vec<&'static str>,
}

/// The functions of a cell and its circuit have this name.
struct Cell {
    name: String,
    circuit: Option<CircuitRef>,
}

type Calling = Pin<Box<dyn Future<Output = Result<u32, Oops>> + Send>>;

impl Run {
    pub(crate) fn of(row: &'static Row, module: &'static str) -> Self {
        Self { row, module, kinds: Vec::new() }
    }

    /// `kind` is also the function's name.
    pub(crate) fn cell(&mut self, kind: &'static str, call: &dyn Fn(&Service) -> Result<u32, Oops>) {
        let here = self.begin(kind);
        let (service, clock) = (self.service(), ManualClock::install());
        for expected in self.row.calls {
            let result = call(&service);
            here.compare(expected, &(result, service.asked(), clock.elapsed()));
        }
        assert_eq!(service.asked(), self.row.script.len(), "{}", here.name);
    }

    /// Here, and as tasks.
    pub(crate) async fn cell_async(&mut self, kind: &'static str, call: &dyn Fn(Arc<Service>) -> Calling) {
        let here = self.begin(kind);
        for spawned in [false, true] {
            let (service, start) = (Arc::new(self.service()), Instant::now());
            for expected in self.row.calls {
                let calling = call(Arc::clone(&service));
                let result =
                    if spawned { tokio::spawn(calling).await.expect("no panic") } else { calling.await };
                here.compare(expected, &(result, service.asked(), start.elapsed()));
            }
            assert_eq!(service.asked(), self.row.script.len(), "{}", here.name);
            here.reset();
        }
    }

    pub(crate) fn kinds(self) -> Vec<&'static str> {
        self.kinds
    }

    fn begin(&mut self, kind: &'static str) -> Cell {
        self.kinds.push(kind);
        let name = format!("{}::{kind}", self.module);
        let circuit = circuits().get(&name);
        Cell { name, circuit }
    }

    fn service(&self) -> Service {
        Service { script: self.row.script.as_bytes(), asked: AtomicUsize::new(0) }
    }
}

impl Cell {
    fn compare(&self, expected: &Call, actual: &(Result<u32, Oops>, usize, Duration)) {
        let Call { result, asked, waited, counted } = expected;
        let expected = &(result.clone(), *asked, Duration::from_secs(*waited));
        assert_eq!(actual, expected, "{}", self.name);
        let failures = self.circuit.as_ref().map(|circuit| circuit.failure_count());
        assert_eq!(failures, *counted, "{}: {expected:?}", self.name);
    }

    fn reset(&self) {
        if let Some(circuit) = &self.circuit {
            circuit.reset();
        }
    }
}
