//! First polls of submissions: they run concurrently, so that one that blocks its thread delays no other.

use std::future::ready;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;

use resilience::{Batch, PollFailure, PollNext};
use tokio::runtime::Builder;

use crate::load::within;
use crate::{Executor, job, ms, secs};

fn finishes_every_job(builder: crate::Builder) -> Executor {
    builder.start(|batch: Batch<_, _, _>| {
        batch.iter().for_each(|job| job.yield_result("done"));
        ready(Ok(PollNext::Default))
    })
}

#[test]
fn a_first_poll_that_blocks_in_place_delays_no_other_submission() {
    for most in [2, 5, 1000] {
        for position in [0, 30, 60] {
            within(secs(60), move || {
                let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let executor = finishes_every_job(Executor::builder().max_in_flight(most));
                    let (release, released) = channel::<()>();
                    let mut released = Some(released);
                    let mut blocked = None;
                    let mut ready = Vec::new();
                    for id in 0..=60 {
                        if id == position {
                            let released = released.take().expect("one position");
                            blocked = Some(executor.submit(async move {
                                _ = tokio::task::block_in_place(|| released.recv());
                                Ok(id)
                            }));
                        } else {
                            ready.push(executor.submit(job(id)));
                        }
                    }
                    // All of them are done while the first poll still blocks.
                    for handle in ready {
                        assert_eq!(handle.await, Ok("done"));
                    }
                    assert_eq!(executor.metrics().in_flight, 1);
                    drop(release);
                    assert_eq!(blocked.expect("one position").await, Ok("done"));
                });
            });
        }
    }
}

/// A place to meet: everybody waits here until all have come, or for a limited time.
struct Meeting(Mutex<usize>, Condvar);

impl Meeting {
    fn all_meet(&self, all: usize, limit: Duration) -> bool {
        let mut present = self.0.lock().expect("no panic");
        *present += 1;
        self.1.notify_all();
        let (_present, waited) =
            self.1.wait_timeout_while(present, limit, |present| *present < all).expect("no panic");
        !waited.timed_out()
    }
}

#[test]
fn as_many_first_polls_block_side_by_side_as_the_runtime_has_workers() {
    const WORKERS: usize = 4;
    for most in [None, Some(WORKERS)] {
        for _ in 0..20 {
            within(secs(60), move || {
                let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    let mut builder = Executor::builder();
                    if let Some(most) = most {
                        builder = builder.max_in_flight(most);
                    }
                    let executor = finishes_every_job(builder);
                    let meeting = Arc::new(Meeting(Mutex::default(), Condvar::new()));
                    let handles: Vec<_> = (0..WORKERS)
                        .map(|_| {
                            let meeting = Arc::clone(&meeting);
                            // It blocks a worker, and tells tokio nothing of it.
                            executor.submit(async move {
                                if meeting.all_meet(WORKERS, secs(20)) { Ok(1) } else { Err("one waits") }
                            })
                        })
                        .collect();
                    for handle in handles {
                        assert_eq!(handle.await, Ok("done"));
                    }
                });
            });
        }
    }
}

#[test]
fn a_submission_comes_to_its_first_poll_while_an_earlier_one_blocks_in_place() {
    within(secs(60), || {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let executor = finishes_every_job(Executor::builder());
            let (release, released) = channel::<()>();
            let blocked = executor.submit(async move {
                _ = tokio::task::block_in_place(|| released.recv());
                Ok(0)
            });
            tokio::time::sleep(ms(20)).await;
            for id in 1..=3 {
                assert_eq!(executor.submit(job(id)).await, Ok("done"));
            }
            drop(release);
            assert_eq!(blocked.await, Ok("done"));
        });
    });
}

/// Pending once, so that it gets a task.
async fn pending_once(id: u32) -> Result<u32, &'static str> {
    let mut polled = false;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    Ok(id)
}

/// Submits one submission per letter: `r` is ready, `p` is pending once, `f` fails, `B` blocks its thread until all others are done.
async fn all_but_the_blocking_one_resolve(order: String, most: Option<usize>) {
    let mut builder = Executor::builder();
    if let Some(most) = most {
        builder = builder.max_in_flight(most);
    }
    let executor = finishes_every_job(builder);
    let (release, released) = channel::<()>();
    let (mut released, mut blocked, mut others) = (Some(released), None, Vec::new());
    for kind in order.chars() {
        let handle = match kind {
            'r' => executor.submit(job(1)),
            'p' => executor.submit(pending_once(1)),
            'f' => executor.submit(ready(Err("refused"))),
            _ => {
                let released = released.take().expect("one of them blocks");
                // It tells tokio nothing of it.
                blocked = Some(executor.submit(async move {
                    _ = released.recv();
                    Ok(1)
                }));
                continue;
            }
        };
        others.push((kind, tokio::spawn(handle)));
    }
    for (kind, other) in others {
        let expected = if kind == 'f' { Err(PollFailure::Submit("refused")) } else { Ok("done") };
        assert_eq!(other.await.expect("no panic"), expected);
    }
    drop(release);
    assert_eq!(blocked.expect("one of them blocks").await, Ok("done"));
}

#[test]
fn a_submission_that_blocks_its_thread_delays_no_other_while_a_worker_is_idle() {
    let several = |kind: &str| kind.repeat(30);
    let (ready, pending, failing) = (several("r"), several("p"), several("f"));
    let orders = [
        "rB".to_owned(),
        "pB".to_owned(),
        "fB".to_owned(),
        format!("B{ready}"),
        format!("{ready}B"),
        format!("{ready}B{ready}"),
        format!("{pending}B{pending}"),
        format!("{failing}B{failing}"),
    ];
    for order in orders {
        for most in [None, Some(2), Some(4)] {
            for on_a_worker in [false, true] {
                let order = order.clone();
                within(secs(20), move || {
                    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
                    runtime.expect("a runtime").block_on(async {
                        // Wakes idle workers now and then, as other tasks of a program do. They steal from the queue of the blocked
                        // worker, but neither from its slot nor from its deferred tasks.
                        let (_stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
                        std::thread::spawn({
                            let runtime = tokio::runtime::Handle::current();
                            move || {
                                while stopped.try_recv().is_err_and(|error| {
                                    error == tokio::sync::oneshot::error::TryRecvError::Empty
                                }) {
                                    drop(runtime.spawn(async {}));
                                    std::thread::park_timeout(ms(5));
                                }
                            }
                        });
                        for _ in 0..10 {
                            let test = all_but_the_blocking_one_resolve(order.clone(), most);
                            if on_a_worker {
                                tokio::spawn(test).await.expect("no panic");
                            } else {
                                test.await;
                            }
                        }
                    });
                });
            }
        }
    }
}

#[test]
fn polling_goes_on_while_a_submission_blocks_its_thread() {
    within(secs(60), || {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            for _ in 0..30 {
                let polls = Arc::new(AtomicU32::new(0));
                let count = Arc::clone(&polls);
                let executor = Executor::builder().default_interval(ms(1)).start(move |_| {
                    count.fetch_add(1, Relaxed);
                    ready(Ok(PollNext::Default))
                });
                let _stays = executor.submit(job(1));
                let poll = async |number: u32| {
                    while polls.load(Relaxed) < number {
                        tokio::time::sleep(ms(1)).await;
                    }
                };
                poll(2).await;
                let (release, released) = channel::<()>();
                let _ready = executor.submit(job(2));
                let _blocked = executor.submit(async move {
                    _ = released.recv();
                    Ok(3)
                });
                poll(polls.load(Relaxed) + 5).await;
                drop(release);
            }
        });
    });
}
