use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::faults::FaultyResponse;
use super::hooks::{Callback, FindCircuit, Judge, Keyed, OnOpen, ResultText, Single, Verdict};
use super::signal::{self, InStack};
use crate::circuit::{CircuitConfig, CircuitOpen, CircuitRef, LayerCircuits, OwnedPermit, circuit_of_layer};
use crate::error::ConfigError;
use crate::retry::Unset;
use crate::sleep::RejectionHint;
use crate::telemetry::{LayerSite, SiteKind};

/// A layer that admits calls through a circuit breaker.
///
/// A permit is requested in `call`, not in `poll_ready`: readiness is not a call. A response future that is dropped is
/// a cancelled call, which is neither a success nor a failure. If a [`RetryLayer`](super::RetryLayer) above drops it
/// because of its `attempt_timeout`, it is a failure.
///
/// ```
/// use resilience::tower::CircuitLayer;
/// use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let mut service = ServiceBuilder::new()
///     .layer(CircuitLayer::named("parcels"))
///     .service(service_fn(|cents: u64| async move { Err::<(), BoxError>("no route".into()) }));
/// for _ in 0..5 {
///     assert!(service.ready().await?.call(100).await.is_err());
/// }
/// assert!(resilience::circuits().get("parcels").unwrap().is_open());
/// # Ok(())
/// # }
/// ```
///
/// | what | default |
/// |---|---|
/// | which results are failures | every `Err`: [`judge`](Self::judge) |
/// | the result of a rejected call | `From<CircuitOpen>` of the service's error: [`on_open`](Self::on_open) |
#[derive(Clone)]
#[must_use = "a layer does nothing until it wraps a service"]
pub struct CircuitLayer<Find = Single, Judged = Unset, Open = Unset> {
    find: Find,
    judge: Judged,
    on_open: Open,
}

impl CircuitLayer {
    /// The circuit of this name, which it shares with every `#[circuit(name = ..)]` and layer of that name. If there
    /// is none in the program, it has the default configuration, and is listed in [`circuits()`](crate::circuits()).
    #[track_caller]
    pub fn named(name: &'static str) -> Self {
        let location = Location::caller();
        LayerSite { location, name: Some(name), kind: SiteKind::Circuit }.entry();
        Self::breaker(circuit_of_layer(name, location))
    }

    /// This circuit: a `&'static CircuitBreaker`, or one in an [`Arc`].
    pub fn breaker(circuit: impl Into<CircuitRef>) -> Self {
        Self { find: Single(circuit.into()), judge: Unset, on_open: Unset }
    }

    /// One circuit per key, such as the host of a request. The set is bounded: see
    /// [`KeyedCircuits`](crate::KeyedCircuits). It is shared with every attribute and layer of this name, and has the
    /// configuration of the attributes if there are any.
    ///
    /// ```
    /// use resilience::{CircuitConfig, tower::CircuitLayer};
    /// use std::borrow::Cow;
    ///
    /// struct Request { host: String }
    ///
    /// let layer = CircuitLayer::keyed("tenants", CircuitConfig::new(), |request: &Request| {
    ///     Cow::Borrowed(request.host.as_str())
    /// });
    /// # let _ = layer;
    /// ```
    ///
    /// # Panics
    /// If the configuration contradicts itself; see [`CircuitConfig::validate`] and [`try_keyed`](Self::try_keyed).
    #[track_caller]
    pub fn keyed<Req, F>(name: &'static str, config: CircuitConfig, key: F) -> CircuitLayer<Keyed<F>>
    where
        F: for<'a> Fn(&'a Req) -> Cow<'a, str>,
    {
        match Self::try_keyed(name, config, key) {
            Ok(layer) => layer,
            Err(error) => panic!("{error}"),
        }
    }

    /// Like [`keyed`](Self::keyed), for a configuration that is only known at run time.
    ///
    /// # Errors
    /// If `keyed` would panic.
    #[track_caller]
    pub fn try_keyed<Req, F>(
        name: &'static str,
        config: CircuitConfig,
        key: F,
    ) -> Result<CircuitLayer<Keyed<F>>, ConfigError>
    where
        F: for<'a> Fn(&'a Req) -> Cow<'a, str>,
    {
        config.validate()?;
        let location = Location::caller();
        let circuits = LayerCircuits { name, is_shared: true, config, location }.find();
        // A set that this layer has made is listed already.
        if circuits.place() != Some((location.file(), location.line())) {
            LayerSite { location, name: Some(name), kind: SiteKind::Circuit }.entry();
        }
        let find = Keyed { circuits, key: Callback::new(key) };
        Ok(CircuitLayer { find, judge: Unset, on_open: Unset })
    }
}

impl<Find, Judged, Open> CircuitLayer<Find, Judged, Open> {
    /// The verdict on a result. Replaces "every `Err` is a failure". A response can be a failure, such as a 5xx.
    ///
    /// ```
    /// use resilience::tower::{CircuitLayer, Verdict};
    /// # type BoxError = Box<dyn std::error::Error + Send + Sync>;
    ///
    /// let layer = CircuitLayer::named("shop").judge(|result: &Result<u16, BoxError>| match result {
    ///     Ok(500..) | Err(_) => Verdict::Failure,
    ///     Ok(429) => Verdict::Ignore,
    ///     Ok(_) => Verdict::Success,
    /// });
    /// # let _ = layer;
    /// ```
    pub fn judge<Res, E, F: Fn(&Result<Res, E>) -> Verdict>(
        self,
        judge: F,
    ) -> CircuitLayer<Find, Callback<F>, Open> {
        CircuitLayer { find: self.find, judge: Callback::new(judge), on_open: self.on_open }
    }

