//! The state of an executor: its jobs, their submissions and their polls. All steps are short, and run under its lock.

use std::collections::HashMap;

use tokio::task::AbortHandle;

use super::PollFailure;
use super::cancel_request::CancelRequest;
use super::later::{Action, Later};
use super::metrics::{JobEnd, PollMetrics};
use super::polls::{Polled, Polls};
use super::settings::Settings;
use super::slots::{JobId, JobOutcome, JobSlots, Phase, StreamPosition};
use super::submissions::{Begun, BlockingSubmission, Submission, Submissions};

pub(super) struct ExecutorState<J, T, E> {
    pub(super) jobs: JobSlots<T, E>,
    pub(super) submissions: Submissions<J, E, AbortHandle>,
    pub(super) polls: Polls<J>,
    /// Pending calls of the cancel function.
    pub(super) cancel_requests: HashMap<JobId, CancelRequest>,
    /// Not shut down.
    pub(super) open: bool,
    pub(super) metrics: PollMetrics,
    /// The number of jobs in the gauges.
    measured: usize,
}

/// Submissions that begin, and must be spawned without the lock.
#[must_use]
pub(super) struct Begin<J, E> {
    pub(super) closures: Vec<(JobId, BlockingSubmission<J, E>)>,
    /// A starter is needed. It is counted already.
    pub(super) starter: bool,
}

impl<J, T, E> ExecutorState<J, T, E> {
    pub(super) fn new(settings: &Settings, open: bool) -> Self {
        Self {
            jobs: JobSlots::new(),
            submissions: Submissions::new(settings.max_in_flight),
            polls: Polls::new(),
            cancel_requests: HashMap::new(),
            open,
            metrics: PollMetrics::default(),
            measured: 0,
        }
    }

    /// Adds a job, and starts it if there is a place. `None`: the executor is shut down.
    pub(super) fn submit(
        &mut self,
        submission: Submission<J, E>,
        position: Option<StreamPosition>,
        later: &mut Later<J, T, E>,
    ) -> Option<(JobId, Begin<J, E>)> {
        let id = if self.open { self.jobs.insert(position) } else { None };
        let Some(id) = id else {
            later.extend([Action::DropSubmission(submission)]);
            return None;
        };
        self.metrics.submitted += 1;
        let mut closures = Vec::new();
        // Also if a place has just become free: it belongs to the first of the queue.
        if self.submissions.is_free() {
            let begun = self.submissions.begin(id, submission);
            closures.extend(self.begun(id, begun));
        } else {
            let place = self.submissions.enqueue(id, submission);
            self.jobs.set_place(id, place);
        }
        Some((id, self.begin(closures)))
    }

    fn begun(&mut self, id: JobId, begun: Begun<J, E>) -> Option<(JobId, BlockingSubmission<J, E>)> {
        match begun {
            Begun::Starting => {
                self.jobs.advance(id, Phase::Submitting, 0);
                None
            }
            Begun::Blocking(closure) => {
                self.jobs.advance(id, Phase::Blocking, 0);
                Some((id, closure))
            }
        }
    }

    /// Whether running starters are enough: each may block in a first poll.
    fn begin(&mut self, closures: Vec<(JobId, BlockingSubmission<J, E>)>) -> Begin<J, E> {
        let starter = self.submissions.starting() > 0 && self.submissions.standby == 0;
        self.submissions.standby += usize::from(starter);
        Begin { closures, starter }
    }

    /// A submission has ended: `None` if its job is done already. Its place goes to the next of the queue.
    pub(super) fn end_submission(
        &mut self,
        id: JobId,
        outcome: Option<Result<J, PollFailure<E>>>,
        later: &mut Later<J, T, E>,
    ) -> Vec<(JobId, BlockingSubmission<J, E>)> {
        self.submissions.leave(id);
        match outcome {
            Some(Ok(job)) => self.arrive(id, job, later),
            Some(Err(failure)) => self.finish(id, Err(Box::new(failure)), later),
            None => {}
        }
        let mut closures = Vec::new();
        if !self.submissions.is_bounded() {
            return closures;
        }
        while let Some((id, begun)) = self.submissions.next() {
            closures.extend(self.begun(id, begun));
        }
        if self.submissions.is_free() {
            later.extend(self.jobs.stream_wakers().map(Action::Wake));
        }
        closures
    }

