//! Combinations of two promises.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience::{Batch, PollExecutor, PollFailure, PollNext};
use tokio::time::{sleep, timeout};

use crate::{Executor, Service, job, ms, secs, settle, soon};

#[tokio::test(start_paused = true)]
async fn a_burst_that_gathers_does_not_hold_the_interval_up() {
    let service = Service::new();
    let executor = service.start(Executor::builder().default_interval(ms(20)).batch_window(secs(1)));
    let first = executor.submit(job(1));
    sleep(secs(2)).await;
    let before = service.polls().len();
    let second = executor.submit(job(2));
    sleep(ms(500)).await;
    assert!(service.polls().len() >= before + 20, "the first job is polled as before");
    drop((first, second));
}

#[tokio::test(start_paused = true)]
async fn a_notify_with_nothing_to_poll_is_not_kept_for_what_comes() {
    let service = Service::new();
    let executor = service.start(Executor::builder().batch_window(ms(300)));
    executor.notify();
    sleep(ms(500)).await;
    let jobs = [executor.submit(job(1)), executor.submit(job(2))];
    sleep(secs(1)).await;
    let polls = service.polls();
    assert_eq!(polls.first().map(|(at, shown)| (*at, shown.len())), Some((ms(800), 2)));
    drop(jobs);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a bad thing to hold");
    }
}

#[tokio::test(start_paused = true)]
async fn what_panics_when_it_is_dropped_harms_no_other_job() {
    let executor = PollExecutor::<u32, (), Arc<Bomb>>::builder()
        .default_interval(secs(1))
        .poll_timeout(ms(100))
        .start({
            let mut polls = 0;
            move |batch: Batch<u32, (), Arc<Bomb>>| {
                polls += 1;
                let now = polls;
                async move {
                    let bomb = Bomb;
                    if now == 1 {
                        // Cut off, and dropped with what it holds.
                        pending::<()>().await;
                    }
                    std::mem::forget(bomb);
                    for descriptor in batch {
                        descriptor.yield_result(());
                    }
                    // An error that nobody gets, and that is dropped here.
                    if now == 2 { Err(Arc::new(Bomb)) } else { Ok(PollNext::Default) }
                }
            }
        });
    let first = executor.submit(async { Ok(1) });
    assert!(soon(first).await.is_ok());
    sleep(secs(2)).await;
    let second = executor.submit(async { Ok(2) });
    assert!(soon(second).await.is_ok());
    assert_eq!(executor.metrics().poll_failures, 2);
}

#[tokio::test]
async fn a_question_is_asked_once_also_if_whoever_asked_first_has_gone() {
    let (asked, answer) = (Arc::new(AtomicU32::new(0)), Arc::new(tokio::sync::Notify::new()));
    let executor = Executor::builder()
        .cancel_with({
            let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
            move |_| {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                async move {
                    asked.fetch_add(1, Ordering::SeqCst);
                    answer.notified().await;
                    true
                }
            }
        })
        .start(|_| std::future::ready(Ok(PollNext::Default)));
    let handle = executor.submit(job(1));
    while !handle.is_polling() {
        tokio::task::yield_now().await;
    }
    {
        let mut first = std::pin::pin!(handle.cancel());
        let none =
            std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_pending())).await;
        assert!(none);
    }
    let second = handle.cancel();
    answer.notify_one();
    assert!(second.await);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(handle.await, Err(PollFailure::Cancelled));
}

#[test]
fn a_question_without_an_answer_does_not_keep_the_runtime_from_its_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let executor = Executor::builder()
            .cancel_with(async |_| pending().await)
            .start(|_| std::future::ready(Ok(PollNext::Default)));
        let handle = executor.submit(job(1));
        while !handle.is_polling() {
            tokio::task::yield_now().await;
        }
        assert!(timeout(ms(1), handle.cancel()).await.is_err());
        executor.shutdown().await;
    });
    // It waits for its threads.
    drop(runtime);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_was_given_out_is_not_waited_for_again() {
    let executor = PollExecutor::<u32, (), &'static str>::builder().name("with a\0 in it").start_blocking(
        |batch: Batch<u32, (), &'static str>| {
            batch.iter().for_each(|descriptor| descriptor.yield_result(()));
            Ok(PollNext::Default)
        },
    );
    let waited = tokio::task::spawn_blocking(move || {
        let mut handle = executor.submit(async { Ok(1) });
        (handle.wait(std::time::Duration::MAX), handle.wait(std::time::Duration::MAX))
    });
    assert_eq!(waited.await.unwrap(), (Some(Ok(())), None));
    settle().await;
}

#[test]
fn a_poll_function_that_waits_for_a_cancellation_is_told_that_there_is_none() {
    let handles = Arc::new(std::sync::Mutex::new(Vec::<crate::Handle>::new()));
    let (told, answers) = std::sync::mpsc::channel();
    let executor = Executor::builder().start_blocking({
        let handles = Arc::clone(&handles);
        move |batch: crate::Jobs| {
            for handle in handles.lock().unwrap().drain(..) {
                let _ = told.send(handle.cancel_blocking());
            }
            batch.iter().for_each(|descriptor| descriptor.yield_result("done"));
            Ok(PollNext::After(ms(1)))
        }
    });
    handles.lock().unwrap().push(executor.submit(pending()));
    let mut other = executor.submit(job(1));
    assert_eq!(other.wait(std::time::Duration::MAX), Some(Ok("done")));
    let mut last = executor.submit(job(2));
    assert_eq!(last.wait(std::time::Duration::MAX), Some(Ok("done")));
    assert_eq!(answers.recv(), Ok(false));
}

/// Panics also while another one does, which would be the end of the program.
struct Worse;

impl Drop for Worse {
    fn drop(&mut self) {
        panic!("a worse thing to hold");
    }
}

#[test]
fn submissions_that_panic_when_they_are_dropped_with_the_runtime_end_nothing_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (executor, handles) = runtime.block_on(async {
        let executor = Executor::builder().start(|_| std::future::ready(Ok(PollNext::Default)));
        let submissions = (0..3).map(|number| {
            let worse = Worse;
            executor.submit(async move {
                std::mem::forget(worse);
                Ok(number)
            })
        });
        let handles: Vec<_> = submissions.collect();
        (executor, handles)
    });
    // None of them was started: they are dropped, one after the other.
    drop(runtime);
    for mut handle in handles {
        assert!(matches!(handle.wait(ms(0)), Some(Err(_))));
    }
    assert!(executor.is_empty());
}
