use super::*;

fn check<E>(_: &E) -> io::Result<bool> {
    "true".parse().map_err(io::Error::other)
}

#[retry(on(error if check(error).unwrap_or(false)))]
fn a_guard_that_handles_its_error() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(giveup = |error| {
    if error.attempts() > 9 {
        return true;
    }
    let checked = || Ok::<bool, io::Error>(!check(error)?);
    checked().is_ok_and(|flag| flag)
})]
fn a_closure_that_returns() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(
    until(n if {
        let mut half = *n;
        while half > 3 {
            half /= 2;
            if half == 1 {
                break;
            }
        }
        half == 3
    }),
    alarm(n if 'found: { break 'found *n > 3 })
)]
fn a_guard_with_a_loop_of_its_own() -> io::Result<u8> {
    Ok(3)
}

#[asyncbackoff(on_error = {
    fn written(_: &TimedOut, _: &Attempt) {
        drop(async { Some(yield_now().await)?; None::<()> });
    }
    written
})]
async fn a_hook_with_an_async_block() -> Result<u8, TimedOut> {
    Ok(4)
}

#[circuit(key = host.split('.').next().unwrap_or_default(), fallback = async |_| yielded().await)]
async fn a_key_with_a_default_and_an_async_fallback(host: &str) -> Result<u8, TimedOut> {
    Ok(5)
}

async fn yielded() -> Result<u8, TimedOut> {
    yield_now().await;
    Ok(6)
}

#[tokio::test]
async fn control_flow_that_stays_within_an_option_is_allowed() {
    assert_eq!(a_guard_that_handles_its_error(), Ok(1));
    assert_eq!(a_closure_that_returns(), Ok(2));
    assert_eq!(a_guard_with_a_loop_of_its_own().unwrap(), 3);
    assert_eq!(a_hook_with_an_async_block().await, Ok(4));
    assert_eq!(a_key_with_a_default_and_an_async_fallback("a.example").await, Ok(5));
}
