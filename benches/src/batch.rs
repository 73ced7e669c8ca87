//! Many concurrent jobs, each resolved on the third poll: wall time, processor time and bytes per job, of the executor
//! and of alternatives without it.
//!
//! All subjects do the same work: they start the jobs, each by a future that is ready at once with a number; poll all
//! of them three times, as a request that lists their numbers does; resolve them at the third poll; and await all
//! results. Everything runs on one thread, so that every allocation and every instruction is counted.

use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use resilience::{Batch, PollExecutor, PollHandle, PollNext};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, yield_now};

use crate::subjects::Failure;

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const POLLS: u32 = 3;

/// A way to run many jobs concurrently.
trait Subject: Sized {
    const NAME: &'static str;
    /// The caller's data for a job.
    const HANDLE: usize;

    /// All jobs have been started and polled once.
    async fn start(jobs: usize) -> Self;
    /// Polls twice more and awaits all results: their sum.
    async fn finish(self) -> u64;
}

pub(crate) fn print() {
    println!(
        "\njobs outstanding at once, resolved on the third poll (one thread, wall: the best of some rounds, cpu: their mean)"
    );
    println!("  {:<28} {:>9} {:>9} {:>8}   bytes per job", "", "jobs", "wall/job", "cpu/job");
    println!("  {:<28} {:>9} {:>9} {:>8}   outstanding  + handle  at most", "", "", "", "");
    for jobs in SIZES {
        let floor = row::<Floor>(jobs, None);
        row::<Spawned>(jobs, Some(floor));
        row::<Executor>(jobs, Some(floor));
        row::<Stream>(jobs, Some(floor));
        row::<Tasks>(jobs, Some(floor));
        println!();
    }
    one_poll();
    two_threads();
}

/// One poll of 100 000 jobs that resolves 98 of them, from its request to its end. They are replaced before the next.
pub(crate) fn one_poll() {
    const JOBS: usize = 100_000;
    const ROUNDS: usize = 200;
    let resolves = |number: usize| number % 1024 == 0;
    let (polls, measured) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, resolving) = (Arc::clone(&polls), Arc::clone(&measured));
    let best = runtime().block_on(async {
        let executor = PollExecutor::builder().default_interval(Duration::from_secs(3600)).start(
            move |batch: Batch<u64, u64, Failure>| {
                let now = resolving.load(Ordering::Relaxed);
                for (number, job) in batch.iter().enumerate() {
                    let id = black_box(*job.result());
                    if resolves(number) && now {
                        job.yield_result(id);
                    }
                }
                counted.fetch_add(1, Ordering::Relaxed);
                async { Ok(PollNext::Default) }
            },
        );
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let missing = (executor.polling()..JOBS).map(|id| executor.submit(submission(id as u64)));
            missing.for_each(drop);
            until(|| executor.polling() == JOBS).await;
            let mut took = Duration::ZERO;
            // The first poll sees the new jobs, the second resolves.
            for resolves in [false, true] {
                measured.store(resolves, Ordering::Relaxed);
                let (before, start) = (polls.load(Ordering::Relaxed), Instant::now());
                executor.notify();
                until(|| polls.load(Ordering::Relaxed) > before).await;
                took = start.elapsed();
            }
            measured.store(false, Ordering::Relaxed);
            best = best.min(took);
        }
        best
    });
    let by_hand = {
        let mut jobs: Vec<(u64, oneshot::Sender<u64>)> =
            (0..JOBS as u64).map(|id| (id, oneshot::channel().0)).collect();
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let mut done = Vec::new();
            for (number, (id, _)) in jobs.iter().enumerate() {
                black_box(*id);
                if resolves(number) {
                    done.push(number);
                }
            }
            for number in done.into_iter().rev() {
                let (id, sender) = jobs.swap_remove(number);
                let _ = sender.send(id);
            }
            best = best.min(start.elapsed());
            jobs.extend((jobs.len()..JOBS).map(|id| (id as u64, oneshot::channel().0)).collect::<Vec<_>>());
        }
        best
    };
    println!("  one poll of {JOBS} jobs that resolves 98: {best:.1?}; by hand: {by_hand:.1?}");
}

