//! The client: reqwest, with a timeline of its requests.

use std::net::SocketAddr;

use reqwest::StatusCode;
use resilience::TimedOut;

use crate::timeline::Timeline;

#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the service responded {0}")]
    Status(StatusCode),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// For functions with a time limit: returned if no attempt failed with an error of its own.
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
}

pub(crate) struct Client {
    http: reqwest::Client,
    service: SocketAddr,
    last_price: Option<String>,
    pub(crate) timeline: Timeline,
}

impl Client {
    pub(crate) fn new(service: SocketAddr) -> Result<Self, FetchError> {
        // The service is on this machine: no proxy.
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, service, last_price: Some("about 42".into()), timeline: Timeline::new() })
    }

    /// The last price from the shop.
    pub(crate) fn last_known_price(&self) -> Option<String> {
        self.last_price.clone()
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Response, FetchError> {
        let attempt = self.timeline.attempt();
        let result = self.http.get(format!("http://{}{path}", self.service)).send().await;
        match &result {
            Ok(response) => attempt.came_back(&response.status().to_string()),
            Err(error) => attempt.came_back(&error.to_string()),
        }
        Ok(Response(result?))
    }
}

/// A response of any status.
#[derive(Debug)]
pub(crate) struct Response(reqwest::Response);

impl Response {
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(crate) fn error_for_status(self) -> Result<Self, FetchError> {
        if self.status().is_success() { Ok(self) } else { Err(FetchError::Status(self.status())) }
    }

    pub(crate) async fn text(self) -> Result<String, FetchError> {
        Ok(self.0.text().await?)
    }
}
