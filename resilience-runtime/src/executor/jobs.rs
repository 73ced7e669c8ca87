//! The state of an executor under one lock. No user code runs under it: user values are moved out, and dropped, woken or called
//! afterwards.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::PollFailure;
use super::cancel_request::{CancelRequest, CancelResolution};
use super::catch::caught;
use super::metrics::{JobEnd, PollMetrics};
use super::settings::Settings;
use super::slots::{JobId, JobOutcome, JobSlots, Phase, Recipient, StreamPosition, make_room};
use crate::telemetry::{METERS, Measure};

/// A submission, whose result becomes the job of a descriptor.
pub(super) enum Submission<J, E> {
    Future(BoxedSubmission<J, E>),
    Blocking(Box<dyn FnOnce() -> Result<J, E> + Send>),
}

pub(super) type BoxedSubmission<J, E> = Pin<Box<dyn Future<Output = Result<J, E>> + Send>>;

/// A started job, as the poll function gets it.
pub(super) struct StartedJob<J> {
    pub(super) id: JobId,
    pub(super) job: J,
}

/// The jobs of one poll. The poll function may keep them.
pub(super) type Chunk<J> = Arc<Vec<StartedJob<J>>>;

/// The jobs of a batch.
pub(super) struct Shown<J> {
    pub(super) chunk: Chunk<J>,
    /// Single jobs that earlier polls kept.
    pub(super) lent: Vec<(Chunk<J>, u32)>,
}

impl<J> Shown<J> {
    pub(super) fn len(&self) -> usize {
        self.chunk.len() + self.lent.len()
    }

    /// A job, as a list and the position in it.
    pub(super) fn get(&self, index: usize) -> Option<(&Chunk<J>, usize)> {
        if index < self.chunk.len() {
            return Some((&self.chunk, index));
        }
        self.lent.get(index - self.chunk.len()).map(|(chunk, place)| (chunk, *place as usize))
    }
}

impl<J> Clone for Shown<J> {
    fn clone(&self) -> Self {
        Self { chunk: Arc::clone(&self.chunk), lent: self.lent.clone() }
    }
}

/// The life cycle of an executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    /// No new submissions.
    Closed,
    /// The polling task has ended too.
    Stopped,
}

/// How a running submission can be ended.
pub(super) enum RunningSubmission {
    /// A future, which is about to be spawned.
    Starting,
    Task(AbortHandle),
    /// A closure on a thread, which cannot be interrupted, and the task of its timeout.
    Thread(Option<AbortHandle>),
}

impl RunningSubmission {
    pub(super) fn abort_handle(&self) -> Option<AbortHandle> {
        match self {
            Self::Task(task) | Self::Thread(Some(task)) => Some(task.clone()),
            Self::Starting | Self::Thread(None) => None,
        }
    }
}

/// The submissions or jobs that one task takes in a row before it yields.
pub(super) const BACKLOG: usize = 64;

/// Shared by the executor, its handles, its streams, and the polling task.
pub(super) struct Jobs<J, T, E> {
    pub(super) settings: Settings,
    /// `None` if it could not be built: the executor is closed from the beginning.
    pub(super) runtime: Option<Handle>,
    /// The cancel function.
    pub(super) cancel: Option<CancelCall<J>>,
    state: Mutex<ExecutorState<J, T, E>>,
    /// Wakes the polling task.
    pub(super) wake: Notify,
    /// Ends pending cancel requests at a shutdown.
    pub(super) closing: watch::Sender<bool>,
    /// Wakes those who wait for the end.
    pub(super) ended: Notify,
}

/// Makes the future of a cancel request. The cancel function is called when the future is first polled.
pub(super) type CancelCall<J> = Box<dyn Fn(&J) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

