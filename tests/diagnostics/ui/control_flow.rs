//! Control flow that would leave an option, and with it the layers above.

use resilience::{CircuitOpen, TimedOut, asyncbackoff, asyncretry, circuit, poll, retry};

type Outcome = Result<u8, TimedOut>;

fn check<E>(_: &E) -> Result<bool, TimedOut> {
    Ok(true)
}

async fn ask() -> bool {
    true
}

#[retry(on(error if check(error)?))]
fn a_guard_of_on() -> Outcome {
    Ok(1)
}

#[retry(giveup(TimedOut { .. } if return true))]
fn a_guard_of_giveup() -> Outcome {
    Ok(1)
}

#[poll(until(1 if { break }), alarm(2 if { continue }), ignore(_ if ask().await))]
async fn guards_of_poll() -> Outcome {
    Ok(1)
}

#[poll(until((1 | 2) if return Ok(9)), alarm(3 if check(&3)?), ignore = { return Ok(9); |_| true })]
fn more_of_poll() -> Outcome {
    Ok(1)
}

#[asyncbackoff(
    on = if ask().await { is_busy } else { is_down },
    giveup = { let flag = check(&1)?; move |_| flag },
    retry_after = match check(&1) { Ok(_) => |_| None, Err(error) => return Err(error) },
    on_error = { check(&1)?; |_, _| {} },
)]
async fn predicates_and_hooks() -> Outcome {
    Ok(1)
}

#[asyncretry(max_tries = check(&1)? as u32, pause = { return Err(TimedOut::new()) }, on(_ if matches!(check(&1)?, true)))]
async fn the_shortcut() -> Outcome {
    Ok(1)
}

#[retry(
    times = "3".parse()?,
    interval = return,
    deadline = { break },
    jitter = Jitter::Ratio(ratio()?),
    name = name()?,
    on_error = log().await
)]
fn constants() -> Outcome {
    Ok(1)
}

#[poll(
    until(_),
    timeout = limit()?,
    backoff = exponential(100ms, factor = 2, max = limit()?),
    times = { return },
    ignore(_),
    max_ignored = count()?,
    hold_for = limit()?,
    attempt_timeout = limit()?,
)]
async fn constants_of_poll() -> Outcome {
    Ok(1)
}

#[retry(policy = 'found: { break 'other POLICY })]
fn another_label() -> Outcome {
    Ok(1)
}

#[circuit(
    config = config()?,
    failure_threshold = count()?,
    within = limit()?,
    recovery_timeout = limit()?,
    max_recovery_timeout = limit()?,
    half_open_calls = count()?,
    success_threshold = count()?,
    probe_timeout = limit()?,
    slow_call = limit()?,
    key = host()?,
    max_keys = count()?,
    on(error if check(error)?),
    ignore = find().await,
    on_open = { return Ok(9); |open| TimedOut::from(open) },
)]
async fn options_of_circuit(host: &str) -> Result<u8, CircuitOpen> {
    Ok(host.len() as u8)
}

#[circuit(failure_rate = rate()?, slow_rate = { return }, slow_call = 1s, window = span()?, min_calls = count()?)]
fn rates() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(fallback = if check(&1)? { one } else { two })]
fn a_fallback() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(fallback = choose().await)]
async fn a_fallback_that_is_awaited() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[retry(on(error if loop { if check(error)? { break true } }))]
fn a_question_mark_in_a_loop() -> Outcome {
    Ok(1)
}

#[retry(on = { assert!(check(&1)?, "{}", check(&2)?); |_| true })]
fn in_a_macro_of_the_standard_library() -> Outcome {
    Ok(1)
}

fn main() {
    let _ = (a_guard_of_on(), a_guard_of_giveup(), more_of_poll(), constants(), another_label(), rates());
}
