use std::fmt;
use std::mem;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tower_layer::Layer;
use tower_service::Service;

use super::hooks::{Callback, OnTimeout, Replay, RequestedWait, ShouldRetry};
use super::retry_future::RetryFuture;
use crate::attempts::RetryPolicy;
use crate::budget::RetryBudget;
use crate::error::TimedOut;
use crate::retry::Unset;
use crate::site::PolicySite;
use crate::telemetry::{LayerSite, SiteEntry, SiteKind};

/// A layer that sends a request again while it fails, under a [`RetryPolicy`].
///
/// Every attempt waits until the inner service is ready. The first attempt uses the service that the caller has found
/// ready, and later ones use the same instance. Nothing is boxed: the response future holds the inner one.
///
/// A response that is retried is dropped before the wait, with its body and connection. If the next attempt is then
/// rejected by a circuit or exceeds a limit, there is no earlier response to return: the result is the rejection or that
/// of [`on_timeout`](Self::on_timeout). An error is kept, and is the result in these cases.
///
/// ```
/// use resilience::RetryPolicy;
/// use resilience::tower::RetryLayer;
/// use std::time::Duration;
/// use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
///
/// const POLICY: RetryPolicy = RetryPolicy::new().times(3).interval(Duration::from_millis(100));
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let mut service = ServiceBuilder::new()
///     .layer(RetryLayer::new(POLICY).on(|result: &Result<u16, BoxError>| !matches!(result, Ok(200))))
///     .service(service_fn(|request: &'static str| async move { Ok::<u16, BoxError>(200) }));
/// assert_eq!(service.ready().await?.call("GET /").await?, 200);
/// # Ok(())
/// # }
/// ```
///
/// | what | default |
/// |---|---|
/// | which results are retried | every `Err`: [`on`](Self::on) |
/// | the request of the next attempt | a clone: [`replay_with`](Self::replay_with) |
/// | the wait that the server requests | none: [`retry_after`](Self::retry_after), at most one hour |
/// | the result after a time limit | [`on_timeout`](Self::on_timeout) |
/// | name | the place of `RetryLayer::new`, as `src/client.rs:42`: [`name`](Self::name) |
#[derive(Clone)]
#[must_use = "a layer does nothing until it wraps a service"]
pub struct RetryLayer<On = Unset, After = Unset, Again = Unset, Late = Unset> {
    policy: RetryPolicy,
    site: LayerSite,
    hooks: RetryHooks<On, After, Again, Late>,
}

/// The callbacks of a retry.
#[derive(Clone, Debug)]
pub(super) struct RetryHooks<On, After, Again, Late> {
    pub(super) on: On,
    pub(super) retry_after: After,
    pub(super) replay: Again,
    pub(super) on_timeout: Late,
}

/// The data that all calls of a service and its clones share.
pub(super) struct SharedRetry<H> {
    pub(super) entry: &'static SiteEntry,
    pub(super) site: PolicySite<RetryPolicy>,
    pub(super) hooks: H,
}

impl RetryLayer {
    /// Creates a layer that retries every `Err` and clones the request.
    #[track_caller]
    pub fn new(policy: RetryPolicy) -> Self {
        let site = LayerSite { location: Location::caller(), name: None, kind: SiteKind::Retry };
        let hooks = RetryHooks { on: Unset, retry_after: Unset, replay: Unset, on_timeout: Unset };
        Self { policy, site, hooks }
    }
}

impl<On, After, Again, Late> RetryLayer<On, After, Again, Late> {
    /// The results that are retried, errors and responses alike. Replaces "every `Err`". If all attempts fail, the
    /// last result is returned, unchanged.
    pub fn on<Res, E, F: Fn(&Result<Res, E>) -> bool>(
        self,
        on: F,
    ) -> RetryLayer<Callback<F>, After, Again, Late> {
        self.with(|RetryHooks { retry_after, replay, on_timeout, .. }| RetryHooks {
            on: Callback::new(on),
            retry_after,
            replay,
            on_timeout,
        })
    }

    /// The wait that the server requested: a lower bound for the next one. If it does not fit into the deadline or is
    /// longer than one hour, the result is returned at once. See [`retry_after`](crate::retry_after()) for HTTP headers.
    pub fn retry_after<Res, E, F: Fn(&Result<Res, E>) -> Option<Duration>>(
        self,
        retry_after: F,
    ) -> RetryLayer<On, Callback<F>, Again, Late> {
        self.with(|RetryHooks { on, replay, on_timeout, .. }| RetryHooks {
            on,
            retry_after: Callback::new(retry_after),
            replay,
            on_timeout,
        })
    }

