use std::sync::OnceLock;

const BUCKETS: usize = 256;

/// A map that only grows. It is read and extended without a lock, because the recorder that creates its values is
/// foreign code.
pub(super) struct GrowOnlyMap<V> {
    buckets: [Link<V>; BUCKETS],
}

type Link<V> = OnceLock<Box<Node<V>>>;

struct Node<V> {
    value: V,
    next: Link<V>,
}

impl<V> GrowOnlyMap<V> {
    pub(super) const fn new() -> Self {
        Self { buckets: [const { OnceLock::new() }; BUCKETS] }
    }

    /// The value for which `is` returns true, or one created by `make`. Concurrent threads may both create one; the
    /// second is dropped.
    pub(super) fn get(&self, hash: usize, is: impl Fn(&V) -> bool, make: impl Fn() -> V) -> &V {
        let mut link = &self.buckets[hash % BUCKETS];
        loop {
            let node = link.get().unwrap_or_else(|| {
                let node = Box::new(Node { value: make(), next: OnceLock::new() });
                link.get_or_init(|| node)
            });
            if is(&node.value) {
                return &node.value;
            }
            link = &node.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_bucket_are_kept_apart_also_when_threads_add_them_together() {
        static TABLE: GrowOnlyMap<u32> = GrowOnlyMap::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for value in 0..100 {
                        assert_eq!(*TABLE.get(7, |known| *known == value, || value), value);
                    }
                });
            }
        });
        let first = TABLE.get(7, |known| *known == 50, || unreachable!("it is known"));
        assert!(std::ptr::eq(first, TABLE.get(7, |known| *known == 50, || 0)));
    }
}
