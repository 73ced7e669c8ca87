use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::reqwest_middleware::{Error, Middleware, Next};
use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response, Url};

use super::judge::{is_idempotent, is_transient};
use super::run::run;
use crate::attempts::RetryPolicy;
use crate::budget::RetryBudget;
use crate::circuit::{CircuitBreaker, CircuitConfig, KeyedCircuits, LayerCircuits};
use crate::error::{ConfigError, or_panic};
use crate::site::PolicySite;
use crate::telemetry::{LayerSite, SiteEntry, SiteKind};

/// A callback for results.
type ResultPredicate = dyn Fn(&Result<Response, Error>) -> bool + Send + Sync;

/// A middleware that retries requests, with a circuit per host on request.
///
/// See the [module](crate::reqwest_middleware) for what is repeated.
///
/// ```
/// use reqwest_middleware::ClientBuilder;
/// use resilience::reqwest_middleware::ResilienceMiddleware;
/// use resilience::{CircuitConfig, RetryPolicy};
///
/// const POLICY: RetryPolicy = RetryPolicy::new().times(4);
///
/// let middleware = ResilienceMiddleware::new(POLICY).circuit_per_host(CircuitConfig::new()).name("shop");
/// let client = ClientBuilder::new(reqwest::Client::new()).with(middleware).build();
/// # let _ = client;
/// ```
#[must_use = "a middleware does nothing until a client uses it"]
pub struct ResilienceMiddleware {
    policy: RetryPolicy,
    site: LayerSite,
    circuits: Option<LayerCircuits>,
    pub(super) repeat_when: Box<dyn Fn(&Request) -> bool + Send + Sync>,
    pub(super) on: Box<ResultPredicate>,
    pub(super) max_retry_after: Duration,
    built: OnceLock<BuiltMiddleware>,
}

/// What all requests share, made by the first one: the name is known then.
pub(super) struct BuiltMiddleware {
    pub(super) entry: &'static SiteEntry,
    pub(super) site: PolicySite<RetryPolicy>,
    circuits: Option<&'static KeyedCircuits>,
}

impl ResilienceMiddleware {
    /// One hour. A client that waits for longer has to be told so.
    pub const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

    /// Creates a middleware without a circuit.
    #[track_caller]
    pub fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            site: LayerSite { location: Location::caller(), name: None, kind: SiteKind::Retry },
            circuits: None,
            repeat_when: Box::new(is_idempotent),
            on: Box::new(is_transient),
            max_retry_after: Self::DEFAULT_MAX_RETRY_AFTER,
            built: OnceLock::new(),
        }
    }

    /// Adds a circuit for each host and port, with the default port of the scheme if the URL has none: the key of
    /// `https://shop.example/` is `shop.example:443`. The circuits are a [keyed set](crate::KeyedCircuits) with the
    /// middleware's [`name`](Self::name), which it shares with attributes and layers of that name.
    ///
    /// Without a name, the set is called `hosts`. It belongs to the place in the source that calls
    /// [`new`](Self::new) and to the configuration: all middleware that one function builds shares its circuits. A test
    /// should name its middleware; otherwise it finds the circuits that another test has opened.
    ///
    /// # Panics
    /// If the configuration contradicts itself; see [`CircuitConfig::validate`] and
    /// [`try_circuit_per_host`](Self::try_circuit_per_host).
    #[track_caller]
    pub fn circuit_per_host(mut self, config: CircuitConfig) -> Self {
        or_panic!(config.validate());
        self.circuits = Some(self.hosts(config));
        self
    }

    /// Like [`circuit_per_host`](Self::circuit_per_host), for a configuration that is only known at run time.
    ///
    /// # Errors
    /// If `circuit_per_host` would panic.
    pub fn try_circuit_per_host(mut self, config: CircuitConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        self.circuits = Some(self.hosts(config));
        Ok(self)
    }

    fn hosts(&self, config: CircuitConfig) -> LayerCircuits {
        LayerCircuits { name: "hosts", is_shared: false, config, location: self.site.location }
    }

    /// Takes each retry out of this budget before its wait; see [`RetryPolicy::budget`].
    pub fn budget(mut self, budget: &'static RetryBudget) -> Self {
        self.policy = self.policy.budget(budget);
        self
    }

    /// The name in events, errors and settings, and that of the circuits.
    pub fn name(mut self, name: &'static str) -> Self {
        self.site.name = Some(name);
        self
    }

    /// Counts the calls under this name, for [`telemetry::stats`](crate::telemetry::stats()).
    pub fn stats(mut self, name: &'static str) -> Self {
        self.policy = self.policy.stats(name);
        self
    }

    /// The requests that may be sent again. Replaces "idempotent methods, and requests with an `Idempotency-Key`". A
    /// streaming body is still sent once.
    ///
    /// ```
    /// # use resilience::{RetryPolicy, reqwest_middleware::ResilienceMiddleware};
    /// let middleware = ResilienceMiddleware::new(RetryPolicy::new())
    ///     .repeat_when(|request| request.method().is_safe() || request.url().path() == "/search");
    /// # let _ = middleware;
    /// ```
    pub fn repeat_when(mut self, repeat_when: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        self.repeat_when = Box::new(repeat_when);
        self
    }

    /// The results that are retried. Replaces "429, 502, 503, 504 and failed connections".
    pub fn on(mut self, on: impl Fn(&Result<Response, Error>) -> bool + Send + Sync + 'static) -> Self {
        self.on = Box::new(on);
        self
    }

    /// The longest `Retry-After` that is waited for, by default
    /// [one hour](Self::DEFAULT_MAX_RETRY_AFTER). A longer one ends the call with the response.
    pub fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    pub(super) fn built(&self) -> &BuiltMiddleware {
        self.built.get_or_init(|| {
            let entry = self.site.entry();
            let site = PolicySite::new(entry.site_name(), SiteKind::Retry, self.policy);
            let circuits = self.circuits.map(|circuits| match self.site.name {
                Some(name) => LayerCircuits { name, is_shared: true, ..circuits }.find(),
                None => circuits.find(),
            });
            BuiltMiddleware { entry, site, circuits }
        })
    }
}

impl BuiltMiddleware {
    /// The circuit of the URL's host and port.
    pub(super) fn circuit(&self, url: &Url) -> Option<Arc<CircuitBreaker>> {
        let host = url.host_str().unwrap_or_default();
        Some(match url.port_or_known_default() {
            Some(port) => self.circuits?.circuit(format_args!("{host}:{port}")),
            None => self.circuits?.circuit(host),
        })
    }
}

#[async_trait]
impl Middleware for ResilienceMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        run(self, request, extensions, next).await
    }
}

impl fmt::Debug for ResilienceMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResilienceMiddleware")
            .field("policy", &self.policy)
            .field("name", &self.site.name)
            .field("circuit_per_host", &self.circuits.map(|circuits| circuits.config))
            .finish_non_exhaustive()
    }
}
