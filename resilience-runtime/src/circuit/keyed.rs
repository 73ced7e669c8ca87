mod events;
mod hashing;
mod key;
mod recency;
mod table;

use std::fmt::{self, Display};
use std::sync::Arc;

use self::events::SetEvents;
use self::key::KeyText;
use self::table::{Inserted, KeyTable, New};
use super::config::CircuitConfig;
use super::origin::CircuitOrigin;
use super::rules::Rules;
use super::{CircuitBreaker, Name};
use crate::clock;
use crate::error::{ConfigError, Value, or_panic};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::ListenerId;

/// One circuit per key, a host or a tenant, all with one configuration: a bounded number of them.
///
/// Keys are told apart by their text. When a new key comes and the set is full, one circuit is evicted for it:
///
/// 1. an *idle* one: closed, and nothing is counted. A circuit that was opened or half-open is idle too when no call has come
///    for ten recovery timeouts and its open time is over;
/// 2. if there is none, one that is *counting*: closed, with failures or slow calls that have not opened it.
///
/// Of either kind, the least recently used one is evicted. That is exact for up to 64 keys. A larger set gives each circuit
/// a second chance: a new key looks at up to 64 circuits, not counting those that were used since a new key last came by, and
/// the next new key goes on behind them.
///
/// A circuit that is open or half-open, that an operator has forced open, disabled or set to count only, or that has a
/// call under way is not evicted. If all circuits that a new key looks at are, its own is not remembered: the call runs,
/// its result is forgotten, and listeners get a [`CircuitEventKind::KeyNotRemembered`].
///
/// A circuit takes a bounded amount of memory, whatever its key and its errors are: up to 1000 bytes in the default
/// configuration, up to 512 more once it has kept the text of a failure, and 700 more while it is open. Counting its refusals
/// takes 64 bytes, and 32 for each thread. Long keys are [shortened](Self::MAX_KEY_LENGTH), and 512 bytes of a failure's
/// text are kept. A window adds a quarter of a byte for each of its calls, and `within` adds eight bytes for each failure
/// of its threshold.
///
/// ```
/// use resilience::{CircuitConfig, KeyedCircuits};
///
/// static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CircuitConfig::new().failure_threshold(1), 1024);
///
/// let _ = HOSTS.circuit("a.example").call(|| Err::<(), _>("down"));
/// assert!(HOSTS.circuit("a.example").is_open());
/// assert!(HOSTS.circuit("b.example").is_closed());
/// assert_eq!(HOSTS.circuit("a.example").name(), "hosts[a.example]");
/// ```
pub struct KeyedCircuits {
    name: &'static str,
    config: CircuitConfig,
    max_keys: u32,
    table: KeyTable,
    events: SetEvents,
}

impl KeyedCircuits {
    /// 1024: more than the hosts most programs talk to, and about a megabyte while they are healthy.
    pub const DEFAULT_MAX_KEYS: u32 = 1024;

    /// 128 bytes: as long as a host name with a port can be, and half as much for what comes in front.
    ///
    /// A longer key is known by its beginning and a hash of 128 bits, which are also what stands in its circuit's name. The
    /// hash is made with random keys of the process: nobody outside can find two keys with one hash.
    pub const MAX_KEY_LENGTH: usize = key::MAX_KEY_LENGTH;

    /// No keys yet.
    ///
    /// # Panics
    /// Where [`CircuitBreaker::new`] does, and if there may be no keys at all. In a `static`, a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, config: CircuitConfig, max_keys: u32) -> Self {
        Self::of(name, config, max_keys, None)
    }

    /// As [`new`](Self::new), made by the attribute at this file and line.
    #[track_caller]
    pub(super) const fn of(
        name: &'static str,
        config: CircuitConfig,
        max_keys: u32,
        place: Option<(&'static str, u32)>,
    ) -> Self {
        or_panic!(config.validate());
        or_panic!(Self::checked(max_keys));
        Self { name, config, max_keys, table: KeyTable::new(max_keys), events: SetEvents::new(name, place) }
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
                Value::Count(max_keys),
            ));
        }
        Ok(())
    }

    /// The circuit of this key: anything that can be written, and for several values a `format_args!("{host}:{port}")`.
    /// It stays the key's while somebody holds it.
    ///
    /// Nothing is allocated for a key that is known and is no longer than [`MAX_KEY_LENGTH`](Self::MAX_KEY_LENGTH).
    pub fn circuit(&self, key: impl Display) -> Arc<CircuitBreaker> {
        // The key writes itself before the lock is taken: its `Display` may be the user's.
        let text = KeyText::of(&key);
        self.table.get(text.as_str().as_bytes()).unwrap_or_else(|| self.insert(text.as_str()))
    }

    #[cold]
    fn insert(&self, key: &str) -> Arc<CircuitBreaker> {
        let new = self.make(key);
        let circuit = Arc::clone(&new.circuit);
        let now = clock::moment();
        match self.table.insert(new, now, Rules::of(&self.config).open_time(0)) {
            Inserted::Known(known) => return known,
            // Without the lock: what the listeners of the evicted circuit hold is the user's.
            Inserted::Added(evicted) => {
                circuit.measure();
                drop(evicted);
            }
            Inserted::NotRemembered => {
                circuit.exclude();
                self.tell_of_no_place(key);
            }
        }
        circuit
    }

    /// The circuits there are, in no particular order.
    #[must_use]
    pub fn circuits(&self) -> Vec<Arc<CircuitBreaker>> {
        self.table.circuits()
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
        self.events.set().listeners.add(Arc::new(listener))
    }

    /// Removes a listener of the set; see [`CircuitBreaker::unlisten`].
    pub fn unlisten(&self, id: ListenerId) -> bool {
        self.events.set().listeners.remove(id)
    }

    /// Another set of the name, where they are to be one.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        Rules::of(&self.config) == Rules::of(&other.config) && self.max_keys == other.max_keys
    }

    /// An event of the set, and of none of its circuits.
    pub(super) fn tell_of_conflict(&self, text: &str) {
        self.events.tell(CircuitEventKind::Conflict, || text.into());
    }

    fn tell_of_no_place(&self, key: &str) {
        let text = || {
            let most = self.max_keys;
            format!("the key {key:?} has no place among {most}, and no circuit may be evicted").into()
        };
        self.events.tell(CircuitEventKind::KeyNotRemembered, text);
    }

    fn make(&self, key: &str) -> New {
        let name: Arc<str> = format!("{}[{key}]", self.name).into();
        let start = self.name.len() + 1;
        let set = CircuitOrigin::Set(Arc::clone(self.events.set()));
        let circuit = CircuitBreaker::of(Name::Made(Arc::clone(&name)), self.config, set);
        New { circuit: Arc::new(circuit), name, start }
    }
}

impl fmt::Debug for KeyedCircuits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedCircuits")
            .field("name", &self.name)
            .field("max_keys", &self.max_keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
