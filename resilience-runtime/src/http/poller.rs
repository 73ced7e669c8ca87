use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Url};

use super::client::OwnClient;
use super::credentials::{basic, secret, without_credentials};
use super::send::{Sender, copy};
use super::{Condition, HttpAttempt, HttpError};
use crate::attempts::PollPolicy;
use crate::backoff::{Backoff, Jitter};

/// Polls a URL until the response matches.
///
/// By default: `GET`, every two seconds, fifty times, as in the Python library `httsleep`.
///
/// ```no_run
/// use resilience::http::{HttpPoll, json, status};
/// use serde_json::json;
/// use std::time::Duration;
///
/// # async fn wait() -> Result<(), resilience::http::HttpPollError> {
/// let response = HttpPoll::get("http://server/endpoint")
///     .until(status(200) & json(json!({"status": "SUCCESS"})))
///     .alarm(status(500))
///     .alarm(json(json!({"status": "TIMEOUT"})))
///     .ignore(|error| error.is_connect())
///     .max_attempts(20)
///     .deadline(Duration::from_secs(120))
///     .run()
///     .await?;
/// println!("{}", response.text()?);
/// # Ok(())
/// # }
/// ```
///
/// It implements `Deserialize`, for configuration files: see [the module](crate::http).
#[derive(Clone)]
#[must_use = "no request is sent until `run` is called"]
pub struct HttpPoll {
    /// Or the reason why it is invalid.
    pub(super) request: Result<Arc<Request>, String>,
    pub(super) headers: HeaderMap,
    /// The caller's client, in place of the built-in one.
    pub(super) client: Option<Sender>,
    pub(super) own_client: OwnClient,
    pub(super) until: Vec<Condition>,
    pub(super) alarms: Vec<Condition>,
    pub(super) ignore: Option<Ignore>,
    pub(super) on_attempt: Option<OnAttempt>,
    pub(super) policy: PollPolicy,
    /// Whether `max_attempts` or `forever` was called. Otherwise, a deadline replaces the default number of attempts.
    attempts_are_set: bool,
    pub(super) limits: HttpLimits,
    /// The first invalid setting.
    pub(super) wrong: Option<String>,
}

/// The limits of an attempt, and of the wait after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct HttpLimits {
    pub(super) attempt_timeout: Duration,
    pub(super) respect_retry_after: bool,
    pub(super) max_retry_after: Duration,
    pub(super) max_body: usize,
}

type OnAttempt = Arc<dyn Fn(&HttpAttempt<'_>) + Send + Sync>;

pub(super) type Ignore = Arc<dyn Fn(&HttpError) -> bool + Send + Sync>;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);
const DEFAULT_ATTEMPTS: u32 = 50;
const DEFAULT_MAX_BODY: usize = 1 << 20;

impl HttpPoll {
    /// The time limit of one attempt: 30 s. A server that never responds would otherwise hold a poller without a deadline forever.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

    /// The longest `Retry-After` to wait for: 1 h. A wrong header would otherwise hold a poller without a deadline forever.
    pub const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

    /// Polls this URL with `GET`.
    pub fn get(url: impl AsRef<str>) -> Self {
        Self::of(Method::GET, url.as_ref())
    }

    /// Polls with this request: its method, headers and body. The body must not be a stream, which can be sent only once.
    pub fn request(request: Request) -> Self {
        Self::new(Self::prepared(request))
    }

    fn prepared(mut request: Request) -> Result<Arc<Request>, String> {
        if !matches!(request.url().scheme(), "http" | "https") {
            let scheme = request.url().scheme();
            return Err(format!("expected a URL with `http://` or `https://`, found `{scheme}:`"));
        }
        // `reqwest` moves credentials to a header only in a client's builder. Sent as it is, the request would lose them.
        let (url, authorization) = without_credentials(request.url().clone());
        *request.url_mut() = url;
        if let Some(authorization) = authorization {
            request.headers_mut().entry(AUTHORIZATION).or_insert(authorization);
        }
        Ok(Arc::new(request))
    }

    pub(super) fn of(method: Method, url: &str) -> Self {
        Self::new(match Url::parse(url) {
            Ok(url) => Self::prepared(Request::new(method, url)),
            Err(error) => Err(format!("invalid URL: {error}")),
        })
    }

