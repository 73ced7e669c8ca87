//! `more_executors`: `PollExecutor`, its poll function and its cancel function.

use std::collections::BTreeMap;
use std::future::{Future, Ready, pending, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use resilience::batch::PollExecutorBuilder;
use resilience::{Batch, PollExecutor, PollFailure, PollHandle, PollNext};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::{ms, secs};

type Task = u32;
type Executor = PollExecutor<Task, &'static str, &'static str>;
type Builder = PollExecutorBuilder<Task, &'static str, &'static str>;
type Handle = PollHandle<&'static str, &'static str>;

/// The web service of the reference's documentation: tasks are started, searched for, and deleted.
#[derive(Clone)]
struct Service(Arc<Mutex<State>>);

struct State {
    start: Instant,
    /// When it was searched, and for which tasks.
    searches: Vec<(Duration, Vec<Task>)>,
    /// What it says of tasks that have ended.
    ended: BTreeMap<Task, Result<&'static str, &'static str>>,
    /// The next search fails.
    fails: Option<&'static str>,
    delay: Option<Duration>,
    /// Tasks that were asked to be deleted, and what is answered: one after the other, and then the last one for ever.
    deletions: Vec<Task>,
    agrees: bool,
}

impl Service {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            start: Instant::now(),
            searches: Vec::new(),
            ended: BTreeMap::new(),
            fails: None,
            delay: None,
            deletions: Vec::new(),
            agrees: true,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self, task: Task, how: Result<&'static str, &'static str>) {
        self.state().ended.insert(task, how);
    }

    fn searches(&self) -> Vec<(Duration, Vec<Task>)> {
        self.state().searches.clone()
    }

    fn search(&self, batch: &Batch<Task, &'static str, &'static str>) -> Result<PollNext, &'static str> {
        let mut state = self.state();
        let at = state.start.elapsed();
        state.searches.push((at, batch.iter().map(|task| *task.result()).collect()));
        if let Some(error) = state.fails.take() {
            return Err(error);
        }
        for task in batch {
            match state.ended.get(task.result()) {
                Some(Ok(result)) => task.yield_result(result),
                Some(Err(error)) => task.yield_error(error),
                None => {}
            }
        }
        Ok(state.delay.map_or(PollNext::Default, PollNext::After))
    }

    fn delete(&self, task: Task) -> Ready<bool> {
        let mut state = self.state();
        state.deletions.push(task);
        ready(state.agrees)
    }

    fn start(&self, builder: Builder) -> Executor {
        let service = self.clone();
        builder.start(move |batch| ready(service.search(&batch)))
    }

    fn start_with_cancel(&self, builder: Builder) -> Executor {
        let service = self.clone();
        self.start(builder.cancel_with(move |task| service.delete(task)))
    }
}

fn start(task: Task) -> Ready<Result<Task, &'static str>> {
    ready(Ok(task))
}

/// What would wait for ever fails.
async fn soon<F: Future>(future: F) -> F::Output {
    timeout(secs(1_000_000), future).await.expect("it does not come to an end")
}

/// Lets everything happen that is due by now.
async fn settle() {
    sleep(ms(1)).await;
}

async fn is_cancelled(handle: Handle) -> bool {
    soon(handle).await == Err(PollFailure::Cancelled)
}

#[tokio::test(start_paused = true)]
async fn what_the_submission_returns_becomes_a_descriptor_and_one_function_sees_all_of_them_at_once() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handles: Vec<Handle> = (1..=3).map(|task| executor.submit(start(task))).collect();
    settle().await;
    assert_eq!(service.searches(), [(Duration::ZERO, vec![1, 2, 3])]);
    for task in 1..=3 {
        service.ends(task, Ok("published"));
    }
    for handle in handles {
        assert_eq!(soon(handle).await, Ok("published"));
    }
    assert_eq!(service.searches()[1..], [(secs(5), vec![1, 2, 3])], "one search for all");
}

