//! The table of jobs: the phase, the waiter and the outcome of each, without lock, clock or task.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::task::Waker;

use super::PollFailure;

/// The outcome of a job. Failures are rare, and boxed so that a job stays small.
pub(super) type JobOutcome<T, E> = Result<T, Box<PollFailure<E>>>;

/// The id of a job. The generation distinguishes jobs of one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct JobId {
    pub(super) index: u32,
    generation: NonZeroU32,
}

/// The phase of a job without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for a place.
    Queued,
    /// Being submitted: a future, or a closure that waits for a thread.
    Submitting,
    /// A closure that runs on a thread and cannot be interrupted.
    Blocking,
    Polling,
}

/// The stream of a job, and its position there, modulo 2³².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamPosition {
    pub(super) stream: u32,
    pub(super) position: u32,
}

/// All jobs, by index.
#[derive(Debug)]
pub(super) struct JobSlots<T, E> {
    /// Chunks of [`CHUNK`] slots: a table that grows moves no slot.
    chunks: Vec<Vec<JobSlot<T, E>>>,
    /// The head of the list of vacant slots.
    vacant: Option<u32>,
    /// The number of jobs in each phase.
    counts: [usize; 4],
    streams: Vec<Option<JobStream>>,
}

const CHUNK: u32 = 64;

#[derive(Debug)]
struct JobSlot<T, E> {
    generation: NonZeroU32,
    /// The position in the list of its phase. In a finished job of a stream, the position there.
    place: u32,
    state: JobState<T, E>,
}

#[derive(Debug)]
enum JobState<T, E> {
    Vacant {
        next: Option<u32>,
    },
    /// There is a handle, which is not being polled.
    Held(Phase),
    Awaited(Phase, Waker),
    /// It belongs to a stream of jobs.
    Streamed(Phase, StreamPosition),
    /// The handle was dropped.
    Detached(Phase),
    Done(JobOutcome<T, E>),
}

/// The finished jobs of a stream that have not been returned, and its consumer.
#[derive(Debug, Default)]
struct JobStream {
    done: VecDeque<u32>,
    waker: Option<Waker>,
}

/// What follows from the outcome of a job.
#[derive(Debug)]
#[must_use]
pub(super) struct Finished<T, E> {
    /// The phase and place that the job has left. `None`: it was done or gone before.
    pub(super) left: Option<(Phase, u32)>,
    pub(super) waker: Option<Waker>,
    /// The outcome, if it is late or the handle was dropped.
    pub(super) unclaimed: Option<JobOutcome<T, E>>,
}

