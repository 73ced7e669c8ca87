mod key;
mod recent;

use std::fmt::Display;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use self::key::KeyText;
use self::recent::Recent;
use super::config::CircuitConfig;
use super::listeners::{EVERYWHERE, ListenerId, Listeners};
use super::{CircuitBreaker, Name};
use crate::error::{ConfigError, or_panic};
use crate::event::{CircuitEvent, CircuitEventKind, Listener};
use crate::time::Nanos;

/// One circuit per key, a host or a tenant, all with one configuration: a bounded number of them.
///
/// Keys are told apart by their text. When a new one comes and there is no place, the least recently used circuit goes
/// that is *idle*: closed, with no failure counted and no call under way. If there is none, the new key's calls share
/// nothing and are not remembered: a flood of keys costs neither memory nor what is known of the keys in trouble.
///
/// Nor does it cost time: a new key looks at the eight circuits that were not used for longest. Those of them that are
/// not idle count as used just now, so that the next new key looks at the next eight.
///
/// ```
/// use resilience::{CircuitConfig, KeyedCircuits};
///
/// static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CircuitConfig::new().failure_threshold(1), 1024);
///
/// let _ = HOSTS.circuit("a.example").call(|| Err::<(), _>("down"));
/// assert!(HOSTS.circuit("a.example").opened());
/// assert!(HOSTS.circuit("b.example").closed());
/// assert_eq!(HOSTS.circuit("a.example").name(), "hosts[a.example]");
/// ```
#[derive(Debug)]
pub struct KeyedCircuits {
    name: &'static str,
    config: CircuitConfig,
    max_keys: u32,
    recent: Mutex<Recent>,
    /// Shared with every circuit of the set. Made by whoever needs it first: there is no `Arc` in a `const`.
    listeners: OnceLock<Arc<Listeners>>,
}

impl KeyedCircuits {
    /// 1024: more than the hosts most programs talk to, and about half a megabyte.
    pub const DEFAULT_MAX_KEYS: u32 = 1024;

    /// No keys yet.
    ///
    /// # Panics
    /// Where [`CircuitBreaker::new`] does, and if there may be no keys at all. In a `static`, a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, config: CircuitConfig, max_keys: u32) -> Self {
        or_panic!(config.validate());
        or_panic!(Self::checked(max_keys));
        Self { name, config, max_keys, recent: Mutex::new(Recent::new()), listeners: OnceLock::new() }
    }

    /// As [`new`](Self::new), for values known only at run time.
    ///
    /// # Errors
    /// Where `new` panics.
    pub fn try_new(name: &'static str, config: CircuitConfig, max_keys: u32) -> Result<Self, ConfigError> {
        config.validate()?;
        Self::checked(max_keys)?;
        Ok(Self::new(name, config, max_keys))
    }

    const fn checked(max_keys: u32) -> Result<(), ConfigError> {
        if max_keys == 0 {
            return Err(ConfigError::new(
                "max_keys",
                "`max_keys` must be at least 1: a key's circuit has to be kept somewhere",
            ));
        }
        Ok(())
    }

    /// The circuit of this key: anything that can be written, and for several values a `format_args!("{host}:{port}")`.
    /// It stays the key's while somebody holds it.
    ///
    /// Nothing is allocated for a key that is known and whose text is no longer than 128 bytes.
    pub fn circuit(&self, key: impl Display) -> Arc<CircuitBreaker> {
        // The key writes itself before the lock is taken: its `Display` may be the user's.
        let text = KeyText::of(&key);
        let (circuit, evicted) = {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            let make = || self.make(text.as_str());
            recent.get_or_insert(text.as_str(), self.max_keys as usize, make, CircuitBreaker::is_at_rest)
        };
        // Behind the lock: what its listeners hold is the user's.
        drop(evicted);
        circuit
    }

    /// The circuits there are, in no particular order.
    #[must_use]
    pub fn circuits(&self) -> Vec<Arc<CircuitBreaker>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).circuits()
    }

    /// Calls `listener` after every event of every circuit of the set, of those that are made later as well; see
    /// [`CircuitBreaker::listen`].
    ///
    /// A listener of one key's circuit is gone with the circuit, when it has to make place for another; one of the set
    /// stays.
    ///
    /// ```
    /// use resilience::{CircuitConfig, KeyedCircuits};
    /// use std::sync::Mutex;
    ///
    /// static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CircuitConfig::new().failure_threshold(1), 1024);
    /// static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
    ///
    /// let id = HOSTS.listen(|event| LOG.lock().unwrap().push(format!("{} {:?}", event.name(), event.kind())));
    /// let _ = HOSTS.circuit("a.example").call(|| Err::<(), _>("down"));
    /// assert_eq!(*LOG.lock().unwrap(), ["hosts[a.example] Opened"]);
    /// assert!(HOSTS.unlisten(id));
    /// ```
    pub fn listen(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        self.listeners().add(Listener::new(listener))
    }

    /// Removes a listener of the set; see [`CircuitBreaker::unlisten`].
    pub fn unlisten(&self, id: ListenerId) -> bool {
        self.listeners().remove(id)
    }

    /// Another set of the name, where they are to be one.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.config.means(&other.config) && self.max_keys == other.max_keys
    }

    /// Tells of something that happened to the set, and to none of its circuits.
    pub(super) fn tell_of_conflict(&self, text: &Arc<str>) {
        let event = CircuitEvent {
            name: Name::Written(self.name),
            kind: CircuitEventKind::Conflict,
            generation: 0,
            failures: 0,
            time_left: Nanos::ZERO,
            last_failure: Some(Arc::clone(text)),
            dropped: 0,
        };
        self.listeners().tell(&event);
        EVERYWHERE.tell(&event);
    }

    fn listeners(&self) -> &Arc<Listeners> {
        self.listeners.get_or_init(|| Arc::new(Listeners::new()))
    }

    fn make(&self, key: &str) -> Arc<CircuitBreaker> {
        let name = Name::Made(format!("{}[{key}]", self.name).into());
        Arc::new(CircuitBreaker::of_set(name, self.config, Arc::clone(self.listeners())))
    }
}

#[cfg(test)]
mod tests;
