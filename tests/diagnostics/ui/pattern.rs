//! A name in a pattern that is none of a constant or a variant would match everything.

use resilience::{CircuitOpen, TimedOut, circuit, poll, retry};

#[derive(Debug)]
enum Oops {
    Busy,
    Down(u8),
}

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Self::Busy
    }
}

#[retry(on(Bsuy))]
fn misspelt() -> Result<u8, Oops> {
    Ok(1)
}

#[retry(giveup(Busy))]
fn not_imported() -> Result<u8, Oops> {
    Ok(1)
}

#[circuit(ignore(Oops::Busy | Dwon))]
fn among_others() -> Result<u8, Oops> {
    Ok(1)
}

#[poll(until(Some(DONE)))]
fn inside_of_another() -> Result<Option<u8>, TimedOut> {
    Ok(Some(1))
}

#[retry(on(Oops::Down(MAXIMUM) if *MAXIMUM > 1))]
fn with_a_guard() -> Result<u8, Oops> {
    Ok(1)
}

const TEXT: &str = "text";

#[retry(on("busy" | TEXT))]
fn of_another_type() -> Result<u8, String> {
    Ok(1)
}

#[derive(Debug)]
struct Unlike(u8);

const UNLIKE: Unlike = Unlike(1);

#[poll(until(UNLIKE))]
fn of_a_type_without_equality() -> Result<Unlike, TimedOut> {
    Ok(Unlike(1))
}

fn main() {
    let _ = (misspelt(), not_imported(), among_others(), inside_of_another(), with_a_guard());
    let _ = (of_another_type(), of_a_type_without_equality());
}