    fn new(request: Result<Arc<Request>, String>) -> Self {
        Self {
            request,
            headers: HeaderMap::new(),
            client: None,
            own_client: OwnClient::default(),
            until: Vec::new(),
            alarms: Vec::new(),
            ignore: None,
            on_attempt: None,
            policy: PollPolicy::new().forever().interval(DEFAULT_INTERVAL).times(DEFAULT_ATTEMPTS),
            attempts_are_set: false,
            limits: HttpLimits {
                attempt_timeout: Self::DEFAULT_ATTEMPT_TIMEOUT,
                respect_retry_after: true,
                max_retry_after: Self::DEFAULT_MAX_RETRY_AFTER,
                max_body: DEFAULT_MAX_BODY,
            },
            wrong: None,
        }
    }

    fn is_wrong(&mut self, message: impl Into<String>) {
        self.wrong.get_or_insert(message.into());
    }

    /// The condition of success. Of several, one is enough.
    pub fn until(mut self, condition: Condition) -> Self {
        self.until.push(condition);
        self
    }

    /// A condition that ends the poll with [`HttpPollError::Alarm`](super::HttpPollError::Alarm). Evaluated before `until`. Of several,
    /// one is enough.
    pub fn alarm(mut self, condition: Condition) -> Self {
        self.alarms.push(condition);
        self
    }

    /// Errors that mean "not yet". Any other error ends the poll. Of several predicates, one is enough.
    pub fn ignore(mut self, ignore: impl Fn(&HttpError) -> bool + Send + Sync + 'static) -> Self {
        self.ignore = Some(match self.ignore.take() {
            Some(other) => Arc::new(move |error| other(error) || ignore(error)),
            None => Arc::new(ignore),
        });
        self
    }