#[tokio::test(start_paused = true)]
async fn no_more_submissions_run_at_once_than_the_delegate_has_workers() {
    let service = Service::new();
    let executor = service.start(Executor::builder().max_in_flight(2));
    let begun = Arc::new(Mutex::new(Vec::new()));
    let handles = [10, 20, 30].map(|task| {
        let (begun, at) = (Arc::clone(&begun), Instant::now());
        executor.submit(async move {
            begun.lock().unwrap().push((task, at.elapsed()));
            sleep(secs(1)).await;
            Ok(task)
        })
    });
    sleep(ms(1500)).await;
    assert_eq!(*begun.lock().unwrap(), [(10, secs(0)), (20, secs(0)), (30, secs(1))]);
    drop(handles);
}

#[tokio::test(start_paused = true)]
async fn a_submission_that_raises_fails_its_future_and_is_never_polled() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handle = executor.submit(ready(Err("404")));
    assert_eq!(soon(handle).await, Err(PollFailure::Submit("404")));
    sleep(secs(20)).await;
    assert_eq!(service.searches(), []);
}

#[tokio::test(start_paused = true)]
async fn yield_result_and_yield_exception_resolve_the_future() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let (first, second) = (executor.submit(start(1)), executor.submit(start(2)));
    service.ends(1, Ok("published"));
    service.ends(2, Err("task failed"));
    assert_eq!(soon(first).await, Ok("published"));
    assert_eq!(soon(second).await, Err(PollFailure::Yielded("task failed")));
    assert_eq!(service.searches().len(), 1);
    sleep(secs(20)).await;
    assert_eq!(service.searches().len(), 1, "what is resolved is not polled");
}

#[tokio::test(start_paused = true)]
async fn a_poll_function_that_raises_fails_every_outstanding_future_and_polling_goes_on_later() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    service.state().fails = Some("503");
    let handles = [executor.submit(start(1)), executor.submit(start(2))];
    for handle in handles {
        assert_eq!(soon(handle).await, Err(PollFailure::Poll(Arc::new("503"))));
    }
    let handle = executor.submit(start(3));
    service.ends(3, Ok("published"));
    assert_eq!(soon(handle).await, Ok("published"));
    assert_eq!(service.searches().last().unwrap().1, [3]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_came_while_a_poll_was_failing_does_not_fail_with_it() {
    let service = Service::new();
    let (seen, searching) = (service.clone(), Arc::new(Mutex::new(true)));
    let executor: Executor = Executor::builder().start(move |batch| {
        let (seen, searching) = (seen.clone(), Arc::clone(&searching));
        async move {
            if std::mem::take(&mut *searching.lock().unwrap()) {
                sleep(secs(1)).await;
                return Err("503");
            }
            seen.search(&batch)
        }
    });
    let early = executor.submit(start(1));
    settle().await;
    let late = executor.submit(start(2));
    service.ends(2, Ok("published"));
    assert_eq!(soon(early).await, Err(PollFailure::Poll(Arc::new("503"))));
    assert_eq!(soon(late).await, Ok("published"));
}

#[tokio::test(start_paused = true)]
async fn the_number_returned_is_the_delay_to_the_next_poll_and_otherwise_it_is_the_default_interval() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handle = executor.submit(start(1));
    settle().await;
    service.state().delay = Some(ms(500));
    sleep(secs(6)).await;
    service.state().delay = None;
    sleep(secs(7)).await;
    let times: Vec<Duration> = service.searches().into_iter().map(|(at, _)| at).collect();
    assert_eq!(times[..4], [secs(0), secs(5), ms(5500), secs(6)]);
    assert_eq!(times[4..], [ms(6500), ms(11_500)]);
    drop(handle);
}

#[tokio::test(start_paused = true)]
async fn the_poll_function_is_called_with_an_empty_list_where_that_is_asked_for() {
    let service = Service::new();
    let executor = service.start(Executor::builder().poll_empty(true));
    sleep(secs(11)).await;
    let empty = [0, 5, 10].map(|at| (secs(at), vec![]));
    assert_eq!(service.searches(), empty);
    drop(executor);
    let quiet = Service::new();
    let executor = quiet.start(Executor::builder());
    sleep(secs(11)).await;
    assert_eq!(quiet.searches(), []);
    drop(executor);
}

#[tokio::test(start_paused = true)]
async fn a_new_descriptor_wakes_the_poll_at_once() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let first = executor.submit(start(1));
    sleep(secs(2)).await;
    let second = executor.submit(async {
        sleep(secs(1)).await;
        Ok(2)
    });
    sleep(secs(7)).await;
    assert_eq!(
        service.searches(),
        [(secs(0), vec![1]), (secs(3), vec![1, 2]), (secs(8), vec![1, 2])],
        "and the interval begins anew"
    );
    drop((first, second));
}

