//! Random sequences of operations, compared with a simple model: a map from jobs to their known states.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use resilience::PollFailure;
use tokio::sync::oneshot;

use crate::{Executor, Handle, Outcome, Service, alive_tasks, secs, soon};

#[derive(Clone, Debug)]
enum Step {
    /// A submission, which ends when it is told to, or at once.
    Submit(Kind, Option<End>),
    /// A submission ends.
    End(usize, End),
    /// The futures that are being submitted exceed their timeout.
    TimeOut,
    /// At the next poll the job is said to have finished, or to have failed.
    Finish(usize, bool),
    Cancel(usize),
    Drop(usize),
    /// Its result is taken, if there is one.
    Take(usize),
    Poll,
    FailingPoll,
    PanickingPoll,
    Shutdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Future,
    /// Its destructor panics.
    Bomb,
    /// It blocks a thread.
    Closure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Job,
    Error,
    Panic,
}

const SUBMIT_TIMEOUT: Duration = secs(1_000_000);

fn step() -> impl Strategy<Value = Step> {
    let job = 0..12_usize;
    let kind = prop_oneof![5 => Just(Kind::Future), 1 => Just(Kind::Bomb), 1 => Just(Kind::Closure)];
    let end = prop_oneof![6 => Just(End::Job), 1 => Just(End::Error), 1 => Just(End::Panic)];
    prop_oneof![
        8 => (kind, prop::option::of(end.clone())).prop_map(|(kind, end)| Step::Submit(kind, end)),
        5 => (job.clone(), end).prop_map(|(job, end)| Step::End(job, end)),
        1 => Just(Step::TimeOut),
        4 => (job.clone(), any::<bool>()).prop_map(|(job, well)| Step::Finish(job, well)),
        3 => job.clone().prop_map(Step::Cancel),
        2 => job.clone().prop_map(Step::Drop),
        3 => job.prop_map(Step::Take),
        4 => Just(Step::Poll),
        1 => Just(Step::FailingPoll),
        1 => Just(Step::PanickingPoll),
        1 => Just(Step::Shutdown),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    Submitting,
    Polled,
    Over,
}

/// A job as the model knows it.
#[derive(Debug)]
struct Job {
    kind: Kind,
    stage: Stage,
    outcome: Option<Outcome>,
    /// A closure whose job is over, and which goes on in its place.
    occupies: bool,
    /// Told to end as soon as it is submitted.
    ends: Option<End>,
    finishes: Option<bool>,
}

/// What will be, written without looking at how it is done.
struct Model {
    places: usize,
    abandons: bool,
    jobs: BTreeMap<u32, Job>,
    shown: Option<BTreeSet<u32>>,
    closed: bool,
    vetoes: u64,
    /// Submissions that have begun: closures that have a thread, and futures that have been polled.
    begun: u64,
}

impl Model {
    fn end(&mut self, id: u32, outcome: Outcome) {
        let job = self.jobs.get_mut(&id).expect("known");
        if job.stage != Stage::Over {
            job.occupies = job.kind == Kind::Closure && job.stage == Stage::Submitting;
            (job.stage, job.outcome) = (Stage::Over, Some(outcome));
        }
    }

    /// A submission has returned, if it was told to.
    fn return_from(&mut self, id: u32) -> bool {
        let job = self.jobs.get_mut(&id).expect("known");
        let Some(how) = job.ends else { return false };
        if std::mem::take(&mut job.occupies) {
            return true;
        }
        if job.stage != Stage::Submitting {
            return false;
        }
        let failure = match (job.kind, how) {
            (Kind::Bomb, _) => PollFailure::Panicked("dropped".to_owned()),
            (_, End::Panic) => PollFailure::Panicked("boom".to_owned()),
            (_, End::Error) => PollFailure::Submit("not begun"),
            (_, End::Job) => {
                job.stage = Stage::Polled;
                return true;
            }
        };
        self.end(id, Err(failure));
        self.jobs.get_mut(&id).expect("known").occupies = false;
        true
    }

    fn taken(&self) -> usize {
        self.of(Stage::Submitting).len() + self.jobs.values().filter(|job| job.occupies).count()
    }

    fn of(&self, stage: Stage) -> Vec<u32> {
        self.jobs.iter().filter(|(_, job)| job.stage == stage).map(|(id, _)| *id).collect()
    }

    /// Everything that happens by itself until nothing moves: submissions begin and end, and new jobs are polled.
    fn settle(&mut self) {
        let before = self.of(Stage::Polled);
        loop {
            if let Some(next) = self.of(Stage::Queued).first().filter(|_| self.taken() < self.places) {
                let job = self.jobs.get_mut(next).expect("known");
                job.stage = Stage::Submitting;
                self.begun += 1;
                continue;
            }
            let ids: Vec<u32> = self.jobs.keys().copied().collect();
            if !ids.into_iter().any(|id| self.return_from(id)) {
                break;
            }
        }
        if self.of(Stage::Polled) != before {
            self.poll(None);
        }
    }

    /// Those that are being submitted exceed their timeout, one after the other.
    fn time_out(&mut self) {
        for id in self.of(Stage::Submitting) {
            let failure = match self.jobs[&id].kind {
                Kind::Bomb => PollFailure::Panicked("dropped".to_owned()),
                _ => PollFailure::SubmitTimedOut,
            };
            self.end(id, Err(failure));
        }
    }

    fn poll(&mut self, fails: Option<&PollFailure<&'static str>>) {
        let shown = self.of(Stage::Polled);
        if shown.is_empty() || self.closed {
            return;
        }
        for id in &shown {
            match (fails, self.jobs[id].finishes) {
                (Some(failure), _) => self.end(*id, Err(failure.clone())),
                (None, Some(true)) => self.end(*id, Ok("done")),
                (None, Some(false)) => self.end(*id, Err(PollFailure::Yielded("broken"))),
                (None, None) => {}
            }
        }
        self.shown = Some(shown.into_iter().collect());
    }

    /// Only jobs of an odd number are let go.
    fn cancel(&mut self, id: u32) -> bool {
        match self.jobs[&id].stage {
            Stage::Over => self.jobs[&id].outcome == Some(Err(PollFailure::Cancelled)),
            Stage::Polled if id % 2 == 0 => {
                self.vetoes += 1;
                false
            }
            Stage::Submitting if self.jobs[&id].kind == Kind::Closure => false,
            _ => {
                self.end(id, Err(PollFailure::Cancelled));
                true
            }
        }
    }

    fn drop_handle(&mut self, id: u32) {
        if self.abandons {
            self.end(id, Err(PollFailure::Cancelled));
        }
    }

    fn shutdown(&mut self) {
        self.closed = true;
        for id in self.jobs.keys().copied().collect::<Vec<_>>() {
            self.end(id, Err(PollFailure::ShutDown));
        }
    }

    fn count(&self, is: impl Fn(&Outcome) -> bool) -> u64 {
        self.jobs.values().filter(|job| job.outcome.as_ref().is_some_and(&is)).count() as u64
    }
}

/// How the next poll fails.
type Fails = std::sync::Mutex<Option<PollFailure<&'static str>>>;

/// The executor itself, and what the story needs of it.
struct Real {
    executor: Executor,
    service: Service,
    fails: Arc<Fails>,
    handles: BTreeMap<u32, Handle>,
    ends: BTreeMap<u32, Ending>,
    begun: Arc<AtomicU64>,
}

/// Ends a future or a closure.
enum Ending {
    Future(oneshot::Sender<End>),
    Closure(mpsc::Sender<End>),
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Without the hook, which would print it.
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
}

fn returned(id: u32, how: Option<End>) -> Result<u32, &'static str> {
    match how {
        Some(End::Job) => Ok(id),
        Some(End::Panic) => std::panic::resume_unwind(Box::new("boom")),
        Some(End::Error) | None => Err("not begun"),
    }
}