impl<T, E> JobSlots<T, E> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), vacant: None, counts: [0; 4], streams: Vec::new() }
    }

    pub(super) fn count(&self, phase: Phase) -> usize {
        self.counts[phase as usize]
    }

    /// The number of jobs without an outcome.
    pub(super) fn outstanding(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Adds a job, for a handle or for a stream. `None`: there are four thousand million already.
    pub(super) fn insert(&mut self, phase: Phase, position: Option<StreamPosition>) -> Option<JobId> {
        if self.vacant.is_none() {
            self.add_chunk();
        }
        let index = self.vacant?;
        let slot = self.slot_mut(index)?;
        let JobState::Vacant { next } = slot.state else { return None };
        // Two short writes: a state that is chosen first is copied, which takes longer.
        match position {
            Some(position) => slot.state = JobState::Streamed(phase, position),
            None => slot.state = JobState::Held(phase),
        }
        let generation = slot.generation;
        self.vacant = next;
        self.counts[phase as usize] += 1;
        Some(JobId { index, generation })
    }

    fn add_chunk(&mut self) {
        let chunks = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        let Some(first) = chunks.checked_mul(CHUNK).filter(|first| *first < u32::MAX - CHUNK) else { return };
        let slot = |index| {
            let next = Some(index + 1).filter(|next| *next < first + CHUNK);
            JobSlot { generation: NonZeroU32::MIN, place: 0, state: JobState::Vacant { next } }
        };
        self.chunks.push((first..first + CHUNK).map(slot).collect());
        self.vacant = Some(first);
    }

    /// The phase; `None` if the job has an outcome or is gone.
    pub(super) fn phase(&self, id: JobId) -> Option<Phase> {
        self.slot(id.index).filter(|slot| slot.generation == id.generation)?.state.phase()
    }

    /// The id, phase and place of the job that a handle or a stream holds.
    pub(super) fn held(&self, index: u32) -> Option<(JobId, Phase, u32)> {
        let slot = self.slot(index)?;
        slot.state.phase().map(|phase| (JobId { index, generation: slot.generation }, phase, slot.place))
    }

    /// Whether it was cancelled, and its handle has not returned that yet.
    pub(super) fn is_cancelled(&self, index: u32) -> bool {
        let state = self.slot(index).map(|slot| &slot.state);
        matches!(state, Some(JobState::Done(Err(failure))) if matches!(**failure, PollFailure::Cancelled))
    }

    /// Moves a job to its next phase, with its place there. `false`: it is done or gone.
    pub(super) fn advance(&mut self, id: JobId, to: Phase, place: u32) -> bool {
        let Some(slot) = self.slot_of(id) else { return false };
        let Some(phase) = slot.state.phase_mut() else { return false };
        let from = std::mem::replace(phase, to);
        slot.place = place;
        self.counts[from as usize] -= 1;
        self.counts[to as usize] += 1;
        true
    }

    /// Changes the place of a job in the list of its phase.
    pub(super) fn set_place(&mut self, id: JobId, place: u32) {
        if let Some(slot) = self.slot_of(id) {
            slot.place = place;
        }
    }

    /// Ends a job with its first outcome. A late outcome is unclaimed.
    #[inline]
    pub(super) fn finish(&mut self, id: JobId, outcome: JobOutcome<T, E>) -> Finished<T, E> {
        let mut finished = Finished { left: None, waker: None, unclaimed: None };
        let slot = self.slot_of(id);
        let Some((slot, phase)) = slot.and_then(|slot| slot.state.phase().map(|phase| (slot, phase))) else {
            finished.unclaimed = Some(outcome);
            return finished;
        };
        finished.left = Some((phase, slot.place));
        if let JobState::Detached(_) = slot.state {
            finished.unclaimed = Some(outcome);
            self.free(id.index);
        } else {
            match std::mem::replace(&mut slot.state, JobState::Done(outcome)) {
                JobState::Awaited(_, waker) => finished.waker = Some(waker),
                JobState::Streamed(_, StreamPosition { stream, position }) => {
                    slot.place = position;
                    if let Some(stream) = self.stream(stream) {
                        stream.done.push_back(id.index);
                        finished.waker = stream.waker.take();
                    }
                }
                _ => {}
            }
        }
        self.counts[phase as usize] -= 1;
        finished
    }

    /// The outcome of a handle's job, which ends the job's slot.
    pub(super) fn take(&mut self, index: u32) -> Option<JobOutcome<T, E>> {
        let state = &self.slot(index)?.state;
        if !matches!(state, JobState::Done(_)) {
            return None;
        }
        match self.free(index) {
            Some(JobState::Done(outcome)) => Some(outcome),
            _ => None,
        }
    }

    /// Sets the waker of a handle. Returns the one to be dropped.
    pub(super) fn await_by(&mut self, index: u32, waker: Waker) -> Option<Waker> {
        let Some(slot) = self.slot_mut(index) else { return Some(waker) };
        let Some(phase) = slot.state.phase() else { return Some(waker) };
        match std::mem::replace(&mut slot.state, JobState::Awaited(phase, waker)) {
            JobState::Awaited(_, known) => Some(known),
            _ => None,
        }
    }

    /// A handle is dropped. Returns its outcome and its waker, to be dropped without the lock.
    pub(super) fn detach(&mut self, index: u32) -> (Option<JobOutcome<T, E>>, Option<Waker>) {
        let Some(slot) = self.slot_mut(index) else { return (None, None) };
        match slot.state.phase() {
            Some(phase) => match std::mem::replace(&mut slot.state, JobState::Detached(phase)) {
                JobState::Awaited(_, waker) => (None, Some(waker)),
                _ => (None, None),
            },
            None => (self.take(index), None),
        }
    }

    /// All jobs without an outcome.
    pub(super) fn all_outstanding(&self) -> Vec<JobId> {
        let slots = (0..).zip(self.chunks.iter().flatten());
        let outstanding = slots.filter(|(_, slot)| slot.state.phase().is_some());
        outstanding.map(|(index, slot)| JobId { index, generation: slot.generation }).collect()
    }

    pub(super) fn open_stream(&mut self) -> u32 {
        let vacant = self.streams.iter().position(Option::is_none);
        let number = vacant.unwrap_or_else(|| {
            self.streams.push(None);
            self.streams.len() - 1
        });
        self.streams[number] = Some(JobStream::default());
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// The job at this index, if it belongs to this stream and has no outcome.
    pub(super) fn streamed(&self, index: u32, stream: u32) -> Option<JobId> {
        let slot = self.slot(index)?;
        let is_it = matches!(slot.state, JobState::Streamed(_, of) if of.stream == stream);
        is_it.then_some(JobId { index, generation: slot.generation })
    }

    /// The next result of a stream, with its position.
    pub(super) fn take_streamed(&mut self, stream: u32) -> Option<(u32, JobOutcome<T, E>)> {
        let index = self.stream(stream)?.done.pop_front()?;
        let position = self.slot(index)?.place;
        Some((position, self.take(index)?))
    }

    /// Sets the waker of a stream. Returns the one to be dropped.
    pub(super) fn await_stream(&mut self, stream: u32, waker: Waker) -> Option<Waker> {
        match self.stream(stream) {
            Some(stream) => stream.waker.replace(waker),
            None => Some(waker),
        }
    }

    /// Closes a stream whose jobs are all done. Returns their outcomes and its waker, to be dropped without the lock.
    pub(super) fn close_stream(&mut self, stream: u32) -> (Vec<JobOutcome<T, E>>, Option<Waker>) {
        let closed = self.streams.get_mut(stream as usize).and_then(Option::take).unwrap_or_default();
        let outcomes = closed.done.into_iter().filter_map(|index| self.take(index)).collect();
        (outcomes, closed.waker)
    }

    /// The wakers of all streams.
    pub(super) fn stream_wakers(&mut self) -> impl Iterator<Item = Waker> {
        self.streams.iter_mut().flatten().filter_map(|stream| stream.waker.take())
    }

    fn stream(&mut self, stream: u32) -> Option<&mut JobStream> {
        self.streams.get_mut(stream as usize)?.as_mut()
    }

    fn slot(&self, index: u32) -> Option<&JobSlot<T, E>> {
        self.chunks.get((index / CHUNK) as usize)?.get((index % CHUNK) as usize)
    }

    fn slot_mut(&mut self, index: u32) -> Option<&mut JobSlot<T, E>> {
        self.chunks.get_mut((index / CHUNK) as usize)?.get_mut((index % CHUNK) as usize)
    }

    fn slot_of(&mut self, id: JobId) -> Option<&mut JobSlot<T, E>> {
        self.slot_mut(id.index).filter(|slot| slot.generation == id.generation)
    }

    fn free(&mut self, index: u32) -> Option<JobState<T, E>> {
        let vacant = self.vacant;
        let slot = self.slot_mut(index)?;
        slot.generation = slot.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let state = std::mem::replace(&mut slot.state, JobState::Vacant { next: vacant });
        self.vacant = Some(index);
        Some(state)
    }
}

impl<T, E> JobState<T, E> {
    fn phase(&self) -> Option<Phase> {
        match self {
            Self::Held(phase)
            | Self::Awaited(phase, _)
            | Self::Streamed(phase, _)
            | Self::Detached(phase) => Some(*phase),
            Self::Vacant { .. } | Self::Done(_) => None,
        }
    }

    fn phase_mut(&mut self) -> Option<&mut Phase> {
        match self {
            Self::Held(phase)
            | Self::Awaited(phase, _)
            | Self::Streamed(phase, _)
            | Self::Detached(phase) => Some(phase),
            Self::Vacant { .. } | Self::Done(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Jobs = JobSlots<&'static str, &'static str>;

    fn job(slots: &mut Jobs, phase: Phase) -> JobId {
        added(slots, phase, None)
    }

    fn added(slots: &mut Jobs, phase: Phase, position: Option<StreamPosition>) -> JobId {
        slots.insert(phase, position).expect("there is room")
    }

    fn finish(slots: &mut Jobs, id: JobId, outcome: &'static str) -> Finished<&'static str, &'static str> {
        let finished = slots.finish(id, Ok(outcome));
        assert!(finished.left.is_some(), "it is the first outcome");
        finished
    }

    /// A late outcome is returned.
    fn is_late(slots: &mut Jobs, id: JobId) -> bool {
        let finished = slots.finish(id, Ok("late"));
        finished.left.is_none() && finished.waker.is_none() && finished.unclaimed == Some(Ok("late"))
    }

    #[test]
    fn a_job_with_a_small_result_takes_thirty_two_bytes() {
        assert_eq!(size_of::<JobSlot<u64, String>>(), 32);
    }

    #[test]
    fn jobs_are_counted_in_their_phase() {
        let mut slots = Jobs::new();
        let (first, second) = (job(&mut slots, Phase::Queued), job(&mut slots, Phase::Submitting));
        assert_eq!((slots.phase(first), slots.phase(second)), (Some(Phase::Queued), Some(Phase::Submitting)));
        assert!(slots.advance(first, Phase::Blocking, 0) && slots.advance(second, Phase::Polling, 0));
        let phases = [Phase::Queued, Phase::Submitting, Phase::Blocking, Phase::Polling];
        assert_eq!((phases.map(|phase| slots.count(phase)), slots.outstanding()), ([0, 0, 1, 1], 2));
        assert_eq!(finish(&mut slots, first, "done").left, Some((Phase::Blocking, 0)));
        assert!(!slots.advance(first, Phase::Polling, 0), "it is done");
        assert_eq!((slots.phase(first), slots.outstanding()), (None, 1));
        assert_eq!(slots.all_outstanding(), [second]);
    }

    #[test]
    fn the_first_outcome_counts_and_is_taken_once() {
        let mut slots = Jobs::new();
        let id = job(&mut slots, Phase::Polling);
        assert!(slots.take(id.index).is_none(), "there is none yet");
        assert!(finish(&mut slots, id, "first").unclaimed.is_none());
        assert!(is_late(&mut slots, id));
        assert!(!slots.is_cancelled(id.index));
        assert_eq!(slots.take(id.index), Some(Ok("first")));
        assert_eq!(slots.take(id.index), None);
        assert!(is_late(&mut slots, id));
    }

    #[test]
    fn an_index_is_used_again_by_a_job_that_the_old_id_does_not_reach() {
        let mut slots = Jobs::new();
        let (old, other) = (job(&mut slots, Phase::Polling), job(&mut slots, Phase::Polling));
        assert_eq!(finish(&mut slots, old, "done").unclaimed, None);
        assert!(slots.take(old.index).is_some());
        let new = job(&mut slots, Phase::Submitting);
        assert_eq!(new.index, old.index);
        assert_ne!(new, old);
        slots.set_place(new, 7);
        slots.set_place(old, 9);
        assert_eq!(slots.phase(old), None);
        assert!(!slots.advance(old, Phase::Polling, 0));
        assert!(is_late(&mut slots, old));
        assert_eq!(slots.held(new.index), Some((new, Phase::Submitting, 7)));
        assert_eq!(slots.all_outstanding(), [new, other]);
        assert_eq!(job(&mut slots, Phase::Queued).index, 2, "no other slot is vacant");
    }

    #[test]
    fn vacant_slots_are_all_used_before_there_are_more() {
        let mut slots = Jobs::new();
        let ids: Vec<_> = (0..200).map(|_| job(&mut slots, Phase::Polling)).collect();
        let most = ids.len() - 1;
        for id in &ids[1..most] {
            assert_eq!(finish(&mut slots, *id, "done").left, Some((Phase::Polling, 0)));
            assert!(slots.take(id.index).is_some());
        }
        let mut again: Vec<_> = (0..most).map(|_| job(&mut slots, Phase::Polling).index).collect();
        again.sort_unstable();
        let expected: Vec<_> = (1..199).chain([200]).collect();
        assert_eq!(again, expected);
    }

    #[test]
    fn the_waker_is_returned_with_the_outcome_and_a_replaced_one_at_once() {
        let mut slots = Jobs::new();
        let id = job(&mut slots, Phase::Queued);
        assert!(slots.await_by(id.index, Waker::noop().clone()).is_none());
        assert!(slots.await_by(id.index, Waker::noop().clone()).is_some());
        assert!(slots.advance(id, Phase::Polling, 3), "it is awaited, and goes on");
        let finished = slots.finish(id, Err(Box::new(PollFailure::Cancelled)));
        assert_eq!((finished.waker.is_some(), finished.left), (true, Some((Phase::Polling, 3))));
        assert!(slots.await_by(id.index, Waker::noop().clone()).is_some(), "there is nothing to wait for");
        assert!(slots.is_cancelled(id.index));
    }

    #[test]
    fn an_outcome_without_a_handle_is_returned_to_be_dropped() {
        let mut slots = Jobs::new();
        let (awaited, done) = (job(&mut slots, Phase::Polling), job(&mut slots, Phase::Polling));
        assert!(slots.await_by(awaited.index, Waker::noop().clone()).is_none());
        assert!(matches!(slots.detach(awaited.index), (None, Some(_))));
        assert_eq!((slots.phase(awaited), slots.outstanding()), (Some(Phase::Polling), 2), "it goes on");
        assert_eq!(finish(&mut slots, awaited, "unheard").unclaimed, Some(Ok("unheard")));
        assert_eq!(finish(&mut slots, done, "done").unclaimed, None);
        assert!(matches!(slots.detach(done.index), (Some(Ok("done")), None)));
        assert_eq!(slots.outstanding(), 0);
        let again = [job(&mut slots, Phase::Queued).index, job(&mut slots, Phase::Queued).index];
        assert_eq!(again, [1, 0], "both slots are free");
    }

    #[test]
    fn a_stream_gets_the_results_of_its_jobs_in_order_of_completion_with_their_positions() {
        let mut slots = Jobs::new();
        let (stream, other) = (slots.open_stream(), slots.open_stream());
        let at = |stream, position| Some(StreamPosition { stream, position });
        let first = added(&mut slots, Phase::Queued, at(stream, 7));
        let second = added(&mut slots, Phase::Polling, at(stream, 8));
        let third = added(&mut slots, Phase::Polling, at(stream, 9));
        let apart = added(&mut slots, Phase::Polling, at(other, 0));
        assert!(slots.await_stream(stream, Waker::noop().clone()).is_none());
        assert!(finish(&mut slots, third, "three").waker.is_some());
        assert!(finish(&mut slots, first, "one").waker.is_none(), "the consumer is awake");
        assert_eq!(slots.take_streamed(stream), Some((9, Ok("three"))));
        assert_eq!(slots.take_streamed(stream), Some((7, Ok("one"))));
        assert_eq!((slots.take_streamed(stream), slots.take_streamed(other)), (None, None));
        assert_eq!(slots.streamed(second.index, stream), Some(second));
        assert_eq!((slots.streamed(second.index, other), slots.streamed(first.index, stream)), (None, None));
        assert_eq!(finish(&mut slots, second, "two").left, Some((Phase::Polling, 0)));
        assert!(slots.await_stream(stream, Waker::noop().clone()).is_none());
        let (outcomes, waker) = slots.close_stream(stream);
        assert_eq!((outcomes, waker.is_some()), (vec![Ok("two")], true));
        assert_eq!(
            (slots.open_stream(), slots.all_outstanding()),
            (stream, vec![apart]),
            "its number is free"
        );
    }

    #[test]
    fn an_index_without_a_slot_is_no_job() {
        let (mut slots, mut others) = (Jobs::new(), Jobs::new());
        let id = job(&mut others, Phase::Polling);
        assert_eq!((slots.phase(id), slots.held(0), slots.take(0)), (None, None, None));
        assert!(!slots.advance(id, Phase::Polling, 0) && !slots.is_cancelled(0));
        slots.set_place(id, 1);
        assert!(slots.await_by(0, Waker::noop().clone()).is_some());
        assert!(slots.await_stream(0, Waker::noop().clone()).is_some());
        assert!(matches!(slots.detach(0), (None, None)));
        assert!(is_late(&mut slots, id));
        assert_eq!((slots.take_streamed(0), slots.close_stream(0).0), (None, vec![]));
    }
}
