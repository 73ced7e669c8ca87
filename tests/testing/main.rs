//! The test kit: scopes, faults, records, and circuits in any state.

mod circuits;
mod common;
mod faults;
mod parallel;
mod records;
mod scopes;