    /// As [`end_submission`](Self::end_submission), where no starter is running.
    pub(super) fn leave(
        &mut self,
        id: JobId,
        outcome: Option<Result<J, PollFailure<E>>>,
        later: &mut Later<J, T, E>,
    ) -> Begin<J, E> {
        let closures = self.end_submission(id, outcome, later);
        self.begin(closures)
    }

    /// Adds a started job to the next poll.
    fn arrive(&mut self, id: JobId, job: J, later: &mut Later<J, T, E>) {
        if !self.jobs.advance(id, Phase::Polling, self.polls.next_place()) {
            return later.extend([Action::DropJob(job)]);
        }
        self.polls.add(id, job);
        // Polled at the end of a burst, or when the jobs have doubled: a poll for every few would be quadratic.
        if self.submissions.starting() > 0 && self.polls.unpolled() < self.polls.len().div_ceil(2) {
            return;
        }
        // The task sleeps in spite of a new job if that was cancelled.
        later.polls |= !self.polls.arrived || self.polls.len() == 1;
        self.polls.arrived = true;
    }

    /// Ends a job in any phase. The first outcome counts.
    pub(super) fn finish(&mut self, id: JobId, outcome: JobOutcome<T, E>, later: &mut Later<J, T, E>) {
        let end = JobEnd::of(&outcome);
        let finished = match self.jobs.finish(id, outcome) {
            Ok(finished) => finished,
            Err(late) => return later.extend([Action::DropOutcome(late)]),
        };
        self.metrics.count(end);
        match finished.phase {
            Phase::Queued => {
                let moved = |id, place| self.jobs.set_place(id, place);
                let dequeued = self.submissions.dequeue(finished.place, moved);
                later.extend(dequeued.map(Action::DropSubmission));
            }
            Phase::Submitting => later.extend(self.submissions.interrupt(id).map(Action::Abort)),
            // The closure keeps its place until it returns.
            Phase::Blocking => {}
            Phase::Polling => self.polls.finish(finished.place),
        }
        later.extend(finished.waker.map(Action::Wake));
        later.extend(finished.unclaimed.map(Action::DropOutcome));
        // A lookup in an empty map costs as much as in a full one.
        if !self.cancel_requests.is_empty() {
            if let Some(request) = self.cancel_requests.remove(&id) {
                later.extend([Action::Answer(request, end == JobEnd::Cancelled)]);
            }
        }
    }

    pub(super) fn cancel(&mut self, id: JobId, later: &mut Later<J, T, E>) {
        self.finish(id, Err(Box::new(PollFailure::Cancelled)), later);
    }

    /// The jobs for the next poll. `None`: shut down.
    pub(super) fn gather(&mut self, later: &mut Later<J, T, E>) -> Option<Polled<J>> {
        let Self { jobs, polls, .. } = self;
        self.open.then(|| polls.gather(|id, place| jobs.set_place(id, place), later.released()))
    }

    /// Ends all jobs and rejects new ones.
    pub(super) fn close(&mut self, later: &mut Later<J, T, E>) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        for id in self.jobs.all_outstanding() {
            self.finish(id, Err(Box::new(PollFailure::ShutDown)), later);
        }
        later.extend(self.submissions.give_up().map(Action::DropSubmission));
        self.polls.clear(later.released());
        // Later submissions of a stream are rejected.
        later.extend(self.jobs.stream_wakers().map(Action::Wake));
        later.polls = true;
    }

    pub(super) fn metrics(&self) -> PollMetrics {
        PollMetrics {
            queued: self.jobs.count(Phase::Queued),
            in_flight: self.submissions.in_flight(),
            polling: self.polls.len(),
            ..self.metrics
        }
    }

    /// The change of the number of polled jobs, for the gauges.
    pub(super) fn measure(&mut self) -> Option<(usize, usize)> {
        let polling = self.polls.len();
        let before = std::mem::replace(&mut self.measured, polling);
        (before != polling).then_some((before, polling))
    }
}
