//! Waits for a response.

use std::sync::Arc;

use resilience::http::{HttpPoll, HttpPollError};

use crate::exit::Exit;
use crate::progress::Progress;

pub(crate) async fn wait(poll: HttpPoll, progress: &Arc<Progress>) -> Result<(), (Exit, String)> {
    let shown = Arc::clone(progress);
    let poll = poll.on_attempt(move |attempt| match attempt.outcome {
        Ok(response) => shown.attempt(attempt.number, &response.status().to_string()),
        Err(error) => shown.attempt(attempt.number, &error.to_string()),
    });
    let outcome = poll.run().await;
    match outcome {
        Ok(_) => Ok(()),
        Err(error @ HttpPollError::TimedOut { .. }) => Err((Exit::TimedOut, error.to_string())),
        Err(HttpPollError::Http(error)) if error.is_settings() => Err((Exit::BadUsage, error.to_string())),
        Err(error) => Err((Exit::Alarm, error.to_string())),
    }
}
