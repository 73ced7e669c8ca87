//! Submissions: the queue, the places of `max_in_flight`, and those that wait for their first poll. Without lock or task.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::pin::Pin;

use super::fifo::Fifo;
use super::slots::JobId;

/// A submission, whose result becomes the job of a descriptor. That of a closure is ready at its first poll, which blocks.
pub(super) type Submission<J, E> = Pin<Box<dyn Future<Output = Result<J, E>> + Send>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubmissionKind {
    Future,
    /// It needs a thread.
    Closure,
}

/// The submissions that have not returned. `R` ends a running one.
pub(super) struct Submissions<J, E, R> {
    /// The number of places.
    most: Option<NonZeroUsize>,
    /// Those without a place, in order.
    queue: VecDeque<Queued<J, E>>,
    queued: usize,
    /// The place in the queue of its first.
    first: u32,
    /// Futures with a place that have not been polled yet.
    starting: Fifo<(JobId, Submission<J, E>)>,
    /// Closures with a place that have not been spawned yet.
    closures: Vec<(JobId, Submission<J, E>)>,
    /// Scheduled starters that have not run yet.
    pub(super) standby: usize,
    /// Taken places.
    in_flight: usize,
    /// Those that have been spawned.
    running: HashMap<JobId, R>,
}

struct Queued<J, E> {
    id: JobId,
    kind: SubmissionKind,
    /// `None`: it was cancelled.
    submission: Option<Submission<J, E>>,
}

/// What must be spawned, without the lock, for submissions that have begun.
#[must_use]
pub(super) struct Begun<J, E> {
    pub(super) closures: Vec<(JobId, Submission<J, E>)>,
    /// A starter is needed. It is counted already.
    pub(super) starter: bool,
}

/// A longer queue gives its memory back.
const SHORT: usize = 64;

impl<J, E, R> Submissions<J, E, R> {
    pub(super) fn new(most: Option<NonZeroUsize>) -> Self {
        Self {
            most,
            queue: VecDeque::new(),
            queued: 0,
            first: 0,
            starting: Fifo::new(),
            closures: Vec::new(),
            standby: 0,
            in_flight: 0,
            running: HashMap::new(),
        }
    }

    /// Whether a new submission would get a place.
    pub(super) fn is_free(&self) -> bool {
        self.queued == 0 && self.has_place()
    }

    fn has_place(&self) -> bool {
        self.most.is_none_or(|most| self.in_flight < most.get())
    }

    /// Whether there are more submissions than places, or may be.
    pub(super) const fn is_bounded(&self) -> bool {
        self.most.is_some()
    }

    pub(super) const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The number of those that wait for their first poll.
    pub(super) fn starting(&self) -> usize {
        self.starting.len()
    }

    /// Appends to the queue. Returns the place there.
    pub(super) fn enqueue(&mut self, id: JobId, kind: SubmissionKind, submission: Submission<J, E>) -> u32 {
        let place = self.first.wrapping_add(u32::try_from(self.queue.len()).unwrap_or(u32::MAX));
        self.queue.push_back(Queued { id, kind, submission: Some(submission) });
        self.queued += 1;
        place
    }

    /// Removes a cancelled one from the queue. `moved` gets the new place of each that is moved.
    pub(super) fn dequeue(
        &mut self,
        place: u32,
        mut moved: impl FnMut(JobId, u32),
    ) -> Option<Submission<J, E>> {
        let submission = self.queue.get_mut(place.wrapping_sub(self.first) as usize)?.submission.take()?;
        self.queued -= 1;
        // Those that were cancelled must not pile up behind one that never ends.
        if self.queue.len() > SHORT + 2 * self.queued {
            self.queue.retain(|queued| queued.submission.is_some());
            self.queue.shrink_to(SHORT + 2 * self.queued);
            let mut place = self.first;
            for queued in &self.queue {
                moved(queued.id, place);
                place = place.wrapping_add(1);
            }
        }
        Some(submission)
    }

    /// Gives a free place to the first of the queue.
    pub(super) fn next(&mut self) -> Option<JobId> {
        while self.has_place() {
            let Queued { id, kind, submission } = self.queue.pop_front()?;
            self.first = self.first.wrapping_add(1);
            if self.queue.is_empty() && self.queue.capacity() > SHORT {
                self.queue = VecDeque::new();
            }
            if let Some(submission) = submission {
                self.queued -= 1;
                self.begin(id, kind, submission);
                return Some(id);
            }
        }
        None
    }

