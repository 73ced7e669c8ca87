use std::future::pending;
use std::sync::{Arc, Mutex};

use resilience::{PollFailure, PollNext};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::load::within;
use crate::{Executor, Service, ids, job, secs, settle, soon};

/// A client of the other side.
#[derive(Clone)]
struct Client(Arc<Mutex<Vec<u32>>>);

impl Client {
    async fn delete(&self, id: u32) -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        self.0.lock().expect("no panic").push(id);
        if id % 2 == 0 { Ok(()) } else { Err("404") }
    }
}

#[tokio::test(start_paused = true)]
async fn the_cancel_function_clones_what_its_future_uses() {
    let (deleted, seen) = (Arc::default(), Arc::new(Mutex::new(0)));
    let (client, count) = (Client(Arc::clone(&deleted)), Arc::clone(&seen));
    let service = Service::new();
    let executor = service.start(Executor::builder().cancel_with(move |id| {
        *count.lock().unwrap() += 1;
        let client = client.clone();
        async move { client.delete(id).await.is_ok() }
    }));
    let (odd, even) = (executor.submit(job(1)), executor.submit(job(2)));
    settle().await;
    assert!(!soon(odd.cancel()).await);
    assert!(soon(even.cancel()).await);
    assert_eq!((&deleted.lock().unwrap()[..], *seen.lock().unwrap()), (&[1, 2][..], 2));
    assert!(odd.is_polling() && !even.is_polling());
    assert_eq!(soon(even).await, Err(PollFailure::Cancelled));
    assert!(!soon(odd.cancel()).await, "it is asked anew after a veto");
    assert_eq!((deleted.lock().unwrap().len(), executor.metrics().vetoes), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_the_question_is_open_gets_the_same_answer() {
    for agrees in [true, false] {
        let (gate, asked) = (Arc::new(Notify::new()), Arc::new(Mutex::new(0)));
        let (open, count) = (Arc::clone(&gate), Arc::clone(&asked));
        let service = Service::new();
        let executor = service.start(Executor::builder().cancel_with(move |_| {
            *count.lock().unwrap() += 1;
            let open = Arc::clone(&open);
            async move {
                open.notified().await;
                agrees
            }
        }));
        let handle = executor.submit(job(1));
        settle().await;
        let opens = async {
            tokio::task::yield_now().await;
            // The job is polled until the answer is there.
            assert!(handle.is_polling());
            gate.notify_one();
        };
        let answers = async { tokio::join!(handle.cancel(), handle.cancel(), handle.cancel(), opens) };
        assert_eq!(soon(answers).await, (agrees, agrees, agrees, ()));
        assert_eq!((*asked.lock().unwrap(), executor.metrics().vetoes), (1, u64::from(!agrees)));
        assert_eq!(handle.is_polling(), !agrees);
        assert_eq!(executor.metrics().cancelled, u64::from(agrees));
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_comes_before_the_answer_counts() {
    let gate = Arc::new(Notify::new());
    let open = Arc::clone(&gate);
    let service = Service::new();
    let executor = service.start(Executor::builder().cancel_with(move |_| {
        let open = Arc::clone(&open);
        async move {
            open.notified().await;
            true
        }
    }));
    let handle = executor.submit(job(1));
    settle().await;
    service.finish(1, Ok("done"));
    let finishes = async {
        executor.notify();
        while !executor.is_empty() {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    };
    assert_eq!(soon(async { tokio::join!(handle.cancel(), finishes) }).await, (false, ()));
    assert_eq!(soon(handle).await, Ok("done"));
    assert_eq!(executor.metrics().cancelled, 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_cancel_leaves_the_question_open_and_its_answer_counts() {
    for finishes in [true, false] {
        let gate = Arc::new(Notify::new());
        let open = Arc::clone(&gate);
        let service = Service::new();
        let executor = service.start(Executor::builder().cancel_with(move |_| {
            let open = Arc::clone(&open);
            async move {
                open.notified().await;
                true
            }
        }));
        let handle = executor.submit(job(1));
        settle().await;
        {
            let question = std::pin::pin!(handle.cancel());
            tokio::select! { biased; _ = question => unreachable!(), () = tokio::task::yield_now() => {} }
        }
        settle().await;
        assert!(handle.is_polling(), "nobody has answered");
        if finishes {
            service.finish(1, Ok("done"));
            executor.notify();
            settle().await;
        }
        gate.notify_one();
        let outcome = if finishes { Ok("done") } else { Err(PollFailure::Cancelled) };
        assert_eq!(soon(handle).await, outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_cancelled_before_its_first_poll_and_the_others_are_polled() {
    let service = Service::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let saw = Arc::clone(&asked);
    let builder = Executor::builder().batch_window(secs(1)).cancel_with(move |id| {
        saw.lock().unwrap().push(id);
        std::future::ready(true)
    });
    let executor = service.start(builder);
    let handles = [1, 2, 3].map(|id| executor.submit(job(id)));
    settle().await;
    assert!(handles[1].is_polling(), "it waits for the window");
    assert!(soon(handles[1].cancel()).await);
    sleep(secs(1)).await;
    assert_eq!((service.shown(), asked.lock().unwrap().clone()), (vec![1, 3], vec![2]));
    drop(handles);
}

#[tokio::test(start_paused = true)]
async fn a_place_in_the_list_is_used_again_only_for_itself() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    let running = executor.submit(pending());
    // Cancelled in the queue, and given out: the next job gets its index, and not its turn.
    for _ in 0..100 {
        let queued = executor.submit(job(1));
        assert!(soon(queued.cancel()).await);
        assert_eq!(soon(queued).await, Err(PollFailure::Cancelled));
    }
    service.finish(2, Ok("done"));
    let queued = executor.submit(job(2));
    assert!(soon(running.cancel()).await);
    assert_eq!(soon(running).await, Err(PollFailure::Cancelled));
    // Its task is still there, and the index is free.
    let next = executor.submit(pending());
    assert_eq!(soon(queued).await, Ok("done"));
    settle().await;
    assert_eq!(executor.metrics().in_flight, 1);
    assert!(soon(next.cancel()).await);
    soon(executor.shutdown()).await;
    assert_eq!(crate::alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_has_been_awaited_remembers_whether_it_was_cancelled() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    service.finish(2, Ok("done"));
    let mut cancelled = executor.submit(job(1));
    assert!(soon(cancelled.cancel()).await);
    assert_eq!(soon(&mut cancelled).await, Err(PollFailure::Cancelled));
    assert!(soon(cancelled.cancel()).await);
    let mut done = executor.submit(job(2));
    assert_eq!(soon(&mut done).await, Ok("done"));
    assert!(!soon(done.cancel()).await && !done.is_polling());
    assert!(tokio::time::timeout(secs(9), done).await.is_err(), "a result is given out once");
}

#[tokio::test(start_paused = true)]
async fn jobs_that_are_cancelled_while_they_are_polled_do_not_fail_with_the_poll() {
    let executor = Executor::builder().start(|batch| async move {
        sleep(secs(1)).await;
        if ids(&batch).is_empty() { Ok(PollNext::Default) } else { Err("503") }
    });
    let (first, second) = (executor.submit(job(1)), executor.submit(job(2)));
    settle().await;
    assert!(soon(first.cancel()).await);
    assert_eq!(soon(second).await, Err(PollFailure::Poll(Arc::new("503"))));
    assert_eq!(soon(first).await, Err(PollFailure::Cancelled));
    assert_eq!((executor.metrics().failed, executor.metrics().cancelled), (1, 1));
}

#[test]
fn a_paused_clock_moves_on_while_a_cancel_function_sleeps() {
    within(secs(20), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let service = Service::new();
            let executor = service.start(Executor::builder().cancel_with(|_| async {
                sleep(secs(3600)).await;
                true
            }));
            let handle = executor.submit(job(1));
            settle().await;
            let start = tokio::time::Instant::now();
            assert!(handle.cancel().await);
            assert!(start.elapsed() >= secs(3600));
        });
    });
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_ends_when_its_job_is_done_though_the_cancel_function_hangs() {
    for fails in [false, true] {
        let service = Service::new();
        let executor = service.start(Executor::builder().cancel_with(async |_| pending().await));
        let handle = executor.submit(job(1));
        settle().await;
        service.finish(1, if fails { Err("failed") } else { Ok("done") });
        let finishes = async {
            settle().await;
            assert!(handle.is_polling(), "no poll has found it done");
            executor.notify();
        };
        let answers = soon(async { tokio::join!(handle.cancel(), handle.cancel(), finishes) }).await;
        assert_eq!(answers, (false, false, ()));
        assert!(!soon(handle.cancel()).await, "it is done");
        assert_eq!(soon(handle).await, if fails { Err(PollFailure::Yielded("failed")) } else { Ok("done") });
        assert_eq!((executor.metrics().cancelled, executor.metrics().vetoes), (0, 0));
        soon(executor.shutdown()).await;
    }
}
