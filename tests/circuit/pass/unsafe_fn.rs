//! Unsafe functions under a circuit, called.

#![deny(warnings)]

use resilience::{CircuitOpen, circuit, circuits, retry};

/// # Safety
/// `number` points to a number.
#[circuit(name = "guarded")]
unsafe fn guarded(number: *const u32) -> Result<u32, CircuitOpen> {
    // SAFETY: the caller's promise.
    Ok(unsafe { *number })
}

/// # Safety
/// As above.
#[circuit(key = *number)]
pub(crate) async unsafe fn keyed(number: &u32) -> Result<u32, CircuitOpen> {
    Ok(*number)
}

/// # Safety
/// As above.
#[retry(interval = 0s)]
#[circuit]
unsafe extern "Rust" fn foreign(number: u32) -> Result<u32, CircuitOpen> {
    Ok(number)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let number = 3;
    // SAFETY: there is a number.
    unsafe {
        assert_eq!(guarded(&raw const number), Ok(3));
        assert_eq!(keyed(&number).await, Ok(3));
        assert_eq!(foreign(7), Ok(7));
    }
    circuits().verify().unwrap();
    assert!(circuits().get("guarded").unwrap().is_closed());
}
