//! The state of each job and its waiter: a state machine without lock, clock or task.

use std::task::Waker;

use super::PollFailure;

/// The outcome of a job. Failures are rare, and boxed so that a job stays small.
pub(super) type JobOutcome<T, E> = Result<T, Box<PollFailure<E>>>;

/// The id of a job. The generation distinguishes jobs of one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct JobId {
    pub(super) index: u32,
    generation: u32,
}

/// The stream of a job, and its position there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamPosition {
    pub(super) group: u32,
    pub(super) position: usize,
}

/// The phase of a job without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting to be submitted.
    Queued,
    /// Being submitted.
    Submitting,
    /// Being polled.
    Polling,
}

/// All jobs, by index.
#[derive(Debug)]
pub(super) struct JobSlots<T, E> {
    all: Vec<JobSlot<T, E>>,
    /// The head of the list of vacant slots.
    vacant: Option<u32>,
    /// The number of jobs in each phase.
    counts: [usize; 3],
}

#[derive(Debug)]
struct JobSlot<T, E> {
    generation: u32,
    /// The job's position in its chunk: a hint.
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
    /// It belongs to a stream of jobs, in which it has this position.
    Grouped(Phase, StreamPosition),
    /// The handle was dropped.
    Detached(Phase),
    Done(JobOutcome<T, E>),
}

/// The recipient of an outcome.
#[derive(Debug)]
#[must_use]
pub(super) enum Recipient<T, E> {
    /// A task.
    Task(Waker),
    /// The stream with this number.
    Group(StreamPosition),
    /// There is no waiter.
    Nobody,
    /// The outcome is returned, to be dropped without the lock: it is late, or the handle was dropped.
    Back { outcome: JobOutcome<T, E>, late: bool },
}

impl<T, E> JobSlots<T, E> {
    pub(super) const fn new() -> Self {
        Self { all: Vec::new(), vacant: None, counts: [0; 3] }
    }

    pub(super) fn count(&self, phase: Phase) -> usize {
        self.counts[phase as usize]
    }

    /// Those without an outcome.
    pub(super) fn outstanding(&self) -> usize {
        self.counts.iter().sum()
    }

    /// A new job, for a handle or for a stream. `None`: there are four thousand million already.
    pub(super) fn insert(&mut self, phase: Phase, position: Option<StreamPosition>) -> Option<JobId> {
        let state = match position {
            Some(position) => JobState::Grouped(phase, position),
            None => JobState::Held(phase),
        };
        let id = if let Some(index) = self.vacant {
            let slot = self.all.get_mut(index as usize)?;
            if let JobState::Vacant { next } = slot.state {
                self.vacant = next;
            }
            slot.state = state;
            JobId { index, generation: slot.generation }
        } else {
            let index = u32::try_from(self.all.len()).ok()?;
            make_room(&mut self.all, 1);
            self.all.push(JobSlot { generation: 0, place: 0, state });
            JobId { index, generation: 0 }
        };
        self.counts[phase as usize] += 1;
        Some(id)
    }

    /// How far it has come; `None`, if it has an outcome, or is gone.
    pub(super) fn phase(&self, id: JobId) -> Option<Phase> {
        self.slot(id).and_then(|slot| slot.state.phase())
    }

    /// The same for the job that a handle holds.
    pub(super) fn held(&self, index: u32) -> Option<(JobId, Phase)> {
        let slot = self.all.get(index as usize)?;
        slot.state.phase().map(|phase| (JobId { index, generation: slot.generation }, phase))
    }

    /// Whether it was cancelled, and the handle has not been told yet.
    pub(super) fn is_cancelled(&self, index: u32) -> bool {
        let state = self.all.get(index as usize).map(|slot| &slot.state);
        matches!(state, Some(JobState::Done(Err(failure))) if matches!(**failure, PollFailure::Cancelled))
    }

    /// A job comes into its next phase. `false`: it is done, or gone.
    pub(super) fn advance(&mut self, id: JobId, to: Phase) -> bool {
        let Some(slot) = self.all.get_mut(id.index as usize).filter(|slot| slot.generation == id.generation)
        else {
            return false;
        };
        let Some(phase) = slot.state.phase_mut() else { return false };
        let from = std::mem::replace(phase, to);
        self.counts[from as usize] -= 1;
        self.counts[to as usize] += 1;
        true
    }