    /// The result of a rejected call: a response, `Ok(..)` or `Err(..)`.
    ///
    /// It matters to a retry above whose last attempt has opened the circuit. If the callback returns a response, as a
    /// fallback does, the retry makes one more attempt to get it. If it returns a `Result`, the retry ends at once.
    ///
    /// ```
    /// use resilience::tower::CircuitLayer;
    ///
    /// let layer = CircuitLayer::named("stock").on_open(|_| 503_u16);
    /// # let _ = layer;
    /// ```
    pub fn on_open<A, F: Fn(CircuitOpen) -> A>(self, on_open: F) -> CircuitLayer<Find, Judged, Callback<F>> {
        CircuitLayer { find: self.find, judge: self.judge, on_open: Callback::new(on_open) }
    }
}

struct SharedCircuit<Find, Judged, Open> {
    find: Find,
    judge: Judged,
    on_open: Open,
}

impl<S, Find: Clone, Judged: Clone, Open: Clone> Layer<S> for CircuitLayer<Find, Judged, Open> {
    type Service = CircuitService<S, Find, Judged, Open>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { find, judge, on_open } = self.clone();
        CircuitService { inner, shared: Arc::new(SharedCircuit { find, judge, on_open }) }
    }
}

/// The service of a [`CircuitLayer`].
pub struct CircuitService<S, Find = Single, Judged = Unset, Open = Unset> {
    inner: S,
    shared: Arc<SharedCircuit<Find, Judged, Open>>,
}

impl<S, Req, Find, Judged, Open> Service<Req> for CircuitService<S, Find, Judged, Open>
where
    S: Service<Req>,
    S::Error: 'static,
    Find: FindCircuit<Req>,
    Judged: Judge<S::Response, S::Error>,
    Open: OnOpen<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CircuitFuture<S::Future, Find, Judged, Open>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let call = match OwnedPermit::acquire(shared.find.find(&request), InStack { answers: Open::ANSWERS })
        {
            Ok(mut permit) => {
                // An earlier rejection within the attempt was handled.
                signal::tell(None);
                let fault = permit.injected_fault();
                let response = permit.watch(|| FaultyResponse::of(fault, || self.inner.call(request)));
                GuardedCall::Admitted { permit, response }
            }
            Err(open) => GuardedCall::Rejected { open: Some(open) },
        };
        CircuitFuture { shared, call }
    }
}

pin_project! {
    #[project = CallProjection]
    enum GuardedCall<F> {
        Admitted { permit: OwnedPermit<InStack>, #[pin] response: FaultyResponse<F> },
        Rejected { open: Option<CircuitOpen> },
    }
}

pin_project! {
    /// The response future of a [`CircuitService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct CircuitFuture<F, Find, Judged, Open> {
        shared: Arc<SharedCircuit<Find, Judged, Open>>,
        #[pin]
        call: GuardedCall<F>,
    }
}

impl<F, Res, E, Find, Judged, Open> Future for CircuitFuture<F, Find, Judged, Open>
where
    F: Future<Output = Result<Res, E>>,
    E: 'static,
    Judged: Judge<Res, E>,
    Open: OnOpen<Res, E>,
{
    type Output = Result<Res, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Res, E>> {
        let this = self.project();
        let (permit, response) = match this.call.project() {
            CallProjection::Admitted { permit, response } => (permit, response),
            CallProjection::Rejected { open } => {
                // Polled after the end.
                let Some(open) = open.take() else { return Poll::Pending };
                signal::tell(Some((open.retry_after(), false)));
                return Poll::Ready(this.shared.on_open.result(open));
            }
        };
        let (polled, told) = signal::listen(|| permit.watch(|| response.poll(cx)));
        let result = ready!(polled);
        Poll::Ready(report::<Res, E, Open>(permit, result, &this.shared.judge, told))
    }
}

/// Reports the result to the circuit, and the state of the circuit to the outer layer.
fn report<Res, E: 'static, Open: OnOpen<Res, E>>(
    permit: &mut OwnedPermit<InStack>,
    result: Result<Res, E>,
    judge: &impl Judge<Res, E>,
    told: RejectionHint,
) -> Result<Res, E> {
    let verdict = judge.judge(&result);
    let permit = permit.ended();
    // A rejection by another circuit is not a result of the service.
    if matches!(told, Some((_, false))) && verdict == Verdict::Failure {
        permit.ignore();
        signal::tell(told);
        return result;
    }
    match verdict {
        Verdict::Success => permit.succeeded(result),
        Verdict::Failure => {
            let next = permit.next_call();
            let result = permit.failed(result, |result, line| line.display(ResultText(result)));
            signal::tell(InStack { answers: Open::ANSWERS }.combined(next, told));
            result
        }
        Verdict::Ignore => {
            permit.ignore();
            signal::tell(told);
            result
        }
    }
}

impl<S: Clone, Find, Judged, Open> Clone for CircuitService<S, Find, Judged, Open> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<Find: fmt::Debug, Judged, Open> fmt::Debug for CircuitLayer<Find, Judged, Open> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitLayer").field("circuit", &self.find).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, Find: fmt::Debug, Judged, Open> fmt::Debug for CircuitService<S, Find, Judged, Open> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inner, shared } = self;
        f.debug_struct("CircuitService")
            .field("circuit", &shared.find)
            .field("inner", inner)
            .finish_non_exhaustive()
    }
}

impl<F, Find: fmt::Debug, Judged, Open> fmt::Debug for CircuitFuture<F, Find, Judged, Open> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitFuture").field("circuit", &self.shared.find).finish_non_exhaustive()
    }
}