#[tokio::test(start_paused = true)]
async fn a_small_delay_lets_a_burst_arrive_as_one_batch() {
    let service = Service::new();
    let executor = service.start(Executor::builder().batch_window(ms(20)));
    let mut handles = Vec::new();
    for task in 1..=4 {
        handles.push(executor.submit(start(task)));
        sleep(ms(5)).await;
    }
    settle().await;
    assert_eq!(service.searches(), [(ms(20), vec![1, 2, 3, 4])]);
    drop(handles);
}

#[tokio::test(start_paused = true)]
async fn the_cancel_function_is_asked_only_once_the_future_is_being_polled() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder().max_in_flight(1));
    let submitting = executor.submit(pending());
    let queued = executor.submit(start(2));
    settle().await;
    assert!(!submitting.is_polling() && !queued.is_polling());
    assert!(soon(queued.cancel()).await);
    assert!(soon(submitting.cancel()).await);
    assert_eq!(service.state().deletions, [0; 0]);
    assert!(is_cancelled(submitting).await && is_cancelled(queued).await);

    let polled = executor.submit(start(3));
    settle().await;
    assert!(polled.is_polling());
    assert!(soon(polled.cancel()).await);
    assert_eq!(service.state().deletions, [3], "with what the submission returned");
    assert!(is_cancelled(polled).await);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_function_that_returns_false_vetoes() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder());
    let handle = executor.submit(start(1));
    settle().await;
    service.state().agrees = false;
    assert!(!soon(handle.cancel()).await);
    assert!(handle.is_polling(), "the job goes on");
    service.ends(1, Ok("published"));
    assert_eq!(soon(handle).await, Ok("published"));
    assert_eq!(executor.metrics().vetoes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_function_that_raises_vetoes() {
    let service = Service::new();
    let executor = service.start(Executor::builder().cancel_with(async |_| panic!("the line is dead")));
    let handle = executor.submit(start(1));
    settle().await;
    assert!(!soon(handle.cancel()).await);
    assert!(handle.is_polling());
    service.ends(1, Ok("published"));
    assert_eq!(soon(handle).await, Ok("published"));
    assert_eq!(executor.metrics().vetoes, 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_cancel_function_there_is_no_veto() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handle = executor.submit(start(1));
    settle().await;
    assert!(soon(handle.cancel()).await);
    assert!(is_cancelled(handle).await);
}

#[tokio::test(start_paused = true)]
async fn cancelling_twice_gives_the_same_answer_and_asks_once() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder());
    let handle = executor.submit(start(1));
    settle().await;
    assert!(soon(handle.cancel()).await);
    assert!(soon(handle.cancel()).await);
    assert_eq!(service.state().deletions, [1]);

    let together = executor.submit(start(2));
    settle().await;
    assert_eq!(soon(async { tokio::join!(together.cancel(), together.cancel()) }).await, (true, true));
    assert_eq!(service.state().deletions, [1, 2]);
    assert_eq!(executor.metrics().cancelled, 2);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_done_is_not_cancelled_any_more() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder());
    let handle = executor.submit(start(1));
    service.ends(1, Ok("published"));
    settle().await;
    assert!(!soon(handle.cancel()).await);
    assert_eq!(service.state().deletions, [0; 0]);
    assert_eq!(soon(handle).await, Ok("published"));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_future_is_never_passed_to_the_poll_function_again() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder());
    let (first, second) = (executor.submit(start(1)), executor.submit(start(2)));
    settle().await;
    assert!(soon(first.cancel()).await);
    executor.notify();
    settle().await;
    assert_eq!(service.searches().last().unwrap().1, [2]);
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn results_for_a_future_that_is_cancelled_while_the_poll_function_runs_are_ignored() {
    let service = Service::new();
    let executor: Executor = {
        let service = service.clone();
        Executor::builder().start(move |batch| {
            let service = service.clone();
            async move {
                sleep(secs(1)).await;
                service.search(&batch)
            }
        })
    };
    let (first, second) = (executor.submit(start(1)), executor.submit(start(2)));
    service.ends(1, Ok("too late"));
    settle().await;
    assert_eq!(executor.polling(), 2, "the poll function is running");
    assert!(soon(first.cancel()).await);
    assert!(is_cancelled(first).await);
    sleep(secs(7)).await;
    let shown: Vec<_> = service.searches().into_iter().map(|(_, tasks)| tasks).collect();
    assert_eq!(shown, [vec![1, 2], vec![2]], "the running one saw it, the next one does not");
    let metrics = executor.metrics();
    assert_eq!((metrics.resolved, metrics.cancelled), (0, 1));
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_still_in_the_delegate_is_cancelled_there() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder().max_in_flight(1));
    let (alive, dropped) = oneshot::channel::<()>();
    let submitting = executor.submit(async move {
        pending::<()>().await;
        drop(alive);
        Ok(1)
    });
    let (queued_alive, queued_dropped) = oneshot::channel::<()>();
    let queued = executor.submit(async move {
        drop(queued_alive);
        Ok(2)
    });
    settle().await;
    assert!(soon(queued.cancel()).await);
    assert!(soon(queued_dropped).await.is_err(), "it is dropped");
    assert!(soon(submitting.cancel()).await);
    assert!(soon(dropped).await.is_err(), "and so is the one that was running");
    sleep(secs(20)).await;
    assert_eq!(service.searches(), [], "nothing was ever polled");
    assert_eq!(service.state().deletions, [0; 0], "and nobody asked");
    assert!(is_cancelled(submitting).await && is_cancelled(queued).await);
}

