//! Cancellation: one task per request to the cancel function, shared by all who cancel the same job.

use std::pin::Pin;
use std::sync::Arc;

use super::PollFailure;
use super::cancel_request::{CancelRequest, CancelRequestGuard};
use super::catch::{Caught, caught};
use super::drive::either;
use super::helper::Helper;
use super::jobs::{Afterwards, CancelCall, Chunk, Jobs, RunningSubmission};
use super::slots::{JobId, Phase};

/// A cancel function: `Fn(J) -> Fut`, as taken by [`cancel_with`](crate::batch::PollExecutorBuilder::cancel_with).
///
/// All closures and functions of this form implement it. The future runs as a task, so it must own what it uses.
#[diagnostic::on_unimplemented(
    message = "`cancel_with` expects a closure that takes `{J}` and returns a future, found `{Self}`",
    label = "this closure does not return a future that owns what it uses",
    note = "the future runs as a task, but that of an async closure borrows what the closure captures\n\
            write a closure that clones: `move |job| {{ let client = client.clone(); async move {{ client.delete(job).await }} }}`"
)]
pub trait CancelFunction<J>: Fn(J) -> Self::Answer {
    /// The future, whose output is whether the job may be cancelled.
    type Answer;
}

#[diagnostic::do_not_recommend]
impl<J, C, Fut> CancelFunction<J> for C
where
    C: Fn(J) -> Fut,
{
    type Answer = Fut;
}

pub(super) fn cancel_call<J, C>(cancel: C) -> CancelCall<J>
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
enum CancelStep<J> {
    /// The job is cancelled, or cannot be.
    Settled(bool),
    /// The cancel function has to be called.
    Request { id: JobId, chunk: Chunk<J>, place: usize, request: CancelRequest },
    /// The cancel function has been called.
    Requested(CancelRequest),
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
            None => CancelStep::Settled(state.slots.is_cancelled(index)),
            Some((id, Phase::Queued)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                state.unqueue(id, &mut afterwards);
                CancelStep::Settled(true)
            }
            Some((id, Phase::Submitting))
                if matches!(state.running.get(&id), Some(RunningSubmission::Thread(_))) =>
            {
                CancelStep::Settled(false)
            }
            Some((id, Phase::Submitting)) => {
                state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                task = state.running.get(&id).and_then(RunningSubmission::abort_handle);
                CancelStep::Settled(true)
            }
            Some((id, Phase::Polling)) => match (&jobs.cancel, state.cancel_requests.get(&id).cloned()) {
                (Some(_), Some(request)) => CancelStep::Requested(request),
                (Some(_), None) => match state.find(id) {
                    Some((chunk, place)) => {
                        let request = CancelRequest::new();
                        state.cancel_requests.insert(id, request.clone());
                        CancelStep::Request { id, chunk, place, request }
                    }
                    None => CancelStep::Settled(false),
                },
                (None, _) => {
                    state.finish(id, Err(Box::new(PollFailure::Cancelled)), &mut afterwards);
                    CancelStep::Settled(true)
                }
            },
        }
    };
    if let Some(task) = task {
        task.abort();
    }
    jobs.measure();
    afterwards.done();
    let request = match request {
        CancelStep::Settled(answer) => return answer,
        CancelStep::Requested(request) => request,
        CancelStep::Request { id, chunk, place, request } => {
            request_cancel(&jobs, (id, index), (chunk, place), CancelRequestGuard(request.clone()));
            request
        }
    };
    // The end of the job settles the request too: the cancel function may hang.
    request.answered().await
}

/// Calls the cancel function in a separate task: dropping the future of `cancel` does not interrupt it.
fn request_cancel<J, T, E>(
    jobs: &Arc<Jobs<J, T, E>>,
    (id, index): (JobId, u32),
    (chunk, place): (Chunk<J>, usize),
    asking: CancelRequestGuard,
) where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let (Some(cancel), Some(runtime)) = (&jobs.cancel, &jobs.runtime) else { return };
    // Cloning the job may panic.
    let request = caught(|| {
        let request = cancel(&chunk[place].job);
        drop(chunk);
        request
    });
    let helper = Helper::of(jobs);
    let mut closing = jobs.closing.subscribe();
    drop(runtime.spawn(async move {
        let agreed = match request {
            Ok(request) => {
                let mut request = Caught::new(request);
                // A pending request must not outlive a shutdown.
                let closed = async { drop(closing.wait_for(|closing| *closing).await) };
                let agreed = either(Pin::new(&mut request), closed).await;
                // Its destructor may panic.
                let _ = caught(move || drop(request));
                agreed.map(|agreed| agreed.unwrap_or(false))
            }
            Err(_) => Some(false),
        };
        asking.0.answer(settle(&helper.0, id, index, agreed));
    }));
}

/// Settles a request; `None`: the executor was shut down meanwhile. The job may be done by now.
fn settle<J, T, E>(jobs: &Jobs<J, T, E>, id: JobId, index: u32, agreed: Option<bool>) -> bool {
    let mut afterwards = Afterwards::nothing();
    let cancelled = {
        let mut state = jobs.state();
        // After a veto, the next cancellation calls the cancel function again.
        state.cancel_requests.remove(&id);
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
