//! The poll function and its batch.

use std::future::ready;
use std::sync::{Arc, Mutex};

use resilience::batch::PollDescriptor;
use resilience::{PollFailure, PollNext};
use tokio::time::sleep;

use crate::{Executor, Jobs, Service, ids, job, secs, settle, soon};

#[tokio::test(start_paused = true)]
async fn a_batch_shows_the_same_by_reference_and_by_value() {
    let executor = Executor::builder().start(|batch: Jobs| {
        assert_eq!((batch.len(), batch.is_empty()), (3, false));
        assert_eq!(batch.iter().size_hint(), (3, Some(3)));
        let by_reference = ids(&batch);
        assert_eq!((&batch).into_iter().len(), 3);
        let by_value: Vec<u32> = batch.into_iter().map(|job| *job.result()).collect();
        assert_eq!((&by_reference[..], by_value), (&[1, 2, 3][..], vec![1, 2, 3]));
        ready(Err("seen"))
    });
    let handles = [1, 2, 3].map(|id| executor.submit(job(id)));
    for handle in handles {
        assert_eq!(soon(handle).await, Err(PollFailure::Poll(Arc::new("seen"))));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_that_is_said_of_a_job_counts() {
    let executor = Executor::builder().start(|batch: Jobs| {
        for job in &batch {
            job.yield_result("first");
            job.yield_error("second");
        }
        for job in batch {
            job.yield_result("third");
        }
        ready(Err("and then it failed"))
    });
    assert_eq!(soon(executor.submit(job(1))).await, Ok("first"));
    settle().await;
    let metrics = executor.metrics();
    assert_eq!((metrics.resolved, metrics.failed, metrics.polls, metrics.poll_failures), (1, 0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn jobs_of_a_batch_that_is_kept_are_polled_again() {
    let service = Service::new();
    let (polling, kept) = (service.clone(), Mutex::new(Vec::new()));
    let executor = Executor::builder().start(move |batch: Jobs| {
        let next = polling.poll(&batch);
        kept.lock().unwrap().push(batch);
        ready(next)
    });
    let mut handles: Vec<_> = (1..=3).map(|id| executor.submit(job(id))).collect();
    sleep(secs(6)).await;
    handles.push(executor.submit(job(4)));
    settle().await;
    let mut shown = service.shown();
    shown.sort_unstable();
    assert_eq!(shown, [1, 2, 3, 4], "none is lost, and none is shown twice");
    for id in 1..=4 {
        service.finish(id, Ok("done"));
    }
    for handle in handles {
        assert_eq!(soon(handle).await, Ok("done"));
    }
    sleep(secs(20)).await;
    assert!(executor.is_empty());
}

#[tokio::test(start_paused = true)]
async fn jobs_of_a_batch_that_is_forgotten_are_polled_again_and_can_be_cancelled() {
    let service = Service::new();
    let polling = service.clone();
    let executor = Executor::builder().cancel_with(async |_| true).start(move |batch: Jobs| {
        let next = polling.poll(&batch);
        std::mem::forget(batch);
        ready(next)
    });
    let (first, second) = (executor.submit(job(1)), executor.submit(job(2)));
    sleep(secs(21)).await;
    assert_eq!((service.polls().len(), service.shown()), (5, vec![1, 2]));
    assert!(soon(first.cancel()).await);
    service.finish(2, Ok("done"));
    assert_eq!(soon(second).await, Ok("done"));
    assert_eq!(service.shown(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_descriptor_that_is_kept_can_say_later_what_became_of_its_job() {
    let kept = Arc::new(Mutex::new(Vec::<PollDescriptor<u32, &str, &str>>::new()));
    let (service, keep) = (Service::new(), Arc::clone(&kept));
    let polling = service.clone();
    let executor = Executor::builder().start(move |batch: Jobs| {
        polling.note(&batch);
        keep.lock().unwrap().extend(batch);
        ready(Ok(PollNext::Default))
    });
    let (first, second) = (executor.submit(job(1)), executor.submit(job(2)));
    settle().await;
    kept.lock().unwrap()[0].yield_result("said from outside");
    assert_eq!(soon(first).await, Ok("said from outside"));
    sleep(secs(5)).await;
    assert_eq!(service.shown(), [2]);
    kept.lock().unwrap()[1].yield_error("said late");
    assert_eq!(soon(second).await, Err(PollFailure::Yielded("said late")));
    let third = executor.submit(job(3));
    settle().await;
    for old in &kept.lock().unwrap()[..3] {
        old.yield_result("for somebody else");
    }
    assert_eq!(service.shown(), [3]);
    assert_eq!(executor.len(), 1, "an old descriptor says nothing of a new job in its place");
    drop(third);
}

#[tokio::test(start_paused = true)]
async fn a_descriptor_outlives_its_executor() {
    let (send, mut kept) = tokio::sync::mpsc::unbounded_channel();
    let executor = Executor::builder().start(move |batch: Jobs| {
        _ = send.send(batch);
        ready(Ok(PollNext::Default))
    });
    let handle = executor.submit(job(1));
    let batch = soon(kept.recv()).await.expect("a batch");
    drop(executor);
    assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    for job in batch {
        job.yield_result("too late");
    }
}

#[tokio::test(start_paused = true)]
async fn the_poll_function_may_be_cut_off_by_itself_and_may_use_its_executor() {
    let slot: Arc<Mutex<Option<Executor>>> = Arc::default();
    let own = Arc::clone(&slot);
    let executor = Executor::builder().start(move |batch: Jobs| {
        let executor = own.lock().unwrap().clone().expect("it is there");
        async move {
            if ids(&batch) == [1] {
                batch.iter().for_each(|job| job.yield_result("first"));
                assert_eq!(executor.len(), 0, "no lock is held while it says something");
                drop(executor.submit(job(2)));
                return Ok(PollNext::Default);
            }
            executor.shutdown().await;
            unreachable!("it is dropped in its own shutdown");
        }
    });
    *slot.lock().unwrap() = Some(executor.clone());
    assert_eq!(soon(executor.submit(job(1))).await, Ok("first"));
    settle().await;
    assert_eq!(soon(executor.submit(job(3))).await, Err(PollFailure::ShutDown));
    assert_eq!((executor.metrics().failed, executor.len()), (1, 0));
    slot.lock().unwrap().take();
}

#[tokio::test(start_paused = true)]
async fn outstanding_lists_the_polled_jobs_also_new_kept_and_half_done_ones() {
    let service = Service::new();
    let (polling, kept) = (service.clone(), Mutex::new(Vec::new()));
    let builder = Executor::builder().max_in_flight(2).batch_window(secs(1));
    let executor = builder.start(move |batch: Jobs| {
        let next = polling.poll(&batch);
        kept.lock().unwrap().push(batch);
        ready(next)
    });
    let outstanding = || {
        let mut jobs = executor.outstanding();
        jobs.sort_unstable();
        jobs
    };
    let mut handles: Vec<_> = (1..=4).map(|id| executor.submit(job(id))).collect();
    assert_eq!(outstanding(), [0; 0], "no submission has returned");
    settle().await;
    assert_eq!(outstanding(), [1, 2, 3, 4], "no poll has seen them");
    service.finish(2, Ok("done"));
    sleep(secs(2)).await;
    assert_eq!(outstanding(), [1, 3, 4]);
    handles.push(executor.submit(job(5)));
    drop(executor.submit(std::future::pending()));
    settle().await;
    assert!(soon(handles[0].cancel()).await);
    assert_eq!(outstanding(), [3, 4, 5]);
    sleep(secs(2)).await;
    let mut shown = service.shown();
    shown.sort_unstable();
    assert_eq!((outstanding(), shown), (vec![3, 4, 5], vec![3, 4, 5]));
    soon(executor.shutdown()).await;
    assert_eq!(outstanding(), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_values_of_jobs_are_cloned_without_the_lock() {
    struct LooksBack(Arc<Mutex<Option<resilience::PollExecutor<LooksBack, (), ()>>>>);

    impl Clone for LooksBack {
        fn clone(&self) -> Self {
            let executor = self.0.lock().unwrap().clone().expect("it is there");
            assert_eq!(executor.len(), 1);
            Self(Arc::clone(&self.0))
        }
    }

    let executor = resilience::PollExecutor::builder()
        .start(|_: resilience::Batch<LooksBack, (), ()>| ready(Ok(PollNext::Default)));
    let slot = Arc::new(Mutex::new(Some(executor.clone())));
    let _handle = executor.submit(ready(Ok(LooksBack(Arc::clone(&slot)))));
    settle().await;
    assert_eq!(executor.outstanding().len(), 1);
    slot.lock().unwrap().take();
}