pub(super) struct ExecutorState<J, T, E> {
    pub(super) slots: JobSlots<T, E>,
    /// Submissions that wait for a place, in order. Some may be cancelled.
    pub(super) queue: VecDeque<JobId>,
    pub(super) queued: HashMap<JobId, Submission<J, E>>,
    /// Submissions with a place that have not been polled yet.
    pub(super) starting: VecDeque<(JobId, BoxedSubmission<J, E>)>,
    /// Scheduled starters that have not run yet.
    pub(super) standby: usize,
    /// Taken places, and those of them taken by threads.
    pub(super) in_flight: usize,
    pub(super) threads: usize,
    /// Tasks besides those of submissions: cancel functions, and timeouts of closures.
    pub(super) helpers: usize,
    /// Submissions that were not ready at once, until their task is gone. That may be after the end of the job, when another job
    /// has its index.
    pub(super) running: HashMap<JobId, RunningSubmission>,
    /// Free places are being given to the queue.
    pub(super) serving: bool,
    /// Jobs that have not been polled yet.
    pub(super) fresh: Vec<StartedJob<J>>,
    /// The jobs of the last poll, and of polls that kept some.
    pub(super) chunks: Vec<Chunk<J>>,
    /// Pending cancel requests.
    pub(super) cancel_requests: HashMap<JobId, CancelRequest>,
    pub(super) groups: Groups,
    /// A job was added since the last poll.
    pub(super) arrived: bool,
    /// `notify` was called.
    pub(super) notified: bool,
    pub(super) life: Life,
    pub(super) metrics: PollMetrics,
    /// The number of jobs in the gauges.
    measured: usize,
}

/// Streams of jobs, each with its finished jobs.
#[derive(Default)]
pub(super) struct Groups {
    groups: HashMap<u32, Group>,
    next: u32,
}

#[derive(Default)]
pub(super) struct Group {
    /// The positions of finished jobs, and their slots.
    pub(super) done: VecDeque<(usize, u32)>,
    pub(super) waker: Option<Waker>,
}

impl Groups {
    pub(super) fn open(&mut self) -> u32 {
        let group = self.next;
        self.next = self.next.wrapping_add(1);
        self.groups.insert(group, Group::default());
        group
    }

    pub(super) fn get(&mut self, group: u32) -> Option<&mut Group> {
        self.groups.get_mut(&group)
    }

    pub(super) fn close(&mut self, group: u32) -> Option<Group> {
        self.groups.remove(&group)
    }

    /// Wakers of streams that wait for room.
    fn wakers(&mut self) -> Vec<Waker> {
        self.groups.values_mut().filter_map(|group| group.waker.take()).collect()
    }
}

/// Work for after the lock is released.
#[must_use]
pub(super) struct Afterwards<J, T, E> {
    wakers: Vec<Waker>,
    answers: Vec<CancelResolution>,
    outcomes: Vec<JobOutcome<T, E>>,
    jobs: Vec<StartedJob<J>>,
    chunks: Vec<Chunk<J>>,
    pub(super) submissions: Vec<Submission<J, E>>,
}

impl<J, T, E> Afterwards<J, T, E> {
    pub(super) const fn nothing() -> Self {
        Self {
            wakers: Vec::new(),
            answers: Vec::new(),
            outcomes: Vec::new(),
            jobs: Vec::new(),
            chunks: Vec::new(),
            submissions: Vec::new(),
        }
    }

    /// Whether there are tasks to be woken.
    pub(super) fn wakes(&self) -> bool {
        !self.wakers.is_empty() || !self.answers.is_empty()
    }

    pub(super) fn done(mut self) {
        for answer in std::mem::take(&mut self.answers) {
            answer.send();
        }
        for waker in std::mem::take(&mut self.wakers) {
            waker.wake();
        }
    }
}

/// The destructor of a user value may panic, which must not affect others.
impl<J, T, E> Drop for Afterwards<J, T, E> {
    fn drop(&mut self) {
        fn drop_each<X>(several: &mut Vec<X>) {
            for one in std::mem::take(several) {
                let _ = caught(move || drop(one));
            }
        }
        drop_each(&mut self.outcomes);
        drop_each(&mut self.jobs);
        drop_each(&mut self.chunks);
        drop_each(&mut self.submissions);
    }
}

