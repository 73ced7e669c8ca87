//! Ten thousand cancellations at once, on every kind of runtime. A deadlock fails the test within a bound of real time.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use resilience::{Batch, PollFailure, PollNext};
use tokio::runtime::{Builder, Runtime};

use crate::{Executor, Handle, job, ms, secs};

const MANY: u32 = 10_000;

/// Runs `test` on a thread. Panics if it has not returned after `limit` of real time.
pub(crate) fn within(limit: Duration, test: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let thread = thread::spawn(move || {
        test();
        _ = done.send(());
    });
    match ended.recv_timeout(limit) {
        Ok(()) | Err(RecvTimeoutError::Disconnected) => thread.join().expect("the test passes"),
        Err(RecvTimeoutError::Timeout) => panic!("no end within {limit:?}"),
    }
}

/// The kinds of runtimes: one and two threads, with the default blocking pool and with a single blocking thread.
fn runtimes() -> impl Iterator<Item = Runtime> {
    let kinds = [(false, 512), (false, 1), (true, 512), (true, 1)];
    kinds.into_iter().map(|(several, blocking)| {
        let mut builder = if several { Builder::new_multi_thread() } else { Builder::new_current_thread() };
        builder.worker_threads(2).max_blocking_threads(blocking).enable_all().build().expect("a runtime")
    })
}

type Answer = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Cancels [`MANY`] polled jobs at once. The cancel function agrees for jobs of even number.
fn cancels_many_at_once(cancel: fn(u32) -> Answer) {
    for runtime in runtimes() {
        within(secs(120), move || {
            runtime.block_on(async {
                let builder = Executor::builder().default_interval(secs(3600));
                let executor = builder.cancel_with(cancel).start(|_| ready(Ok(PollNext::Default)));
                let handles: Vec<Handle> = (0..MANY).map(|id| executor.submit(job(id))).collect();
                while executor.polling() < MANY as usize {
                    tokio::task::yield_now().await;
                }
                let cancel = |(id, handle): (u32, Handle)| {
                    tokio::spawn(async move {
                        let agreed = handle.cancel().await;
                        assert_eq!(agreed, handle.cancel().await, "the second answer differs");
                        (id, agreed, handle)
                    })
                };
                let cancellations: Vec<_> = (0..).zip(handles).map(cancel).collect();
                for cancellation in cancellations {
                    let (id, agreed, mut handle) = cancellation.await.expect("no panic");
                    assert_eq!(agreed, id % 2 == 0, "job {id}");
                    if agreed {
                        assert_eq!((&mut handle).await, Err(PollFailure::Cancelled));
                    }
                }
                let metrics = executor.metrics();
                assert_eq!((metrics.cancelled, metrics.vetoes), (u64::from(MANY) / 2, u64::from(MANY)));
                executor.shutdown().await;
            });
        });
    }
}

#[test]
fn ten_thousand_cancel_functions_that_sleep_all_answer() {
    cancels_many_at_once(|id| {
        Box::pin(async move {
            tokio::time::sleep(ms(20)).await;
            id % 2 == 0
        })
    });
}

#[test]
fn ten_thousand_cancel_functions_that_use_files_all_answer() {
    cancels_many_at_once(|id| {
        Box::pin(async move {
            let found = tokio::fs::metadata(env!("CARGO_MANIFEST_DIR")).await;
            found.is_ok_and(|folder| folder.is_dir()) && id % 2 == 0
        })
    });
}

#[test]
fn ten_thousand_cancel_functions_that_use_the_blocking_pool_all_answer() {
    cancels_many_at_once(|id| {
        Box::pin(async move { tokio::task::spawn_blocking(move || id % 2 == 0).await.expect("no panic") })
    });
}

#[test]
fn ten_thousand_cancel_functions_that_panic_all_veto() {
    // The hook would print ten thousand messages.
    cancels_many_at_once(|id| {
        Box::pin(async move {
            if id % 2 == 1 {
                std::panic::resume_unwind(Box::new("the line is dead"));
            }
            true
        })
    });
}

#[test]
fn a_thread_cancels_jobs_whose_cancel_function_uses_the_only_blocking_thread() {
    let runtime = Builder::new_multi_thread().worker_threads(1).max_blocking_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    within(secs(60), move || {
        let _entered = runtime.enter();
        let executor = Executor::builder()
            .cancel_with(
                |id| async move { tokio::task::spawn_blocking(move || id == 1).await.is_ok_and(|it| it) },
            )
            .start(|_: Batch<_, _, _>| ready(Ok(PollNext::Default)));
        for id in 1..=2 {
            let handle = executor.submit(job(id));
            while !handle.is_polling() {
                thread::yield_now();
            }
            assert_eq!(handle.cancel_blocking(), id == 1);
        }
    });
}

#[test]
fn a_hundred_thousand_jobs_that_arrive_during_a_poll_are_cancelled_without_a_search() {
    const JOBS: u32 = 100_000;
    within(secs(60), || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let builder = Executor::builder().default_interval(secs(3600)).cancel_with(|_| ready(true));
            let executor = builder.start(|_| std::future::pending());
            let first = executor.submit(job(0));
            tokio::task::yield_now().await;
            let handles: Vec<Handle> = (1..=JOBS).map(|id| executor.submit(job(id))).collect();
            while executor.polling() <= JOBS as usize {
                tokio::task::yield_now().await;
            }
            for handle in &handles {
                assert!(handle.cancel().await);
            }
            assert_eq!((executor.polling(), executor.metrics().cancelled), (1, u64::from(JOBS)));
            drop(first);
        });
    });
}

#[test]
fn dropping_a_stream_visits_its_own_jobs_alone() {
    const JOBS: u32 = 100_000;
    within(secs(60), || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let executor = Executor::builder().start(|_| ready(Ok(PollNext::Default)));
            let handles: Vec<Handle> = (0..JOBS).map(|id| executor.submit(job(id))).collect();
            for _ in 0..JOBS {
                let mut stream = executor.submit_all([std::future::pending()]);
                let mut next = Box::pin(stream.next());
                std::future::poll_fn(|cx| {
                    assert!(next.as_mut().poll(cx).is_pending());
                    std::task::Poll::Ready(())
                })
                .await;
            }
            assert_eq!((executor.len(), executor.metrics().cancelled), (JOBS as usize, u64::from(JOBS)));
            drop(handles);
        });
    });
}
