mod events;
mod hashing;
mod key;
mod recency;
mod table;

use std::fmt::{self, Display};
use std::sync::{Arc, PoisonError};

use self::events::SetEvents;
use self::key::KeyText;
use self::table::{Inserted, KeyTable, New};
use super::config::CircuitConfig;
use super::origin::CircuitOrigin;
use super::overriding::CircuitOverride;
use super::rules::Rules;
use super::{CircuitBreaker, Name};
use crate::clock;
use crate::error::{ConfigError, Value, or_panic};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::ListenerId;
use crate::sync::RwLock;

/// A bounded number of circuits with one configuration, one per key, such as a host or a tenant.
///
/// Keys are compared by their text. If the set is full, a new key evicts one circuit:
///
/// 1. an *idle* one: closed, with nothing counted. An open or half-open circuit is idle too if there was no call for
///    ten recovery timeouts and its open time is over;
/// 2. otherwise a *counting* one: closed, with failures or slow calls that have not opened it.
///
/// Among those of one kind, the least recently used one is evicted. This order is exact for up to 64 keys. A larger
/// set gives each circuit a second chance: a new key examines up to 64 circuits, and skips those that were used since
/// they were last reached. The next new key continues from there.
///
/// A circuit is not evicted while it is open or half-open, while an operator has forced it open, disabled it or set
/// it to only count, or while it has a running call. If this applies to all examined circuits, the circuit of the new
/// key is not kept: the call runs, its result is discarded, and listeners get a
/// [`CircuitEventKind::KeyNotRemembered`].
///
/// A circuit takes a bounded amount of memory, regardless of its key and its errors: up to 1010 bytes in the default
/// configuration, up to 512 more once it has the text of a failure, and 700 more while it is open. The count of its
/// rejections takes 64 bytes, and 32 for each thread. Long keys are [shortened](Self::MAX_KEY_LENGTH), and the text
/// of a failure is limited to 512 bytes. A window adds a quarter of a byte for each of its calls, and `within` adds
/// eight bytes for each failure of its threshold.
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
    /// The settings from outside, if there are any. Read while a key is added, so that no circuit misses a change.
    settings: RwLock<Option<CircuitOverride>>,
    table: KeyTable,
    events: SetEvents,
    #[cfg(feature = "testing")]
    in_scopes: crate::test_scope::SlotId,
}

impl KeyedCircuits {
    /// 1024: more than the number of hosts that most programs call, and about one megabyte while they are healthy.
    pub const DEFAULT_MAX_KEYS: u32 = 1024;

    /// 128 bytes: enough for the longest host name with a port, with some room for a prefix.
    ///
    /// A longer key is identified by its beginning and a hash of 128 bits, which also appear in its circuit's name. The
    /// hash uses random keys of the process, so that an attacker cannot find two keys with one hash.
    pub const MAX_KEY_LENGTH: usize = key::MAX_KEY_LENGTH;

