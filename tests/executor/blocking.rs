//! Without async code: a thread that polls, and threads that wait.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use resilience::{Batch, PollFailure, PollNext};

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
    let builder = Executor::builder().default_interval(ms(1)).cancel_with(async move |id| {
        _ = asked.send(id);
        id % 2 == 0
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
