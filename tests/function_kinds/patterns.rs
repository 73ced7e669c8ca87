//! Constants and strings as patterns of options.

use std::io::ErrorKind;

use resilience::{CircuitBreaker, CircuitOpen, TimedOut, asyncbackoff, circuit, poll, retry};

use crate::flaky::Flaky;

/// As in the crate `http`: known values of an open set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status(u16);

impl Status {
    const OK: Self = Self(200);
    const GONE: Self = Self(410);
}

const TEAPOT: Status = Status(418);

/// Answers with each of the values, one after the other.
struct Script<T: 'static>(&'static [T], Flaky);

impl<T: Copy> Script<T> {
    fn new(values: &'static [T]) -> Self {
        Self(values, Flaky::default())
    }

    fn next(&self) -> T {
        let _ = self.1.ask();
        self.0[self.1.asked() as usize - 1]
    }
}

#[poll(until(Status::OK), alarm(TEAPOT), interval = 0s)]
fn until_a_constant_of_a_type(script: &Script<Status>) -> Result<Status, std::io::Error> {
    Ok(script.next())
}

#[poll(until(Status::OK | TEAPOT), interval = 0s)]
async fn until_one_of_two(script: &Script<Status>) -> Result<Status, TimedOut> {
    Ok(script.next())
}

const DONE: u32 = 7;

#[poll(until(DONE), interval = 0s)]
fn until_a_lone_constant(script: &Script<u32>) -> Result<u32, TimedOut> {
    Ok(script.next())
}

#[poll(until(1 | u32::MAX | 20..=29 | 100..), interval = 0s)]
fn until_numbers_and_constants(script: &Script<u32>) -> Result<u32, TimedOut> {
    Ok(script.next())
}

const BUSY: &str = "busy";