    /// Gives a free place to a submission.
    pub(super) fn begin(&mut self, id: JobId, kind: SubmissionKind, submission: Submission<J, E>) {
        self.in_flight += 1;
        match kind {
            SubmissionKind::Future => self.starting.push((id, submission)),
            SubmissionKind::Closure => self.closures.push((id, submission)),
        }
    }

    /// Whether anything must be spawned.
    pub(super) fn has_begun(&self) -> bool {
        !self.closures.is_empty() || self.needs_starter()
    }

    /// Running starters are not enough: each may block in a first poll.
    fn needs_starter(&self) -> bool {
        self.standby == 0 && self.starting.len() > 0
    }

    /// What must be spawned.
    pub(super) fn begun(&mut self) -> Begun<J, E> {
        let starter = self.needs_starter();
        self.standby += usize::from(starter);
        Begun { closures: std::mem::take(&mut self.closures), starter }
    }

    /// The next one to be polled for the first time. It keeps its place.
    pub(super) fn start(&mut self) -> Option<(JobId, Submission<J, E>)> {
        self.starting.pop()
    }

    /// One has been spawned.
    pub(super) fn runs(&mut self, id: JobId, task: R) {
        self.running.insert(id, task);
    }

    /// The task of one that is to be ended.
    pub(super) fn interrupt(&mut self, id: JobId) -> Option<R> {
        // A lookup in an empty map costs as much as in a full one.
        if self.running.is_empty() { None } else { self.running.remove(&id) }
    }

    /// One has ended, and its place is free.
    pub(super) fn leave(&mut self, id: JobId) {
        drop(self.interrupt(id));
        self.in_flight -= 1;
    }

    /// Removes those that have not been spawned, and frees their places.
    pub(super) fn give_up(&mut self) -> impl Iterator<Item = Submission<J, E>> {
        self.in_flight -= self.starting.len() + self.closures.len();
        let mut starting = std::mem::replace(&mut self.starting, Fifo::new());
        let starting = std::iter::from_fn(move || starting.pop());
        starting.chain(std::mem::take(&mut self.closures)).map(|(_, submission)| submission)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::task::{Context, Poll, Waker};

    use proptest::prelude::*;

    use super::*;
    use crate::executor::slots::{JobSlots, Phase};

    type Under = Submissions<u32, (), u32>;

    #[derive(Clone, Debug)]
    enum Step {
        Add {
            blocking: bool,
        },
        /// A queued one is cancelled.
        Dequeue(usize),
        /// The next first poll; it is pending or ready.
        Start {
            pending: bool,
        },
        /// A running one, or a closure, returns, hangs no longer, panics or is dropped: its place is free.
        Leave(usize),
        /// A running one is cancelled; its place is free only when its task is gone.
        Interrupt(usize),
        Close,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => any::<bool>().prop_map(|blocking| Step::Add { blocking }),
            3 => any::<usize>().prop_map(Step::Dequeue),
            5 => any::<bool>().prop_map(|pending| Step::Start { pending }),
            4 => any::<usize>().prop_map(Step::Leave),
            2 => any::<usize>().prop_map(Step::Interrupt),
            1 => Just(Step::Close),
        ]
    }

    /// The same with plain lists, by number.
    #[derive(Default)]
    struct Model {
        queue: Vec<(usize, bool)>,
        starting: Vec<usize>,
        /// Tasks and closures, and those of them that have not been interrupted.
        running: Vec<usize>,
        tasks: BTreeSet<usize>,
    }

