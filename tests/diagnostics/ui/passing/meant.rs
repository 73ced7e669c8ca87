use super::*;
use resilience::{CircuitConfig, CircuitOpen, CircuitState};

#[derive(Debug, PartialEq)]
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
        Self::Refused { name: open.name().into() }
    }
}

const IS_DOWN: fn(&Error) -> bool = |error| *error == Error::Down;
const PAYMENTS: &str = "payments";

#[retry(on(Error::Down | Error::Status(500..=599)), giveup(Error::Refused { .. }), times = 1)]
fn patterns() -> Result<u8, Error> {
    Err(Error::Status(500))
}

#[retry(on = IS_DOWN, times = 1)]
fn a_constant_that_is_a_function() -> Result<u8, Error> {
    Err(Error::Down)
}

#[poll(until(7), ignore(_), alarm(-1))]
fn literals() -> io::Result<i8> {
    Ok(7)
}

#[circuit(name = "meant", on = |_| true, ignore = |e| *e == Error::Down, on_open = Error::Open)]
fn a_variant_that_makes_an_error() -> Result<u8, Error> {
    Ok(1)
}

#[circuit(name = PAYMENTS, recovery_timeout = 30s, half_open_calls = 3, probe_timeout = 1s)]
fn named_by_a_constant() -> Result<u8, Error> {
    Ok(1)
}

#[asyncbackoff(1s, 1.5min, backoff = exponential(100ms, max = 2s))]
async fn durations() -> Result<u8, Error> {
    Ok(1)
}

#[tokio::test]
async fn what_was_meant_is_taken() {
    assert_eq!((patterns(), a_constant_that_is_a_function()), (Err(Error::Status(500)), Err(Error::Down)));
    assert_eq!((literals().unwrap(), durations().await), (7, Ok(1)));
    circuits().get("meant").unwrap().force_open();
    assert!(matches!(
        a_variant_that_makes_an_error(),
        Err(Error::Open(open)) if open.state() == CircuitState::ForcedOpen
    ));
    let config = CircuitConfig::new().half_open_calls(3).probe_timeout(SECOND);
    assert_eq!(circuits().get(PAYMENTS).unwrap().config(), config);
    circuits().get(PAYMENTS).unwrap().force_open();
    assert_eq!(named_by_a_constant(), Err(Error::Refused { name: PAYMENTS.into() }));
}