    /// Makes the request for the next attempt, in place of `Clone`. A request for which it returns `None` is sent
    /// once. It is called before each attempt, because the attempt consumes the request.
    ///
    /// ```
    /// # use resilience::{RetryPolicy, tower::RetryLayer};
    /// struct Upload { id: u64, body: Option<Vec<u8>> } // `None`: a stream
    ///
    /// let layer = RetryLayer::new(RetryPolicy::new()).replay_with(|upload: &Upload| {
    ///     let body = upload.body.clone()?;
    ///     Some(Upload { id: upload.id, body: Some(body) })
    /// });
    /// # let _ = layer;
    /// ```
    pub fn replay_with<Req, F: Fn(&Req) -> Option<Req>>(
        self,
        replay: F,
    ) -> RetryLayer<On, After, Callback<F>, Late> {
        self.with(|RetryHooks { on, retry_after, on_timeout, .. }| RetryHooks {
            on,
            retry_after,
            replay: Callback::new(replay),
            on_timeout,
        })
    }

    /// The result after a time limit of the policy, unless the last attempt with a result has returned an error: a
    /// response, `Ok(..)` or `Err(..)`.
    ///
    /// Without it, the limits apply as well. If the error type is `BoxError` or `std::io::Error`, it holds the
    /// [`TimedOut`]. For any other type there is nothing to return: an attempt is then only dropped if it is repeated
    /// or if the last one with a result has returned an error.
    ///
    /// ```
    /// # use resilience::{RetryPolicy, TimedOut, tower::RetryLayer};
    /// # use std::time::Duration;
    /// #[derive(Debug, thiserror::Error)]
    /// enum Error {
    ///     #[error(transparent)]
    ///     TimedOut(#[from] TimedOut),
    /// }
    ///
    /// const POLICY: RetryPolicy = RetryPolicy::new().attempt_timeout(Duration::from_secs(1));
    /// let layer = RetryLayer::new(POLICY).on_timeout(|timed_out| Err::<u16, _>(Error::from(timed_out)));
    /// # let _ = layer;
    /// ```
    pub fn on_timeout<A, F: Fn(TimedOut) -> A>(
        self,
        on_timeout: F,
    ) -> RetryLayer<On, After, Again, Callback<F>> {
        self.with(|RetryHooks { on, retry_after, replay, .. }| RetryHooks {
            on,
            retry_after,
            replay,
            on_timeout: Callback::new(on_timeout),
        })
    }

    /// Takes each retry out of this budget before its wait; see [`RetryPolicy::budget`].
    pub fn budget(mut self, budget: &'static RetryBudget) -> Self {
        self.policy = self.policy.budget(budget);
        self
    }

    /// The name in events, errors and settings.
    pub fn name(mut self, name: &'static str) -> Self {
        self.site.name = Some(name);
        self
    }

    /// Counts the calls under this name, for [`telemetry::stats`](crate::telemetry::stats()).
    pub fn stats(mut self, name: &'static str) -> Self {
        self.policy = self.policy.stats(name);
        self
    }

    fn with<On2, After2, Again2, Late2>(
        self,
        hooks: impl FnOnce(RetryHooks<On, After, Again, Late>) -> RetryHooks<On2, After2, Again2, Late2>,
    ) -> RetryLayer<On2, After2, Again2, Late2> {
        RetryLayer { policy: self.policy, site: self.site, hooks: hooks(self.hooks) }
    }
}

impl<S, On, After, Again, Late> Layer<S> for RetryLayer<On, After, Again, Late>
where
    On: Clone,
    After: Clone,
    Again: Clone,
    Late: Clone,
{
    type Service = RetryService<S, On, After, Again, Late>;

    fn layer(&self, inner: S) -> Self::Service {
        let entry = self.site.entry();
        let site = PolicySite::new(entry.site_name(), SiteKind::Retry, self.policy);
        let shared = Arc::new(SharedRetry { entry, site, hooks: self.hooks.clone() });
        RetryService { inner, shared }
    }
}

/// The service of a [`RetryLayer`].
pub struct RetryService<S, On = Unset, After = Unset, Again = Unset, Late = Unset> {
    inner: S,
    shared: Arc<SharedRetry<RetryHooks<On, After, Again, Late>>>,
}

impl<S, Req, On, After, Again, Late> Service<Req> for RetryService<S, On, After, Again, Late>
where
    S: Service<Req> + Clone,
    S::Error: 'static,
    On: ShouldRetry<S::Response, S::Error>,
    After: RequestedWait<S::Response, S::Error>,
    Again: Replay<Req>,
    Late: OnTimeout<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RetryFuture<S, Req, On, After, Again, Late>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        // The instance that was found ready makes the attempts; the clone is not ready.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        RetryFuture::start(Arc::clone(&self.shared), ready, request)
    }
}

impl<S: Clone, On, After, Again, Late> Clone for RetryService<S, On, After, Again, Late> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<On, After, Again, Late> fmt::Debug for RetryLayer<On, After, Again, Late> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, site, .. } = self;
        f.debug_struct("RetryLayer").field("policy", policy).field("name", &site.name).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, On, After, Again, Late> fmt::Debug for RetryService<S, On, After, Again, Late> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inner, shared } = self;
        f.debug_struct("RetryService").field("site", &shared.site).field("inner", inner).finish()
    }
}
