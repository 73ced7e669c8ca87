//! Random sequences of operations, compared with a simple model: a map from jobs to their known states.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use resilience::PollFailure;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::{Executor, Handle, Outcome, Service, alive_tasks, ms, soon};

#[derive(Clone, Debug)]
enum Step {
    /// A submission that ends only when it is told to, or at once.
    Submit {
        at_once: bool,
    },
    /// A submission ends: with a job, or with an error.
    End(usize, bool),
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

fn step() -> impl Strategy<Value = Step> {
    let job = 0..12_usize;
    prop_oneof![
        6 => any::<bool>().prop_map(|at_once| Step::Submit { at_once }),
        4 => (job.clone(), prop::bool::weighted(0.8)).prop_map(|(job, well)| Step::End(job, well)),
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
    stage: Stage,
    outcome: Option<Outcome>,
    /// Told to end as soon as it is submitted.
    ends: Option<bool>,
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
}

impl Model {
    fn end(&mut self, id: u32, outcome: Outcome) {
        let job = self.jobs.get_mut(&id).expect("known");
        if job.stage != Stage::Over {
            (job.stage, job.outcome) = (Stage::Over, Some(outcome));
        }
    }

    fn of(&self, stage: Stage) -> Vec<u32> {
        self.jobs.iter().filter(|(_, job)| job.stage == stage).map(|(id, _)| *id).collect()
    }

    /// Everything that happens by itself until nothing moves: submissions begin and end, and new jobs are polled.
    fn settle(&mut self) {
        let mut arrived = false;
        loop {
            let running = self.of(Stage::Submitting);
            if let Some(next) = self.of(Stage::Queued).first().filter(|_| running.len() < self.places) {
                self.jobs.get_mut(next).expect("known").stage = Stage::Submitting;
                continue;
            }
            let Some(id) = running.into_iter().find(|id| self.jobs[id].ends.is_some()) else { break };
            if self.jobs[&id].ends == Some(true) {
                self.jobs.get_mut(&id).expect("known").stage = Stage::Polled;
                arrived = true;
            } else {
                self.end(id, Err(PollFailure::Submit("not begun")));
            }
        }
        if arrived {
            self.poll(None);
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
    ends: BTreeMap<u32, oneshot::Sender<bool>>,
}

impl Real {
    fn start(places: usize, abandons: bool) -> Self {
        let (service, fails) = (Service::new(), Arc::<Fails>::default());
        let (polling, failing) = (service.clone(), Arc::clone(&fails));
        let executor = Executor::builder()
            .max_in_flight(places)
            .abandon_dropped(abandons)
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
        Self { executor, service, fails, handles: BTreeMap::new(), ends: BTreeMap::new() }
    }

    fn submit(&mut self, id: u32) {
        let (end, ends) = oneshot::channel();
        let handle = self.executor.submit(async move {
            match ends.await {
                Ok(true) => Ok(id),
                _ => Err("not begun"),
            }
        });
        self.handles.insert(id, handle);
        self.ends.insert(id, end);
    }

    fn end(&mut self, id: u32, well: bool) {
        if let Some(end) = self.ends.remove(&id) {
            // It may have been dropped.
            _ = end.send(well);
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

async fn tell(steps: Vec<(Step, bool)>, places: usize, abandons: bool) {
    let mut real = Real::start(places, abandons);
    let mut model = Model { places, abandons, jobs: BTreeMap::new(), shown: None, closed: false, vetoes: 0 };
    let mut next = 0;
    let mut polls = 0;
    for (step, settles) in steps {
        // What follows at once finds tasks that are not gone yet, and must not mind. Where the story waits, things move.
        let waits =
            settles || !matches!(step, Step::Submit { .. } | Step::Cancel(_) | Step::Drop(_) | Step::Take(_));
        if waits {
            polls = settle(&real, &mut model, polls).await;
        }
        // One of those whose handle is held, counted from the youngest.
        let held = |real: &Real, job: usize| real.handles.keys().rev().nth(job).copied();
        match step {
            Step::Submit { at_once } => {
                real.submit(next);
                let mut job = Job { stage: Stage::Queued, outcome: None, ends: None, finishes: None };
                if at_once {
                    real.end(next, true);
                    job.ends = Some(true);
                }
                if model.closed {
                    assert_eq!(
                        soon(real.handles.remove(&next).expect("held")).await,
                        Err(PollFailure::ShutDown)
                    );
                } else {
                    model.jobs.insert(next, job);
                }
                next += 1;
            }
            Step::End(job, well) => {
                if let Some(id) = real.ends.keys().rev().nth(job).copied() {
                    real.end(id, well);
                    if let Some(job) = model.jobs.get_mut(&id) {
                        job.ends = Some(well);
                    }
                }
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
    for (id, handle) in std::mem::take(&mut real.handles) {
        assert_eq!(Some(soon(handle).await), model.jobs[&id].outcome, "job {id}");
    }
    check(&real, &model);
    assert_eq!(alive_tasks(), 0);
}

/// Lets everything move, and compares; how many polls there have been.
async fn settle(real: &Real, model: &mut Model, polls: usize) -> usize {
    sleep(ms(1)).await;
    model.settle();
    let polled = real.service.polls();
    // There may be several, where a submission that ends makes room for the next one.
    let shown = &polled[polls..];
    let all = shown.iter().flat_map(|(_, jobs)| jobs.iter().copied()).collect();
    let shown = (!shown.is_empty()).then_some(all);
    assert_eq!(shown, model.shown.take(), "what the poll function is shown");
    check(real, model);
    polled.len()
}

fn check(real: &Real, model: &Model) {
    let metrics = real.executor.metrics();
    let (queued, submitting) = (model.of(Stage::Queued).len(), model.of(Stage::Submitting).len());
    let polled = model.of(Stage::Polled).len();
    assert_eq!((metrics.queued, metrics.in_flight, metrics.polling), (queued, submitting, polled));
    assert_eq!((real.executor.len(), real.executor.polling()), (queued + submitting + polled, polled));
    let cancelled = model.count(|outcome| *outcome == Err(PollFailure::Cancelled));
    let resolved = model.count(Result::is_ok);
    let failed = model.count(Result::is_err) - cancelled;
    assert_eq!(metrics.submitted, model.jobs.len() as u64);
    assert_eq!((metrics.resolved, metrics.failed, metrics.cancelled), (resolved, failed, cancelled));
    assert_eq!(metrics.vetoes, model.vetoes);
    assert_eq!(metrics.polls, real.service.polls().len() as u64);
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