    impl Model {
        fn begin(&mut self, job: usize, blocking: bool, closures: &mut usize) {
            let begun = if blocking { &mut self.running } else { &mut self.starting };
            begun.push(job);
            *closures += usize::from(blocking);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn submissions_begin_in_order_and_each_place_is_taken_and_freed_once(
            steps in prop::collection::vec(step(), 1..200),
            most in prop::option::of(1..4_usize),
        ) {
            let mut slots = JobSlots::<(), ()>::new();
            let ids: Vec<_> = (0..200).map(|_| slots.insert(Phase::Queued, None).expect("there is room")).collect();
            let mut places = vec![0; 200];
            let mut real = Under::new(most.and_then(NonZeroUsize::new));
            let (mut model, mut next) = (Model::default(), 0);
            let number = |id: JobId| id.index as usize;
            for step in steps {
                let mut closures = 0;
                match step {
                    Step::Add { blocking } => {
                        let submission = Box::pin(std::future::ready(Ok(u32::from(blocking))));
                        let kind = if blocking { SubmissionKind::Closure } else { SubmissionKind::Future };
                        let taken = model.starting.len() + model.running.len();
                        let free = model.queue.is_empty() && most.is_none_or(|most| taken < most);
                        prop_assert_eq!(real.is_free(), free);
                        if free {
                            real.begin(ids[next], kind, submission);
                            model.begin(next, blocking, &mut closures);
                        } else {
                            places[next] = real.enqueue(ids[next], kind, submission);
                            model.queue.push((next, blocking));
                        }
                        next += 1;
                    }
                    Step::Dequeue(job) if !model.queue.is_empty() => {
                        let (job, blocking) = model.queue.remove(job % model.queue.len());
                        let removed = real.dequeue(places[job], |id, place| places[number(id)] = place);
                        let output = removed.map(|mut removed| removed.as_mut().poll(&mut Context::from_waker(Waker::noop())));
                        prop_assert_eq!(output, Some(Poll::Ready(Ok(u32::from(blocking)))));
                    }
                    Step::Start { pending } => {
                        let started = real.start().map(|(id, _)| number(id));
                        let expected = if model.starting.is_empty() { None } else { Some(model.starting.remove(0)) };
                        prop_assert_eq!(started, expected);
                        if let Some(job) = started {
                            if pending {
                                real.runs(ids[job], u32::MAX);
                                model.tasks.insert(job);
                                model.running.push(job);
                            } else {
                                real.leave(ids[job]);
                            }
                        }
                    }
                    Step::Leave(job) if !model.running.is_empty() => {
                        let job = model.running.remove(job % model.running.len());
                        model.tasks.remove(&job);
                        real.leave(ids[job]);
                        prop_assert!(real.interrupt(ids[job]).is_none(), "its task is forgotten");
                    }
                    Step::Interrupt(job) if !model.running.is_empty() => {
                        let job = model.running[job % model.running.len()];
                        prop_assert_eq!(real.interrupt(ids[job]).is_some(), model.tasks.remove(&job));
                    }
                    Step::Close => {
                        prop_assert_eq!(real.give_up().count(), model.starting.len());
                        model.starting.clear();
                    }
                    Step::Dequeue(_) | Step::Leave(_) | Step::Interrupt(_) => {}
                }
                while let Some(id) = real.next() {
                    let (job, blocking) = model.queue.remove(0);
                    prop_assert_eq!(number(id), job);
                    model.begin(job, blocking, &mut closures);
                }
                let begins = real.has_begun();
                let begun = real.begun();
                prop_assert_eq!((begun.closures.len(), begun.starter), (closures, !model.starting.is_empty()));
                prop_assert_eq!((begins, real.has_begun()), (closures > 0 || begun.starter, false));
                prop_assert_eq!(std::mem::take(&mut real.standby), usize::from(begun.starter));
                let taken = model.starting.len() + model.running.len();
                prop_assert_eq!((real.in_flight(), real.starting()), (taken, model.starting.len()));
                prop_assert!(model.queue.is_empty() || most.is_some_and(|most| taken >= most), "a place is free");
            }
        }
    }

    #[test]
    fn cancelled_submissions_do_not_pile_up_behind_one_that_never_ends() {
        let mut slots = JobSlots::<(), ()>::new();
        let mut real = Under::new(NonZeroUsize::new(1));
        let id = slots.insert(Phase::Queued, None).expect("there is room");
        let hangs = || Box::pin(std::future::pending());
        real.begin(id, SubmissionKind::Future, hangs());
        let mut moved = 0;
        for _ in 0..10_000 {
            let place = real.enqueue(id, SubmissionKind::Future, hangs());
            assert!(real.dequeue(place, |_, _| moved += 1).is_some());
            assert!(real.queue.len() <= SHORT + 1 && real.queue.capacity() <= 4 * SHORT);
        }
        assert_eq!((real.queued, moved), (0, 0));
    }
}
