//! A queue whose memory follows its length: nothing moves when it grows, and chunks are given back.

use std::collections::VecDeque;
use std::vec::IntoIter;

pub(super) struct Fifo<T> {
    front: IntoIter<T>,
    /// Chunks of [`CHUNK`] items.
    middle: VecDeque<Vec<T>>,
    back: Vec<T>,
    len: usize,
}

const CHUNK: usize = 64;

impl<T> Fifo<T> {
    pub(super) fn new() -> Self {
        Self { front: Vec::new().into_iter(), middle: VecDeque::new(), back: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, item: T) {
        if self.back.len() == CHUNK {
            self.middle.push_back(std::mem::replace(&mut self.back, Vec::with_capacity(CHUNK)));
        }
        self.back.push(item);
        self.len += 1;
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        if self.front.len() == 0 {
            self.front =
                self.middle.pop_front().unwrap_or_else(|| std::mem::take(&mut self.back)).into_iter();
        }
        let item = self.front.next()?;
        self.len -= 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_the_memory_of_a_long_queue_is_given_back() {
        let (mut real, mut model) = (Fifo::new(), VecDeque::new());
        // Five are pushed for three that are popped, then three for five.
        for (push, pop) in [(5, 3), (3, 5), (0, 5)] {
            for step in 0..1000 {
                for item in 0..push {
                    real.push((step, item));
                    model.push_back((step, item));
                }
                for _ in 0..pop {
                    assert_eq!(real.pop(), model.pop_front());
                }
                assert_eq!(real.len(), model.len());
                assert!(real.middle.len() <= real.len() / CHUNK, "{} chunks", real.middle.len());
            }
        }
        assert_eq!((real.len(), real.middle.len(), real.back.capacity()), (0, 0, 0));
    }
}
