use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use resilience::PollFailure;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use crate::{Executor, Service, job, ms, secs, settle, soon};

#[tokio::test(start_paused = true)]
async fn closures_that_block_are_submitted_as_futures_are() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    service.finish(1, Ok("done"));
    let (fine, fails) = (executor.submit_blocking(|| Ok(1)), executor.submit_blocking(|| Err("404")));
    assert_eq!(soon(fine).await, Ok("done"));
    assert_eq!(soon(fails).await, Err(PollFailure::Submit("404")));
}

#[tokio::test(start_paused = true)]
async fn a_closure_that_is_running_cannot_be_cancelled_and_one_that_waits_can() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    let (go, gone) = std::sync::mpsc::channel();
    let (begins, begun) = std::sync::mpsc::channel();
    service.finish(1, Ok("done"));
    let running = executor.submit_blocking(move || {
        begins.send(()).expect("it is waited for");
        gone.recv().expect("it is told to go");
        Ok(1)
    });
    begun.recv().expect("it begins");
    let waits = executor.submit_blocking(|| unreachable!("it never begins"));
    assert!(!running.cancel().await && waits.cancel().await);
    assert_eq!(waits.await, Err(PollFailure::Cancelled));
    go.send(()).unwrap();
    assert_eq!(running.await, Ok("done"));
}

#[tokio::test(start_paused = true)]
async fn a_job_goes_on_without_its_handle() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    for id in 1..=3 {
        drop(executor.submit(async move {
            sleep(secs(1)).await;
            Ok(id)
        }));
    }
    sleep(secs(4)).await;
    assert_eq!((service.shown(), executor.len()), (vec![1, 2, 3], 3));
    (1..=3).for_each(|id| service.finish(id, if id == 3 { Err("failed") } else { Ok("done") }));
    sleep(secs(5)).await;
    let metrics = executor.metrics();
    assert_eq!((executor.len(), metrics.resolved, metrics.failed), (0, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn with_abandon_dropped_a_job_ends_with_its_handle_wherever_it_is() {
    let service = Service::new();
    let builder = Executor::builder().max_in_flight(1).abandon_dropped(true);
    let executor = service.start(builder.cancel_with(async |_| panic!("nobody is asked")));
    let polled = executor.submit(job(1));
    settle().await;
    let (alive, dropped) = oneshot::channel::<()>();
    let submitting = executor.submit(async move {
        pending::<()>().await;
        drop(alive);
        Ok(2)
    });
    let (waits, never_begun) = oneshot::channel::<()>();
    let queued = executor.submit(async move {
        drop(waits);
        unreachable!("it never begins")
    });
    settle().await;
    drop((polled, queued));
    assert!(soon(never_begun).await.is_err());
    drop(submitting);
    assert!(soon(dropped).await.is_err());
    sleep(secs(20)).await;
    assert_eq!(service.polls().len(), 1, "it is not shown again");
    let metrics = executor.metrics();
    assert_eq!((executor.len(), metrics.cancelled, metrics.in_flight), (0, 3, 0));
    service.finish(4, Ok("done"));
    assert_eq!(soon(executor.submit(job(4))).await, Ok("done"), "the place is free again");
}

#[tokio::test(start_paused = true)]
async fn with_abandon_dropped_a_closure_that_runs_keeps_its_place_until_it_ends() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1).abandon_dropped(true));
    let (go, gone) = std::sync::mpsc::channel();
    drop(executor.submit_blocking(move || {
        gone.recv().expect("it is told to go");
        Ok(1)
    }));
    service.finish(2, Ok("done"));
    let next = executor.submit(job(2));
    assert_eq!((executor.metrics().in_flight, executor.metrics().queued), (1, 1));
    go.send(()).unwrap();
    assert_eq!(next.await, Ok("done"));
    assert!(!service.polls().iter().any(|(_, shown)| shown.contains(&1)));
}

#[tokio::test(start_paused = true)]
async fn a_handle_tells_whichever_task_asked_last() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let mut handle = executor.submit(job(1));
    assert!(tokio::time::timeout(secs(1), &mut handle).await.is_err());
    service.finish(1, Ok("done"));
    let elsewhere = tokio::spawn(handle);
    assert_eq!(soon(elsewhere).await.expect("no panic"), Ok("done"));
}

#[test]
fn every_failure_says_what_happened() {
    let says = |failure: PollFailure<&str>| failure.to_string();
    assert_eq!(says(PollFailure::Submit("404")), "the submission failed: 404");
    assert_eq!(says(PollFailure::SubmitTimedOut), "the submission exceeded its timeout");
    assert_eq!(says(PollFailure::Yielded("broken")), "the job failed: broken");
    assert_eq!(says(PollFailure::Poll(Arc::new("503"))), "the poll failed: 503");
    assert_eq!(says(PollFailure::Cancelled), "the job was cancelled");
    assert_eq!(says(PollFailure::ShutDown), "the executor was shut down before the job was done");
    assert_eq!(says(PollFailure::Panicked("why".to_owned())), "panicked: why");
}

