use std::future::{pending, ready};
use std::sync::Arc;

use resilience::{PollFailure, PollNext};
use tokio::runtime::Builder as Runtime;
use tokio::time::sleep;

use crate::load::within;
use crate::{Executor, Service, alive_tasks, job, secs, settle, soon};

/// Jobs at every stage: polled, being submitted, queued; and one whose handle is awaited by a task.
async fn full(executor: &Executor) -> (Vec<crate::Handle>, tokio::task::JoinHandle<crate::Outcome>) {
    let polled = executor.submit(job(1));
    let awaited = tokio::spawn(executor.submit(job(2)));
    settle().await;
    (vec![polled, executor.submit(pending()), executor.submit(pending())], awaited)
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_tells_everyone_and_leaves_no_task() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    let (handles, awaited) = full(&executor).await;
    settle().await;
    assert_eq!(executor.len(), 4);
    soon(executor.shutdown()).await;
    assert_eq!(soon(awaited).await.expect("no panic"), Err(PollFailure::ShutDown));
    assert_eq!(alive_tasks(), 0);
    for handle in handles {
        assert!(!soon(handle.cancel()).await);
        assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    }
    let metrics = executor.metrics();
    assert_eq!((metrics.submitted, metrics.failed, metrics.in_flight, metrics.queued), (4, 4, 0, 0));
    soon(executor.shutdown()).await;
    executor.shutdown_now();
    executor.notify();
    assert!(executor.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_last_clone_ends_it_when_it_is_dropped() {
    let (service, held) = (Service::new(), Arc::new(()));
    let (polling, inside) = (service.clone(), Arc::downgrade(&held));
    let executor = Executor::builder().max_in_flight(1).start(move |batch| {
        // It is held as long as the function is.
        assert_eq!(Arc::strong_count(&held), 1);
        ready(polling.poll(&batch))
    });
    let (handles, awaited) = full(&executor).await;
    let clone = executor.clone();
    drop(executor);
    sleep(secs(20)).await;
    assert_eq!(clone.len(), 4, "a clone is left");
    drop(clone);
    settle().await;
    assert_eq!(alive_tasks(), 0);
    assert!(inside.upgrade().is_none(), "the poll function is dropped");
    assert_eq!(soon(awaited).await.expect("no panic"), Err(PollFailure::ShutDown));
    for handle in handles {
        assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_under_way_is_dropped_by_the_end() {
    for explicitly in [true, false] {
        let held = Arc::new(());
        let inside = Arc::downgrade(&held);
        let executor = Executor::builder().start(move |_| {
            let held = Arc::clone(&held);
            async move {
                pending::<()>().await;
                drop(held);
                Ok(PollNext::Default)
            }
        });
        let handle = executor.submit(job(1));
        settle().await;
        assert_eq!(inside.strong_count(), 2);
        if explicitly {
            soon(executor.shutdown()).await;
            assert_eq!(inside.strong_count(), 0, "when it returns, everything is dropped");
        }
        drop(executor);
        settle().await;
        assert_eq!((inside.strong_count(), alive_tasks()), (0, 0));
        assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_closure_that_blocks() {
    let executor = Service::new().start(Executor::builder());
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let handle = executor.submit_blocking(move || {
        _ = gone.recv();
        Ok(1)
    });
    executor.shutdown().await;
    assert_eq!(handle.await, Err(PollFailure::ShutDown));
    drop(go);
}

#[tokio::test(start_paused = true)]
async fn submissions_afterwards_are_dropped_and_refused() {
    let executor = Service::new().start(Executor::builder());
    executor.shutdown_now();
    let held = Arc::new(());
    let inside = Arc::downgrade(&held);
    let handle = executor.submit(async move {
        drop(held);
        Ok(1)
    });
    assert!(inside.upgrade().is_none());
    assert!(!handle.is_polling() && !soon(handle.cancel()).await);
    assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    let blocking = executor.submit_blocking(|| unreachable!("it never begins"));
    assert_eq!(soon(blocking).await, Err(PollFailure::ShutDown));
    assert_eq!(executor.metrics().submitted, 0);
}

#[test]
fn the_end_of_the_runtime_is_a_shutdown_also_with_a_long_queue() {
    let runtime = Runtime::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    // Several, because it is the runtime's business which tasks it drops first: those that poll, or submissions, whose places
    // go to the queue.
    let executors: Vec<_> = runtime.block_on(async {
        let start = |number| {
            (0..number).for_each(|_| drop(tokio::spawn(pending::<()>())));
            Service::new().start(Executor::builder().max_in_flight(1))
        };
        let fill = |executor: &Executor| (0..20_000).map(|_| executor.submit(pending())).collect::<Vec<_>>();
        (0..8).map(start).map(|executor| (fill(&executor), executor)).collect()
    });
    drop(runtime);
    let waits = Runtime::new_current_thread().build().expect("a runtime");
    for (handles, executor) in executors {
        for handle in handles {
            assert_eq!(waits.block_on(handle), Err(PollFailure::ShutDown));
        }
        assert_eq!(waits.block_on(executor.submit(job(1))), Err(PollFailure::ShutDown));
        waits.block_on(executor.shutdown());
        assert_eq!((executor.len(), executor.metrics().in_flight), (0, 0));
    }
}

#[test]
fn a_shutdown_does_not_wait_for_a_runtime_that_is_not_running() {
    within(secs(60), || {
        let current = || Runtime::new_current_thread().enable_all().build().expect("a runtime");
        let (stopped, other) = (current(), current());
        let (executor, handles) = stopped.block_on(async {
            let executor = Service::new().start(Executor::builder().cancel_with(async |_| pending().await));
            let handles = [executor.submit(job(1)), executor.submit(pending())];
            while !handles[0].is_polling() {
                tokio::task::yield_now().await;
            }
            (executor, handles)
        });
        other.block_on(executor.shutdown());
        for handle in handles {
            assert_eq!(other.block_on(handle), Err(PollFailure::ShutDown));
        }
        stopped.block_on(async {
            executor.shutdown().await;
            assert_eq!(alive_tasks(), 0);
        });
    });
}

#[test]
fn a_shutdown_from_another_runtime_waits_for_the_tasks_of_one_with_threads() {
    within(secs(60), || {
        let runs = Runtime::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let other = Runtime::new_current_thread().build().expect("a runtime");
        let held = Arc::new(());
        let inside = Arc::clone(&held);
        let entered = runs.enter();
        let executor = Executor::builder().start(move |_| {
            let inside = Arc::clone(&inside);
            async move {
                pending::<()>().await;
                drop(inside);
                Ok(PollNext::Default)
            }
        });
        drop(entered);
        let handle = executor.submit(job(1));
        while Arc::strong_count(&held) < 3 {
            std::thread::yield_now();
        }
        other.block_on(executor.shutdown());
        assert_eq!(Arc::strong_count(&held), 1, "the poll and its function are dropped");
        assert_eq!(other.block_on(handle), Err(PollFailure::ShutDown));
    });
}

#[tokio::test]
async fn a_shutdown_on_one_thread_waits_for_thousands_of_tasks() {
    let executor = Service::new().start(Executor::builder());
    let others: Vec<_> = (0..20_000).map(|_| tokio::spawn(tokio::task::yield_now())).collect();
    let handles: Vec<_> = (0..20_000).map(|_| executor.submit(pending())).collect();
    while executor.metrics().in_flight < 20_000 {
        tokio::task::yield_now().await;
    }
    executor.shutdown().await;
    assert_eq!(executor.metrics().in_flight, 0);
    for other in others {
        other.await.expect("no panic");
    }
    drop(handles);
}
