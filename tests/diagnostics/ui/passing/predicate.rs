use super::*;

struct Page {
    length: usize,
}

fn is_even(page: &Page) -> bool {
    page.length % 2 == 0
}

fn tell(_: &TimedOut, _: &Attempt) {}

#[poll(until = is_even, on_error = tell, retry_after = |result| result.is_err().then_some(SECOND))]
fn by_reference() -> Result<Page, TimedOut> {
    Ok(Page { length: 2 })
}

#[retry(on = TimedOut::is_short, retry_after = |_| Some(SECOND), on_error = |_, _| {})]
fn a_method() -> Result<u8, TimedOut> {
    Ok(1)
}

trait Short {
    fn is_short(&self) -> bool;
}

impl Short for TimedOut {
    fn is_short(&self) -> bool {
        self.attempts() < 3
    }
}

#[test]
fn predicates_are_paths_and_closures() {
    assert_eq!((by_reference().map(|page| page.length), a_method()), (Ok(2), Ok(1)));
}