    /// A job has an outcome, the first one.
    pub(super) fn finish(&mut self, id: JobId, outcome: JobOutcome<T, E>) -> Recipient<T, E> {
        let Some(slot) = self.all.get_mut(id.index as usize).filter(|slot| slot.generation == id.generation)
        else {
            return Recipient::Back { outcome, late: true };
        };
        let Some(phase) = slot.state.phase() else { return Recipient::Back { outcome, late: true } };
        self.counts[phase as usize] -= 1;
        if let JobState::Detached(_) = slot.state {
            self.free(id.index);
            return Recipient::Back { outcome, late: false };
        }
        match std::mem::replace(&mut slot.state, JobState::Done(outcome)) {
            JobState::Awaited(_, waker) => Recipient::Task(waker),
            JobState::Grouped(_, position) => Recipient::Group(position),
            _ => Recipient::Nobody,
        }
    }

    /// What a handle holds: its outcome, with which the handle has come to its end.
    pub(super) fn take(&mut self, index: u32) -> Option<JobOutcome<T, E>> {
        let slot = self.all.get_mut(index as usize)?;
        if !matches!(slot.state, JobState::Done(_)) {
            return None;
        }
        match self.free(index) {
            Some(JobState::Done(outcome)) => Some(outcome),
            _ => None,
        }
    }

    /// A handle is awaited; the waker that comes back is not needed any more.
    pub(super) fn await_by(&mut self, index: u32, waker: Waker) -> Option<Waker> {
        let Some(slot) = self.all.get_mut(index as usize) else { return Some(waker) };
        let Some(phase) = slot.state.phase() else { return Some(waker) };
        match std::mem::replace(&mut slot.state, JobState::Awaited(phase, waker)) {
            JobState::Awaited(_, known) => Some(known),
            _ => None,
        }
    }

    /// A handle is dropped. What nobody asks for any more comes back, to be dropped where no lock is held.
    pub(super) fn detach(&mut self, index: u32) -> (Option<JobOutcome<T, E>>, Option<Waker>) {
        let Some(slot) = self.all.get_mut(index as usize) else { return (None, None) };
        match slot.state.phase() {
            Some(phase) => match std::mem::replace(&mut slot.state, JobState::Detached(phase)) {
                JobState::Awaited(_, waker) => (None, Some(waker)),
                _ => (None, None),
            },
            None => (self.take(index), None),
        }
    }

    /// Sets the job's position in its chunk.
    pub(super) fn set_place(&mut self, id: JobId, place: u32) {
        if let Some(slot) = self.all.get_mut(id.index as usize) {
            slot.place = place;
        }
    }

    pub(super) fn place(&self, id: JobId) -> u32 {
        self.slot(id).map_or(0, |slot| slot.place)
    }

    /// All jobs without an outcome.
    pub(super) fn all_outstanding(&self) -> Vec<JobId> {
        let ids = (0..).zip(&self.all).filter(|(_, slot)| slot.state.phase().is_some());
        ids.map(|(index, slot)| JobId { index, generation: slot.generation }).collect()
    }

    /// The jobs of a stream without an outcome.
    pub(super) fn of_group(&self, group: u32) -> Vec<JobId> {
        let is_it =
            |slot: &JobSlot<T, E>| matches!(slot.state, JobState::Grouped(_, of) if of.group == group);
        let ids = (0..).zip(&self.all).filter(|(_, slot)| is_it(slot));
        ids.map(|(index, slot)| JobId { index, generation: slot.generation }).collect()
    }

    fn slot(&self, id: JobId) -> Option<&JobSlot<T, E>> {
        self.all.get(id.index as usize).filter(|slot| slot.generation == id.generation)
    }

    fn free(&mut self, index: u32) -> Option<JobState<T, E>> {
        let slot = self.all.get_mut(index as usize)?;
        slot.generation = slot.generation.wrapping_add(1);
        let state = std::mem::replace(&mut slot.state, JobState::Vacant { next: self.vacant });
        self.vacant = Some(index);
        Some(state)
    }
}

