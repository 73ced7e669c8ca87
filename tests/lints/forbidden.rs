//! Under `forbid`, an expansion that contains an `allow` would not compile. The imports of the attributes of a stack
//! have no other use.

#![forbid(unused_imports, non_snake_case, non_upper_case_globals, unreachable_pub, unused_qualifications)]
#![forbid(unused, nonstandard_style, let_underscore)]

use resilience::{RetryPolicy, asyncretry, circuit, poll, retry};
use resilience::{circuit as guarded, retry as once_more};

use super::{Fault, ask, ask_async};

/// It asks as often as it is told to.
#[retry(policy = RetryPolicy::new().times(number))]
fn at_run_time(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks as often as its type says.
#[poll(until(_), times = N)]
fn generic<const N: u32>(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It takes what it gets.
#[retry(clone(text))]
fn cloned(text: String) -> Result<String, Fault> {
    Ok(text)
}

/// It takes what it gets, in three layers.
#[poll(until(_))]
#[once_more(clone(text))]
#[guarded]
fn stacked(mut text: String) -> Result<String, Fault> {
    text.push('b');
    Ok(text)
}

/// A circuit each.
#[circuit(key = number)]
fn keyed(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks again.
#[asyncretry(2)]
async fn again(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It takes no longer than that.
#[circuit(call_timeout = 4s, on_error = |_| {})]
async fn limited(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// Another answer is good enough.
#[circuit(fallback = |other| other.checked_add(1).ok_or(Fault::Late))]
async fn falls_back(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiler's attribute is expanded after ours.
    #[once_more]
    #[test]
    fn a_test_may_be_called_again() -> Result<(), Fault> {
        stacked(String::new()).map(drop)
    }

    #[test]
    fn they_compile_and_answer() {
        assert_eq!((at_run_time(1), at_run_time(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((generic::<2>(1), generic::<3>(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((keyed(1), keyed(2)), (Ok(1), Ok(2)), "they answer");
        let text = || String::from("a");
        assert_eq!((cloned(text()), cloned(text())), (Ok(text()), Ok(text())), "they answer");
        assert_eq!((stacked(text()), stacked(text())), (Ok("ab".into()), Ok("ab".into())), "they answer");
        drop((again(1), again(2), falls_back(1), falls_back(2), limited(1), limited(2)));
    }
}
