//! Hints that something has changed. They only make a node ask earlier, so a lost one costs a second.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::PubSub;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// The longest wait before it subscribes again.
const MOST: Duration = Duration::from_secs(5);

/// After this time without a message, it subscribes once more: the answer shows that the connection is not lost.
const QUIET: Duration = Duration::from_secs(10);

/// A connection that does not answer in this time is replaced.
const PATIENCE: Duration = Duration::from_secs(5);

/// Notifies `hint` for each message of the channel, for ever.
pub(crate) async fn listen(client: redis::Client, channel: String, hint: Arc<Notify>) {
    let mut wait = Duration::from_millis(100);
    loop {
        if let Ok(Ok(mut subscription)) = timeout(PATIENCE, client.get_async_pubsub()).await
            && subscribe(&mut subscription, &channel).await
        {
            wait = Duration::from_millis(100);
            hear(subscription, &channel, &hint).await;
        }
        sleep(wait.mul_f64(fastrand::f64())).await;
        wait = (wait * 2).min(MOST);
    }
}

/// Notifies `hint` for each message, until the connection is lost.
async fn hear(mut subscription: PubSub, channel: &str, hint: &Notify) {
    loop {
        let message = timeout(QUIET, subscription.on_message().next()).await;
        match message {
            Ok(Some(_)) => hint.notify_one(),
            // A command that the user may send. A network that drops packets closes no connection.
            Err(_) if subscribe(&mut subscription, channel).await => {}
            Ok(None) | Err(_) => return,
        }
    }
}

async fn subscribe(subscription: &mut PubSub, channel: &str) -> bool {
    matches!(timeout(PATIENCE, subscription.subscribe(channel)).await, Ok(Ok(())))
}
