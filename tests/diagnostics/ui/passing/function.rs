use super::*;

trait Fetch {
    #[retry]
    fn fetch(&self) -> Result<u8, TimedOut> {
        Ok(1)
    }
    fn look(&self) -> Result<u8, TimedOut>;
}

struct Nothing;

impl Fetch for Nothing {
    #[poll(until(2))]
    fn look(&self) -> Result<u8, TimedOut> {
        Ok(2)
    }
}

#[retry(clone(n))]
fn counting(mut n: u8) -> Result<u8, TimedOut> {
    n += 1;
    Ok(n)
}

#[poll(until = |sum| *sum > 1)]
fn in_a_pattern((n, m): (u8, u8)) -> Result<u8, TimedOut> {
    let mut n = n;
    n += m;
    Ok(n)
}

#[poll(until(2))]
#[retry]
#[inline]
fn with_others_below() -> Result<u8, TimedOut> {
    #![allow(unused_variables)]
    let unused = 3;
    Ok(2)
}

#[test]
fn whatever_has_a_body_can_be_called_again() {
    assert_eq!((Nothing.fetch(), Nothing.look()), (Ok(1), Ok(2)));
    assert_eq!((counting(1), in_a_pattern((1, 2)), with_others_below()), (Ok(2), Ok(3), Ok(2)));
}
