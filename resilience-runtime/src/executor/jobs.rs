//! Everything an executor knows, under one lock. No user code runs there: what is the user's is moved out and dropped, woken
//! or called afterwards.

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
use super::slots::{JobId, JobOutcome, JobSlots, Phase, Recipient, make_room};
use crate::telemetry::{METERS, Measure};

/// What a submission does: its result is what the poll function is shown.
pub(super) enum Submission<J, E> {
    Future(BoxedSubmission<J, E>),
    Blocking(Box<dyn FnOnce() -> Result<J, E> + Send>),
}

pub(super) type BoxedSubmission<J, E> = Pin<Box<dyn Future<Output = Result<J, E>> + Send>>;

/// A job that has been started, as the poll function is shown it.
pub(super) struct StartedJob<J> {
    pub(super) id: JobId,
    pub(super) job: J,
}

/// The jobs of one poll. The poll function may keep them for as long as it likes: they stay known here.
pub(super) type Chunk<J> = Arc<Vec<StartedJob<J>>>;

/// What a poll is shown.
pub(super) struct Shown<J> {
    pub(super) chunk: Chunk<J>,
    /// Single jobs of earlier polls, whose function has kept them.
    pub(super) lent: Vec<(Chunk<J>, u32)>,
}

impl<J> Shown<J> {
    pub(super) fn len(&self) -> usize {
        self.chunk.len() + self.lent.len()
    }

    /// A job, by the list it is in and its place there.
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

/// How far an executor is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    /// Nothing is taken any more.
    Closed,
    /// The task that polls has ended, too.
    Stopped,
}

/// How a submission under way can be ended.
pub(super) enum RunningSubmission {
    /// A future, which is about to be spawned.
    Starting,
    Task(AbortHandle),
    /// A closure on a thread, which cannot be interrupted; the task that watches its time, if there is one.
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

/// How many submissions or jobs one task takes in a row before it lets others run.
pub(super) const BACKLOG: usize = 64;

/// Shared by the executor, its handles, its streams, and the task that polls.
pub(super) struct Jobs<J, T, E> {
    pub(super) settings: Settings,
    /// None, if there could not be one: then it is closed from the beginning.
    pub(super) runtime: Option<Handle>,
    /// Asks whether a job may be cancelled.
    pub(super) cancel: Option<CancelCall<J>>,
    state: Mutex<ExecutorState<J, T, E>>,
    /// Wakes the task that polls.
    pub(super) wake: Notify,
    /// Tells the questions under way that nobody waits for their answer any more.
    pub(super) closing: watch::Sender<bool>,
    /// Tells whoever waits for the end that something has ended.
    pub(super) ended: Notify,
}

/// Makes the future that asks for one job. The cancel function itself is called when the future is first polled.
pub(super) type CancelCall<J> = Box<dyn Fn(&J) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

pub(super) struct ExecutorState<J, T, E> {
    pub(super) slots: JobSlots<T, E>,
    /// Submissions that wait for a place, in their order, some of which may be cancelled by now.
    pub(super) queue: VecDeque<JobId>,
    pub(super) queued: HashMap<JobId, Submission<J, E>>,
    /// Submissions that have a place, and wait to be polled for the first time.
    pub(super) starting: VecDeque<(JobId, BoxedSubmission<J, E>)>,
    /// How many starters have been scheduled, and have not looked at those yet.
    pub(super) standby: usize,
    /// How many places are taken, and how many of them by threads.
    pub(super) in_flight: usize,
    pub(super) threads: usize,
    /// Tasks beside those of submissions: they ask cancel functions, and watch closures.
    pub(super) helpers: usize,
    /// Those that were not ready at once: also beyond the job's end, until the task is gone, when another job may have its
    /// index.
    pub(super) running: HashMap<JobId, RunningSubmission>,
    /// Somebody is giving free places to the queue.
    pub(super) serving: bool,
    /// Jobs that no poll has seen.
    pub(super) fresh: Vec<StartedJob<J>>,
    /// The jobs of the last poll, and those of polls whose function has kept some.
    pub(super) chunks: Vec<Chunk<J>>,
    /// The questions under way whether a job may be cancelled.
    pub(super) cancel_requests: HashMap<JobId, CancelRequest>,
    pub(super) groups: Groups,
    /// A job has come since the last poll.
    pub(super) arrived: bool,
    /// Somebody wants a poll now.
    pub(super) notified: bool,
    pub(super) life: Life,
    pub(super) metrics: PollMetrics,
    /// How many jobs the gauges count.
    measured: usize,
}

/// Streams of jobs, each with those of its jobs that are done.
#[derive(Default)]
pub(super) struct Groups {
    groups: HashMap<u32, Group>,
    next: u32,
}

#[derive(Default)]
pub(super) struct Group {
    pub(super) done: VecDeque<u32>,
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