impl Real {
    fn start(places: usize, abandons: bool) -> Self {
        let (service, fails) = (Service::new(), Arc::<Fails>::default());
        let (polling, failing) = (service.clone(), Arc::clone(&fails));
        let executor = Executor::builder()
            .max_in_flight(places)
            .abandon_dropped(abandons)
            .submit_timeout(SUBMIT_TIMEOUT)
            .default_interval(Duration::MAX)
            .cancel_with(async |id| id % 2 == 1)
            .start(move |batch| {
                let failure = failing.lock().expect("no panic").take();
                ready(match failure {
                    None => polling.poll(&batch),
                    Some(failure) => {
                        polling.note(&batch);
                        assert!(!matches!(failure, PollFailure::Panicked(_)), "boom");
                        Err("503")
                    }
                })
            });
        Self {
            executor,
            service,
            fails,
            handles: BTreeMap::new(),
            ends: BTreeMap::new(),
            begun: Arc::default(),
        }
    }

    fn submit(&mut self, id: u32, kind: Kind) {
        let (handle, ending) = if kind == Kind::Closure {
            let (end, ends) = mpsc::channel();
            let begun = Arc::clone(&self.begun);
            let handle = self.executor.submit_blocking(move || {
                begun.fetch_add(1, Relaxed);
                returned(id, ends.recv().ok())
            });
            (handle, Ending::Closure(end))
        } else {
            let (end, ends) = oneshot::channel();
            let bomb = (kind == Kind::Bomb).then(|| Bomb);
            let begun = Arc::clone(&self.begun);
            let handle = self.executor.submit(async move {
                begun.fetch_add(1, Relaxed);
                let how = ends.await.ok();
                drop(bomb);
                returned(id, how)
            });
            (handle, Ending::Future(end))
        };
        self.handles.insert(id, handle);
        self.ends.insert(id, ending);
    }

