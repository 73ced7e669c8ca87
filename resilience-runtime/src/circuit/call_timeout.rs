use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::error::{ConfigError, Value, or_panic};
use crate::linked::list;
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::telemetry::SiteKind;
use crate::time::Nanos;

/// The time limit of a call: `#[circuit(call_timeout = ..)]`.
#[derive(Clone, Copy, Debug)]
pub struct CallTimeout(pub(super) Nanos);

impl CallTimeout {
    /// # Panics
    /// If the time is zero. In a constant, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(timeout: Duration) -> Self {
        or_panic!(Self::try_new(timeout))
    }

    pub(crate) const fn try_new(timeout: Duration) -> Result<Self, ConfigError> {
        if timeout.is_zero() {
            return Err(ConfigError::new(
                "call_timeout",
                "`call_timeout` is zero: no call could finish in time",
                Value::Time(Nanos::ZERO),
            ));
        }
        Ok(Self(Nanos::of(timeout)))
    }
}

list! {
    /// The time limits of functions whose circuit has a name.
    CALL_TIMEOUTS: &'static NamedCallTimeout
}

/// The time limit of the calls of a function whose circuit has a name, so that overrides can change it.
#[derive(Debug)]
pub struct NamedCallTimeout {
    pub(super) site: PolicySite<CallTimeout>,
    /// The overriding time in nanoseconds, or zero. Relaxed: a call reads nothing else.
    pub(super) overriding: AtomicU64,
}

impl NamedCallTimeout {
    /// The limit in the code.
    #[must_use]
    pub const fn new(circuit: &'static str, timeout: CallTimeout) -> Self {
        let site = PolicySite::new(SiteName::Given(circuit), SiteKind::Circuit, timeout);
        Self { site, overriding: AtomicU64::new(0) }
    }
}

#[cfg(feature = "serde")]
impl NamedCallTimeout {
    /// The limits of the functions of a circuit.
    fn of(circuit: &str) -> impl Iterator<Item = &'static Self> {
        CALL_TIMEOUTS.iter().copied().filter(move |limit| limit.site.name.get() == circuit)
    }

    /// The limits in the code, each once, the shortest first.
    pub(crate) fn all_in_code(circuit: &str) -> Vec<Nanos> {
        let mut all: Vec<Nanos> = Self::of(circuit).map(|limit| limit.site.policy.0).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Overrides the limits of the functions of a circuit. `None`: reverts them to the code.
    pub(crate) fn override_all(circuit: &str, by: Option<Nanos>) {
        let by = by.unwrap_or(Nanos::ZERO).get();
        Self::of(circuit).for_each(|limit| limit.overriding.store(by, std::sync::atomic::Ordering::Relaxed));
    }
}
