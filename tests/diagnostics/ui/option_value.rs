//! A value that is missing, given twice, or of the wrong kind.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};
use std::time::Duration;

#[retry(times = 3, interval = 1s, times = 4)]
fn twice() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on(TimedOut { .. }), on = |e: &TimedOut| e.attempts() > 1)]
fn twice_in_two_ways() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(1s, attempt_timeout = 2s)]
async fn twice_by_position_and_by_name() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5, max_tries = 6)]
async fn tries_twice() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(times)]
fn a_key_alone() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times =, interval =)]
fn nothing_behind_the_sign() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until)]
fn no_condition() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(on, jitter, backoff, clone, policy, name, crate, on_error, retry_after)]
fn many_keys_alone() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times(3))]
fn parentheses_for_a_value() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(jitter(full), clone = a)]
fn the_other_form() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on())]
fn an_empty_pattern() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(), alarm(), ignore())]
fn empty_conditions() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(on(1, 2))]
fn a_comma_for_a_bar() -> Result<u8, u8> {
    Ok(1)
}

#[poll(until(1 2))]
fn two_patterns_in_a_row() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(on(a.b()))]
fn an_expression_for_a_pattern() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on(|e| e.attempts() > 1))]
fn a_closure_for_a_pattern() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on = 50%)]
fn a_ratio_for_a_predicate() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(name = fetch)]
fn a_name_without_quotes() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(crate = "resilience")]
fn a_path_in_quotes() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(clone(other))]
fn no_such_argument(one: String, two: String) -> Result<usize, TimedOut> {
    Ok(one.len() + two.len())
}

#[retry(clone(self))]
fn no_argument_at_all() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(clone(one.two))]
fn more_than_a_name(one: String) -> Result<usize, TimedOut> {
    Ok(one.len())
}

#[retry(times = tries)]
fn a_run_time_count(tries: u32) -> Result<u32, TimedOut> {
    Ok(tries)
}

#[poll(until(2), timeout = Duration::from_secs(wait))]
fn a_run_time_wait(wait: u64) -> Result<u64, TimedOut> {
    Ok(wait)
}

struct Settings {
    tries: u32,
}

impl Settings {
    #[asyncretry(self.tries)]
    async fn a_run_time_count_of_its_own(&self) -> Result<u32, TimedOut> {
        Ok(self.tries)
    }
}

fn is_short(timed_out: &TimedOut) -> bool {
    timed_out.attempts() < 3
}

#[retry(on(is_short))]
fn a_function_for_a_pattern() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(name = format!("fetch"))]
fn a_name_that_is_made() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (a_run_time_count(3), a_run_time_wait(3), Settings { tries: 3 }.a_run_time_count_of_its_own());
    let _: fn(&TimedOut) -> bool = is_short;
    let _: Duration = Duration::ZERO;
    let _ = a_function_for_a_pattern();

    let _ = (twice(), twice_in_two_ways(), twice_by_position_and_by_name(), tries_twice(), a_key_alone());
    let _ = (nothing_behind_the_sign(), no_condition(), many_keys_alone(), parentheses_for_a_value());
    let _ = (the_other_form(), an_empty_pattern(), empty_conditions(), a_comma_for_a_bar());
    let _ = (two_patterns_in_a_row(), an_expression_for_a_pattern(), a_closure_for_a_pattern());
    let _ = (a_ratio_for_a_predicate(), a_name_without_quotes(), a_path_in_quotes());
    let _ = (no_such_argument("a".into(), "b".into()), no_argument_at_all(), more_than_a_name("a".into()));
    let _ = a_name_that_is_made();
}