    /// Ends a submission, which may have been dropped.
    fn end(&mut self, id: u32, how: End) {
        match self.ends.remove(&id) {
            Some(Ending::Future(end)) => _ = end.send(how),
            Some(Ending::Closure(end)) => _ = end.send(how),
            None => {}
        }
    }

    async fn take(&mut self, id: u32) -> Option<Outcome> {
        tokio::select! {
            biased;
            outcome = self.handles.get_mut(&id).expect("it is held") => Some(outcome),
            () = ready(()) => None,
        }
    }
}

async fn submit(real: &mut Real, model: &mut Model, id: u32, kind: Kind, ends: Option<End>) {
    real.submit(id, kind);
    if let Some(how) = ends {
        real.end(id, how);
    }
    if model.closed {
        let handle = real.handles.remove(&id).expect("held");
        assert_eq!(soon(handle).await, Err(PollFailure::ShutDown));
    } else {
        let (stage, outcome) = (Stage::Queued, None);
        model.jobs.insert(id, Job { kind, stage, outcome, occupies: false, ends, finishes: None });
    }
}

async fn tell(steps: Vec<(Step, bool)>, places: usize, abandons: bool) {
    let mut real = Real::start(places, abandons);
    let mut model =
        Model { places, abandons, jobs: BTreeMap::new(), shown: None, closed: false, vetoes: 0, begun: 0 };
    let mut next = 0;
    let mut polls = 0;
    for (step, settles) in steps {
        // What follows at once finds tasks that are not gone yet, and must not mind. Where the story waits, things move.
        let waits = settles
            || !matches!(step, Step::Submit(..) | Step::Cancel(_) | Step::Drop(_) | Step::Take(_))
            || model.jobs.values().any(|job| job.kind == Kind::Closure);
        if waits {
            polls = settle(&real, &mut model, polls).await;
        }
        // One of those whose handle is held, counted from the youngest.
        let held = |real: &Real, job: usize| real.handles.keys().rev().nth(job).copied();
        match step {
            Step::Submit(kind, ends) => {
                submit(&mut real, &mut model, next, kind, ends).await;
                next += 1;
            }
            Step::End(job, how) => {
                if let Some(id) = real.ends.keys().rev().nth(job).copied() {
                    real.end(id, how);
                    if let Some(job) = model.jobs.get_mut(&id) {
                        job.ends = Some(how);
                    }
                }
            }
            Step::TimeOut => {
                model.time_out();
                tokio::time::advance(SUBMIT_TIMEOUT).await;
            }
            Step::Finish(job, well) => {
                if let Some(id) = model.of(Stage::Polled).into_iter().rev().nth(job) {
                    real.service.finish(id, if well { Ok("done") } else { Err("broken") });
                    model.jobs.get_mut(&id).expect("known").finishes = Some(well);
                }
            }
            Step::Cancel(job) => {
                if let Some(id) = held(&real, job) {
                    if model.jobs[&id].stage != Stage::Over && !model.of(Stage::Polled).is_empty() {
                        // The question takes its time.
                        polls = settle(&real, &mut model, polls).await;
                    }
                    assert_eq!(soon(real.handles[&id].cancel()).await, model.cancel(id), "job {id}");
                }
            }
            Step::Drop(job) => {
                if let Some(id) = held(&real, job) {
                    real.handles.remove(&id);
                    model.drop_handle(id);
                }
            }
            Step::Take(job) => {
                if let Some(id) = held(&real, job) {
                    let outcome = real.take(id).await;
                    assert_eq!(outcome, model.jobs[&id].outcome, "job {id}");
                    if outcome.is_some() {
                        real.handles.remove(&id);
                    }
                }
            }
            Step::Poll | Step::FailingPoll | Step::PanickingPoll => {
                let failure = match step {
                    Step::FailingPoll => Some(PollFailure::Poll(Arc::new("503"))),
                    Step::PanickingPoll => Some(PollFailure::Panicked("boom".to_owned())),
                    _ => None,
                };
                if !model.closed && !model.of(Stage::Polled).is_empty() {
                    real.fails.lock().expect("no panic").clone_from(&failure);
                    real.executor.notify();
                    model.poll(failure.as_ref());
                }
            }
            Step::Shutdown => {
                // Seldom enough that stories have a middle.
                if next > 6 {
                    soon(real.executor.shutdown()).await;
                    model.shutdown();
                    assert_eq!(alive_tasks(), 0);
                }
            }
        }
        if waits {
            polls = settle(&real, &mut model, polls).await;
        }
    }
    settle(&real, &mut model, polls).await;
    // Every handle that is left resolves, with what the model knows.
    soon(real.executor.shutdown()).await;
    model.shutdown();
    // Closures cannot be ended from outside.
    for (id, ending) in std::mem::take(&mut real.ends) {
        drop(ending);
        if let Some(job) = model.jobs.get_mut(&id) {
            job.ends = Some(End::Error);
        }
    }
    let polls = real.service.polls().len();
    settle(&real, &mut model, polls).await;
    for (id, handle) in std::mem::take(&mut real.handles) {
        assert_eq!(Some(soon(handle).await), model.jobs[&id].outcome, "job {id}");
    }
    assert_eq!(alive_tasks(), 0);
}

