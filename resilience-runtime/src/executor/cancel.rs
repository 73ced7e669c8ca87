//! Cancellation: one task per request to the cancel function, shared by all who cancel the same job.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::cancel_request::{CancelRequest, CancelRequestGuard};
use super::catch::{Caught, caught};
use super::drive::either;
use super::polls::{Chunk, StartedJob, started};
use super::shared::{CancelCall, Shared};
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
    Request {
        id: JobId,
        chunk: Chunk<J>,
        place: usize,
        request: CancelRequest,
        closing: watch::Receiver<bool>,
    },
    /// The cancel function has been called.
    Requested(CancelRequest),
}

pub(super) async fn cancel<J, T, E>(shared: Arc<Shared<J, T, E>>, index: u32) -> bool
where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let step = shared.with(|state, later| {
        let (id, place) = match state.jobs.held(index) {
            None => return CancelStep::Settled(state.jobs.is_cancelled(index)),
            Some((_, Phase::Blocking, _)) => return CancelStep::Settled(false),
            Some((id, Phase::Polling, place)) if shared.cancel.is_some() => (id, place),
            Some((id, ..)) => {
                state.cancel(id, later);
                return CancelStep::Settled(true);
            }
        };
        if let Some(request) = state.cancel_requests.get(&id) {
            return CancelStep::Requested(request.clone());
        }
        let Some((chunk, place)) = state.polls.find(place) else { return CancelStep::Settled(false) };
        let request = CancelRequest::new();
        state.cancel_requests.insert(id, request.clone());
        CancelStep::Request { id, chunk, place, request, closing: shared.closing.subscribe() }
    });
    let request = match step {
        CancelStep::Settled(answer) => return answer,
        CancelStep::Requested(request) => request,
        CancelStep::Request { id, chunk, place, request, closing } => {
            let guard = CancelRequestGuard(request.clone());
            request_cancel(&shared, id, started(&chunk, place), closing, guard);
            request
        }
    };
    // The end of the job settles the request too: the cancel function may hang.
    request.answered().await
}

/// Calls the cancel function in a separate task: dropping the future of `cancel` does not interrupt it.
fn request_cancel<J, T, E>(
    shared: &Arc<Shared<J, T, E>>,
    id: JobId,
    started: &StartedJob<J>,
    mut closing: watch::Receiver<bool>,
    guard: CancelRequestGuard,
) where
    J: Send + Sync + 'static,
    T: Send + 'static,
    E: Send + Sync + 'static,
{
    let (Some(cancel), Some(runtime)) = (&shared.cancel, &shared.runtime) else { return };
    // Cloning the job may panic.
    let request = caught(|| cancel(&started.job));
    let shared = Arc::clone(shared);
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
        guard.0.answer(settle(&shared, id, agreed));
    }));
}

/// Settles a request; `None`: the executor was shut down meanwhile. The job may be done by now.
fn settle<J, T, E>(shared: &Shared<J, T, E>, id: JobId, agreed: Option<bool>) -> bool {
    shared.with(|state, later| {
        // After a veto, the next cancellation calls the cancel function again.
        state.cancel_requests.remove(&id);
        state.metrics.vetoes += u64::from(agreed == Some(false));
        if agreed != Some(true) {
            return false;
        }
        if state.jobs.phase(id).is_none() {
            return state.jobs.is_cancelled(id.index);
        }
        state.cancel(id, later);
        true
    })
}