#[retry(on(BUSY | "slow" | r"raw" | r#"ra"w"#), interval = 0s)]
fn on_texts(script: &Script<&'static str>) -> Result<u32, &'static str> {
    Err(script.next())
}

#[retry(on("slow" | BUSY), interval = 0s)]
fn on_texts_the_other_way_round(script: &Script<&'static str>) -> Result<u32, &'static str> {
    Err(script.next())
}

#[retry(on(text @ ("slow" | BUSY) if text.len() == 4), interval = 0s)]
fn on_a_text_with_a_name(script: &Script<&'static str>) -> Result<u32, &'static str> {
    Err(script.next())
}

#[retry(on((BUSY, _) | (_, "slow")), interval = 0s)]
fn on_texts_in_a_tuple(
    script: &Script<(&'static str, &'static str)>,
) -> Result<u32, (&'static str, &'static str)> {
    Err(script.next())
}

#[retry(on(b"busy" | b"slow"), interval = 0s)]
fn on_bytes(script: &Script<&'static [u8]>) -> Result<u32, &'static [u8]> {
    Err(script.next())
}

use ErrorKind::{NotFound, TimedOut as TooLate};

const GONE: ErrorKind = ErrorKind::BrokenPipe;

#[asyncbackoff(on(NotFound | GONE), giveup(TooLate))]
async fn on_imported_variants(script: &Script<ErrorKind>) -> Result<u32, ErrorKind> {
    Err(script.next())
}

#[retry(on(&Status::GONE | &Status(500..)), interval = 0s)]
fn on_references(script: &Script<Status>) -> Result<u32, Status> {
    Err(script.next())
}

#[retry(on(TooLate), interval = 0s)]
fn on_a_variant_behind_references(script: &Script<&'static ErrorKind>) -> Result<u32, &'static ErrorKind> {
    Err(script.next())
}

#[retry(on(Some(DONE) | None), giveup(Some(number) if *number == DONE && script.1.asked() == 3), interval = 0s)]
fn on_a_constant_inside(script: &Script<Option<u32>>) -> Result<u32, Option<u32>> {
    Err(script.next())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Refused {
    Busy,
    Gone,
    Open,
}

impl From<CircuitOpen> for Refused {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

use Refused::Busy;

const REFUSED: Refused = Refused::Gone;

#[circuit(breaker = breaker, on(Busy), ignore(REFUSED))]
fn counted(breaker: &CircuitBreaker, script: &Script<Refused>) -> Result<u32, Refused> {
    Err(script.next())
}

macro_rules! captured {
    ($pattern:pat, $path:path, $literal:literal, $name:ident) => {
        #[retry(on($pattern), interval = 0s)]
        fn on_a_captured_pattern(script: &Script<Status>) -> Result<u32, Status> {
            Err(script.next())
        }

        #[retry(on($path | Status(1)), giveup($name), interval = 0s)]
        fn on_a_captured_path(script: &Script<Status>) -> Result<u32, Status> {
            Err(script.next())
        }

        #[retry(on($literal | BUSY), interval = 0s)]
        fn on_a_captured_literal(script: &Script<&'static str>) -> Result<u32, &'static str> {
            Err(script.next())
        }
    };
}

captured!(Status::GONE | TEAPOT, Status::GONE, "slow", TEAPOT);

#[tokio::test(start_paused = true)]
async fn a_constant_is_a_pattern_of_the_value() {
    assert_eq!(
        until_a_constant_of_a_type(&Script::new(&[Status::GONE, Status::OK])).expect("it comes second"),
        Status::OK
    );
    until_a_constant_of_a_type(&Script::new(&[Status::GONE, TEAPOT, Status::OK]))
        .expect_err("the alarm rings");
    assert_eq!(
        until_one_of_two(&Script::new(&[Status::GONE, TEAPOT])).await.expect("it comes second"),
        TEAPOT
    );
    assert_eq!(until_a_lone_constant(&Script::new(&[1, 6, 7])).expect("it comes third"), 7);
    for (values, expected) in [(&[0, u32::MAX], u32::MAX), (&[2, 1], 1), (&[30, 25], 25), (&[99, 100], 100)] {
        assert_eq!(until_numbers_and_constants(&Script::new(values)).expect("it comes second"), expected);
    }
    assert_eq!(on_imported_variants(&Script::new(&[NotFound, GONE, TooLate])).await, Err(TooLate));
    assert_eq!(on_references(&Script::new(&[Status(501), Status::GONE, Status::OK])), Err(Status::OK));
    assert_eq!(on_a_variant_behind_references(&Script::new(&[&TooLate, &GONE])), Err(&GONE));
    assert_eq!(on_a_constant_inside(&Script::new(&[None, Some(7), Some(7), Some(8)])), Err(Some(7)));
    assert_eq!(on_a_constant_inside(&Script::new(&[None, Some(8)])), Err(Some(8)));
}

#[test]
fn texts_are_patterns_in_any_place_and_form() {
    assert_eq!(on_texts(&Script::new(&["busy", "slow", "raw"])), Err("raw"));
    assert_eq!(on_texts(&Script::new(&["ra\"w", "done"])), Err("done"));
    assert_eq!(on_texts_the_other_way_round(&Script::new(&["busy", "slow", "raw"])), Err("raw"));
    assert_eq!(on_a_text_with_a_name(&Script::new(&["slow", "busy", "done"])), Err("done"));
    assert_eq!(
        on_texts_in_a_tuple(&Script::new(&[("busy", "a"), ("a", "slow"), ("a", "a")])),
        Err(("a", "a"))
    );
    assert_eq!(on_bytes(&Script::new(&[b"busy", b"slow", b"done"])), Err(&b"done"[..]));
}

#[test]
fn a_circuit_counts_by_constants() {
    let breaker = CircuitBreaker::new("by constants", resilience::CircuitConfig::new());
    let script = Script::new(&[REFUSED, Busy, REFUSED, Refused::Open]);
    for failures in [0, 1, 1, 0] {
        counted(&breaker, &script).expect_err("there are only errors");
        assert_eq!(breaker.failure_count(), failures);
    }
}

#[test]
fn what_a_macro_captured_is_a_pattern_too() {
    assert_eq!(on_a_captured_pattern(&Script::new(&[Status::GONE, TEAPOT, Status::OK])), Err(Status::OK));
    assert_eq!(on_a_captured_path(&Script::new(&[Status::GONE, Status(1), TEAPOT])), Err(TEAPOT));
    assert_eq!(on_a_captured_literal(&Script::new(&["slow", "busy", "done"])), Err("done"));
}
