//! Unsafe functions, called.

#![deny(warnings)]

use resilience::{TimedOut, asyncbackoff, poll, retry};

/// # Safety
/// `number` points to a number.
#[retry(interval = 0s)]
unsafe fn retried(number: *const u32) -> Result<u32, TimedOut> {
    // SAFETY: the caller's promise.
    Ok(unsafe { *number })
}

/// # Safety
/// As above.
#[poll(until = |n| *n == 3, interval = 0s)]
pub(crate) unsafe fn polled(number: *mut u32) -> Result<u32, TimedOut> {
    // SAFETY: the caller's promise.
    unsafe {
        *number += 1;
        Ok(*number)
    }
}

/// # Safety
/// As above.
#[asyncbackoff(1h)]
async unsafe fn backed_off(number: &u32) -> Result<u32, TimedOut> {
    Ok(*number)
}

#[retry(interval = 0s)]
unsafe extern "Rust" fn foreign(number: u32) -> Result<u32, TimedOut> {
    Ok(number)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut number = 0;
    // SAFETY: there is a number.
    unsafe {
        assert_eq!(retried(&raw const number), Ok(0));
        assert_eq!(polled(&raw mut number), Ok(3));
        assert_eq!(backed_off(&number).await, Ok(3));
        assert_eq!(foreign(7), Ok(7));
    }
}