#[tokio::test(start_paused = true)]
async fn notify_polls_now() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handle = executor.submit(start(1));
    sleep(secs(2)).await;
    executor.notify();
    sleep(secs(6)).await;
    let times: Vec<Duration> = service.searches().into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [secs(0), secs(2), secs(7)]);
    drop(handle);
}

#[tokio::test(start_paused = true)]
async fn after_shutdown_there_are_no_new_submissions_and_outstanding_futures_do_not_hang() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handle = executor.submit(start(1));
    settle().await;
    soon(executor.shutdown()).await;
    assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    assert_eq!(soon(executor.submit(start(2))).await, Err(PollFailure::ShutDown));
    sleep(secs(20)).await;
    assert_eq!(service.searches().len(), 1, "nobody polls");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_executor_ends_its_polling_too() {
    let service = Service::new();
    let executor = service.start(Executor::builder());
    let handle = executor.submit(start(1));
    settle().await;
    drop(executor);
    assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    settle().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn metrics_count_polls_poll_errors_poll_time_and_futures() {
    let service = Service::new();
    let executor = service.start_with_cancel(Executor::builder().max_in_flight(2));
    let handles: Vec<Handle> = (1..=3).map(|task| executor.submit(start(task))).collect();
    let (stuck, waiting) = (executor.submit(pending()), executor.submit(pending()));
    let queued = executor.submit(pending());
    service.ends(1, Ok("published"));
    service.ends(2, Err("task failed"));
    settle().await;
    assert!(soon(handles[2].cancel()).await);
    let mut metrics = executor.metrics();
    metrics.polls = 0;
    assert_eq!((metrics.submitted, metrics.resolved, metrics.failed, metrics.cancelled), (6, 1, 1, 1));
    assert_eq!((metrics.queued, metrics.in_flight, metrics.polling), (1, 2, 0));
    assert_eq!((executor.len(), executor.is_empty()), (3, false));
    assert!(soon(waiting.cancel()).await && soon(stuck.cancel()).await && soon(queued.cancel()).await);
    settle().await;
    let metrics = executor.metrics();
    assert_eq!((metrics.queued, metrics.in_flight, metrics.cancelled), (0, 0, 4));
    assert!(executor.is_empty());

    let slow: Executor = Executor::builder().start(|_| async {
        sleep(secs(3)).await;
        Err("503")
    });
    let failed = slow.submit(start(1));
    assert!(soon(failed).await.is_err());
    let metrics = slow.metrics();
    assert_eq!((metrics.polls, metrics.poll_failures, metrics.poll_time), (1, 1, secs(3)));
    assert_eq!((metrics.submitted, metrics.failed, metrics.polling), (1, 1, 0));
}
