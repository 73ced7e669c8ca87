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
use super::submissions::{Submission, SubmissionKind, Submissions};

/// The outcome of a submission. Failures are rare, and boxed.
pub(super) type Submitted<J, E> = Result<J, Box<PollFailure<E>>>;

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
        kind: SubmissionKind,
        position: Option<StreamPosition>,
        later: &mut Later<J, T, E>,
    ) -> Option<JobId> {
        // A place that has just become free belongs to the first of the queue.
        let begins = self.submissions.is_free();
        let phase = if begins { Phase::Submitting } else { Phase::Queued };
        let id = if self.open { self.jobs.insert(phase, position) } else { None };
        let Some(id) = id else {
            later.push(Action::DropSubmission(submission));
            return None;
        };
        self.metrics.submitted += 1;
        if begins {
            self.submissions.begin(id, kind, submission);
        } else {
            let place = self.submissions.enqueue(id, kind, submission);
            self.jobs.set_place(id, place);
        }
        Some(id)
    }

    /// A submission has ended: `None` if its job is done already. Its place goes to the next of the queue.
    pub(super) fn end_submission(
        &mut self,
        id: JobId,
        outcome: Option<Submitted<J, E>>,
        later: &mut Later<J, T, E>,
    ) {
        self.submissions.leave(id);
        match outcome {
            Some(Ok(job)) => self.arrive(id, job, later),
            Some(Err(failure)) => self.finish(id, Err(failure), later),
            None => {}
        }
        if !self.submissions.is_bounded() {
            return;
        }
        while let Some(id) = self.submissions.next() {
            self.jobs.advance(id, Phase::Submitting, 0);
        }
        if self.submissions.is_free() {
            later.extend(self.jobs.stream_wakers().map(Action::Wake));
        }
    }

    /// Adds a started job to the next poll.
    fn arrive(&mut self, id: JobId, job: J, later: &mut Later<J, T, E>) {
        if !self.jobs.advance(id, Phase::Polling, self.polls.next_place()) {
            return later.push(Action::DropJob(job));
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
        let finished = self.jobs.finish(id, outcome);
        let Some((phase, place)) = finished.left else {
            return later.extend(finished.unclaimed.map(Action::DropOutcome));
        };
        self.metrics.count(end);
        match phase {
            Phase::Queued => {
                let moved = |id, place| self.jobs.set_place(id, place);
                let dequeued = self.submissions.dequeue(place, moved);
                later.extend(dequeued.map(Action::DropSubmission));
            }
            Phase::Submitting => later.extend(self.submissions.interrupt(id).map(Action::Abort)),
            // The closure keeps its place until it returns.
            Phase::Blocking => {}
            Phase::Polling => self.polls.finish(place),
        }
        later.extend(finished.waker.map(Action::Wake));
        later.extend(finished.unclaimed.map(Action::DropOutcome));
        // A lookup in an empty map costs as much as in a full one.
        if !self.cancel_requests.is_empty() {
            if let Some(request) = self.cancel_requests.remove(&id) {
                later.push(Action::Answer(request, end == JobEnd::Cancelled));
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
