use super::*;

enum Error {
    Busy,
    Gone,
}

#[retry(on(Error::Busy), interval = 0s)]
fn a_pattern_of_the_error(first: bool) -> Result<u8, Error> {
    Err(if first { Error::Busy } else { Error::Gone })
}

#[poll(until(&"done"))]
fn a_pattern_of_the_value() -> Result<&'static str, TimedOut> {
    Ok("done")
}

#[test]
fn values_have_the_type_that_is_asked_for() {
    assert!(matches!(a_pattern_of_the_error(true), Err(Error::Busy)));
    assert!(matches!(a_pattern_of_the_error(false), Err(Error::Gone)));
    assert_eq!(a_pattern_of_the_value(), Ok("done"));
}