    /// There is room for another submission: whoever waits for that.
    fn wakers(&mut self) -> Vec<Waker> {
        self.groups.values_mut().filter_map(|group| group.waker.take()).collect()
    }
}

/// What is left to be done, or dropped, once the lock is free.
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

/// What is the user's may panic when it is dropped, which is nobody else's business.
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

    /// Waits until nothing of it runs any more, but for closures that cannot be ended.
    pub(super) async fn has_ended(&self) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            // Before the look, so that nothing is missed in between.
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
        // Nothing that could panic runs under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job has an outcome. Whether a task was woken.
    pub(super) fn finish(&self, id: JobId, outcome: Result<T, PollFailure<E>>) -> bool {
        let outcome = outcome.map_err(Box::new);
        let (told, answer, is_last) = {
            let mut state = self.state();
            let (told, answer) = state.finish_one(id, outcome);
            (told, answer, state.slots.count(Phase::Polling) == 0)
        };
        // No poll follows that would measure it.
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

    /// Tells the gauges how many jobs are polled, if that has changed. Called with no lock held.
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

    /// All jobs of a poll have failed with it.
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

    /// The jobs for the next poll: those that came since the last one and those that are left of it, and single jobs of polls
    /// whose function has kept them. `None`: it is over.
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

    /// Ends everything: nothing is taken any more, and whoever waits is told.
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
            // They have their outcome, as all have.
            let _ = state.give_up_starting(&mut afterwards);
            afterwards.jobs.append(&mut state.fresh);
            afterwards.chunks.append(&mut state.chunks);
            // What a stream has not submitted is refused from now on.
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

    /// A job has an outcome. Its stream knows of it; the task that waits is to be woken where no lock is held.
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
            // Looking into an empty map costs as much as into a full one.
            if !self.cancel_requests.is_empty() {
                answer =
                    self.cancel_requests.remove(&id).map(|request| CancelResolution { request, cancelled });
            }
        }
        if let Recipient::Group(group) = told {
            let Some(group) = self.groups.get(group) else { return (Recipient::Nobody, answer) };
            group.done.push_back(id.index);
            return (group.waker.take().map_or(Recipient::Nobody, Recipient::Task), answer);
        }
        (told, answer)
    }

    /// Those that nobody will start: their places are free, and they are dropped afterwards.
    pub(super) fn give_up_starting(&mut self, afterwards: &mut Afterwards<J, T, E>) -> Vec<JobId> {
        let (ids, futures): (Vec<_>, Vec<_>) = std::mem::take(&mut self.starting).into_iter().unzip();
        self.in_flight -= ids.len();
        afterwards.submissions.extend(futures.into_iter().map(Submission::Future));
        ids
    }

    /// What an executor tells of itself.
    pub(super) fn metrics(&self) -> PollMetrics {
        PollMetrics {
            queued: self.slots.count(Phase::Queued),
            in_flight: self.in_flight,
            polling: self.slots.count(Phase::Polling),
            ..self.metrics
        }
    }

    /// A place for a submission has become free.
    pub(super) fn made_room(&mut self, afterwards: &mut Afterwards<J, T, E>) {
        afterwards.wakers.append(&mut self.groups.wakers());
    }

    /// A queued submission, taken away; it is dropped afterwards.
    pub(super) fn unqueue(&mut self, id: JobId, afterwards: &mut Afterwards<J, T, E>) {
        afterwards.submissions.extend(self.queued.remove(&id));
        // Numbers without a submission must not pile up behind one that never ends.
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
                    // A chunk of which nothing is left is no business of ours any more.
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

    /// Where a job is that is being polled.
    pub(super) fn find(&mut self, id: JobId) -> Option<(Chunk<J>, usize)> {
        let place = self.slots.place(id) as usize;
        let is_it = |entry: &StartedJob<J>| entry.id == id;
        if let Some(chunk) = self.chunks.first().filter(|chunk| chunk.get(place).is_some_and(is_it)) {
            return Some((Arc::clone(chunk), place));
        }
        // No poll has seen it yet, or one that has kept it.
        if !self.fresh.is_empty() {
            let fresh = Arc::new(std::mem::take(&mut self.fresh));
            self.chunks.push(fresh);
        }
        self.chunks.iter().find_map(|chunk| Some((Arc::clone(chunk), chunk.iter().position(is_it)?)))
    }
}

/// Appends those that have no outcome yet; the others come back.
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
