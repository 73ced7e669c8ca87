//! Batch polling: settings, handles and shutdown.

mod batches;
mod blocking;
mod cancelling;
mod clocks;
mod corners;
mod ends;
mod load;
mod model;
mod panics;
mod settings;
mod starting;
mod streams;
mod submissions;
mod threads;

use std::collections::BTreeMap;
use std::future::{Future, Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use resilience::batch::PollExecutorBuilder;
use resilience::{Batch, PollExecutor, PollFailure, PollHandle, PollNext};
use tokio::time::{Instant, sleep, timeout};

type Executor = PollExecutor<u32, &'static str, &'static str>;
type Builder = PollExecutorBuilder<u32, &'static str, &'static str>;
type Handle = PollHandle<&'static str, &'static str>;
type Jobs = Batch<u32, &'static str, &'static str>;
type Outcome = Result<&'static str, PollFailure<&'static str>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The other side: what has finished there, and when it was asked for which jobs.
#[derive(Clone)]
struct Service(Arc<Mutex<State>>);

struct State {
    start: Instant,
    polls: Vec<(Duration, Vec<u32>)>,
    finished: BTreeMap<u32, Result<&'static str, &'static str>>,
}

impl Service {
    fn new() -> Self {
        let (start, polls, finished) = (Instant::now(), Vec::new(), BTreeMap::new());
        Self(Arc::new(Mutex::new(State { start, polls, finished })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, job: u32, how: Result<&'static str, &'static str>) {
        self.state().finished.insert(job, how);
    }

    fn polls(&self) -> Vec<(Duration, Vec<u32>)> {
        self.state().polls.clone()
    }

    fn times(&self) -> Vec<Duration> {
        self.state().polls.iter().map(|(at, _)| *at).collect()
    }

    /// Which jobs the last poll was shown.
    fn shown(&self) -> Vec<u32> {
        self.state().polls.last().map(|(_, jobs)| jobs.clone()).unwrap_or_default()
    }

    fn note(&self, batch: &Jobs) {
        let mut state = self.state();
        let at = state.start.elapsed();
        state.polls.push((at, ids(batch)));
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what a poll function returns")]
    fn poll(&self, batch: &Jobs) -> Result<PollNext, &'static str> {
        self.note(batch);
        for job in batch {
            match self.state().finished.get(job.result()) {
                Some(Ok(result)) => job.yield_result(result),
                Some(Err(error)) => job.yield_error(error),
                None => {}
            }
        }
        Ok(PollNext::Default)
    }

    fn start(&self, builder: Builder) -> Executor {
        let service = self.clone();
        builder.start(move |batch| ready(service.poll(&batch)))
    }
}

fn ids(batch: &Jobs) -> Vec<u32> {
    batch.iter().map(|job| *job.result()).collect()
}

fn job(id: u32) -> Ready<Result<u32, &'static str>> {
    ready(Ok(id))
}

/// What would wait for ever fails.
async fn soon<F: Future>(future: F) -> F::Output {
    timeout(secs(1_000_000), future).await.expect("it does not come to an end")
}

/// Lets everything happen that is due by now.
async fn settle() {
    sleep(ms(1)).await;
}

fn alive_tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}
