//! The polled jobs, in chunks that a poll shares with the executor: the cost of a poll follows what has changed since the last one.
//!
//! A chunk in a batch is not changed. Which of its jobs are done is recorded beside it, and applied when the batch is gone.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::catch::caught;
use super::slots::JobId;

/// A started job, as the poll function gets it.
#[derive(Debug)]
pub(super) struct StartedJob<J> {
    pub(super) id: JobId,
    pub(super) job: J,
}

/// Up to [`CHUNK`] jobs. `None`: a job that is done.
#[derive(Debug)]
pub(super) struct ChunkJobs<J>(Box<[Option<StartedJob<J>>]>);

impl<J> Default for ChunkJobs<J> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<J> Deref for ChunkJobs<J> {
    type Target = [Option<StartedJob<J>>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<J> DerefMut for ChunkJobs<J> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

pub(super) type Chunk<J> = Arc<ChunkJobs<J>>;

/// Drops the jobs one by one: two panics at once would end the program.
impl<J> Drop for ChunkJobs<J> {
    fn drop(&mut self) {
        if std::mem::needs_drop::<J>() {
            self.0.iter_mut().for_each(|job| _ = caught(|| drop(job.take())));
        }
    }
}

/// The jobs of a chunk, one bit each.
const CHUNK: usize = u64::BITS as usize;

/// A chunk, and which of its jobs had no outcome when it was polled.
#[derive(Debug)]
pub(super) struct PolledChunk<J> {
    pub(super) jobs: Chunk<J>,
    pub(super) live: u64,
}

/// The jobs of a poll.
pub(super) type Polled<J> = Arc<Vec<PolledChunk<J>>>;

/// Values of jobs that are done, to be dropped without the lock.
#[derive(Debug)]
pub(super) struct Released<J> {
    pub(super) jobs: Vec<StartedJob<J>>,
    pub(super) chunks: Vec<Chunk<J>>,
}

impl<J> Default for Released<J> {
    fn default() -> Self {
        Self { jobs: Vec::new(), chunks: Vec::new() }
    }
}

/// All polled jobs, oldest first. The place of a job is the number of its chunk, times [`CHUNK`], and its position there.
#[derive(Debug)]
pub(super) struct Polls<J> {
    /// The chunks of the last poll.
    polled: Polled<J>,
    /// Chunks that no poll has seen.
    fresh: Vec<PolledChunk<J>>,
    /// The newest jobs.
    filling: Vec<Option<StartedJob<J>>>,
    /// By chunk, the jobs that are done and may still be in it.
    done: Vec<u64>,
    /// The chunks with such jobs.
    changed: Vec<usize>,
    len: usize,
    unpolled: usize,
    /// Sparse chunks are compacted when there are more chunks, or fewer jobs: a batch that is kept prevents it.
    compact_at: (usize, usize),
    /// A job was added since the last poll, and its poll is due.
    pub(super) arrived: bool,
    /// `notify` was called.
    pub(super) notified: bool,
}

impl<J> Polls<J> {
    pub(super) fn new() -> Self {
        Self {
            polled: Arc::default(),
            fresh: Vec::new(),
            filling: Vec::new(),
            done: Vec::new(),
            changed: Vec::new(),
            len: 0,
            unpolled: 0,
            compact_at: (0, 0),
            arrived: false,
            notified: false,
        }
    }

    /// The number of jobs without an outcome.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The number of jobs that no poll has seen, with those of them that are done.
    pub(super) const fn unpolled(&self) -> usize {
        self.unpolled
    }

    /// The place of the next job.
    pub(super) fn next_place(&self) -> u32 {
        place(self.polled.len() + self.fresh.len(), self.filling.len())
    }

    /// Adds a job at the next place.
    pub(super) fn add(&mut self, id: JobId, job: J) {
        if self.filling.capacity() == 0 {
            self.filling.reserve_exact(CHUNK);
        }
        self.filling.push(Some(StartedJob { id, job }));
        (self.len, self.unpolled) = (self.len + 1, self.unpolled + 1);
        if self.filling.len() == CHUNK {
            self.fresh.push(chunk(&mut self.filling));
        }
    }

    /// The job at this place is done.
    pub(super) fn finish(&mut self, place: u32) {
        let (number, bit) = (place as usize / CHUNK, 1 << (place as usize % CHUNK));
        if self.done.len() <= number {
            self.done.resize(number + 1, 0);
        }
        if self.done[number] == 0 {
            self.changed.push(number);
        }
        self.done[number] |= bit;
        self.len -= 1;
    }

    /// The chunk with the job at this place, and its position there.
    pub(super) fn find(&mut self, place: u32) -> Option<(Chunk<J>, usize)> {
        self.close_chunk();
        let (number, position) = (place as usize / CHUNK, place as usize % CHUNK);
        let chunk = self.polled.iter().chain(&self.fresh).nth(number)?;
        Some((Arc::clone(&chunk.jobs), position))
    }

    /// All chunks, with the jobs that have no outcome now.
    pub(super) fn outstanding(&mut self) -> Vec<PolledChunk<J>> {
        self.close_chunk();
        let done = self.done.iter().copied().chain(std::iter::repeat(0));
        let chunks = self.polled.iter().chain(&self.fresh).zip(done);
        chunks
            .map(|(chunk, done)| PolledChunk { jobs: Arc::clone(&chunk.jobs), live: chunk.live & !done })
            .collect()
    }

    /// The jobs for a poll. `moved` gets the new place of each job that is moved.
    pub(super) fn gather(&mut self, moved: impl FnMut(JobId, u32), released: &mut Released<J>) -> Polled<J> {
        (self.arrived, self.notified, self.unpolled) = (false, false, 0);
        self.close_chunk();
        self.settle(released);
        if !self.fresh.is_empty() {
            Arc::make_mut(&mut self.polled).append(&mut self.fresh);
        }
        let sparse = self.polled.len() > FEW + 2 * self.len.div_ceil(CHUNK);
        if sparse && (self.polled.len() > self.compact_at.0 || self.len < self.compact_at.1) {
            self.compact(moved, released);
        }
        self.compact_at.1 = self.compact_at.1.max(self.len / 2);
        Arc::clone(&self.polled)
    }

    /// Releases the values of jobs that are done, except in chunks that are shared.
    pub(super) fn settle(&mut self, released: &mut Released<J>) {
        if self.len == 0 {
            return self.clear(released);
        }
        if self.changed.is_empty() {
            return;
        }
        let polled = Arc::make_mut(&mut self.polled);
        let (fresh, done) = (&mut self.fresh, &mut self.done);
        self.changed.retain(|&number| {
            let before = polled.len();
            let Some(chunk) = polled.get_mut(number).or_else(|| fresh.get_mut(number.checked_sub(before)?))
            else {
                return true;
            };
            chunk.live &= !done[number];
            if chunk.live == 0 {
                done[number] = 0;
                released.chunks.push(std::mem::take(&mut chunk.jobs));
                return false;
            }
            let Some(jobs) = Arc::get_mut(&mut chunk.jobs) else { return true };
            released.jobs.extend(bits(std::mem::take(&mut done[number])).filter_map(|at| jobs[at].take()));
            false
        });
    }

    /// Releases all jobs.
    pub(super) fn clear(&mut self, released: &mut Released<J>) {
        self.close_chunk();
        let polled = std::mem::take(&mut self.polled);
        released.chunks.extend(polled.iter().chain(&self.fresh).map(|chunk| Arc::clone(&chunk.jobs)));
        drop(polled);
        self.fresh.clear();
        self.done.clear();
        self.changed.clear();
        (self.len, self.unpolled, self.compact_at) = (0, 0, (0, 0));
    }

    /// Moves the jobs of half-empty chunks together.
    #[cold]
    fn compact(&mut self, mut moved: impl FnMut(JobId, u32), released: &mut Released<J>) {
        let (mut chunks, done) = (Vec::new(), std::mem::take(&mut self.done));
        self.changed.clear();
        let old = std::mem::take(Arc::make_mut(&mut self.polled));
        for (number, mut old) in old.into_iter().enumerate().filter(|(_, chunk)| chunk.live != 0) {
            let Some(jobs) = Arc::get_mut(&mut old.jobs) else {
                if !self.filling.is_empty() {
                    chunks.push(chunk(&mut self.filling));
                }
                if let Some(done) = done.get(number).filter(|done| **done != 0) {
                    self.done.resize(chunks.len(), 0);
                    self.done.push(*done);
                    self.changed.push(chunks.len());
                }
                chunks.push(old);
                continue;
            };
            for (at, entry) in jobs.iter_mut().enumerate() {
                if old.live & (1 << at) == 0 {
                    released.jobs.extend(entry.take());
                } else {
                    self.filling.push(entry.take());
                }
                if self.filling.len() == CHUNK {
                    chunks.push(chunk(&mut self.filling));
                }
            }
        }
        if !self.filling.is_empty() {
            chunks.push(chunk(&mut self.filling));
        }
        for (number, chunk) in chunks.iter().enumerate() {
            for at in bits(chunk.live) {
                if let Some(job) = &chunk.jobs[at] {
                    moved(job.id, place(number, at));
                }
            }
        }
        self.compact_at = (2 * chunks.len(), self.len / 2);
        self.polled = Arc::new(chunks);
    }

    fn close_chunk(&mut self) {
        if !self.filling.is_empty() {
            self.fresh.push(chunk(&mut self.filling));
        }
    }
}

/// The job at a position of a chunk that is shared, and therefore unchanged.
#[inline]
pub(super) fn started<J>(chunk: &[Option<StartedJob<J>>], at: usize) -> &StartedJob<J> {
    chunk[at].as_ref().expect("a job is removed only from a chunk that is not shared")
}

/// The number of chunks that are not worth compacting.
const FEW: usize = 8;

fn chunk<J>(filling: &mut Vec<Option<StartedJob<J>>>) -> PolledChunk<J> {
    let live = u64::MAX >> (CHUNK - filling.len());
    let jobs = std::mem::take(filling).into_boxed_slice();
    PolledChunk { jobs: Arc::new(ChunkJobs(jobs)), live }
}

fn place(chunk: usize, at: usize) -> u32 {
    u32::try_from(chunk * CHUNK + at).unwrap_or(u32::MAX)
}

/// The positions of the set bits.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
        (at < u64::BITS).then_some(at as usize)
    })
}

