//! What can be called again: a function with a body, that is not `const`.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[asyncbackoff(1s)]
fn sync_backed_off() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5)]
fn sync_async_retried() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry]
const fn constant() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2))]
pub const fn constant_condition() -> Result<u8, TimedOut> {
    Ok(2)
}

unsafe extern "C" {
    #[retry]
    safe fn foreign(n: i32) -> i32;
}

trait Fetch {
    #[retry]
    fn fetch(&self) -> Result<u8, TimedOut>;

    #[poll(until(2))]
    fn look(&self) -> Result<u8, TimedOut>;
}

struct Nothing;

impl Fetch for Nothing {
    fn fetch(&self) -> Result<u8, TimedOut> {
        Ok(1)
    }

    fn look(&self) -> Result<u8, TimedOut> {
        Ok(2)
    }
}

#[retry]
struct Data {
    callback: fn() -> u8,
}

#[poll(until(2))]
mod module {
    pub fn inside() {}
}

#[asyncbackoff(1s)]
static NUMBER: u8 = 1;

#[retry]
impl Nothing {
    fn method(&self) {}
}

#[retry]
fn counting(mut n: u8) -> Result<u8, TimedOut> {
    n += 1;
    Ok(n)
}

#[poll(until(2))]
fn counting_in_a_pattern((mut n, m): (u8, u8)) -> Result<u8, TimedOut> {
    n += m;
    Ok(n)
}

#[asyncbackoff(1s)]
async fn counting_asynchronously(mut n: u8, mut m: u8) -> Result<u8, TimedOut> {
    n += 1;
    m += n;
    Ok(m)
}

struct Counter(u8);

impl Counter {
    #[retry]
    fn count(mut self) -> Result<u8, TimedOut> {
        self.0 += 1;
        Ok(self.0)
    }
}

#[poll(until(2))]
#[retry = 3]
fn a_value_for_a_list_below() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2))]
#[retry(times = 0)]
#[retry(interval = 3)]
fn faults_below() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry]
fn changed_by_reference(ref mut n: u8) -> Result<u8, TimedOut> {
    *n += 1;
    Ok(*n)
}

#[poll(until(2))]
fn changed_in_a_part((ref mut n, _): (u8, u8)) -> Result<u8, TimedOut> {
    *n += 1;
    Ok(*n)
}

#[retry = 3]
fn options_behind_an_equals_sign() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (sync_backed_off(), sync_async_retried(), constant(), constant_condition());
    let _ = (foreign(3), Nothing.fetch(), Nothing.look(), Nothing.method(), NUMBER);
    let _ = Data { callback: || 1 }.callback;
    module::inside();
    let _ = (counting(1), counting_in_a_pattern((1, 2)), counting_asynchronously(1, 2), Counter(1).count());
    let _ = (a_value_for_a_list_below(), faults_below());
    let _ = (changed_by_reference(1), changed_in_a_part((1, 2)));
    let _ = options_behind_an_equals_sign();
}
