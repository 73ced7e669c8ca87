//! Clippy still reports its lints on the user's code: each of them is expected, and missing ones are errors.

use resilience::{asyncbackoff, circuit, poll, retry};

use super::{Fault, ask, ask_async};

/// It says what it should not.
#[retry(times = 2)]
fn retried(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask(number).unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[poll(until(1))]
fn polled(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask(number).unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[circuit]
fn guarded(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask(number).unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[retry(times = 2)]
#[circuit]
fn stacked(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask(number).unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[retry(times = 2)]
async fn retried_later(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask_async(number).await.unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[poll(until(1))]
async fn polled_later(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask_async(number).await.unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[circuit]
async fn guarded_later(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask_async(number).await.unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[retry(times = 2)]
#[circuit]
async fn stacked_later(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask_async(number).await.unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

/// It says what it should not.
#[asyncbackoff(1s)]
async fn backed_off_later(number: u32) -> Result<u32, Fault> {
    #[expect(clippy::unwrap_used, reason = "clippy hears it")]
    let answer = ask_async(number).await.unwrap();
    #[expect(clippy::arithmetic_side_effects, reason = "clippy hears it")]
    let sum = answer + number;
    #[expect(clippy::shadow_reuse, reason = "clippy hears it")]
    let sum = sum.saturating_sub(number);
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_clippy_is_expected_to_say_of_a_body_it_says() {
        assert_eq!((retried(1), retried(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled(1), polled(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded(1), guarded(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((stacked(1), stacked(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retried_later(1).await, retried_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled_later(1).await, polled_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_later(1).await, guarded_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((stacked_later(1).await, stacked_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((backed_off_later(1).await, backed_off_later(1).await), (Ok(1), Ok(1)), "they answer");
    }
}
