use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Url};
use tokio::sync::OnceCell;

use super::client::Tls;
use super::error::Kind;
use super::{Condition, HttpAttempt, HttpError, HttpPollError, HttpResponse};
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
    pub(super) client: Option<Client>,
    /// Made at the first run, and kept for those after it: so is its connection. Copies share it while they agree on TLS.
    pub(super) made: Arc<OnceCell<Client>>,
    pub(super) until: Vec<Condition>,
    pub(super) alarms: Vec<Condition>,
    pub(super) ignore: Option<Ignore>,
    pub(super) on_attempt: Option<OnAttempt>,
    pub(super) policy: PollPolicy,
    pub(super) respect_retry_after: bool,
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
            return Err(Arc::new(HttpError::new(Kind::Settings, None, message)));
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
                Err(Arc::new(HttpError::new(Kind::Settings, None, message)))
            }
        })
    }

    fn new(request: Result<Arc<Request>, Arc<HttpError>>) -> Self {
        Self {
            request,
            headers: HeaderMap::new(),
            tls: Tls::default(),
            client: None,
            made: Arc::default(),
            until: Vec::new(),
            alarms: Vec::new(),
            ignore: None,
            on_attempt: None,
            policy: PollPolicy::new().forever().interval(DEFAULT_INTERVAL).times(DEFAULT_ATTEMPTS),
            respect_retry_after: true,
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

    /// An answer that ends it with [`HttpPollError::Alarm`]: looked at before `until`. Of several, one is enough.
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

    /// The wait between attempts: two seconds by default.
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

    /// How many requests are sent in one run: fifty by default. Zero counts as one.
    pub fn max_attempts(mut self, most: u32) -> Self {
        if let Ok(policy) = self.policy.try_times(most.max(1)) {
            self.policy = policy;
        }
        self
    }

    /// No bound on the number of requests.
    pub fn forever(mut self) -> Self {
        self.policy = self.policy.without_times();
        self
    }

    /// How long to go on. None by default. The last wait is clipped, and one attempt is made at the very end; a request that
    /// is under way then is dropped.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        match self.policy.try_timeout(deadline) {
            Ok(_) if deadline.is_zero() => {
                self.is_wrong("`deadline`: it is no time at all, in which nothing can answer");
            }
            Ok(policy) => self.policy = policy,
            Err(error) => self.is_wrong(format!("`deadline`: {error}")),
        }
        self
    }

    /// A request that takes longer, body included, is dropped, and is an error like any other: [`HttpError::is_timeout`].
    /// None by default.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.tls.attempt_timeout = Some(timeout);
        self
    }

    /// Whether an answer of 429 or 503 with a `Retry-After` is taken at its word: no request is sent before. It is by default.
    pub fn respect_retry_after(mut self, respect: bool) -> Self {
        self.respect_retry_after = respect;
        self
    }

    /// Called after every attempt, before the wait.
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
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
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
        self.made = Arc::default();
        self
    }

    /// Takes the certificates of these authorities as well: a file of PEM certificates, read at the first run.
    pub fn ca_bundle(mut self, path: impl Into<PathBuf>) -> Self {
        self.tls.ca_bundle = Some(path.into());
        self.made = Arc::default();
        self
    }

    /// Asks until the answer is right. Any number of times, and side by side: every run counts its own attempts.
    ///
    /// # Errors
    /// See [`HttpPollError`].
    pub async fn run(&self) -> Result<HttpResponse, HttpPollError> {
        super::run::run(self).await
    }

    /// What makes no sense, before anything is sent.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn check(&self) -> Result<(), HttpError> {
        let wrong = |message: &str| HttpError::new(Kind::Settings, None, message);
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
