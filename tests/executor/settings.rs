use std::future::{pending, ready};

use resilience::{PollFailure, PollNext};
use tokio::time::{Instant, sleep};

use crate::{Executor, Service, job, ms, secs, settle, soon};

#[tokio::test(start_paused = true)]
async fn polls_come_after_the_default_interval_from_the_end_of_the_last_one() {
    let service = Service::new();
    let noted = service.clone();
    let executor = Executor::builder().default_interval(secs(10)).start(move |batch| {
        noted.note(&batch);
        async {
            sleep(secs(3)).await;
            Ok(PollNext::Default)
        }
    });
    let handle = executor.submit(job(1));
    sleep(secs(40)).await;
    assert_eq!(service.times(), [0, 13, 26, 39].map(secs));
    drop(handle);
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_zero_leaves_time_for_everything_else() {
    for next in [PollNext::Default, PollNext::After(secs(0))] {
        let executor = Executor::builder().default_interval(secs(0)).start(move |batch| {
            if let Some(last) = batch.into_iter().find(|job| *job.result() == 2) {
                last.yield_result("done");
            }
            ready(Ok(next))
        });
        let stays = executor.submit(job(1));
        // Time does not move while polls follow at once.
        tokio::task::yield_now().await;
        let done = executor.submit(async {
            tokio::task::yield_now().await;
            Ok(2)
        });
        assert_eq!(done.await, Ok("done"));
        executor.shutdown().await;
        assert_eq!(stays.await, Err(PollFailure::ShutDown));
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_of_for_ever_is_ended_by_a_new_job_and_by_notify() {
    let service = Service::new();
    let noted = service.clone();
    let executor = Executor::builder().start(move |batch| {
        noted.note(&batch);
        ready(Ok(PollNext::After(std::time::Duration::MAX)))
    });
    let first = executor.submit(job(1));
    sleep(secs(3_000_000)).await;
    let second = executor.submit(job(2));
    sleep(secs(1)).await;
    executor.notify();
    sleep(secs(9)).await;
    assert_eq!(service.times(), [0, 3_000_000, 3_000_001].map(secs));
    drop((first, second));
}

#[tokio::test(start_paused = true)]
async fn submissions_begin_in_their_order_as_many_at_once_as_are_allowed() {
    let (executor, begun) = (Service::new().start(Executor::builder().max_in_flight(3)), Service::new());
    let handles: Vec<_> = (0..10)
        .map(|id| {
            let begun = begun.clone();
            executor.submit(async move {
                let at = begun.state().start.elapsed();
                begun.state().polls.push((at, vec![id]));
                sleep(secs(1)).await;
                Ok(id)
            })
        })
        .collect();
    settle().await;
    let metrics = executor.metrics();
    assert_eq!((metrics.in_flight, metrics.queued), (3, 7));
    sleep(secs(10)).await;
    let expected: Vec<_> = (0..10).map(|id| (secs(u64::from(id) / 3), vec![id])).collect();
    assert_eq!(begun.polls(), expected);
    assert_eq!((executor.metrics().in_flight, executor.polling()), (0, 10));
    drop(handles);
}

#[tokio::test(start_paused = true)]
async fn a_bound_of_zero_counts_as_one() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(0));
    service.finish(1, Ok("done"));
    let (stuck, waits) = (executor.submit(pending()), executor.submit(job(1)));
    settle().await;
    assert_eq!((executor.metrics().in_flight, executor.metrics().queued), (1, 1));
    assert!(soon(stuck.cancel()).await);
    assert_eq!(soon(waits).await, Ok("done"));
}

#[tokio::test(start_paused = true)]
async fn a_burst_gathers_at_the_beginning_after_idle_times_and_between_polls() {
    let service = Service::new();
    let executor = service.start(Executor::builder().batch_window(ms(100)));
    let mut handles = Vec::new();
    for first in [0, 10, 20] {
        for id in first..first + 3 {
            service.finish(id, Ok("done"));
            handles.push(executor.submit(job(id)));
            sleep(ms(40)).await;
        }
        // Longer than the interval the first time, and shorter the second time.
        sleep(if first == 0 { secs(20) } else { secs(1) }).await;
    }
    let shown: Vec<_> = service.polls().into_iter().map(|(_, jobs)| jobs).collect();
    assert_eq!(shown, [vec![0, 1, 2], vec![10, 11, 12], vec![20, 21, 22]]);
    assert_eq!(service.times()[0], ms(100), "the window begins with the first of them");
    drop(handles);
}

#[tokio::test(start_paused = true)]
async fn a_burst_that_is_cancelled_while_it_gathers_is_not_polled() {
    let service = Service::new();
    let executor = service.start(Executor::builder().batch_window(ms(100)));
    let handle = executor.submit(job(1));
    sleep(ms(50)).await;
    assert!(soon(handle.cancel()).await);
    sleep(secs(20)).await;
    assert_eq!(service.polls(), [], "and not with an empty batch either");
    drop(executor);
}

#[tokio::test(start_paused = true)]
async fn notify_and_shutdown_do_not_wait_for_a_burst() {
    let service = Service::new();
    let executor = service.start(Executor::builder().batch_window(secs(100)));
    let handle = executor.submit(job(1));
    sleep(secs(1)).await;
    executor.notify();
    sleep(secs(1)).await;
    assert_eq!(service.times(), [secs(1)]);
    let late = executor.submit(job(2));
    sleep(secs(1)).await;
    executor.shutdown().await;
    assert_eq!(service.state().start.elapsed(), secs(3));
    drop((handle, late));
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_is_polled_only_if_that_is_asked_for() {
    let service = Service::new();
    let executor = service.start(Executor::builder().poll_empty(true).default_interval(secs(1)));
    sleep(ms(2500)).await;
    assert_eq!(service.polls(), [0, 1, 2].map(|at| (secs(at), vec![])));
    drop(executor);

    let service = Service::new();
    let executor = service.start(Executor::builder());
    executor.notify();
    service.finish(1, Ok("done"));
    assert_eq!(soon(executor.submit(job(1))).await, Ok("done"));
    executor.notify();
    sleep(secs(20)).await;
    assert_eq!(service.polls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_takes_too_long_is_dropped_and_its_jobs_are_polled_again() {
    let service = Service::new();
    let slow = service.clone();
    let executor = Executor::builder().poll_timeout(secs(2)).start(move |batch| {
        let slow = slow.clone();
        async move {
            slow.note(&batch);
            if slow.polls().len() == 1 {
                pending::<()>().await;
            }
            slow.poll(&batch)
        }
    });
    service.finish(1, Ok("done"));
    let start = Instant::now();
    assert_eq!(soon(executor.submit(job(1))).await, Ok("done"));
    assert_eq!(start.elapsed(), secs(7), "the limit and the interval");
    let metrics = executor.metrics();
    assert_eq!((metrics.polls, metrics.poll_failures), (2, 1));
    assert_eq!(metrics.poll_time, secs(2));
}

#[tokio::test(start_paused = true)]
async fn everything_has_a_debug_that_says_what_it_is() {
    let builder = Executor::builder().name("publish");
    assert!(format!("{builder:?}").contains("publish"));
    let executor = builder.start(|batch| {
        let texts = format!("{batch:?} {:?} {:?}", batch.iter(), batch.iter().next());
        for part in ["Batch { len: 1", "Iter { left: 1", "DescriptorRef { result: 7"] {
            assert!(texts.contains(part), "{texts}");
        }
        let mut jobs = batch.into_iter();
        assert_eq!(jobs.len(), 1);
        let descriptor = jobs.next().expect("one");
        assert!(format!("{descriptor:?}").contains("result: 7"));
        descriptor.yield_result("seen");
        ready(Ok(PollNext::Default))
    });
    let handle = executor.submit(job(7));
    assert!(format!("{handle:?}").contains("polling: false"));
    let text = format!("{executor:?}");
    assert!(text.contains("publish") && text.contains("len: 1"), "{text}");
    assert_eq!(soon(handle).await, Ok("seen"));
    let stream = executor.submit_all([job(7)]);
    assert!(format!("{stream:?}").contains("open: 0"));
}
