use super::*;

#[retry()]
fn no_options() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3, interval = 1s,)]
fn a_comma_at_the_end() -> Result<u8, TimedOut> {
    Ok(1)
}

#[rustfmt::skip]
#[retry(
    /// Three is enough.
    times = 3,
    // So is a second.
    interval = 1s, /* yes */
    /// And that is all.
)]
fn comments_among_the_options() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(r#on(1 | 2), r#times = 2)]
fn raw_keys() -> Result<u8, u8> {
    Ok(1)
}

#[retry(clone(r#type, r#fn))]
fn r#match(r#type: String, mut r#fn: Vec<u8>) -> Result<usize, TimedOut> {
    r#fn.push(1);
    Ok(drop_all(r#type) + r#fn.len())
}

fn drop_all(text: String) -> usize {
    text.into_bytes().len()
}

#[retry(on(e if e.attempts() > 1))]
fn a_guard() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on(|1 | 2))]
fn a_leading_bar() -> Result<u8, u8> {
    Ok(1)
}

#[retry(on(seen @ 1..=9 if *seen > 3))]
fn a_binding_with_a_pattern() -> Result<u8, u8> {
    Ok(1)
}

#[retry(policy = RetryPolicy::new().times(tries).interval(Duration::ZERO))]
fn what_varies(tries: u32) -> Result<u32, u32> {
    Err(tries)
}

struct Settings {
    tries: u32,
}

impl Settings {
    #[asyncbackoff(policy = RetryPolicy::new().times(self.tries))]
    async fn of_its_own(&self) -> Result<u32, TimedOut> {
        Ok(self.tries)
    }
}

/// A constant and an argument may share a word, where one of them is a field, a method or a path.
#[retry(times = limits::times(), interval = limits::LIMITS.interval)]
fn words_that_are_no_variables(times: u32, interval: u32) -> Result<u32, TimedOut> {
    Ok(times + interval)
}

mod limits {
    use super::Duration;

    pub(super) struct Limits {
        pub(super) interval: Duration,
    }
    pub(super) const LIMITS: Limits = Limits { interval: super::SECOND };
    pub(super) const fn times() -> u32 {
        3
    }
}

#[tokio::test]
async fn values_are_read_in_every_form() {
    assert_eq!((no_options(), a_comma_at_the_end(), comments_among_the_options()), (Ok(1), Ok(1), Ok(1)));
    assert_eq!((raw_keys(), a_leading_bar(), a_binding_with_a_pattern()), (Ok(1), Ok(1), Ok(1)));
    assert_eq!((a_guard(), r#match("one".into(), vec![1])), (Ok(1), Ok(5)));
    assert_eq!((what_varies(2), words_that_are_no_variables(1, 2)), (Err(2), Ok(3)));
    assert_eq!(Settings { tries: 3 }.of_its_own().await, Ok(3));
}
