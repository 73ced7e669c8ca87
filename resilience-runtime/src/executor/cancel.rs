//! Cancellation: one task per question to the cancel function, shared by everybody who cancels the same job.

use std::pin::Pin;
use std::sync::Arc;

use super::PollFailure;
use super::catch::{Caught, caught};
use super::drive::either;
use super::helper::Helper;
use super::jobs::{Afterwards, Ask, Chunk, Jobs, Running};
use super::question::{Asking, Question};
use super::slots::{JobId, Phase};

/// A cancel function: `Fn(J) -> Fut`, as [`cancel_with`](crate::PollExecutorBuilder::cancel_with) takes it.
///
/// All closures and functions of this form implement it. The future runs as a task, so it must own what it uses.
#[diagnostic::on_unimplemented(
    message = "`cancel_with` expects a closure that takes `{J}` and returns a future, found `{Self}`",
    label = "this closure does not return a future that owns what it uses",
    note = "the future runs as a task, but that of an async closure borrows what the closure captures\n\
            write a closure that clones: `move |job| {{ let client = client.clone(); async move {{ client.delete(job).await }} }}`"
)]
pub trait CancelFunction<J>: Fn(J) -> Self::Answer {
    /// The future: whether the job may be cancelled.
    type Answer;
}

#[diagnostic::do_not_recommend]
impl<J, C, Fut> CancelFunction<J> for C
where
    C: Fn(J) -> Fut,
{
    type Answer = Fut;
}

pub(super) fn ask_by<J, C>(cancel: C) -> Ask<J>
where
    J: Clone + Send + 'static,
    C: CancelFunction<J, Answer: Future<Output = bool> + Send + 'static> + Send + Sync + 'static,
{
    let cancel = Arc::new(cancel);
    Box::new(move |job| {
        let (cancel, job) = (Arc::clone(&cancel), job.clone());
        Box::pin(async move { cancel(job).await })
    })
}

/// The first step of a cancellation.
enum Request<J> {
    Answered(bool),
    /// The cancel function has to be asked.
    Ask {
        id: JobId,
        chunk: Chunk<J>,
        place: usize,
        question: Question,
    },
    /// It is being asked.
    Asked(Question),
}

pub(super) async fn cancel<J, T, E>(jobs: Arc<Jobs<J, T, E>>, index: u32) -> bool
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let mut afterwards = Afterwards::nothing();
    let mut task = None;
    let request = {
        let mut state = jobs.state();
        match state.slots.held(index) {
            None => Request::Answered(state.slots.is_cancelled(index)),
            Some((id, Phase::Queued)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                state.unqueue(id, &mut afterwards);
                Request::Answered(true)
            }
            Some((id, Phase::Submitting)) if matches!(state.running.get(&id), Some(Running::Thread(_))) => {
                Request::Answered(false)
            }
            Some((id, Phase::Submitting)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                task = state.running.get(&id).and_then(Running::abort_handle);
                Request::Answered(true)
            }
            Some((id, Phase::Polling)) => match (&jobs.ask, state.asked.get(&id).cloned()) {
                (Some(_), Some(question)) => Request::Asked(question),
                (Some(_), None) => match state.find(id) {
                    Some((chunk, place)) => {
                        let question = Question::new();
                        state.asked.insert(id, question.clone());
                        Request::Ask { id, chunk, place, question }
                    }
                    None => Request::Answered(false),
                },
                (None, _) => {
                    state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                    Request::Answered(true)
                }
            },
        }
    };
    if let Some(task) = task {
        task.abort();
    }
    jobs.measure();
    afterwards.done();
    let question = match request {
        Request::Answered(answer) => return answer,
        Request::Asked(question) => question,
        Request::Ask { id, chunk, place, question } => {
            ask(&jobs, (id, index), (chunk, place), Asking(question.clone()));
            question
        }
    };
    // The end of the job is an answer, too: the cancel function may hang.
    question.answered().await
}

/// Asks in a task of its own: dropping the future of `cancel` does not interrupt the question.
fn ask<J, T, E>(
    jobs: &Arc<Jobs<J, T, E>>,
    (id, index): (JobId, u32),
    (chunk, place): (Chunk<J>, usize),
    asking: Asking,
) where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let (Some(ask), Some(runtime)) = (&jobs.ask, &jobs.runtime) else { return };
    // Cloning the job may panic.
    let question = caught(|| {
        let question = ask(&chunk[place].job);
        drop(chunk);
        question
    });
    let helper = Helper::of(jobs);
    let mut closing = jobs.closing.subscribe();
    drop(runtime.spawn(async move {
        let agreed = match question {
            Ok(question) => {
                let mut question = Caught::new(question);
                // A question without an answer must not outlive a shutdown.
                let closed = async { drop(closing.wait_for(|closing| *closing).await) };
                let agreed = either(Pin::new(&mut question), closed).await;
                // Its destructor may panic.
                let _ = caught(move || drop(question));
                agreed.map(|agreed| agreed.unwrap_or(false))
            }
            Err(_) => Some(false),
        };
        asking.0.answer(settle(&helper.0, id, index, agreed));
    }));
}

/// The result of a question, which is `None` if the executor was shut down meanwhile. The job may be done by now.
fn settle<J, T, E>(jobs: &Jobs<J, T, E>, id: JobId, index: u32, agreed: Option<bool>) -> bool {
    let mut afterwards = Afterwards::nothing();
    let cancelled = {
        let mut state = jobs.state();
        // After a veto, the next cancellation asks again.
        state.asked.remove(&id);
        state.metrics.vetoes += u64::from(agreed == Some(false));
        match (agreed, state.slots.phase(id)) {
            (Some(true), Some(_)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                true
            }
            (Some(true), None) => state.slots.is_cancelled(index),
            _ => false,
        }
    };
    jobs.measure();
    afterwards.done();
    cancelled
}
