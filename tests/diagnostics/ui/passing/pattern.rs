use resilience::{CircuitOpen, TimedOut, circuit, poll, retry};

#[derive(Debug, PartialEq)]
enum Oops {
    Busy,
    Down(u8),
}

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Self::Busy
    }
}

use Oops::Busy;

const MAXIMUM: u8 = 9;

#[retry(on(Busy))]
fn imported() -> Result<u8, Oops> {
    Ok(1)
}

#[circuit(ignore(Busy | Oops::Down(MAXIMUM)))]
fn among_others() -> Result<u8, Oops> {
    Ok(2)
}

const DONE: u8 = 3;

#[poll(until(Some(DONE)))]
fn inside_of_another() -> Result<Option<u8>, TimedOut> {
    Ok(Some(3))
}

#[retry(on(Oops::Down(maximum) if *maximum > MAXIMUM))]
fn with_a_guard() -> Result<u8, Oops> {
    Err(Oops::Down(4))
}

const TEXT: &str = "text";

#[retry(on("busy" | TEXT))]
fn of_the_same_type() -> Result<u8, &'static str> {
    Ok(5)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Like(u8);

const LIKE: Like = Like(6);

#[poll(until(LIKE))]
fn of_a_type_with_equality() -> Result<Like, TimedOut> {
    Ok(Like(6))
}

#[test]
fn names_in_patterns_are_those_of_constants() {
    assert_eq!((imported(), among_others(), with_a_guard()), (Ok(1), Ok(2), Err(Oops::Down(4))));
    assert_eq!((inside_of_another().unwrap(), of_the_same_type()), (Some(3), Ok(5)));
    assert_eq!(of_a_type_with_equality().unwrap(), LIKE);
}
