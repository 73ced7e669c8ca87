//! The circuits that are added to the program's list at run time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::list;
use crate::circuit::site::CircuitSite;
use crate::circuit::{CircuitBreaker, KeyedCircuits};

/// By name. The lock also serializes the first call of each named site with a registration.
static REGISTERED: Mutex<BTreeMap<&'static str, &'static CircuitBreaker>> = Mutex::new(BTreeMap::new());

/// The lock on the registered circuits. No user code runs while it is held.
pub(super) struct Registered(MutexGuard<'static, BTreeMap<&'static str, &'static CircuitBreaker>>);

/// A circuit that was not registered, because its name is taken.
///
/// ```
/// use resilience::breaker::{CircuitBreaker, CircuitConfig, circuits};
///
/// circuits().register(CircuitBreaker::new("mail", CircuitConfig::new())).unwrap();
/// let taken = circuits().register(CircuitBreaker::new("mail", CircuitConfig::new())).unwrap_err();
/// assert_eq!(taken.to_string(), "the circuit `mail` was not registered: another registered circuit has this name");
/// assert_eq!(taken.into_breaker().name(), "mail");
/// ```
#[derive(Debug)]
pub struct NameTaken {
    // On the heap, so that the `Result` stays small.
    breaker: Box<CircuitBreaker>,
    by: NameOwner,
}

/// The circuit that already has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameOwner {
    Registered,
    /// A `#[circuit]` that configures it, or was already called.
    Attribute {
        file: &'static str,
        line: u32,
    },
    /// A `#[circuit(key = ..)]`.
    Keyed {
        file: &'static str,
        line: u32,
    },
}

impl Registered {
    pub(super) fn lock() -> Self {
        Self(REGISTERED.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'static CircuitBreaker> {
        self.0.get(name).copied()
    }

    pub(super) fn all(&self) -> Vec<&'static CircuitBreaker> {
        self.0.values().copied().collect()
    }

    /// Keeps the circuit for the life of the program.
    pub(super) fn add(&mut self, breaker: CircuitBreaker) -> Result<&'static CircuitBreaker, NameTaken> {
        if let Some(by) = self.owner(breaker.name()) {
            return Err(NameTaken { breaker: Box::new(breaker), by });
        }
        let breaker: &'static CircuitBreaker = Box::leak(Box::new(breaker));
        self.0.insert(breaker.name(), breaker);
        Ok(breaker)
    }

    /// The circuit of a name that no attribute without a `key` has. A new one is kept for the life of the program.
    #[cfg(feature = "tower")]
    pub(super) fn get_or_add(
        &mut self,
        name: &'static str,
        make: impl FnOnce() -> CircuitBreaker,
    ) -> &'static CircuitBreaker {
        self.0.entry(name).or_insert_with(|| Box::leak(Box::new(make())))
    }

    fn owner(&self, name: &str) -> Option<NameOwner> {
        if self.get(name).is_some() {
            return Some(NameOwner::Registered);
        }
        let of_name = list::sites::<CircuitBreaker>().filter(|site| site.name() == name);
        let is_settled =
            |site: &&CircuitSite| !site.shares() || site.configures() || site.shared.get().is_some();
        if let Some(site) = of_name.filter(is_settled).min_by_key(|site| site.place()) {
            let (file, line) = site.place().file_and_line();
            return Some(NameOwner::Attribute { file, line });
        }
        let keyed = list::sites::<KeyedCircuits>().filter(|site| site.name() == name);
        let (file, line) = keyed.min_by_key(|site| site.place())?.place().file_and_line();
        Some(NameOwner::Keyed { file, line })
    }
}

impl NameTaken {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.breaker.name()
    }

    /// The circuit that was not registered.
    #[must_use]
    pub fn into_breaker(self) -> CircuitBreaker {
        *self.breaker
    }
}

impl std::error::Error for NameTaken {}

impl std::fmt::Display for NameTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the circuit `{}` was not registered: ", self.name())?;
        match self.by {
            NameOwner::Registered => f.write_str("another registered circuit has this name"),
            NameOwner::Attribute { file, line } => {
                write!(
                    f,
                    "the `#[circuit]` at {file}:{line} has this name, and configures it or was already called"
                )
            }
            NameOwner::Keyed { file, line } => {
                write!(f, "the `#[circuit(key = ..)]` at {file}:{line} has this name")
            }
        }
    }
}