impl<J, T, E> Jobs<J, T, E> {
    pub(super) fn new(settings: Settings, runtime: Option<Handle>, cancel: Option<CancelCall<J>>) -> Self {
        Self {
            settings,
            cancel,
            state: Mutex::new(ExecutorState {
                slots: JobSlots::new(),
                queue: VecDeque::new(),
                queued: HashMap::new(),
                starting: VecDeque::new(),
                standby: 0,
                in_flight: 0,
                threads: 0,
                helpers: 0,
                running: HashMap::new(),
                serving: false,
                fresh: Vec::new(),
                chunks: Vec::new(),
                cancel_requests: HashMap::new(),
                groups: Groups::default(),
                arrived: false,
                notified: false,
                life: if runtime.is_none() { Life::Stopped } else { Life::Open },
                metrics: PollMetrics::default(),
                measured: 0,
            }),
            runtime,
            wake: Notify::new(),
            closing: watch::channel(false).0,
            ended: Notify::new(),
        }
    }

    /// Waits until all its tasks have ended. Closures cannot be ended.
    pub(super) async fn has_ended(&self) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            // Registered before the check, so that no wake-up is missed.
            ended.as_mut().enable();
            {
                let state = self.state();
                if state.life == Life::Stopped && state.in_flight == state.threads && state.helpers == 0 {
                    return;
                }
            }
            ended.await;
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, ExecutorState<J, T, E>> {
        // Nothing that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a job. Returns whether a task was woken.
    pub(super) fn finish(&self, id: JobId, outcome: Result<T, PollFailure<E>>) -> bool {
        let outcome = outcome.map_err(Box::new);
        let (told, answer, is_last) = {
            let mut state = self.state();
            let (told, answer) = state.finish_one(id, outcome);
            (told, answer, state.slots.count(Phase::Polling) == 0)
        };
        // No later poll would measure it.
        if is_last {
            self.measure();
        }
        let woke = answer.is_some() || matches!(told, Recipient::Task(_));
        if let Some(answer) = answer {
            answer.send();
        }
        match told {
            Recipient::Task(waker) => waker.wake(),
            Recipient::Group(_) | Recipient::Nobody => {}
            Recipient::Back { outcome, .. } => drop(outcome),
        }
        woke
    }

    /// Updates the gauges of polled jobs. Called without the lock.
    pub(super) fn measure(&self) {
        if !METERS.any() {
            return;
        }
        let (from, to) = {
            let mut state = self.state();
            let polling = state.slots.count(Phase::Polling);
            (std::mem::replace(&mut state.measured, polling), polling)
        };
        if from != to {
            let executor = self.settings.name;
            METERS.tell(|meter| meter(&Measure::Jobs { executor, from, to }));
        }
    }

    /// Fails all jobs of a poll.
    pub(super) fn fail_all(&self, shown: &Shown<J>, failure: impl Fn() -> PollFailure<E>) {
        let mut afterwards = Afterwards::nothing();
        {
            let failures: Vec<_> = (0..shown.len()).map(|_| Box::new(failure())).collect();
            let mut state = self.state();
            for (index, failure) in failures.into_iter().enumerate() {
                if let Some((chunk, place)) = shown.get(index) {
                    state.finish(chunk[place].id, Err(failure), &mut afterwards);
                }
            }
        }
        afterwards.done();
    }

    /// The jobs for the next poll: new ones, those left of the last poll, and single jobs that polls kept. `None`: shut down.
    pub(super) fn gather(&self) -> Option<Shown<J>> {
        let mut afterwards = Afterwards::nothing();
        let gathered = {
            let mut state = self.state();
            if state.life != Life::Open {
                return None;
            }
            state.gather(&mut afterwards)
        };
        drop(afterwards);
        Some(gathered)
    }

    /// Copies of the polled jobs without an outcome.
    pub(super) fn outstanding(&self) -> Vec<J>
    where
        J: Clone,
    {
        let polled = self.state().polled();
        // User code: without the lock.
        polled.iter().map(|(chunk, place)| chunk[*place].job.clone()).collect()
    }

    /// Ends all jobs and rejects new ones.
    pub(super) fn close(&self) {
        let mut afterwards = Afterwards::nothing();
        let running = {
            let mut state = self.state();
            if state.life == Life::Open {
                state.life = Life::Closed;
            }
            for id in state.slots.all_outstanding() {
                state.finish(id, Err(Box::new(PollFailure::ShutDown)), &mut afterwards);
            }
            state.queue.clear();
            afterwards.submissions.extend(std::mem::take(&mut state.queued).into_values());
            // All of them have an outcome.
            let _ = state.give_up_starting(&mut afterwards);
            afterwards.jobs.append(&mut state.fresh);
            afterwards.chunks.append(&mut state.chunks);
            // Later submissions of a stream are rejected.
            state.made_room(&mut afterwards);
            state.running.values().filter_map(RunningSubmission::abort_handle).collect::<Vec<_>>()
        };
        for task in running {
            task.abort();
        }
        self.measure();
        self.closing.send_replace(true);
        afterwards.done();
        self.wake.notify_one();
    }
}

impl<J, T, E> ExecutorState<J, T, E> {
    pub(super) fn finish(
        &mut self,
        id: JobId,
        outcome: JobOutcome<T, E>,
        afterwards: &mut Afterwards<J, T, E>,
    ) {
        let (told, answer) = self.finish_one(id, outcome);
        afterwards.answers.extend(answer);
        match told {
            Recipient::Task(waker) => afterwards.wakers.push(waker),
            Recipient::Group(_) | Recipient::Nobody => {}
            Recipient::Back { outcome, .. } => afterwards.outcomes.push(outcome),
        }
    }