    /// Creates a set without keys.
    ///
    /// # Panics
    /// If [`CircuitBreaker::new`] would panic, or if `max_keys` is zero. In a `static`, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, config: CircuitConfig, max_keys: u32) -> Self {
        Self::of(name, config, max_keys, None)
    }

    /// Like [`new`](Self::new), for the attribute at this file and line.
    #[track_caller]
    pub(super) const fn of(
        name: &'static str,
        config: CircuitConfig,
        max_keys: u32,
        place: Option<(&'static str, u32)>,
    ) -> Self {
        or_panic!(config.validate());
        or_panic!(Self::checked(max_keys));
        Self {
            name,
            config,
            max_keys,
            settings: RwLock::new(None),
            table: KeyTable::new(max_keys),
            events: SetEvents::new(name, place),
            #[cfg(feature = "testing")]
            in_scopes: crate::test_scope::SlotId::new(),
        }
    }

    /// Like [`new`](Self::new), for values that are only known at run time.
    ///
    /// # Errors
    /// If `new` would panic.
    pub fn try_new(name: &'static str, config: CircuitConfig, max_keys: u32) -> Result<Self, ConfigError> {
        config.validate()?;
        Self::checked(max_keys)?;
        Ok(Self::new(name, config, max_keys))
    }

    /// The set: in a test scope, that of the scope.
    #[cfg(feature = "testing")]
    fn here(&self) -> SetHere<'_> {
        let Self { name, config, max_keys, .. } = *self;
        let new = || Self::of(name, config, max_keys, self.events.place());
        match crate::test_scope::replaced(&self.in_scopes, new) {
            Some(set) => SetHere::OfScope(set),
            None => SetHere::OfProgram(self),
        }
    }

    #[cfg(not(feature = "testing"))]
    #[inline]
    const fn here(&self) -> &Self {
        self
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

    /// The circuit of this key. A key is anything that implements `Display`; combine several values with
    /// `format_args!("{host}:{port}")`. The circuit is not evicted while the returned value exists.
    ///
    /// A known key of at most [`MAX_KEY_LENGTH`](Self::MAX_KEY_LENGTH) bytes needs no allocation.
    pub fn circuit(&self, key: impl Display) -> Arc<CircuitBreaker> {
        // Written before the lock is taken: `Display` may be user code.
        let text = KeyText::of(&key);
        self.here().table.get(text.as_str().as_bytes()).unwrap_or_else(|| self.insert(text.as_str()))
    }

    #[cold]
    fn insert(&self, key: &str) -> Arc<CircuitBreaker> {
        let settings = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        let config = settings.map_or(self.config, |settings| settings.config);
        let new = self.make(key, config);
        let circuit = Arc::clone(&new.circuit);
        if let Some(settings) = *settings {
            circuit.change(CircuitOverride { state: (None, settings.state.1), ..settings });
        }
        let now = clock::moment();
        let inserted = self.here().table.insert(new, now, Rules::of(&config).open_time(0));
        drop(settings);
        match inserted {
            Inserted::Known(known) => return known,
            // Dropped without the lock: the listeners of the evicted circuit are user code.
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

    /// All current circuits, in no particular order.
    #[must_use]
    pub fn circuits(&self) -> Vec<Arc<CircuitBreaker>> {
        self.here().table.circuits()
    }

    /// Calls `listener` after every event of every circuit of the set, including those created later. See
    /// [`CircuitBreaker::listen`].
    ///
    /// A listener of a single circuit is removed when the circuit is evicted. A listener of the set
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
        self.here().events.set().listeners.add(Arc::new(listener))
    }

    /// Removes a listener of the set; see [`CircuitBreaker::unlisten`].
    pub fn unlisten(&self, id: ListenerId) -> bool {
        self.here().events.set().listeners.remove(id)
    }

    /// The configuration in force.
    #[cfg(feature = "serde")]
    pub(super) fn config(&self) -> CircuitConfig {
        let settings = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        settings.map_or(self.config, |settings| settings.config)
    }

    /// Applies settings from outside to all circuits, also to those that are created later. Delivers no events, because
    /// the caller holds a lock.
    #[cfg(feature = "serde")]
    pub(super) fn change(&self, settings: CircuitOverride) {
        let mut current = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(settings);
        for circuit in self.table.circuits() {
            circuit.change(settings);
        }
    }

    /// Delivers the events of changes.
    #[cfg(feature = "serde")]
    pub(super) fn deliver(&self) {
        self.table.circuits().iter().for_each(|circuit| circuit.deliver());
    }

    /// Whether another set of the same name has the same configuration.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        Rules::of(&self.config) == Rules::of(&other.config) && self.max_keys == other.max_keys
    }

    /// File and line of the attribute or the layer that made the set.
    #[cfg(feature = "tower")]
    pub(crate) fn place(&self) -> Option<(&'static str, u32)> {
        self.events.place()
    }

    /// Whether this configuration has the same behaviour.
    #[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
    pub(super) fn is_configured_as(&self, config: &CircuitConfig) -> bool {
        Rules::of(&self.config) == Rules::of(config)
    }

    /// Delivers an event of the set that does not belong to one of its circuits.
    pub(super) fn tell_of_conflict(&self, text: &str) {
        self.here().events.tell(CircuitEventKind::Conflict, || text.into());
    }

    fn tell_of_no_place(&self, key: &str) {
        let text = || {
            let most = self.max_keys;
            format!("the key {key:?} has no place among {most}, and no circuit may be evicted").into()
        };
        self.here().events.tell(CircuitEventKind::KeyNotRemembered, text);
    }

    fn make(&self, key: &str, config: CircuitConfig) -> New {
        let name: Arc<str> = format!("{}[{key}]", self.name).into();
        let start = self.name.len() + 1;
        let set = CircuitOrigin::Set(Arc::clone(self.here().events.set()));
        let circuit = CircuitBreaker::of(Name::Made(Arc::clone(&name)), config, set);
        New { circuit: Arc::new(circuit), name, start }
    }
}

/// The set that calls use here.
#[cfg(feature = "testing")]
enum SetHere<'s> {
    OfProgram(&'s KeyedCircuits),
    OfScope(Arc<KeyedCircuits>),
}

#[cfg(feature = "testing")]
impl std::ops::Deref for SetHere<'_> {
    type Target = KeyedCircuits;

    fn deref(&self) -> &KeyedCircuits {
        match self {
            Self::OfProgram(set) => set,
            Self::OfScope(set) => set,
        }
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
