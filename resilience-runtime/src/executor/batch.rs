use std::fmt;
use std::slice;
use std::sync::Arc;

use super::PollFailure;
use super::polls::{Polled, PolledChunk, StartedJob, started};
use super::shared::Shared;

/// All outstanding jobs of one poll.
///
/// A batch owns its descriptors, and can be iterated by reference and by value. A job that is not resolved is polled again, also
/// if the batch or a descriptor is kept beyond the poll. The first resolution then counts. A descriptor that is kept also keeps
/// the values of the other jobs of its batch in memory.
///
/// ```
/// # use resilience::Batch;
/// fn finish_even_ones(batch: Batch<u64, &'static str, String>) {
///     let ids: Vec<u64> = batch.iter().map(|descriptor| *descriptor.result()).collect();
///     assert_eq!(ids.len(), batch.len());
///     for descriptor in batch {
///         if descriptor.result() % 2 == 0 {
///             descriptor.yield_result("done");
///         }
///     }
/// }
/// ```
pub struct Batch<J, T, E> {
    jobs: Arc<BatchJobs<J, T, E>>,
    len: usize,
}

/// The jobs of a batch, and the executor to which they belong.
struct BatchJobs<J, T, E> {
    shared: Arc<Shared<J, T, E>>,
    polled: Polled<J>,
}

impl<J, T, E> BatchJobs<J, T, E> {
    fn started(&self, at: Position) -> &StartedJob<J> {
        started(&self.polled[at.chunk as usize].jobs, at.place as usize)
    }
}

/// A started job: the value of its submission, and the methods to resolve it.
/// ```
/// use resilience::batch::PollDescriptor;
///
/// fn resolve(job: PollDescriptor<u32, String, std::io::Error>, found: Option<String>) {
///     match found {
///         Some(text) => job.yield_result(text),
///         None => drop(job), // polled again
///     }
/// }
/// ```
pub struct PollDescriptor<J, T, E> {
    jobs: Arc<BatchJobs<J, T, E>>,
    at: Position,
}

/// A [`PollDescriptor`] by reference.
pub struct DescriptorRef<'a, J, T, E> {
    shared: &'a Shared<J, T, E>,
    started: &'a StartedJob<J>,
}

impl<J, T, E> Batch<J, T, E> {
    /// The jobs for the next poll. `None`: the executor is shut down.
    pub(super) fn gather(shared: &Arc<Shared<J, T, E>>) -> Option<Self> {
        let (polled, len) = shared.with(|state, later| Some((state.gather(later)?, state.polls.len())))?;
        Some(Self { jobs: Arc::new(BatchJobs { shared: Arc::clone(shared), polled }), len })
    }

    pub(super) fn polled(&self) -> Polled<J> {
        Arc::clone(&self.jobs.polled)
    }

    /// The number of jobs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no jobs, as only with `poll_empty`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The jobs, oldest first.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, J, T, E> {
        let BatchJobs { shared, polled } = &*self.jobs;
        Iter { shared, chunks: polled.iter(), jobs: &[], live: 0, left: self.len }
    }
}

/// The position of a job in a batch.
#[derive(Clone, Copy)]
struct Position {
    chunk: u32,
    place: u32,
}

macro_rules! descriptor {
    () => {
        /// Resolves the job with a result. Does nothing if the job is done or cancelled.
        pub fn yield_result(&self, result: T) {
            self.finish(Ok(result));
        }

        /// Resolves the job with an error: its handle returns [`PollFailure::Yielded`]. Does nothing if the job is done or cancelled.
        pub fn yield_error(&self, error: E) {
            self.finish(Err(PollFailure::Yielded(error)));
        }
    };
}

impl<J, T, E> PollDescriptor<J, T, E> {
    /// The value that the submission returned.
    #[must_use]
    pub fn result(&self) -> &J {
        &self.jobs.started(self.at).job
    }

    descriptor!();

    fn finish(&self, outcome: Result<T, PollFailure<E>>) {
        self.jobs.shared.finish(self.jobs.started(self.at).id, outcome);
    }
}

impl<'a, J, T, E> DescriptorRef<'a, J, T, E> {
    /// The value that the submission returned.
    #[must_use]
    pub const fn result(&self) -> &'a J {
        &self.started.job
    }

    descriptor!();

    fn finish(&self, outcome: Result<T, PollFailure<E>>) {
        self.shared.finish(self.started.id, outcome);
    }
}

impl<J, T, E> Clone for DescriptorRef<'_, J, T, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<J, T, E> Copy for DescriptorRef<'_, J, T, E> {}

/// The jobs of a batch, by reference.
pub struct Iter<'a, J, T, E> {
    shared: &'a Shared<J, T, E>,
    chunks: slice::Iter<'a, PolledChunk<J>>,
    /// Those of the current chunk, and which of them remain.
    jobs: &'a [Option<StartedJob<J>>],
    live: u64,
    /// The number of all that remain.
    left: usize,
}

impl<'a, J, T, E> Iterator for Iter<'a, J, T, E> {
    type Item = DescriptorRef<'a, J, T, E>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.live == 0 {
            let chunk = self.chunks.next()?;
            (self.jobs, self.live) = (&chunk.jobs, chunk.live);
        }
        let place = self.live.trailing_zeros() as usize;
        self.live &= self.live - 1;
        self.left -= 1;
        Some(DescriptorRef { shared: self.shared, started: started(self.jobs, place) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<J, T, E> ExactSizeIterator for Iter<'_, J, T, E> {}

/// The jobs of a batch, by value.
pub struct IntoIter<J, T, E> {
    jobs: Arc<BatchJobs<J, T, E>>,
    /// The number of the next chunk.
    next: u32,
    /// Which jobs of the chunk before it remain.
    live: u64,
    /// The number of all that remain.
    left: usize,
}

impl<J, T, E> Iterator for IntoIter<J, T, E> {
    type Item = PollDescriptor<J, T, E>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.live == 0 {
            self.live = self.jobs.polled.get(self.next as usize)?.live;
            self.next += 1;
        }
        let at = Position { chunk: self.next - 1, place: self.live.trailing_zeros() };
        self.live &= self.live - 1;
        self.left -= 1;
        Some(PollDescriptor { jobs: Arc::clone(&self.jobs), at })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<J, T, E> ExactSizeIterator for IntoIter<J, T, E> {}

impl<'a, J, T, E> IntoIterator for &'a Batch<J, T, E> {
    type Item = DescriptorRef<'a, J, T, E>;
    type IntoIter = Iter<'a, J, T, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<J, T, E> IntoIterator for Batch<J, T, E> {
    type Item = PollDescriptor<J, T, E>;
    type IntoIter = IntoIter<J, T, E>;

    fn into_iter(self) -> Self::IntoIter {
        IntoIter { jobs: self.jobs, next: 0, live: 0, left: self.len }
    }
}

impl<J, T, E> fmt::Debug for Batch<J, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl<J: fmt::Debug, T, E> fmt::Debug for PollDescriptor<J, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollDescriptor").field("result", self.result()).finish_non_exhaustive()
    }
}

impl<J: fmt::Debug, T, E> fmt::Debug for DescriptorRef<'_, J, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescriptorRef").field("result", self.result()).finish_non_exhaustive()
    }
}

impl<J, T, E> fmt::Debug for Iter<'_, J, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.len()).finish_non_exhaustive()
    }
}

impl<J, T, E> fmt::Debug for IntoIter<J, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("left", &self.len()).finish_non_exhaustive()
    }
}
