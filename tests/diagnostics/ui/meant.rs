//! What was meant, where it is written as another option, or another library, would have it.

use resilience::{CircuitOpen, TimedOut, asyncbackoff, circuit, poll, retry};

#[derive(Debug)]
enum Error {
    Down,
    Status(u16),
    Refused { name: String },
    Late(TimedOut),
    Open(CircuitOpen),
}

impl From<TimedOut> for Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::Late(timed_out)
    }
}

impl From<CircuitOpen> for Error {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

const DOWN: Error = Error::Down;

#[retry(on = Error::Down)]
fn a_variant() -> Result<u8, Error> {
    Ok(1)
}

#[retry(on = Error::Down | Error::Status(500..=599), giveup = Error::Refused { .. })]
fn patterns() -> Result<u8, Error> {
    Ok(1)
}

#[poll(until = 7, ignore = true, alarm = -1)]
fn literals() -> Result<i8, Error> {
    Ok(1)
}

#[poll(until = Some)]
fn a_constructor() -> Result<Option<i8>, Error> {
    Ok(None)
}

#[retry(on = _)]
fn everything() -> Result<u8, Error> {
    Ok(1)
}

#[retry(on = DOWN)]
fn a_constant() -> Result<u8, Error> {
    Ok(1)
}

#[retry(on_error = Error::Down, retry_after = 5)]
fn no_functions() -> Result<u8, Error> {
    Ok(1)
}

#[retry(on_error = DOWN, retry_after = DOWN)]
fn no_functions_by_type() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(on = Error::Down, ignore = Error::Status(404))]
fn patterns_of_a_circuit() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(on_open = Error::Down)]
fn an_error_where_one_is_made() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(on_open = Error::Status(503))]
fn another_error_where_one_is_made() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(on(|e| true), ignore(|_| true))]
fn closures_in_parentheses() -> Result<u8, Error> {
    Ok(1)
}

#[poll(until(|n| *n > 1), alarm(|n: &u8| *n == 9), ignore(move |e| true))]
fn more_closures_in_parentheses() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(on_open |open| Error::Open(open), fallback other)]
fn no_equals_signs() -> Result<u8, Error> {
    Ok(1)
}

#[retry(times 3, on_error |error, attempt| drop((error, attempt)), interval 1s)]
fn no_equals_signs_either() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(recovery_timeout = 30 s)]
fn two_words() -> Result<u8, Error> {
    Ok(1)
}

#[asyncbackoff(1 s, 1.5 min, backoff = exponential(100 ms, max = 2 s))]
async fn two_words_each() -> Result<u8, Error> {
    Ok(1)
}

#[retry(interval = 30 seconds)]
fn two_words_of_another_unit() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(name = payments)]
fn a_name_without_quotes() -> Result<u8, Error> {
    Ok(1)
}

#[retry(name = payments-api)]
fn a_name_of_two_words() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(name = db.fetch)]
fn a_name_with_a_point() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(
    half_open_max_calls = 3,
    half_open = 3,
    half_open_timeout = 1s,
    giveup(Error::Down),
    break_duration = 30s,
    volume_threshold = 10
)]
fn words_of_others() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(on_close = |_| (), timeout = 5s)]
fn done_in_another_way() -> Result<u8, Error> {
    Ok(1)
}

#[retry(stop_after_attempt = 3, wait_fixed = 1s, record_exceptions(_), randomization_factor = 0.5)]
fn words_of_others_for_a_loop() -> Result<u8, Error> {
    Ok(1)
}

fn main() {
    let _ = (a_variant(), patterns(), literals(), a_constructor(), everything(), a_constant(), no_functions());
    let _ = (no_functions_by_type(), patterns_of_a_circuit(), an_error_where_one_is_made());
    let _ = (another_error_where_one_is_made(), closures_in_parentheses(), more_closures_in_parentheses());
    let _ = (no_equals_signs(), no_equals_signs_either(), two_words(), two_words_each());
    let _ = (two_words_of_another_unit(), a_name_without_quotes(), a_name_of_two_words(), a_name_with_a_point());
    let _ = (words_of_others(), done_in_another_way(), words_of_others_for_a_loop());
}
