//! Hints that something has changed. They only make a node ask earlier, so a lost one costs a second.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::Notify;
use tokio::time::sleep;

/// The longest wait before it subscribes again.
const MOST: Duration = Duration::from_secs(5);

/// Notifies `hint` for each message of the channel, for ever.
pub(crate) async fn listen(client: redis::Client, channel: String, hint: Arc<Notify>) {
    let mut wait = Duration::from_millis(100);
    loop {
        if let Ok(mut subscription) = client.get_async_pubsub().await
            && subscription.subscribe(&channel).await.is_ok()
        {
            wait = Duration::from_millis(100);
            let mut messages = subscription.on_message();
            while messages.next().await.is_some() {
                hint.notify_one();
            }
        }
        sleep(wait.mul_f64(fastrand::f64())).await;
        wait = (wait * 2).min(MOST);
    }
}