/// The throughput of two threads that submit to one executor, divided by that of one. Its runtime does not run meanwhile.
pub(crate) fn two_threads() {
    const JOBS: usize = 100_000;
    let submits = |threads: usize| {
        let runtime = runtime();
        let (executor, _) = runtime.block_on(async { executor(usize::MAX) });
        let begin = std::sync::Barrier::new(threads);
        let submit = || {
            let mut handles = Vec::with_capacity(JOBS);
            begin.wait();
            let start = Instant::now();
            handles.extend((0..JOBS as u64).map(|id| executor.submit(submission(id))));
            (start.elapsed(), handles)
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..threads).map(|_| scope.spawn(submit)).collect();
            others.into_iter().map(|other| other.join().expect("it does not panic").0).max()
        })
        .unwrap_or_default()
    };
    let best = |threads| (0..20).map(|_| submits(threads)).min().unwrap_or_default();
    let (one, two) = (best(1), best(2));
    let ratio = 2.0 * one.as_secs_f64() / two.as_secs_f64();
    println!("  submitting from two threads: {ratio:.2} times the throughput of one");
}

/// Runs only one subject with this number of jobs, this number of times: for profilers.
pub(crate) fn run(subject: &str, jobs: usize, rounds: usize) {
    for _ in 0..rounds {
        black_box(match subject {
            "floor" => runtime().block_on(round::<Floor>(jobs)),
            "stream" => runtime().block_on(round::<Stream>(jobs)),
            _ => runtime().block_on(round::<Executor>(jobs)),
        });
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn row<S: Subject>(jobs: usize, floor: Option<Duration>) -> Duration {
    let rounds = (3_000_000 / jobs).clamp(5, 1000);
    let (mut wall, before) = (Duration::MAX, processor_time());
    for _ in 0..rounds {
        let runtime = runtime();
        let start = Instant::now();
        let sum = runtime.block_on(round::<S>(jobs));
        wall = wall.min(start.elapsed());
        assert_eq!(sum, (0..jobs as u64).sum::<u64>());
    }
    let cpu = processor_time().saturating_sub(before) / u32::try_from(rounds).unwrap_or(1);
    let (outstanding, most) = bytes::<S>(jobs);
    let each = |bytes: u64| bytes as f64 / jobs as f64;
    let nanos = |time: Duration| time.as_secs_f64() * 1e9 / jobs as f64;
    let without = each(outstanding) - S::HANDLE as f64;
    let ratio = floor.map(|floor| format!("{:.2} × the floor", wall.as_secs_f64() / floor.as_secs_f64()));
    println!(
        "  {:<28} {jobs:>9} {:>6.0} ns {:>5.0} ns   {without:>11.1} {:>9.1} {:>8.1}   {}",
        S::NAME,
        nanos(wall),
        nanos(cpu),
        each(outstanding),
        each(most),
        ratio.unwrap_or_default(),
    );
    wall
}

async fn round<S: Subject>(jobs: usize) -> u64 {
    S::start(jobs).await.finish().await
}

/// The live bytes while all are outstanding, and their maximum; including those of the runtime.
fn bytes<S: Subject>(jobs: usize) -> (u64, u64) {
    let runtime = runtime();
    let mut subject = None;
    let started = measure(|| subject = Some(runtime.block_on(S::start(jobs))));
    let finished = measure(|| {
        if let Some(subject) = subject.take() {
            black_box(runtime.block_on(subject.finish()));
        }
    });
    let outstanding = u64::try_from(started.bytes_current).unwrap_or(0);
    (outstanding, started.bytes_max.max(outstanding + finished.bytes_max))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a timer and no I/O")
}

/// The processor time of the program, in hundredths of a second; zero if the system does not report it.
fn processor_time() -> Duration {
    let told = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let hundredths = told.split_whitespace().skip(13).take(2).filter_map(|part| part.parse::<u64>().ok());
    Duration::from_millis(10 * hundredths.sum::<u64>())
}

/// A submission that is ready at once.
async fn submission(id: u64) -> Result<u64, Failure> {
    Ok(black_box(id))
}

/// A request that lists all jobs.
fn look(jobs: impl Iterator<Item = u64>) {
    for id in jobs {
        black_box(id);
    }
}

async fn until(reached: impl Fn() -> bool) {
    while !reached() {
        yield_now().await;
    }
}

/// The executor, with a handle for each job.
struct Executor {
    polled_by: PollExecutor<u64, u64, Failure>,
    polls: Arc<AtomicU32>,
    handles: Vec<PollHandle<u64, Failure>>,
}

/// An executor that polls when it is notified, and counts its polls of all jobs.
fn executor(jobs: usize) -> (PollExecutor<u64, u64, Failure>, Arc<AtomicU32>) {
    let polls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&polls);
    let executor = PollExecutor::builder().default_interval(Duration::from_secs(3600)).start(
        move |batch: Batch<u64, u64, Failure>| {
            let done = batch.len() == jobs && counted.fetch_add(1, Ordering::Relaxed) + 1 == POLLS;
            look(batch.iter().map(|job| *job.result()));
            if done {
                for job in batch {
                    job.yield_result(*job.result());
                }
            }
            async { Ok(PollNext::Default) }
        },
    );
    (executor, polls)
}

impl Subject for Executor {
    const NAME: &'static str = "PollExecutor, submit";
    const HANDLE: usize = size_of::<PollHandle<u64, Failure>>();

    async fn start(jobs: usize) -> Self {
        let (executor, polls) = executor(jobs);
        let mut handles = Vec::with_capacity(jobs);
        handles.extend((0..jobs as u64).map(|id| executor.submit(submission(id))));
        until(|| polls.load(Ordering::Relaxed) == 1).await;
        Self { polled_by: executor, polls, handles }
    }

    async fn finish(self) -> u64 {
        for poll in 2..=POLLS {
            self.polled_by.notify();
            until(|| self.polls.load(Ordering::Relaxed) == poll).await;
        }
        let mut sum = 0;
        for handle in self.handles {
            sum += handle.await.expect("none fails");
        }
        sum
    }
}

/// The executor, with one stream of all results.
struct Stream {
    executor: PollExecutor<u64, u64, Failure>,
    polls: Arc<AtomicU32>,
    results: JoinHandle<u64>,
}

impl Subject for Stream {
    const NAME: &'static str = "PollExecutor, submit_all";
    const HANDLE: usize = 0;

    async fn start(jobs: usize) -> Self {
        let (executor, polls) = executor(jobs);
        let mut all = executor.submit_all((0..jobs as u64).map(submission));
        let results = tokio::spawn(async move {
            let mut sum = 0;
            while let Some((_, result)) = all.next().await {
                sum += result.expect("none fails");
            }
            sum
        });
        until(|| polls.load(Ordering::Relaxed) == 1).await;
        Self { executor, polls, results }
    }

    async fn finish(self) -> u64 {
        for poll in 2..=POLLS {
            self.executor.notify();
            until(|| self.polls.load(Ordering::Relaxed) == poll).await;
        }
        self.results.await.expect("it does not panic")
    }
}

/// The minimum: submissions awaited one after another, a `Vec` of numbers and senders, and a loop over it in a separate
/// task. There is no concurrency and no cancellation.
struct Floor(ByHand);

/// The same, but each submission in a task, which submissions that take some time require.
struct Spawned(ByHand);

struct ByHand {
    polls: Arc<AtomicU32>,
    wake: Arc<Notify>,
    results: Vec<oneshot::Receiver<u64>>,
}

impl ByHand {
    fn poll(mut jobs: Vec<(u64, oneshot::Sender<u64>)>, results: Vec<oneshot::Receiver<u64>>) -> Self {
        let (polls, wake) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (counted, woken) = (Arc::clone(&polls), Arc::clone(&wake));
        tokio::spawn(async move {
            loop {
                let poll = counted.fetch_add(1, Ordering::Relaxed) + 1;
                look(jobs.iter().map(|(id, _)| *id));
                if poll == POLLS {
                    for (id, sender) in jobs.drain(..) {
                        let _ = sender.send(id);
                    }
                    return;
                }
                woken.notified().await;
            }
        });
        Self { polls, wake, results }
    }

    async fn looked_once(self) -> Self {
        until(|| self.polls.load(Ordering::Relaxed) == 1).await;
        self
    }

    async fn finish(self) -> u64 {
        for poll in 2..=POLLS {
            self.wake.notify_one();
            until(|| self.polls.load(Ordering::Relaxed) == poll).await;
        }
        let mut sum = 0;
        for result in self.results {
            sum += result.await.expect("none is dropped");
        }
        sum
    }
}

impl Subject for Floor {
    const NAME: &'static str = "the floor";
    const HANDLE: usize = size_of::<oneshot::Receiver<u64>>();

    async fn start(jobs: usize) -> Self {
        let (mut outstanding, mut results) = (Vec::with_capacity(jobs), Vec::with_capacity(jobs));
        for id in 0..jobs as u64 {
            let (sender, receiver) = oneshot::channel();
            outstanding.push((submission(id).await.expect("none fails"), sender));
            results.push(receiver);
        }
        Self(ByHand::poll(outstanding, results).looked_once().await)
    }

    async fn finish(self) -> u64 {
        self.0.finish().await
    }
}

impl Subject for Spawned {
    const NAME: &'static str = "the same, a task to submit";
    const HANDLE: usize = size_of::<oneshot::Receiver<u64>>();

    async fn start(jobs: usize) -> Self {
        let (mut outstanding, mut results) = (Vec::with_capacity(jobs), Vec::with_capacity(jobs));
        let (started, mut told) = tokio::sync::mpsc::unbounded_channel();
        for id in 0..jobs as u64 {
            let (sender, receiver) = oneshot::channel();
            results.push(receiver);
            let started = started.clone();
            tokio::spawn(async move {
                let id = submission(id).await.expect("none fails");
                started.send((id, sender)).expect("it is listened to");
            });
        }
        drop(started);
        while let Some(job) = told.recv().await {
            outstanding.push(job);
        }
        Self(ByHand::poll(outstanding, results).looked_once().await)
    }

    async fn finish(self) -> u64 {
        self.0.finish().await
    }
}

/// A task for each job, which polls its own job; all of them are woken for a poll.
struct Tasks {
    looks: Arc<Notify>,
    looked: Arc<AtomicU32>,
    results: Vec<JoinHandle<u64>>,
}

impl Subject for Tasks {
    const NAME: &'static str = "a task per job";
    const HANDLE: usize = size_of::<JoinHandle<u64>>();

    async fn start(jobs: usize) -> Self {
        let (looks, looked) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let mut tasks = Vec::with_capacity(jobs);
        tasks.extend((0..jobs as u64).map(|id| {
            let (looks, looked) = (Arc::clone(&looks), Arc::clone(&looked));
            tokio::spawn(async move {
                let id = submission(id).await.expect("none fails");
                for poll in 1.. {
                    look(std::iter::once(id));
                    looked.fetch_add(1, Ordering::Relaxed);
                    if poll == POLLS {
                        break;
                    }
                    looks.notified().await;
                }
                id
            })
        }));
        until(|| looked.load(Ordering::Relaxed) as usize == jobs).await;
        Self { looks, looked, results: tasks }
    }

    async fn finish(self) -> u64 {
        for poll in 2..=POLLS {
            self.looks.notify_waiters();
            let looks = poll as usize * self.results.len();
            until(|| self.looked.load(Ordering::Relaxed) as usize == looks).await;
        }
        let mut sum = 0;
        for result in self.results {
            sum += result.await.expect("none panics");
        }
        sum
    }
}
