use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use resilience::{Batch, PollExecutor, PollFailure, PollNext};

use crate::{Executor, Jobs, Service, job, settle, soon};

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// It is ready at once, and holds this until it is dropped.
struct Holds<T>(T);

impl<T> Future for Holds<T> {
    type Output = Result<u32, &'static str>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(1))
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_function_that_panics_fails_its_jobs_and_polling_goes_on() {
    let (service, panics) = (Service::new(), Arc::new(AtomicBool::new(true)));
    let (polling, now) = (service.clone(), Arc::clone(&panics));
    let executor = Executor::builder().start(move |batch| {
        let (polling, now) = (polling.clone(), Arc::clone(&now));
        async move {
            tokio::task::yield_now().await;
            assert!(!now.swap(false, Relaxed), "the disk is full");
            polling.poll(&batch)
        }
    });
    let handles = [executor.submit(job(1)), executor.submit(job(2))];
    for handle in handles {
        assert_eq!(soon(handle).await, Err(PollFailure::Panicked("the disk is full".to_owned())));
    }
    service.finish(3, Ok("done"));
    assert_eq!(soon(executor.submit(job(3))).await, Ok("done"));
    let metrics = executor.metrics();
    assert_eq!((metrics.polls, metrics.poll_failures, metrics.failed, metrics.resolved), (2, 1, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_poll_function_may_panic_before_there_is_a_future() {
    let mut calls = 0;
    let executor = Executor::builder().start(move |batch: Jobs| {
        calls += 1;
        assert!(calls > 1, "call {calls}");
        for job in batch {
            job.yield_result("done");
        }
        ready(Ok(PollNext::Default))
    });
    assert_eq!(soon(executor.submit(job(1))).await, Err(PollFailure::Panicked("call 1".to_owned())));
    assert_eq!(soon(executor.submit(job(2))).await, Ok("done"));
}

#[tokio::test(start_paused = true)]
async fn a_submission_that_panics_says_so_and_gives_its_place_back() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    service.finish(4, Ok("done"));
    let at_once = executor.submit(async { panic!("at once") });
    let later = executor.submit(async {
        tokio::task::yield_now().await;
        std::panic::panic_any(7)
    });
    let blocking = executor.submit_blocking(|| panic!("on a thread"));
    let fine = executor.submit(job(4));
    assert_eq!(soon(at_once).await, Err(PollFailure::Panicked("at once".to_owned())));
    assert_eq!(soon(later).await, Err(PollFailure::Panicked("a panic without a message".to_owned())));
    assert_eq!(soon(blocking).await, Err(PollFailure::Panicked("on a thread".to_owned())));
    assert_eq!(soon(fine).await, Ok("done"));
}

#[tokio::test(start_paused = true)]
async fn a_submission_that_panics_when_it_is_dropped_does_not_leave_its_handle_waiting() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    service.finish(2, Ok("done"));
    let handle = executor.submit(Holds(PanicsWhenDropped));
    assert!(matches!(soon(handle).await, Err(PollFailure::Panicked(_))));
    assert_eq!(soon(executor.submit(job(2))).await, Ok("done"), "and its place is given back");
}

#[tokio::test(start_paused = true)]
async fn a_submission_that_panics_while_it_is_cancelled_is_cancelled() {
    let executor = Service::new().start(Executor::builder().max_in_flight(1));
    let held = PanicsWhenDropped;
    let handle = executor.submit(async move {
        pending::<()>().await;
        drop(held);
        Ok(1)
    });
    settle().await;
    assert!(soon(handle.cancel()).await);
    assert_eq!(soon(handle).await, Err(PollFailure::Cancelled));
    settle().await;
    assert_eq!(executor.metrics().in_flight, 0);
}

/// Everything that is the user's may look back at the executor while it is dropped: no lock is held then.
struct LooksBack(PollExecutor<Self, Self, Self>, Arc<AtomicBool>);

impl Drop for LooksBack {
    fn drop(&mut self) {
        self.1.store(true, Relaxed);
        assert!(self.0.len() < 9 && self.0.metrics().submitted > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_dropped_may_look_back_at_the_executor() {
    type Looking = PollExecutor<LooksBack, LooksBack, LooksBack>;
    let executor: Looking = Looking::builder().max_in_flight(1).start(|batch| {
        for job in &batch {
            let (executor, flag) = (job.result().0.clone(), Arc::clone(&job.result().1));
            job.yield_result(LooksBack(executor.clone(), Arc::clone(&flag)));
            // Too late.
            job.yield_error(LooksBack(executor, flag));
        }
        ready(Ok(PollNext::Default))
    });
    let looks = || LooksBack(executor.clone(), Arc::default());
    let (first, second) = (looks(), looks());
    let (seen_first, seen_second) = (Arc::clone(&first.1), Arc::clone(&second.1));
    assert!(soon(executor.submit(ready(Ok(first)))).await.is_ok());
    // Nobody asks for its result.
    drop(executor.submit(ready(Ok(second))));
    settle().await;
    assert!(seen_first.load(Relaxed) && seen_second.load(Relaxed));
    // A submission that runs, one that waits, and one that comes too late.
    let handles = [looks(), looks()].map(|held| {
        executor.submit(async move {
            pending::<()>().await;
            Ok(held)
        })
    });
    settle().await;
    assert!(soon(handles[1].cancel()).await);
    executor.shutdown().await;
    assert!(matches!(soon(executor.submit(ready(Ok(looks())))).await, Err(PollFailure::ShutDown)));
    for handle in handles {
        assert!(soon(handle).await.is_err());
    }
}

#[tokio::test]
async fn jobs_that_panic_when_they_are_dropped_end_nothing_wherever_they_are_dropped() {
    let (kept, keeps) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(true)));
    let (keeping, keeps_now) = (Arc::clone(&kept), Arc::clone(&keeps));
    let executor =
        PollExecutor::builder().start(move |batch: Batch<PanicsWhenDropped, &'static str, &'static str>| {
            batch.iter().for_each(|job| job.yield_result("done"));
            if keeps_now.load(Relaxed) {
                keeping.lock().expect("no panic").push(batch);
            } else {
                drop(batch);
            }
            let keeps = Arc::clone(&keeps_now);
            async move { if keeps.load(Relaxed) { Ok(PollNext::Default) } else { pending().await } }
        });
    let submit = || [(); 3].map(|()| executor.submit(async { Ok(PanicsWhenDropped) }));
    for handle in submit() {
        assert_eq!(soon(handle).await, Ok("done"));
    }
    keeps.store(false, Relaxed);
    for handle in submit() {
        assert_eq!(soon(handle).await, Ok("done"));
    }
    // The polling task holds them, and then the batch that was kept.
    executor.shutdown().await;
    assert!(!kept.lock().expect("no panic").is_empty());
    drop(kept);
}
