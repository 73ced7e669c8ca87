#![deny(unused_variables, unused_mut, unused_must_use, dead_code, unreachable_code, unused_assignments)]

use super::*;

#[retry(clone(text))]
fn cloned_and_changed(mut text: String) -> Result<String, TimedOut> {
    text.push('a');
    Ok(text)
}

#[circuit]
#[asyncretry(2, clone(text))]
async fn cloned_and_changed_in_time(mut text: String) -> Result<String, resilience::CircuitOpen> {
    yield_now().await;
    text.push('a');
    Ok(text)
}

#[tokio::test]
async fn what_is_used_and_changed_is_not_called_unused() {
    assert_eq!(cloned_and_changed(String::new()), Ok("a".to_owned()));
    assert_eq!(cloned_and_changed_in_time(String::new()).await.ok().as_deref(), Some("a"));
}