impl<J> Clone for PolledChunk<J> {
    fn clone(&self) -> Self {
        Self { jobs: Arc::clone(&self.jobs), live: self.live }
    }
}

impl<J> PolledChunk<J> {
    /// The jobs without an outcome.
    pub(super) fn iter(&self) -> impl Iterator<Item = &StartedJob<J>> {
        bits(self.live).filter_map(|at| self.jobs[at].as_ref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::executor::slots::{JobSlots, Phase};

    /// The ids of jobs, which are their values too.
    fn ids(jobs: usize) -> Vec<JobId> {
        let mut slots = JobSlots::<(), ()>::new();
        (0..jobs).map(|_| slots.insert(Phase::Polling, None).expect("there is room")).collect()
    }

    #[test]
    fn a_job_with_a_small_value_takes_sixteen_bytes() {
        assert_eq!(size_of::<Option<StartedJob<u64>>>(), 16);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(usize),
        /// One of the jobs is done.
        Finish(usize),
        /// Most of them are.
        FinishMost,
        Poll,
        /// The batch, or one of its chunks, is kept beyond the poll.
        Keep,
        Find(usize),
        DropKept,
        Settle,
        List,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (1..150_usize).prop_map(Step::Add),
            8 => any::<usize>().prop_map(Step::Finish),
            1 => Just(Step::FinishMost),
            4 => Just(Step::Poll),
            2 => Just(Step::Keep),
            2 => any::<usize>().prop_map(Step::Find),
            1 => Just(Step::DropKept),
            2 => Just(Step::Settle),
            1 => Just(Step::List),
        ]
    }

    /// The jobs without an outcome in order, as a plain list.
    struct Model {
        jobs: Vec<(JobId, u32)>,
        added: usize,
    }

    fn listed(chunks: &[PolledChunk<JobId>]) -> Vec<JobId> {
        let jobs = chunks.iter().flat_map(PolledChunk::iter);
        jobs.map(|started| {
            assert_eq!(started.id, started.job);
            started.id
        })
        .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn polls_show_what_a_plain_list_of_jobs_would(steps in prop::collection::vec(step(), 1..60)) {
            let ids = ids(9000);
            let mut polls = Polls::new();
            let mut model = Model { jobs: Vec::new(), added: 0 };
            let (mut kept, mut released) = (Vec::new(), 0);
            for step in steps {
                let mut now = Released::default();
                let expected = |model: &Model| model.jobs.iter().map(|(id, _)| *id).collect::<Vec<_>>();
                match step {
                    Step::Add(jobs) => for _ in 0..jobs {
                        let (id, place) = (ids[model.added], polls.next_place());
                        polls.add(id, id);
                        model.jobs.push((id, place));
                        model.added += 1;
                    },
                    Step::Finish(job) if !model.jobs.is_empty() => {
                        let (_, place) = model.jobs.remove(job % model.jobs.len());
                        polls.finish(place);
                    }
                    Step::FinishMost => for (number, (id, place)) in std::mem::take(&mut model.jobs).into_iter().enumerate() {
                        if number % 50 == 7 { model.jobs.push((id, place)) } else { polls.finish(place) }
                    },
                    Step::Find(job) if !model.jobs.is_empty() => {
                        let (id, place) = model.jobs[job % model.jobs.len()];
                        let (chunk, at) = polls.find(place).expect("it is polled");
                        prop_assert_eq!(started(&chunk, at).id, id);
                        kept.push(Arc::new(vec![PolledChunk { jobs: chunk, live: 0 }]));
                    }
                    Step::Poll | Step::Keep => {
                        let moved = |id, place| {
                            let job = model.jobs.iter_mut().find(|(job, _)| *job == id);
                            job.expect("a job that is done is not moved").1 = place;
                        };
                        let polled = polls.gather(moved, &mut now);
                        prop_assert_eq!(listed(&polled), expected(&model));
                        prop_assert_eq!(polls.unpolled(), 0);
                        if matches!(step, Step::Keep) { kept.push(polled); }
                    }
                    Step::DropKept => kept.clear(),
                    Step::Settle => polls.settle(&mut now),
                    Step::List => prop_assert_eq!(listed(&polls.outstanding()), expected(&model)),
                    Step::Finish(_) | Step::Find(_) => {}
                }
                prop_assert_eq!(polls.len(), model.jobs.len());
                released += now.jobs.len() + now.chunks.iter().flat_map(|chunk| chunk.iter()).flatten().count();
                prop_assert!(released <= model.added - model.jobs.len(), "a value is released twice, or too early");
            }
            // Without anything kept, two polls leave nothing of the jobs that are done, and little room for them.
            kept.clear();
            let mut now = Released::default();
            for _ in 0..2 {
                polls.gather(|_, _| {}, &mut now);
            }
            released += now.jobs.len() + now.chunks.iter().flat_map(|chunk| chunk.iter()).flatten().count();
            prop_assert_eq!(released, model.added - model.jobs.len());
        }
    }

    #[test]
    fn few_jobs_of_many_do_not_hold_the_memory_of_all() {
        let ids = ids(64_000);
        let mut polls = Polls::new();
        let mut released = Released::default();
        for id in &ids {
            polls.add(*id, *id);
        }
        drop(polls.gather(|_, _| panic!("none is moved"), &mut released));
        for place in (0..64_000).filter(|place| place % 64 != 5) {
            polls.finish(place);
        }
        let mut moved = 0;
        let polled = polls.gather(|_, _| moved += 1, &mut released);
        assert_eq!((moved, polled.len(), released.jobs.len()), (1000, 1000_usize.div_ceil(64), 63_000));
    }

    #[test]
    fn polls_with_one_new_job_each_do_not_leave_a_chunk_each() {
        let ids = ids(2000);
        let mut polls = Polls::new();
        let mut released = Released::default();
        let mut moved = 0;
        for id in &ids {
            polls.add(*id, *id);
            let polled = polls.gather(|_, _| moved += 1, &mut released);
            assert!(polled.len() <= 2 * (FEW + polls.len().div_ceil(CHUNK)) + 1, "{}", polled.len());
        }
        assert!(moved < 100 * ids.len(), "{moved}");
    }

    #[test]
    fn a_batch_that_is_kept_is_not_compacted_at_every_poll() {
        let ids = ids(6400);
        let mut polls = Polls::new();
        let mut released = Released::default();
        for id in &ids {
            polls.add(*id, *id);
        }
        let kept = polls.gather(|_, _| {}, &mut released);
        for place in (0..6400).filter(|place| place % 64 != 5) {
            polls.finish(place);
        }
        let mut moved = 0;
        for _ in 0..100 {
            assert_eq!(polls.gather(|_, _| moved += 1, &mut released).len(), 100);
        }
        assert!(moved <= 200, "{moved}");
        assert_eq!(kept.len(), 100);
    }
}
