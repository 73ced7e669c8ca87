//! Settings from files and from the environment.

mod applying;
mod call_timeout;
mod checking;
mod circuits;
mod effective;
mod environment;
mod reload;
mod round_trips;
mod spelling;

use std::sync::{Mutex, MutexGuard, PoisonError};

use resilience::settings::Overrides;

/// Overrides are program-wide, so tests that apply some do so one after the other.
fn alone() -> Alone {
    static LOCK: Mutex<()> = Mutex::new(());
    Alone(LOCK.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Reverts everything when it is dropped.
struct Alone(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Drop for Alone {
    fn drop(&mut self) {
        Overrides::default().apply().expect("nothing cannot be wrong");
    }
}

fn read(toml: &str) -> Overrides {
    toml::from_str(toml).expect("it is TOML")
}

/// Applies a text without warnings.
fn apply(toml: &str) {
    let warnings = read(toml).apply().expect("it can be applied");
    assert!(warnings.is_empty(), "{warnings}");
}

/// The errors of a text, one per line.
fn errors(toml: &str) -> String {
    read(toml).check().expect_err("it is wrong").to_string()
}
