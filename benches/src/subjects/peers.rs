//! Circuit breakers of other crates, shared in a `static`, as in a typical program.

mod failsafe;
mod others;
mod recloser;
mod seatbelt;

use std::time::Duration;

pub(crate) use self::failsafe::with_failsafe_async;
pub(crate) use self::others::with_tower;
pub(crate) use self::recloser::with_recloser_async;
pub(crate) use self::seatbelt::with_seatbelt;
use super::{FAILED, Failure, REJECTED, Subject, mostly, ready, subject, value, work};

pub(super) const SUBJECTS: [&[Subject]; 4] =
    [recloser::SUBJECTS, failsafe::SUBJECTS, seatbelt::SUBJECTS, others::SUBJECTS];

const HOURS: Duration = Duration::from_secs(36_000);
/// The next call is a probe.
const BRIEFLY: Duration = Duration::from_nanos(1);
