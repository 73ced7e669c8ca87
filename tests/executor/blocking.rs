//! Without async code: one thread polls, and other threads wait.

use std::cell::Cell;
use std::sync::Once;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use resilience::{Batch, PollFailure, PollNext};

use crate::load::within;
use crate::{Executor, Jobs, ms, secs};

/// Of a poll: perhaps the result of all jobs, or why it fails.
type Answer = Result<Option<&'static str>, &'static str>;

const LONG: std::time::Duration = secs(60);

/// An executor whose polls wait for being let through, by what is to be answered.
fn stepped() -> (Executor, Sender<Answer>, Receiver<Vec<u32>>) {
    let (answer, answers) = channel();
    let (seen, polls) = channel();
    let executor = Executor::builder().default_interval(ms(1)).start_blocking(move |batch: Jobs| {
        _ = seen.send(crate::ids(&batch));
        let Ok(answer): Result<Answer, _> = answers.recv() else { return Ok(PollNext::Default) };
        if let Some(result) = answer? {
            batch.iter().for_each(|job| job.yield_result(result));
        }
        Ok(PollNext::Default)
    });
    (executor, answer, polls)
}

#[test]
fn plain_threads_submit_and_wait() {
    let executor = Executor::builder().max_in_flight(3).start_blocking(|batch: Jobs| {
        batch.iter().for_each(|job| job.yield_result("done"));
        Ok(PollNext::Default)
    });
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let executor = executor.clone();
            thread::spawn(move || {
                for id in 0..25 {
                    let mut handle = match id % 2 {
                        0 => executor.submit(async move { Ok(number * 100 + id) }),
                        _ => executor.submit_blocking(move || Ok(number * 100 + id)),
                    };
                    assert_eq!(handle.wait(LONG), Some(Ok("done")));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!(executor.metrics().resolved, 200);
}

#[test]
fn a_wait_ends_with_its_time_and_with_the_result() {
    let (executor, answer, polls) = stepped();
    let mut handle = executor.submit_blocking(|| Ok(1));
    assert_eq!(polls.recv_timeout(LONG), Ok(vec![1]));
    assert!(handle.is_polling());
    assert_eq!(handle.wait(ms(1)), None);
    assert_eq!(handle.wait(ms(0)), None);
    let waits = thread::spawn(move || (handle.wait(std::time::Duration::MAX), handle.wait(ms(1))));
    answer.send(Ok(None)).unwrap();
    assert_eq!(polls.recv_timeout(LONG), Ok(vec![1]), "it is polled again");
    answer.send(Ok(Some("done"))).unwrap();
    assert_eq!(waits.join().expect("no panic"), (Some(Ok("done")), None));
}

#[test]
fn a_poll_that_fails_or_panics_fails_its_jobs_only() {
    let (executor, answer, polls) = stepped();
    let mut handle = executor.submit_blocking(|| Ok(1));
    polls.recv_timeout(LONG).unwrap();
    answer.send(Err("503")).unwrap();
    assert_eq!(handle.wait(LONG), Some(Err(PollFailure::Poll(std::sync::Arc::new("503")))));

    let mut calls = 0;
    let executor = Executor::builder().start_blocking(move |batch: Jobs| {
        calls += 1;
        assert!(calls > 1, "the first one");
        batch.iter().for_each(|job| job.yield_result("done"));
        Ok(PollNext::Default)
    });
    let failure = PollFailure::Panicked("the first one".to_owned());
    assert_eq!(executor.submit_blocking(|| Ok(1)).wait(LONG), Some(Err(failure)));
    assert_eq!(executor.submit_blocking(|| Ok(2)).wait(LONG), Some(Ok("done")));
}

#[test]
fn plain_threads_cancel() {
    let (asked, questions) = channel();
    let builder = Executor::builder().default_interval(ms(1)).cancel_with(move |id| {
        _ = asked.send(id);
        std::future::ready(id % 2 == 0)
    });
    let executor = builder.start_blocking(|_: Batch<_, _, _>| Ok(PollNext::Default));
    for id in 1..=2 {
        let mut handle = executor.submit_blocking(move || Ok(id));
        while !handle.is_polling() {
            thread::yield_now();
        }
        assert_eq!(handle.cancel_blocking(), id == 2);
        assert_eq!(questions.try_recv(), Ok(id));
        assert_eq!(handle.wait(ms(1)), if id == 2 { Some(Err(PollFailure::Cancelled)) } else { None });
        // After a veto it is asked anew, and not after its result was given out.
        assert_eq!(handle.cancel_blocking(), id == 2);
        assert_eq!(questions.try_iter().count(), usize::from(id == 1));
    }
    let mut refused = {
        executor.shutdown_now();
        executor.submit_blocking(|| Ok(3))
    };
    assert!(!refused.cancel_blocking());
    assert_eq!(refused.wait(LONG), Some(Err(PollFailure::ShutDown)));
}

#[test]
fn the_thread_ends_with_the_executor() {
    for explicitly in [true, false] {
        let (alive, ended) = channel::<()>();
        let executor = Executor::builder().name("ends").start_blocking(move |_: Jobs| {
            let _alive = &alive;
            assert_eq!(thread::current().name(), Some("ends"));
            Ok(PollNext::Default)
        });
        let mut handle = executor.submit(std::future::pending());
        let mut polled = executor.submit_blocking(|| Ok(1));
        while !polled.is_polling() {
            thread::yield_now();
        }
        if explicitly {
            executor.shutdown_now();
        }
        drop(executor);
        assert!(
            ended.recv_timeout(LONG).is_err_and(|why| why == std::sync::mpsc::RecvTimeoutError::Disconnected)
        );
        assert_eq!(handle.wait(LONG), Some(Err(PollFailure::ShutDown)));
        assert_eq!(polled.wait(LONG), Some(Err(PollFailure::ShutDown)));
        assert!(!handle.cancel_blocking());
    }
}

#[test]
fn polls_that_follow_at_once_leave_time_for_submissions() {
    let executor = Executor::builder().start_blocking(|batch: Jobs| {
        batch.iter().filter(|job| *job.result() == 2).for_each(|job| job.yield_result("done"));
        Ok(PollNext::After(secs(0)))
    });
    let stays = executor.submit_blocking(|| Ok(1));
    while !stays.is_polling() {
        thread::yield_now();
    }
    let mut handle = executor.submit(async {
        tokio::task::yield_now().await;
        Ok(2)
    });
    assert_eq!(handle.wait(LONG), Some(Ok("done")));
}

#[test]
fn a_wait_ends_after_its_time_under_a_paused_clock() {
    within(secs(20), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let executor = Executor::builder().start(|_: Jobs| std::future::ready(Ok(PollNext::Default)));
            let mut handle = executor.submit(crate::job(1));
            let waited = tokio::task::spawn_blocking(move || (handle.wait(ms(20)), handle.wait(ms(0))));
            assert_eq!(waited.await.expect("no panic"), (None, None));
        });
    });
}

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Counts the panics that `code` prints on this thread.
fn printed_panics(code: impl FnOnce()) -> u32 {
    static COUNTS: Once = Once::new();
    COUNTS.call_once(|| {
        let prints = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            prints(panic);
        }));
    });
    let before = PANICS.get();
    code();
    PANICS.get() - before
}

