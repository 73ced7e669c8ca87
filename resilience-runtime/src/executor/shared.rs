use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::PollFailure;
use super::later::Later;
use super::polls::PolledChunk;
use super::settings::Settings;
use super::slots::JobId;
use super::state::ExecutorState;
use crate::telemetry::{METERS, Measure};

/// Makes the future of a cancel request. The cancel function is called when the future is first polled.
pub(super) type CancelCall<J> = Box<dyn Fn(&J) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// Shared by the executor, its handles, its streams, and its tasks.
pub(super) struct Shared<J, T, E> {
    pub(super) settings: Settings,
    /// `None` if it could not be built: the executor is closed from the beginning.
    pub(super) runtime: Option<Handle>,
    /// The cancel function.
    pub(super) cancel: Option<CancelCall<J>>,
    state: Mutex<ExecutorState<J, T, E>>,
    /// Wakes the polling task.
    pub(super) wake: Notify,
    /// Whether it is shut down. Each of its tasks holds a receiver, so that a shutdown can wait for their end.
    pub(super) closing: watch::Sender<bool>,
}

impl<J, T, E> Shared<J, T, E> {
    pub(super) fn new(settings: Settings, runtime: Option<Handle>, cancel: Option<CancelCall<J>>) -> Self {
        Self {
            state: Mutex::new(ExecutorState::new(&settings, runtime.is_some())),
            settings,
            runtime,
            cancel,
            wake: Notify::new(),
            closing: watch::Sender::new(false),
        }
    }

    /// A step under the lock, and then the work that it leaves.
    pub(super) fn with<R>(
        &self,
        step: impl FnOnce(&mut ExecutorState<J, T, E>, &mut Later<J, T, E>) -> R,
    ) -> R {
        let mut later = Later::nothing();
        let (result, measured) = {
            // Nothing that could panic runs under the lock.
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let result = step(&mut state, &mut later);
            (result, if METERS.any() { state.measure() } else { None })
        };
        if let Some((from, to)) = measured {
            let executor = self.settings.name;
            METERS.tell(|meter| meter(&Measure::Jobs { executor, from, to }));
        }
        if later.polls {
            self.wake.notify_one();
        }
        later.run();
        result
    }

    /// Ends a job.
    pub(super) fn finish(&self, id: JobId, outcome: Result<T, PollFailure<E>>) {
        let outcome = outcome.map_err(Box::new);
        self.with(|state, later| state.finish(id, outcome, later));
    }

    /// Copies of the values of all polled jobs.
    pub(super) fn outstanding(&self) -> Vec<J>
    where
        J: Clone,
    {
        let chunks = self.with(|state, _| state.polls.outstanding());
        // User code: without the lock.
        chunks.iter().flat_map(PolledChunk::iter).map(|started| started.job.clone()).collect()
    }

    pub(super) fn is_open(&self) -> bool {
        self.with(|state, _| state.open)
    }

    /// Ends all jobs and rejects new ones.
    pub(super) fn close(&self) {
        self.with(ExecutorState::close);
        self.closing.send_replace(true);
    }
}