    /// Ends a job and tells its stream. The waiting task is woken without the lock.
    fn finish_one(
        &mut self,
        id: JobId,
        outcome: JobOutcome<T, E>,
    ) -> (Recipient<T, E>, Option<CancelResolution>) {
        let kind = JobEnd::of(&outcome);
        let cancelled = matches!(outcome, Err(ref failure) if matches!(**failure, PollFailure::Cancelled));
        let mut answer = None;
        let told = self.slots.finish(id, outcome);
        if !matches!(told, Recipient::Back { late: true, .. }) {
            self.metrics.count(kind);
            // A lookup in an empty map costs as much as in a full one.
            if !self.cancel_requests.is_empty() {
                answer =
                    self.cancel_requests.remove(&id).map(|request| CancelResolution { request, cancelled });
            }
        }
        if let Recipient::Group(StreamPosition { group, position }) = told {
            let Some(group) = self.groups.get(group) else { return (Recipient::Nobody, answer) };
            group.done.push_back((position, id.index));
            return (group.waker.take().map_or(Recipient::Nobody, Recipient::Task), answer);
        }
        (told, answer)
    }

    /// Drops submissions that will not be started, and frees their places.
    pub(super) fn give_up_starting(&mut self, afterwards: &mut Afterwards<J, T, E>) -> Vec<JobId> {
        let (ids, futures): (Vec<_>, Vec<_>) = std::mem::take(&mut self.starting).into_iter().unzip();
        self.in_flight -= ids.len();
        afterwards.submissions.extend(futures.into_iter().map(Submission::Future));
        ids
    }

    /// The metrics.
    pub(super) fn metrics(&self) -> PollMetrics {
        PollMetrics {
            queued: self.slots.count(Phase::Queued),
            in_flight: self.in_flight,
            polling: self.slots.count(Phase::Polling),
            ..self.metrics
        }
    }

    /// Frees a place for a submission.
    pub(super) fn made_room(&mut self, afterwards: &mut Afterwards<J, T, E>) {
        afterwards.wakers.append(&mut self.groups.wakers());
    }

    /// Removes a queued submission, to be dropped afterwards.
    pub(super) fn unqueue(&mut self, id: JobId, afterwards: &mut Afterwards<J, T, E>) {
        afterwards.submissions.extend(self.queued.remove(&id));
        // Ids without a submission must not pile up behind one that never ends.
        if self.queue.len() > 32 + 2 * self.queued.len() {
            let queued = &self.queued;
            self.queue.retain(|id| queued.contains_key(id));
        }
    }