#[tokio::test(start_paused = true)]
async fn a_submission_that_exceeds_its_timeout_is_dropped_and_its_job_fails() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1).submit_timeout(secs(2)));
    service.finish(2, Ok("done"));
    let (alive, dropped) = oneshot::channel::<()>();
    let start = Instant::now();
    let late = executor.submit(async move {
        pending::<()>().await;
        drop(alive);
        Ok(1)
    });
    // It waits for its place longer than the timeout, which begins with the submission itself.
    let queued = executor.submit(async {
        sleep(ms(1999)).await;
        Ok(2)
    });
    assert_eq!(soon(late).await, Err(PollFailure::SubmitTimedOut));
    assert_eq!(start.elapsed(), secs(2));
    assert!(soon(dropped).await.is_err());
    assert_eq!(soon(queued).await, Ok("done"));
    assert_eq!(start.elapsed(), ms(3999));
    let metrics = executor.metrics();
    assert_eq!((metrics.failed, metrics.resolved, metrics.in_flight), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_submit_timeout_of_zero_leaves_one_poll_and_of_the_maximum_leaves_all_time() {
    let service = Service::new();
    (1..=2).for_each(|id| service.finish(id, Ok("done")));
    let none = service.start(Executor::builder().submit_timeout(secs(0)));
    assert_eq!(soon(none.submit(job(1))).await, Ok("done"));
    assert_eq!(soon(none.submit(pending())).await, Err(PollFailure::SubmitTimedOut));
    let all = service.start(Executor::builder().submit_timeout(std::time::Duration::MAX));
    let late = all.submit(async {
        sleep(secs(100_000)).await;
        Ok(2)
    });
    assert_eq!(soon(late).await, Ok("done"));
}

#[tokio::test]
async fn a_closure_that_exceeds_the_submit_timeout_fails_in_time_and_keeps_its_place_until_it_returns() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1).submit_timeout(ms(5)));
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let late = executor.submit_blocking(move || {
        _ = gone.recv();
        Ok(1)
    });
    service.finish(2, Ok("done"));
    let next = executor.submit(job(2));
    let late = tokio::time::timeout(secs(30), late).await;
    assert_eq!(late.expect("it fails in time"), Err(PollFailure::SubmitTimedOut));
    assert_eq!((executor.metrics().in_flight, executor.metrics().queued), (1, 1));
    drop(go);
    assert_eq!(next.await, Ok("done"));
    assert!(!service.polls().iter().any(|(_, shown)| shown.contains(&1)), "its result is dropped");
    let fine = executor.submit_blocking(|| Ok(2));
    assert_eq!(fine.await, Ok("done"), "one that keeps to the time is watched no longer");
    soon(executor.shutdown()).await;
    assert_eq!(crate::alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_no_submit_timeout() {
    let executor = Service::new().start(Executor::builder().submit_timeout(secs(3600)));
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let blocking = executor.submit_blocking(move || {
        _ = gone.recv();
        Ok(1)
    });
    let waiting = executor.submit(pending());
    // The clock stands still while a closure runs.
    tokio::task::yield_now().await;
    let start = Instant::now();
    soon(executor.shutdown()).await;
    assert!(start.elapsed() < secs(1));
    assert_eq!((blocking.await, waiting.await), (Err(PollFailure::ShutDown), Err(PollFailure::ShutDown)));
    assert_eq!(crate::alive_tasks(), 0);
    drop(go);
}

/// A closure for which the runtime has no thread has not been started.
#[test]
fn a_closure_that_waits_for_a_thread_is_dropped_when_its_job_ends() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let (go, gone) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        let busy = tokio::task::spawn_blocking(move || gone.recv());
        let begun = Arc::new(AtomicU32::new(0));
        let closure = || {
            let begun = Arc::clone(&begun);
            move || Ok(begun.fetch_add(1, Relaxed))
        };
        let executor = Service::new().start(Executor::builder().abandon_dropped(true));
        let handle = executor.submit_blocking(closure());
        assert!(handle.cancel().await);
        drop(executor.submit_blocking(closure()));
        let handle = executor.submit_blocking(closure());
        executor.shutdown().await;
        assert_eq!(handle.await, Err(PollFailure::ShutDown));
        go.send(()).expect("the thread is busy");
        busy.await.expect("no panic").expect("it was told to go");
        // Those that are dropped in the pool are dropped by its thread.
        tokio::task::spawn_blocking(|| ()).await.expect("the pool goes on");
        assert_eq!((begun.load(Relaxed), Arc::strong_count(&begun)), (0, 1));
    });
}
