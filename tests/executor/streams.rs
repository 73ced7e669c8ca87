use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;

use futures_core::Stream;
use resilience::PollFailure;
use tokio::time::sleep;

use crate::load::within;
use crate::{Executor, Service, job, secs, settle, soon};

type Submission = Pin<Box<dyn Future<Output = Result<u32, &'static str>> + Send>>;

fn after(seconds: u64, id: u32) -> Submission {
    Box::pin(async move {
        sleep(secs(seconds)).await;
        Ok(id)
    })
}

#[tokio::test(start_paused = true)]
async fn results_come_in_the_order_in_which_jobs_are_done() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    for (id, how) in [(1, Ok("one")), (2, Err("two")), (3, Ok("three"))] {
        service.finish(id, how);
    }
    let mut results = executor.submit_all([after(3, 1), after(2, 2), after(1, 3), Box::pin(pending())]);
    assert_eq!(soon(results.next()).await, Some((2, Ok("three"))));
    assert_eq!(soon(results.next()).await, Some((1, Err(PollFailure::Yielded("two")))));
    assert_eq!(soon(results.next()).await, Some((0, Ok("one"))));
    drop(results);

    let mut empty = executor.submit_all(Vec::<Submission>::new());
    assert_eq!(soon(empty.next()).await, None);
    assert_eq!(soon(empty.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn it_is_a_stream_and_says_so_at_its_end() {
    fn is_stream<S: Stream<Item = (usize, crate::Outcome)> + Unpin + Send>(stream: S) -> S {
        stream
    }
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(2));
    (0..50).for_each(|id| service.finish(id, Ok("done")));
    let mut results = is_stream(executor.submit_all((0..50).map(|id| after(u64::from(id % 3), id))));
    let mut positions = Vec::new();
    for _ in 0..50 {
        let (position, outcome) = soon(results.next()).await.expect("fifty results");
        assert_eq!(outcome, Ok("done"));
        positions.push(position);
    }
    positions.sort_unstable();
    assert_eq!(positions, (0..50).collect::<Vec<_>>());
    assert_eq!(soon(results.next()).await, None);
    assert!(executor.is_empty());
}

#[tokio::test(start_paused = true)]
async fn submissions_are_taken_only_as_there_is_room_for_them() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(2));
    (0..9).for_each(|id| service.finish(id, Ok("done")));
    let taken = Rc::new(Cell::new(0));
    let count = Rc::clone(&taken);
    let mut results = executor.submit_all((0..9).map(move |id| {
        count.set(count.get() + 1);
        after(1, id)
    }));
    assert_eq!(taken.get(), 0, "nothing before the stream is polled");
    assert_eq!(soon(results.next()).await, Some((0, Ok("done"))));
    assert_eq!((taken.get(), executor.metrics().queued), (4, 0));
    for position in 1..9 {
        assert_eq!(soon(results.next()).await, Some((position, Ok("done"))));
        assert_eq!(executor.metrics().queued, 0);
        assert!(executor.metrics().in_flight <= 2);
    }
    assert_eq!((soon(results.next()).await, taken.get()), (None, 9));
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_for_its_turn_behind_others_and_other_streams() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    (0..9).for_each(|id| service.finish(id, Ok("done")));
    let others = [executor.submit(after(1, 0)), executor.submit(after(1, 1))];
    let mut first = executor.submit_all([after(1, 2), after(1, 3)]);
    let mut second = executor.submit_all([after(1, 4), after(1, 5)]);
    let both = async {
        let first = async { [first.next().await, first.next().await, first.next().await] };
        let second = async { [second.next().await, second.next().await, second.next().await] };
        tokio::join!(first, second)
    };
    let all = [Some((0, Ok("done"))), Some((1, Ok("done"))), None];
    assert_eq!(soon(both).await, (all.clone(), all));
    for other in others {
        assert_eq!(soon(other).await, Ok("done"));
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_abandons_its_jobs_and_no_others() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(1));
    let other = executor.submit(job(9));
    settle().await;
    let submissions = [after(0, 1), after(0, 2), Box::pin(pending()), after(0, 3)];
    let mut results = executor.submit_all(submissions);
    assert!(tokio::time::timeout(secs(1), results.next()).await.is_err());
    assert_eq!((executor.metrics().polling, executor.metrics().in_flight), (3, 1));
    service.finish(1, Ok("nobody takes it"));
    sleep(secs(5)).await;
    drop(results);
    sleep(secs(6)).await;
    let metrics = executor.metrics();
    assert_eq!((metrics.submitted, metrics.resolved, metrics.cancelled), (4, 1, 2));
    assert_eq!((metrics.in_flight, executor.len(), service.shown()), (0, 1, vec![9]));
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn after_a_shutdown_a_stream_is_refused_once_and_ends_however_long_it_is() {
    let executor = Service::new().start(Executor::builder());
    soon(executor.shutdown()).await;
    let mut results = executor.submit_all((0..).map(job));
    assert_eq!(soon(results.next()).await, Some((0, Err(PollFailure::ShutDown))));
    assert_eq!(soon(results.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_reaches_a_stream_that_waits_for_results_or_for_room() {
    let executor = Service::new().start(Executor::builder().max_in_flight(1));
    let (go, gone) = std::sync::mpsc::channel::<()>();
    // It holds the only place, and cannot be ended.
    let blocks = executor.submit_blocking(move || {
        _ = gone.recv();
        Ok(0)
    });
    let mut waits = executor.submit_all([job(1)]);
    let ends = async {
        tokio::task::yield_now().await;
        executor.shutdown_now();
    };
    assert_eq!(tokio::join!(waits.next(), ends).0, Some((0, Err(PollFailure::ShutDown))));
    assert_eq!(waits.next().await, None);
    assert_eq!(blocks.await, Err(PollFailure::ShutDown));
    drop(go);

    let executor = Service::new().start(Executor::builder().max_in_flight(2));
    let mut polled = executor.submit_all([after(0, 1), after(0, 2), Box::pin(pending())]);
    assert!(tokio::time::timeout(secs(1), polled.next()).await.is_err());
    executor.shutdown_now();
    let mut positions = Vec::new();
    for _ in 0..3 {
        let (position, outcome) = soon(polled.next()).await.expect("three results");
        assert_eq!(outcome, Err(PollFailure::ShutDown));
        positions.push(position);
    }
    positions.sort_unstable();
    assert_eq!(positions, [0, 1, 2]);
    assert_eq!(soon(polled.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_its_executor_alive() {
    let service = Service::new();
    service.finish(1, Ok("done"));
    let executor = service.start(Executor::builder());
    let mut results = executor.submit_all([job(1)]);
    drop(executor);
    assert_eq!(soon(results.next()).await, Some((0, Ok("done"))));
    drop(results);
    settle().await;
    assert_eq!(crate::alive_tasks(), 0);
}

#[test]
fn an_endless_stream_without_a_bound_lets_other_tasks_run_and_gives_results() {
    within(secs(60), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let executor = Executor::builder().start(|batch: crate::Jobs| {
                batch.iter().for_each(|job| job.yield_result("done"));
                std::future::ready(Ok(resilience::PollNext::Default))
            });
            let mut results = executor.submit_all((0..).map(job));
            for position in 0..1000 {
                assert_eq!(results.next().await, Some((position, Ok("done"))));
            }
            drop(results);

            let stays = executor.submit_all((0..).map(|_| pending::<Result<u32, &'static str>>()));
            let mut stays = std::pin::pin!(stays);
            let others = async {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! { biased; _ = stays.next() => panic!("nothing is done"), () = others => {} }
        });
    });
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_results_are_all_ready_is_pending_once_in_a_while() {
    let executor = Executor::builder().start(|batch: crate::Jobs| {
        batch.iter().for_each(|job| job.yield_result("done"));
        std::future::ready(Ok(resilience::PollNext::Default))
    });
    let mut results = executor.submit_all((0..300).map(job));
    assert_eq!(soon(results.next()).await, Some((0, Ok("done"))));
    while executor.metrics().resolved < 300 {
        let mut next = std::pin::pin!(results.next());
        // Takes some of the submissions.
        std::future::poll_fn(|cx| {
            _ = next.as_mut().poll(cx);
            std::task::Poll::Ready(())
        })
        .await;
        settle().await;
    }
    let (mut in_a_row, mut longest, mut pauses) = (0, 0, 0);
    std::future::poll_fn(|cx| {
        let polled = Pin::new(&mut results).poll_next(cx);
        in_a_row = if polled.is_ready() { in_a_row + 1 } else { 0 };
        longest = longest.max(in_a_row);
        match polled {
            std::task::Poll::Ready(None) => return std::task::Poll::Ready(()),
            std::task::Poll::Ready(Some((_, outcome))) => {
                assert_eq!(outcome, Ok("done"));
                cx.waker().wake_by_ref();
            }
            // It has woken the task, which would not be polled again otherwise.
            std::task::Poll::Pending => pauses += 1,
        }
        std::task::Poll::Pending
    })
    .await;
    assert!(longest <= 65 && pauses >= 2, "{longest} in a row, {pauses} pauses");
}

#[test]
fn an_endless_stream_can_be_aborted_though_its_results_are_always_ready() {
    within(secs(60), || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let executor = Executor::builder().start(|batch: crate::Jobs| {
                batch.iter().for_each(|job| job.yield_result("done"));
                std::future::ready(Ok(resilience::PollNext::Default))
            });
            // Nearly endless, so that the test ends also if it fails.
            let mut results = executor.submit_all((0..1_000_000).map(job));
            let (begun, begins) = tokio::sync::oneshot::channel();
            let consumer = tokio::spawn(async move {
                let mut begun = Some(begun);
                let mut given = 0;
                while results.next().await.is_some() {
                    given += 1;
                    if given == 1_000 {
                        _ = begun.take().expect("once").send(());
                    }
                }
            });
            begins.await.expect("results come");
            consumer.abort();
            assert!(consumer.await.is_err_and(|error| error.is_cancelled()), "all results were given out");
        });
    });
}
