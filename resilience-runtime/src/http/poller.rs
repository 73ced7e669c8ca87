use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Url};

use super::client::{OwnClient, Tls};
use super::error::HttpErrorKind;
use super::send::Sender;
use super::{Condition, HttpAttempt, HttpError};
use crate::attempts::PollPolicy;
use crate::backoff::{Backoff, Jitter};

/// Asks an address again and again until it answers as it should.
///
/// By itself: `GET`, every two seconds, fifty times. It is the poller of the Python library `httsleep`.
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
/// It can be read from a configuration file as well, by `serde`: see [the module](crate::http).
#[derive(Clone)]
#[must_use = "nothing is asked until `run` is called"]
pub struct HttpPoll {
    pub(super) request: Result<Arc<Request>, Arc<HttpError>>,
    pub(super) headers: HeaderMap,
    pub(super) tls: Tls,
    pub(super) client: Option<Sender>,
    /// Made at the first run, and kept for those after it: so is its connection. Copies share it while they agree on TLS.
    pub(super) own_client: Arc<OwnClient>,
    pub(super) until: Vec<Condition>,
    pub(super) alarms: Vec<Condition>,
    pub(super) ignore: Option<Ignore>,
    pub(super) on_attempt: Option<OnAttempt>,
    pub(super) policy: PollPolicy,
    /// Whether `max_attempts` or `forever` was called: the default number of attempts gives way to a deadline.
    attempts_are_set: bool,
    pub(super) attempt_timeout: Duration,
    pub(super) respect_retry_after: bool,
    pub(super) max_retry_after: Duration,
    pub(super) max_body: usize,
    /// The first thing that made no sense.
    pub(super) wrong: Option<String>,
}

