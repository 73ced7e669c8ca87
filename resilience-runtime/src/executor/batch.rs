use std::fmt;
use std::sync::Arc;

use super::PollFailure;
use super::jobs::{Chunk, Jobs, Shown, StartedJob};

/// All jobs that are outstanding at a poll.
///
/// It owns what it shows, and can be iterated by reference and by value. A job that is left untouched is polled again, also if
/// the batch, or a descriptor of it, is kept beyond the poll: then both may say what became of it, and the first one counts.
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
    pub(super) jobs: Arc<Jobs<J, T, E>>,
    pub(super) shown: Shown<J>,
}

/// A job that has been started: what the submission returned, and the way to say what became of it.
pub struct PollDescriptor<J, T, E> {
    jobs: Arc<Jobs<J, T, E>>,
    chunk: Chunk<J>,
    place: usize,
}

/// A [`PollDescriptor`] of a batch that is looked at.
pub struct DescriptorRef<'a, J, T, E> {
    jobs: &'a Jobs<J, T, E>,
    entry: &'a StartedJob<J>,
}

impl<J, T, E> Batch<J, T, E> {
    /// How many jobs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether there are none: only with `poll_empty`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The jobs, the oldest first; behind them those of batches that an earlier poll has kept.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, J, T, E> {
        Iter { batch: self, next: 0 }
    }
}

macro_rules! descriptor {
    () => {
        /// The job has finished, with this. If it is done already, or was cancelled, nothing happens.
        pub fn yield_result(&self, result: T) {
            self.finish(Ok(result));
        }

        /// The job has failed: its handle gets [`PollFailure::Yielded`]. If it is done already, or was cancelled, nothing
        /// happens.
        pub fn yield_error(&self, error: E) {
            self.finish(Err(PollFailure::Yielded(error)));
        }
    };
}

impl<J, T, E> PollDescriptor<J, T, E> {
    /// What the submission returned.
    #[must_use]
    pub fn result(&self) -> &J {
        &self.chunk[self.place].job
    }

    descriptor!();

    fn finish(&self, outcome: Result<T, PollFailure<E>>) {
        self.jobs.finish(self.chunk[self.place].id, outcome);
    }
}

impl<'a, J, T, E> DescriptorRef<'a, J, T, E> {
    /// What the submission returned.
    #[must_use]
    pub const fn result(&self) -> &'a J {
        &self.entry.job
    }

    descriptor!();

    fn finish(&self, outcome: Result<T, PollFailure<E>>) {
        self.jobs.finish(self.entry.id, outcome);
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
    batch: &'a Batch<J, T, E>,
    next: usize,
}

impl<'a, J, T, E> Iterator for Iter<'a, J, T, E> {
    type Item = DescriptorRef<'a, J, T, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let (chunk, place) = self.batch.shown.get(self.next)?;
        self.next += 1;
        Some(DescriptorRef { jobs: &self.batch.jobs, entry: &chunk[place] })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batch.len() - self.next;
        (left, Some(left))
    }
}

impl<J, T, E> ExactSizeIterator for Iter<'_, J, T, E> {}

/// The jobs of a batch, by value.
pub struct IntoIter<J, T, E> {
    batch: Batch<J, T, E>,
    next: usize,
}

impl<J, T, E> Iterator for IntoIter<J, T, E> {
    type Item = PollDescriptor<J, T, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let (chunk, place) = self.batch.shown.get(self.next)?;
        self.next += 1;
        Some(PollDescriptor { jobs: Arc::clone(&self.batch.jobs), chunk: Arc::clone(chunk), place })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batch.len() - self.next;
        (left, Some(left))
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
        IntoIter { batch: self, next: 0 }
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