    fn gather(&mut self, afterwards: &mut Afterwards<J, T, E>) -> Shown<J> {
        (self.arrived, self.notified) = (false, false);
        let mut jobs = Vec::new();
        let mut lent = Vec::new();
        for chunk in std::mem::take(&mut self.chunks) {
            match Arc::try_unwrap(chunk) {
                Ok(chunk) => afterwards.jobs.extend(keep(&self.slots, chunk, &mut jobs)),
                Err(chunk) => {
                    let before = lent.len();
                    for (place, entry) in (0..).zip(chunk.iter()) {
                        if self.slots.phase(entry.id).is_some() {
                            lent.push((Arc::clone(&chunk), place));
                        }
                    }
                    // A chunk without jobs is dropped.
                    let list = if lent.len() > before { &mut self.chunks } else { &mut afterwards.chunks };
                    list.push(chunk);
                }
            }
        }
        afterwards.jobs.extend(keep(&self.slots, std::mem::take(&mut self.fresh), &mut jobs));
        for (place, entry) in (0..).zip(&jobs) {
            self.slots.set_place(entry.id, place);
        }
        let chunk = Arc::new(jobs);
        self.chunks.insert(0, Arc::clone(&chunk));
        Shown { chunk, lent }
    }

    /// The polled jobs without an outcome.
    fn polled(&mut self) -> Vec<(Chunk<J>, usize)> {
        self.share_fresh();
        let slots = &self.slots;
        let each = |chunk: &Chunk<J>| {
            let outstanding =
                |place: &usize| chunk.get(*place).is_some_and(|entry| slots.phase(entry.id).is_some());
            let places = (0..chunk.len()).filter(outstanding);
            places.map(|place| (Arc::clone(chunk), place)).collect::<Vec<_>>()
        };
        self.chunks.iter().flat_map(each).collect()
    }

    /// Makes the jobs that have not been polled yet available without the lock.
    fn share_fresh(&mut self) {
        if !self.fresh.is_empty() {
            let fresh = Arc::new(std::mem::take(&mut self.fresh));
            self.chunks.push(fresh);
        }
    }

    /// The chunk and position of a polled job.
    pub(super) fn find(&mut self, id: JobId) -> Option<(Chunk<J>, usize)> {
        let place = self.slots.place(id) as usize;
        let is_it = |entry: &StartedJob<J>| entry.id == id;
        if let Some(chunk) = self.chunks.first().filter(|chunk| chunk.get(place).is_some_and(is_it)) {
            return Some((Arc::clone(chunk), place));
        }
        // It is new, or kept by a poll.
        self.share_fresh();
        self.chunks.iter().find_map(|chunk| Some((Arc::clone(chunk), chunk.iter().position(is_it)?)))
    }
}

/// Appends jobs without an outcome; returns the others.
fn keep<J, T, E>(
    slots: &JobSlots<T, E>,
    mut chunk: Vec<StartedJob<J>>,
    jobs: &mut Vec<StartedJob<J>>,
) -> Vec<StartedJob<J>> {
    let mut kept = 0;
    for place in 0..chunk.len() {
        if slots.phase(chunk[place].id).is_some() {
            chunk.swap(kept, place);
            kept += 1;
        }
    }
    let done = chunk.split_off(kept);
    if jobs.is_empty() {
        *jobs = chunk;
    } else {
        make_room(jobs, chunk.len());
        jobs.append(&mut chunk);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_grows_is_never_more_than_a_quarter_too_long() {
        let mut list = Vec::new();
        for number in 0..100_000 {
            make_room(&mut list, 1);
            list.push(number);
            assert!(list.capacity() <= list.len() + (list.len() / 4).max(64));
        }
    }

    #[test]
    fn a_job_with_a_small_id_takes_sixteen_bytes() {
        assert_eq!(size_of::<StartedJob<u64>>(), 16);
    }
}