/// Reserves room. A list of many jobs grows by a quarter: doubled, it would be half empty.
pub(super) fn make_room<X>(list: &mut Vec<X>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 4).max(64));
    }
}

impl<T, E> JobState<T, E> {
    fn phase(&self) -> Option<Phase> {
        match self {
            Self::Held(phase) | Self::Awaited(phase, _) | Self::Grouped(phase, _) | Self::Detached(phase) => {
                Some(*phase)
            }
            Self::Vacant { .. } | Self::Done(_) => None,
        }
    }

    fn phase_mut(&mut self) -> Option<&mut Phase> {
        match self {
            Self::Held(phase) | Self::Awaited(phase, _) | Self::Grouped(phase, _) | Self::Detached(phase) => {
                Some(phase)
            }
            Self::Vacant { .. } | Self::Done(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Jobs = JobSlots<&'static str, &'static str>;

    fn job(slots: &mut Jobs, phase: Phase) -> JobId {
        slots.insert(phase, None).expect("there is room")
    }

    fn position(group: u32, position: usize) -> Option<StreamPosition> {
        Some(StreamPosition { group, position })
    }

    fn failure() -> JobOutcome<&'static str, &'static str> {
        Err(Box::new(PollFailure::Cancelled))
    }

    #[test]
    fn a_job_with_a_small_result_takes_thirty_two_bytes() {
        assert_eq!(size_of::<JobSlot<u64, String>>(), 32);
    }

    #[test]
    fn jobs_are_counted_in_the_phase_they_are_in() {
        let mut slots = Jobs::new();
        let (first, second) = (job(&mut slots, Phase::Queued), job(&mut slots, Phase::Submitting));
        assert_eq!((slots.phase(first), slots.phase(second)), (Some(Phase::Queued), Some(Phase::Submitting)));
        assert!(slots.advance(first, Phase::Submitting) && slots.advance(second, Phase::Polling));
        let counts = [Phase::Queued, Phase::Submitting, Phase::Polling].map(|phase| slots.count(phase));
        assert_eq!((counts, slots.outstanding()), ([0, 1, 1], 2));
        assert!(matches!(slots.finish(first, Ok("done")), Recipient::Nobody));
        assert!(!slots.advance(first, Phase::Polling), "it is done");
        assert_eq!((slots.phase(first), slots.outstanding()), (None, 1));
        assert_eq!(slots.all_outstanding(), [second]);
    }

    #[test]
    fn the_first_outcome_counts_and_is_taken_once() {
        let mut slots = Jobs::new();
        let id = job(&mut slots, Phase::Polling);
        assert!(slots.take(id.index).is_none(), "there is none yet");
        assert!(matches!(slots.finish(id, Ok("first")), Recipient::Nobody));
        let again = slots.finish(id, Ok("second"));
        assert!(matches!(again, Recipient::Back { outcome: Ok("second"), late: true }));
        assert!(!slots.is_cancelled(id.index));
        assert_eq!(slots.take(id.index), Some(Ok("first")));
        assert_eq!(slots.take(id.index), None);
        assert!(matches!(slots.finish(id, Ok("third")), Recipient::Back { late: true, .. }));
    }

    #[test]
    fn an_index_is_used_again_by_a_job_that_the_old_number_does_not_reach() {
        let mut slots = Jobs::new();
        let (old, other) = (job(&mut slots, Phase::Polling), job(&mut slots, Phase::Polling));
        assert!(matches!(slots.finish(old, Ok("done")), Recipient::Nobody));
        assert!(slots.take(old.index).is_some());
        let new = job(&mut slots, Phase::Queued);
        assert_eq!(new.index, old.index);
        assert_ne!(new, old);
        slots.set_place(new, 7);
        assert_eq!((slots.phase(old), slots.place(old), slots.place(new)), (None, 0, 7));
        assert!(!slots.advance(old, Phase::Polling));
        assert!(matches!(slots.finish(old, Ok("late")), Recipient::Back { late: true, .. }));
        assert_eq!(slots.held(new.index), Some((new, Phase::Queued)));
        assert_eq!(slots.all_outstanding(), [new, other]);
        assert_eq!(job(&mut slots, Phase::Queued).index, 2, "nothing else is vacant");
    }

    #[test]
    fn vacant_places_are_all_used_before_there_are_more() {
        let mut slots = Jobs::new();
        let ids: Vec<_> = (0..5).map(|_| job(&mut slots, Phase::Polling)).collect();
        for id in &ids[1..4] {
            assert!(matches!(slots.finish(*id, Ok("done")), Recipient::Nobody));
            assert!(slots.take(id.index).is_some());
        }
        let mut again: Vec<_> = (0..4).map(|_| job(&mut slots, Phase::Polling).index).collect();
        again.sort_unstable();
        assert_eq!(again, [1, 2, 3, 5]);
    }

    #[test]
    fn who_waits_is_told_and_the_waker_that_is_replaced_comes_back() {
        let mut slots = Jobs::new();
        let id = job(&mut slots, Phase::Polling);
        assert!(slots.await_by(id.index, Waker::noop().clone()).is_none());
        assert!(slots.await_by(id.index, Waker::noop().clone()).is_some());
        assert!(slots.advance(id, Phase::Polling), "it is awaited, and goes on");
        assert!(matches!(slots.finish(id, failure()), Recipient::Task(_)));
        assert!(slots.await_by(id.index, Waker::noop().clone()).is_some(), "there is nothing to wait for");
        assert!(slots.is_cancelled(id.index));
    }

    #[test]
    fn what_nobody_asks_for_comes_back_to_be_dropped() {
        let mut slots = Jobs::new();
        let (awaited, done) = (job(&mut slots, Phase::Polling), job(&mut slots, Phase::Polling));
        assert!(slots.await_by(awaited.index, Waker::noop().clone()).is_none());
        assert!(matches!(slots.detach(awaited.index), (None, Some(_))));
        assert_eq!((slots.phase(awaited), slots.outstanding()), (Some(Phase::Polling), 2), "it goes on");
        let told = slots.finish(awaited, Ok("unheard"));
        assert!(matches!(told, Recipient::Back { outcome: Ok("unheard"), late: false }));
        assert!(matches!(slots.finish(done, Ok("done")), Recipient::Nobody));
        assert!(matches!(slots.detach(done.index), (Some(Ok("done")), None)));
        assert_eq!(slots.outstanding(), 0);
        let again = [job(&mut slots, Phase::Queued).index, job(&mut slots, Phase::Queued).index];
        assert_eq!(again, [1, 0], "both places are free");
    }

    #[test]
    fn a_stream_knows_its_jobs_and_is_told_of_each() {
        let mut slots = Jobs::new();
        let first = slots.insert(Phase::Queued, position(3, 0)).expect("there is room");
        let second = slots.insert(Phase::Polling, position(3, 1)).expect("there is room");
        let other = slots.insert(Phase::Polling, position(4, 0)).expect("there is room");
        let alone = job(&mut slots, Phase::Polling);
        assert_eq!(slots.of_group(3), [first, second]);
        let told = slots.finish(second, Ok("done"));
        assert!(matches!(told, Recipient::Group(StreamPosition { group: 3, position: 1 })));
        assert_eq!((slots.of_group(3), slots.of_group(4)), (vec![first], vec![other]));
        assert_eq!(slots.take(second.index), Some(Ok("done")));
        assert_eq!(slots.all_outstanding(), [first, other, alone]);
    }

    #[test]
    fn a_number_that_was_never_given_is_nobodys() {
        let mut slots = Jobs::new();
        let mut others = Jobs::new();
        let id = job(&mut others, Phase::Polling);
        assert_eq!((slots.phase(id), slots.held(0), slots.take(0)), (None, None, None));
        assert!(!slots.advance(id, Phase::Polling) && !slots.is_cancelled(0));
        slots.set_place(id, 1);
        assert_eq!(slots.place(id), 0);
        assert!(slots.await_by(0, Waker::noop().clone()).is_some());
        assert!(matches!(slots.detach(0), (None, None)));
        assert!(matches!(slots.finish(id, Ok("late")), Recipient::Back { late: true, .. }));
    }
}