#[test]
#[expect(clippy::async_yields_async, reason = "a handle is a future, and is handed on as a value")]
fn cancel_blocking_in_async_code_is_false_and_prints_no_panic() {
    let current = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let several = || {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    };
    for runtime in [current(), several()] {
        runtime.block_on(async {
            let executor = Executor::builder()
                .cancel_with(|_| async { true })
                .start(|_: Jobs| std::future::ready(Ok(PollNext::Default)));
            let handle = executor.submit(crate::job(1));
            while !handle.is_polling() {
                tokio::task::yield_now().await;
            }
            assert_eq!(printed_panics(|| assert!(!handle.cancel_blocking())), 0, "in `block_on`");
            let handle = tokio::spawn(async move {
                assert_eq!(printed_panics(|| assert!(!handle.cancel_blocking())), 0, "in a task");
                handle
            });
            let handle = handle.await.expect("no panic");
            let local = tokio::task::LocalSet::new();
            let handle = local
                .run_until(async move {
                    let task = tokio::task::spawn_local(async move {
                        assert_eq!(
                            printed_panics(|| assert!(!handle.cancel_blocking())),
                            0,
                            "in a local task"
                        );
                        handle
                    });
                    task.await.expect("no panic")
                })
                .await;
            assert!(handle.is_polling(), "nothing was cancelled");
            // A thread of the blocking pool can wait.
            let cancelled = tokio::task::spawn_blocking(move || {
                let mut cancelled = false;
                assert_eq!(printed_panics(|| cancelled = handle.cancel_blocking()), 0);
                cancelled
            });
            assert!(cancelled.await.expect("no panic"));
        });
    }
}

#[test]
fn cancel_blocking_waits_where_the_thread_of_a_worker_is_given_away() {
    within(secs(20), || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let task = async {
            let executor = Executor::builder()
                .cancel_with(|_| async { true })
                .start(|_: Jobs| std::future::ready(Ok(PollNext::Default)));
            let handle = executor.submit(crate::job(1));
            while !handle.is_polling() {
                tokio::task::yield_now().await;
            }
            tokio::task::block_in_place(|| handle.cancel_blocking())
        };
        let cancelled = runtime.expect("a runtime").block_on(async { tokio::spawn(task).await });
        assert!(cancelled.expect("no panic"));
    });
}

#[test]
fn a_cancellation_after_the_end_of_the_runtime_resolves() {
    within(secs(20), || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (executor, handle) = runtime.block_on(async {
            let executor = Executor::builder()
                .cancel_with(|_| std::future::pending())
                .start(|_: Jobs| std::future::ready(Ok(PollNext::Default)));
            let handle = executor.submit(crate::job(1));
            while !handle.is_polling() {
                tokio::task::yield_now().await;
            }
            (executor, handle)
        });
        let handle = std::sync::Arc::new(handle);
        let asks = {
            let handle = std::sync::Arc::clone(&handle);
            thread::spawn(move || handle.cancel_blocking())
        };
        // It waits for an answer that never comes, or asks too late.
        thread::yield_now();
        drop(runtime);
        assert!(!asks.join().expect("no panic"));
        assert!(!handle.cancel_blocking(), "asked afterwards");
        drop(executor);
        assert!(!handle.cancel_blocking(), "asked after the end of the executor");
    });
}