    /// The delay between attempts: two seconds by default.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.policy = self.policy.interval(interval);
        self
    }

    /// A growing delay between attempts.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.policy = self.policy.backoff(backoff);
        self
    }

    /// The jitter of the delays. Call it after `interval` or `backoff`.
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        match self.policy.try_jitter(jitter) {
            Ok(policy) => self.policy = policy,
            Err(error) => self.is_wrong(error.to_string()),
        }
        self
    }

    /// The number of attempts in one run: fifty by default, and no limit where there is a [`deadline`](Self::deadline).
    /// Zero counts as one.
    pub fn max_attempts(mut self, most: u32) -> Self {
        self.attempts_are_set = true;
        if let Ok(policy) = self.policy.try_times(most.max(1)) {
            self.policy = policy;
        }
        self
    }

    /// No limit on the number of attempts.
    pub fn forever(mut self) -> Self {
        self.attempts_are_set = true;
        self.policy = self.policy.without_times();
        self
    }

    /// The time for all attempts, their delays, and making the HTTP client. None by default. Without
    /// [`max_attempts`](Self::max_attempts), the deadline alone ends the poll.
    ///
    /// The last delay is clipped, and one attempt is made at the deadline. A request in flight at the deadline is dropped.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        match self.policy.try_timeout(deadline) {
            Ok(_) if deadline.is_zero() => {
                self.is_wrong("`deadline`: expected more than zero");
            }
            Ok(policy) if self.attempts_are_set => self.policy = policy,
            Ok(policy) => self.policy = policy.without_times(),
            Err(error) => self.is_wrong(format!("`deadline`: {error}")),
        }
        self
    }

    /// The time limit of one attempt: redirects, the body, and the evaluation of the conditions included. An attempt that
    /// takes longer fails with [`HttpError::is_timeout`]. The default is
    /// [`DEFAULT_ATTEMPT_TIMEOUT`](Self::DEFAULT_ATTEMPT_TIMEOUT); [`Duration::MAX`] means no limit.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        if timeout.is_zero() {
            self.is_wrong("`attempt_timeout`: expected more than zero");
        }
        self.limits.attempt_timeout = timeout;
        self
    }

    /// Whether the `Retry-After` of a response is a lower bound for the delay after it: `true` by default. The status does not
    /// matter: a busy server sends it with 429 or 503, and a running job with 202. One that exceeds the deadline or
    /// [`max_retry_after`](Self::max_retry_after) ends the poll at once.
    pub fn respect_retry_after(mut self, respect: bool) -> Self {
        self.limits.respect_retry_after = respect;
        self
    }

    /// The longest `Retry-After` to wait for; a longer one ends the poll with [`HttpPollError::TimedOut`](super::HttpPollError::TimedOut). The default is
    /// [`DEFAULT_MAX_RETRY_AFTER`](Self::DEFAULT_MAX_RETRY_AFTER); [`Duration::MAX`] means no limit.
    pub fn max_retry_after(mut self, longest: Duration) -> Self {
        self.limits.max_retry_after = longest;
        self
    }

    /// Called after every attempt, before the delay.
    pub fn on_attempt(mut self, hook: impl Fn(&HttpAttempt<'_>) + Send + Sync + 'static) -> Self {
        self.on_attempt = Some(Arc::new(hook));
        self
    }

    /// The longest body in bytes: 1 MiB by default. A longer one is an error, and is not read.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.limits.max_body = bytes;
        self
    }

    /// Uses this client, with its cookies, pool and TLS.
    ///
    /// Its redirect policy applies too: `reqwest` follows redirects by default, sends a `Referer`, and removes only
    /// `Authorization`, `Cookie` and `Proxy-Authorization` for another origin. Build it with `referer(false)`, and with
    /// `redirect(Policy::none())` if other headers are secret.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(Sender::given(client));
        self
    }

    /// Sets a header of every request. It replaces the client's header of this name.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match (name.as_ref().parse::<HeaderName>(), value.as_ref().parse::<HeaderValue>()) {
            (Ok(name), Ok(value)) => _ = self.headers.insert(name, value),
            (Err(_), _) => self.is_wrong(format!("`headers`: invalid header name {:?}", name.as_ref())),
            (_, Err(_)) => self.is_wrong(format!("`headers`: invalid value of {:?}", name.as_ref())),
        }
        self
    }

    /// Sends `Authorization: Basic` with a name and a password.
    pub fn basic_auth(mut self, name: impl fmt::Display, password: impl fmt::Display) -> Self {
        let name = name.to_string();
        if name.contains(':') {
            self.is_wrong("`auth`: expected a name without a colon");
        }
        self.authorization(basic(format!("{name}:{password}").as_bytes()))
    }

    /// Sends `Authorization: Bearer` with a token.
    pub fn bearer(self, token: impl fmt::Display) -> Self {
        self.authorization(secret(&format!("Bearer {token}")))
    }

    fn authorization(mut self, value: Option<HeaderValue>) -> Self {
        match value {
            Some(value) => _ = self.headers.insert(AUTHORIZATION, value),
            None => self.is_wrong("`auth`: the secret is not a valid header value"),
        }
        self
    }

    /// Accepts every certificate. For tests only: connections can be intercepted.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.own_client.configure(|tls| tls.accept_invalid_certs = accept);
        self
    }

    /// Trusts these certificate authorities too: a regular file of PEM certificates, at most 4 MiB, read by the first attempt.
    pub fn ca_bundle(mut self, path: impl Into<PathBuf>) -> Self {
        self.own_client.configure(|tls| tls.ca_bundle = Some(path.into()));
        self
    }

    pub(super) fn valid_request(&self) -> Result<&Request, HttpError> {
        self.request.as_deref().map_err(HttpError::settings)
    }

    /// Checks the poller before anything is sent.
    ///
    /// # Errors
    /// With the first invalid setting.
    pub fn check(&self) -> Result<(), HttpError> {
        if let Some(message) = &self.wrong {
            return Err(HttpError::settings(message));
        }
        let request = self.valid_request()?;
        copy(request)?;
        if self.until.is_empty() {
            return Err(HttpError::settings("expected a condition: set one with `until`"));
        }
        let tls = self.own_client.tls();
        match &self.client {
            Some(_) if tls.is_set() => {
                return Err(HttpError::settings(
                    "`verify` and `ca_bundle` do not apply to a client of your own: configure its TLS",
                ));
            }
            Some(_) => {}
            None => tls.check(request.url())?,
        }
        self.until.iter().chain(&self.alarms).try_for_each(Condition::check)
    }
}

impl fmt::Debug for HttpPoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.request.as_ref().map(|request| super::error::redacted(request.url()));
        f.debug_struct("HttpPoll")
            .field("url", &url)
            .field("until", &self.until)
            .field("alarms", &self.alarms)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
