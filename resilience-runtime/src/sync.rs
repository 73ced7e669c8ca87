//! The atomics and the lock of the concurrent modules: those of the standard library, or loom's under `--cfg
//! resilience_loom`.

#[cfg(not(resilience_loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(resilience_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard, RwLock};

#[cfg(resilience_loom)]
pub(crate) use self::model::{AtomicU64, Mutex, RwLock};
#[cfg(resilience_loom)]
pub(crate) use loom::sync::MutexGuard;
#[cfg(resilience_loom)]
pub(crate) use loom::sync::atomic::Ordering;

/// A number for the calling thread, so that threads can write to different places.
#[cfg(not(resilience_loom))]
#[inline]
pub(crate) fn thread_number() -> usize {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;

    static NEXT: AtomicUsize = AtomicUsize::new(1);
    std::thread_local! {
        /// Zero if the thread has no number yet.
        static NUMBER: Cell<usize> = const { Cell::new(0) };
    }
    #[cold]
    fn first(number: &Cell<usize>) -> usize {
        // Relaxed: only distinct numbers are required.
        number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        number.get()
    }
    NUMBER.with(|number| if number.get() == 0 { first(number) } else { number.get() })
}

/// Equal in each run of a model, unlike a global counter.
#[cfg(resilience_loom)]
pub(crate) fn thread_number() -> usize {
    let id = format!("{:?}", loom::thread::current().id());
    id.chars().filter_map(|digit| digit.to_digit(10)).fold(0, |number, digit| number * 10 + digit as usize)
}

/// Loom's types can only be created inside a model. These are created at their first use, and can be constructed in a
/// `const`.
///
/// A model accesses each of them once before it spawns its threads, because a `static` exists before `main`.
#[cfg(resilience_loom)]
mod model {
    use std::sync::{LockResult, OnceLock};

    use loom::sync::atomic::Ordering;

    pub(crate) struct AtomicU64 {
        initial: u64,
        cell: OnceLock<loom::sync::atomic::AtomicU64>,
    }

    impl AtomicU64 {
        pub(crate) const fn new(initial: u64) -> Self {
            Self { initial, cell: OnceLock::new() }
        }

        fn cell(&self) -> &loom::sync::atomic::AtomicU64 {
            self.cell.get_or_init(|| loom::sync::atomic::AtomicU64::new(self.initial))
        }

        pub(crate) fn load(&self, order: Ordering) -> u64 {
            self.cell().load(order)
        }

        pub(crate) fn store(&self, value: u64, order: Ordering) {
            self.cell().store(value, order);
        }

        pub(crate) fn swap(&self, value: u64, order: Ordering) -> u64 {
            self.cell().swap(value, order)
        }

        pub(crate) fn compare_exchange_weak(
            &self,
            current: u64,
            new: u64,
            success: Ordering,
            failure: Ordering,
        ) -> Result<u64, u64> {
            self.cell().compare_exchange_weak(current, new, success, failure)
        }
    }

    pub(crate) struct RwLock<T> {
        initial: std::sync::Mutex<Option<T>>,
        cell: OnceLock<loom::sync::RwLock<T>>,
    }

    impl<T> RwLock<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self { initial: std::sync::Mutex::new(Some(value)), cell: OnceLock::new() }
        }

        fn cell(&self) -> &loom::sync::RwLock<T> {
            self.cell.get_or_init(|| {
                let mut initial = self.initial.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                loom::sync::RwLock::new(initial.take().expect("it is taken here only, and only once"))
            })
        }

        pub(crate) fn read(&self) -> LockResult<loom::sync::RwLockReadGuard<'_, T>> {
            self.cell().read()
        }

        pub(crate) fn write(&self) -> LockResult<loom::sync::RwLockWriteGuard<'_, T>> {
            self.cell().write()
        }
    }

    pub(crate) struct Mutex<T> {
        initial: std::sync::Mutex<Option<T>>,
        cell: OnceLock<loom::sync::Mutex<T>>,
    }

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self { initial: std::sync::Mutex::new(Some(value)), cell: OnceLock::new() }
        }

        pub(crate) fn lock(&self) -> LockResult<loom::sync::MutexGuard<'_, T>> {
            self.cell
                .get_or_init(|| {
                    let mut initial = self.initial.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    loom::sync::Mutex::new(initial.take().expect("it is taken here only, and only once"))
                })
                .lock()
        }
    }
}