/// Lets everything move until it is as in the model, and compares; returns the number of polls.
async fn settle(real: &Real, model: &mut Model, polls: usize) -> usize {
    model.settle();
    let expected = (seen(model), model.shown.take());
    // A closure returns on another thread, in real time.
    let start = std::time::Instant::now();
    while expected != observed(real, polls) && start.elapsed() < secs(20) {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(expected, observed(real, polls), "left: the model, and what the poll function is shown");
    let metrics = real.executor.metrics();
    assert_eq!(metrics.polls, real.service.polls().len() as u64);
    real.service.polls().len()
}

/// Jobs by stage, jobs by outcome, and submissions that have begun.
type Seen = ([usize; 5], [u64; 6]);

fn seen(model: &Model) -> Seen {
    let (queued, submitting) = (model.of(Stage::Queued).len(), model.of(Stage::Submitting).len());
    let polled = model.of(Stage::Polled).len();
    let cancelled = model.count(|outcome| *outcome == Err(PollFailure::Cancelled));
    let resolved = model.count(Result::is_ok);
    let failed = model.count(Result::is_err) - cancelled;
    (
        [queued, model.taken(), polled, queued + submitting + polled, polled],
        [model.jobs.len() as u64, resolved, failed, cancelled, model.vetoes, model.begun],
    )
}

/// The same of the executor, and the jobs in the polls since then. There may be several, where a submission that ends makes room
/// for the next one.
fn observed(real: &Real, polls: usize) -> (Seen, Option<BTreeSet<u32>>) {
    let metrics = real.executor.metrics();
    let seen = (
        [metrics.queued, metrics.in_flight, metrics.polling, real.executor.len(), real.executor.polling()],
        [
            metrics.submitted,
            metrics.resolved,
            metrics.failed,
            metrics.cancelled,
            metrics.vetoes,
            real.begun.load(Relaxed),
        ],
    );
    let polled = &real.service.polls()[polls..];
    let shown = polled.iter().flat_map(|(_, jobs)| jobs.iter().copied()).collect();
    (seen, (!polled.is_empty()).then_some(shown))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_tells_the_story_of_its_model(
        steps in prop::collection::vec((step(), any::<bool>()), 1..80),
        places in 1..4_usize,
        abandons: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(tell(steps, places, abandons));
    }
}
