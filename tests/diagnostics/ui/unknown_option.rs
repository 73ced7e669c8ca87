//! Every attribute knows its options, those of its siblings, and what other libraries call them.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry(tmies = 3, intervall = 1s)]
fn misspelt() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(max_attempts = 3)]
fn counted() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(retries = 3, exceptions(TimedOut), delay = 1s, timeout = 10s)]
fn by_four_names() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(max_retries = 3, expected_exception = |e: &TimedOut| e.attempts() > 1, pause = 1s)]
fn by_three_names() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(max_delay = 10s)]
fn capped() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(recovery_timeout = 30s)]
fn a_circuits_option() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(reset_timeout = 30s)]
fn a_circuits_option_by_another_name() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(until(1))]
fn a_polls_option() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(frobnicate = 3)]
fn unheard_of() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(frobnicate)]
fn a_lone_word() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(untli(2))]
fn misspelt_condition() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), max_retries = 50, polling_interval = 2s, alarms(3), ignore_exceptions(_))]
fn as_httsleep_says() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), deadline = 10s, on(_))]
fn as_retry_says() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), budget = 20%)]
fn a_retrys_option() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(100ms, 1s, times = 3, interval = 1s, exceptions(TimedOut), on_give_up(_))]
async fn as_retry_and_aiomisc_say() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5, attempt_timeout = 1s)]
async fn a_backoffs_limit() -> Result<u8, TimedOut> {
    Ok(4)
}

#[asyncretry(times = 5, exceptions(TimedOut), deadline = 1s, policy = 3)]
async fn what_a_shortcut_leaves_out() -> Result<u8, TimedOut> {
    Ok(4)
}

// A caller sees the functions as they were written.
#[retry(ti)]
fn the_beginning_of_a_word() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _: [Result<u8, TimedOut>; 2] = [misspelt(), misspelt_condition()];
    let _: (Result<u8, TimedOut>, _) = (counted(), by_four_names());
    let _ = (by_three_names(), capped(), a_circuits_option(), a_circuits_option_by_another_name());
    let _ = (a_polls_option(), unheard_of(), a_lone_word(), as_httsleep_says(), as_retry_says());
    let _ = (a_retrys_option(), as_retry_and_aiomisc_say());
    let _ = (a_backoffs_limit(), what_a_shortcut_leaves_out());
    let _ = the_beginning_of_a_word();
}
