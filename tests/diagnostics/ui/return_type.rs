//! The return type says whether an attempt failed, and its error type holds what the library has to say.

use resilience::{Alarm, TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry]
fn a_number() -> u8 {
    1
}

#[retry]
fn nothing() {}

#[poll(until(2))]
fn an_option() -> Option<u8> {
    Some(2)
}

#[asyncbackoff(1s)]
async fn an_async_number() -> u8 {
    3
}

#[asyncretry(5)]
async fn async_nothing() {}

#[retry(times = 4, on_error = |_, _| {}, on(_), giveup(_), deadline = 1s, attempt_timeout = 10ms)]
async fn a_number_with_everything() -> u8 {
    1
}

#[derive(Debug)]
enum Narrow {
    Busy,
}

#[poll(until(2))]
fn no_room_for_a_timeout() -> Result<u8, Narrow> {
    Ok(2)
}

#[poll(until(2))]
async fn no_room_for_a_timeout_either() -> Result<u8, Narrow> {
    Ok(2)
}

#[asyncbackoff(1s, 2s, on(Narrow::Busy))]
async fn no_room_for_a_deadline() -> Result<u8, Narrow> {
    Ok(3)
}

#[retry(attempt_timeout = 1s)]
async fn no_room_for_an_attempt_timeout() -> Result<u8, Narrow> {
    Err(Narrow::Busy)
}

type Narrowed<T> = Result<T, Narrow>;

#[retry(deadline = 1s)]
async fn no_room_under_an_alias() -> Narrowed<u8> {
    Ok(1)
}

#[poll(until(2), alarm(3))]
fn no_room_for_an_alarm() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), alarm(3))]
async fn no_room_for_an_async_alarm() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), alarm(3))]
fn no_room_at_all() -> Result<u8, Narrow> {
    Ok(2)
}

#[derive(Debug)]
struct OfAnother;

impl From<TimedOut> for OfAnother {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

impl From<Alarm<String>> for OfAnother {
    fn from(_: Alarm<String>) -> Self {
        Self
    }
}

#[poll(until(2), alarm(3))]
fn no_room_for_this_alarm() -> Result<u8, OfAnother> {
    Ok(2)
}

trait Fetch {
    #[retry]
    fn fetch(&self) -> u8 {
        1
    }
}

impl Fetch for Narrow {}

fn main() {
    let _: (u8, (), Option<u8>) = (a_number(), nothing(), an_option());
    let _ = (an_async_number(), async_nothing(), a_number_with_everything());
    let _ = (no_room_for_a_timeout(), no_room_for_a_timeout_either(), no_room_for_a_deadline());
    let _ = (no_room_for_an_attempt_timeout(), no_room_under_an_alias(), no_room_for_an_alarm());
    let _ = (no_room_for_an_async_alarm(), no_room_at_all(), no_room_for_this_alarm(), Narrow::Busy.fetch());
}