type OnAttempt = Arc<dyn Fn(&HttpAttempt<'_>) + Send + Sync>;

pub(super) type Ignore = Arc<dyn Fn(&HttpError) -> bool + Send + Sync>;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(2);
const DEFAULT_ATTEMPTS: u32 = 50;
const DEFAULT_MAX_BODY: usize = 1 << 20;

impl HttpPoll {
    /// The time limit of one attempt: 30 s. A status page that takes longer is as good as down, and a server that never
    /// answers would otherwise hold a poller without a deadline forever.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

    /// The longest `Retry-After` that is waited for: 1 h. What is polled for is seldom worth more, and a mistaken header
    /// would otherwise hold a poller without a deadline forever.
    pub const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

    /// Asks this address.
    pub fn get(url: impl AsRef<str>) -> Self {
        Self::of(Method::GET, url.as_ref())
    }

    /// Sends this request, with its method, headers and body; the body must not be a stream, which can be sent only once.
    pub fn request(request: Request) -> Self {
        Self::new(Self::prepared(request))
    }

    fn prepared(mut request: Request) -> Result<Arc<Request>, Arc<HttpError>> {
        if !matches!(request.url().scheme(), "http" | "https") {
            let scheme = request.url().scheme();
            let message = format!("an address begins with `http://` or `https://`, not with `{scheme}:`");
            return Err(Arc::new(HttpError::new(HttpErrorKind::Settings, None, message)));
        }
        // Made by a client's builder, it would not have them in its address any more; sent as it is, they would be lost.
        let (url, authorization) = super::client::without_credentials(request.url().clone());
        *request.url_mut() = url;
        if let Some(authorization) = authorization {
            request.headers_mut().entry(AUTHORIZATION).or_insert(authorization);
        }
        Ok(Arc::new(request))
    }

    pub(super) fn of(method: Method, url: &str) -> Self {
        Self::new(match Url::parse(url) {
            Ok(url) => Self::prepared(Request::new(method, url)),
            Err(error) => {
                let message = format!("the address cannot be read: {error}");
                Err(Arc::new(HttpError::new(HttpErrorKind::Settings, None, message)))
            }
        })
    }

    fn new(request: Result<Arc<Request>, Arc<HttpError>>) -> Self {
        Self {
            request,
            headers: HeaderMap::new(),
            tls: Tls::default(),
            client: None,
            own_client: Arc::default(),
            until: Vec::new(),
            alarms: Vec::new(),
            ignore: None,
            on_attempt: None,
            policy: PollPolicy::new().forever().interval(DEFAULT_INTERVAL).times(DEFAULT_ATTEMPTS),
            attempts_are_set: false,
            attempt_timeout: Self::DEFAULT_ATTEMPT_TIMEOUT,
            respect_retry_after: true,
            max_retry_after: Self::DEFAULT_MAX_RETRY_AFTER,
            max_body: DEFAULT_MAX_BODY,
            wrong: None,
        }
    }

    fn is_wrong(&mut self, message: impl Into<String>) {
        self.wrong.get_or_insert(message.into());
    }

    /// An answer that ends it well. Of several, one is enough.
    pub fn until(mut self, condition: Condition) -> Self {
        self.until.push(condition);
        self
    }

    /// An answer that ends it with [`HttpPollError::Alarm`](super::HttpPollError::Alarm): looked at before `until`. Of several, one is enough.
    pub fn alarm(mut self, condition: Condition) -> Self {
        self.alarms.push(condition);
        self
    }

    /// Errors that mean "not yet". Any other ends it. Said twice, one of the two is enough.
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

    /// The waits between attempts, where they are to grow.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.policy = self.policy.backoff(backoff);
        self
    }

    /// How waits are spread out; after `interval` or `backoff`.
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
                self.is_wrong("`deadline`: it is no time at all, in which nothing can answer");
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
        self.attempt_timeout = timeout;
        self
    }

    /// Whether the `Retry-After` of a 429 or 503 is a lower bound for the delay: `true` by default. One that exceeds the
    /// deadline or [`max_retry_after`](Self::max_retry_after) ends the poll at once.
    pub fn respect_retry_after(mut self, respect: bool) -> Self {
        self.respect_retry_after = respect;
        self
    }

    /// The longest `Retry-After` to wait for; a longer one ends the poll with [`HttpPollError::TimedOut`](super::HttpPollError::TimedOut). The default is
    /// [`DEFAULT_MAX_RETRY_AFTER`](Self::DEFAULT_MAX_RETRY_AFTER); [`Duration::MAX`] means no limit.
    pub fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    /// Called after every attempt, before the delay.
    pub fn on_attempt(mut self, hook: impl Fn(&HttpAttempt<'_>) + Send + Sync + 'static) -> Self {
        self.on_attempt = Some(Arc::new(hook));
        self
    }

    /// A longer body is an error, and not read: 1 MiB by default.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sends through this client, with its cookies, its pool and its TLS.
    ///
    /// Its redirect policy is its own, too: `reqwest` follows redirects by default, sends a `Referer`, and removes only
    /// `Authorization`, `Cookie` and `Proxy-Authorization` for another origin. Build it with `referer(false)`, and with
    /// `redirect(Policy::none())` if other headers are secret.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(Sender::Given(client));
        self
    }

    /// A header of every request, in place of the client's own of this name.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match (name.as_ref().parse::<HeaderName>(), value.as_ref().parse::<HeaderValue>()) {
            (Ok(name), Ok(value)) => _ = self.headers.insert(name, value),
            (Err(_), _) => self.is_wrong(format!("`headers`: {:?} is no name of a header", name.as_ref())),
            (_, Err(_)) => self.is_wrong(format!("`headers`: {:?} cannot have this value", name.as_ref())),
        }
        self
    }

    /// A name and a password, as `Authorization: Basic`.
    pub fn basic_auth(mut self, name: impl fmt::Display, password: impl fmt::Display) -> Self {
        let name = name.to_string();
        if name.contains(':') {
            self.is_wrong("`auth`: a name with a colon in it is read as a shorter one");
        }
        let encoded = super::client::base64(format!("{name}:{password}").as_bytes());
        self.secret(&format!("Basic {encoded}"))
    }

    /// A token, as `Authorization: Bearer`.
    pub fn bearer(self, token: impl fmt::Display) -> Self {
        self.secret(&format!("Bearer {token}"))
    }

    fn secret(mut self, value: &str) -> Self {
        match value.parse::<HeaderValue>() {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(AUTHORIZATION, value);
            }
            Err(_) => self.is_wrong("`auth`: what is given as a secret cannot stand in a header"),
        }
        self
    }

    /// Takes any certificate. For tests: whoever is in between can read and change everything.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.tls.accept_invalid_certs = accept;
        self.own_client = Arc::default();
        self
    }

    /// Trusts these authorities as well: a regular file of PEM certificates, at most 4 MiB, read by the first attempt.
    pub fn ca_bundle(mut self, path: impl Into<PathBuf>) -> Self {
        self.tls.ca_bundle = Some(path.into());
        self.own_client = Arc::default();
        self
    }

    /// What makes no sense, before anything is sent.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn check(&self) -> Result<(), HttpError> {
        let wrong = |message: &str| HttpError::new(HttpErrorKind::Settings, None, message);
        if let Some(message) = &self.wrong {
            return Err(wrong(message));
        }
        match &self.request {
            Err(error) => return Err(wrong(&error.to_string())),
            Ok(request) if request.body().is_some_and(|body| body.as_bytes().is_none()) => {
                return Err(wrong(
                    "a request whose body is a stream can be sent only once: give it a body of bytes",
                ));
            }
            Ok(_) => {}
        }
        if self.until.is_empty() {
            return Err(wrong("there is nothing to wait for: give it a condition with `until`"));
        }
        if self.client.is_some() && self.tls.is_set() {
            return Err(wrong("a client that is given has certificates of its own: set them there"));
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
