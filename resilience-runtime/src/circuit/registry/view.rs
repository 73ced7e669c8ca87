use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::list::sites;
use super::registered::Registered;
use super::{CircuitConflict, CircuitConflicts, NameTaken};
use crate::circuit::CircuitBreaker;
use crate::circuit::KeyedCircuits;
use crate::circuit::listeners::EVERYWHERE;
use crate::circuit::site::{CircuitSite, Place, SiteTarget};
use crate::event::CircuitEvent;
use crate::listeners::ListenerId;

/// The circuits of all attributes: for health checks, dashboards and operators.
///
/// Each `#[circuit]` of the program is listed before its first call. Sites that share a name are listed once. The
/// circuits of `key = ..` are listed once per key, from the key's first call on, as `hosts[a.example]`. A circuit
/// that user code creates is listed once it is [registered](Self::register), and not before, not even with
/// `breaker = ..`.
///
/// ```
/// assert!(resilience::circuits().all_closed());
/// resilience::circuits().verify()?;
/// if let Some(payments) = resilience::circuits().get("payments") {
///     payments.force_open();
/// }
/// # Ok::<(), resilience::breaker::CircuitConflicts>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Circuits(());

/// The list of the program's circuits: see [`Circuits`].
#[must_use]
pub const fn circuits() -> Circuits {
    Circuits(())
}

impl Circuits {
    /// All circuits, by name, then by place in the source: in the same order in every run.
    pub fn iter(&self) -> impl Iterator<Item = CircuitRef> + use<> {
        let mut all: Vec<_> = placed().collect();
        all.sort_by(|(one, at), (other, there)| one.name().cmp(other.name()).then_with(|| at.cmp(there)));
        all.into_iter().map(|(circuit, _)| circuit)
    }

    /// The circuit of this name. With a key, as `hosts[a.example]`, it exists from the key's first call on.
    ///
    /// Several functions may have the same default name, such as methods of different types in one module. This
    /// returns the circuit of the first of them; use `name = ".."` to tell them apart.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitRef> {
        let of_the_name = placed().filter(|(circuit, _)| circuit.name() == name);
        of_the_name.min_by_key(|(_, place)| *place).map(|(circuit, _)| circuit)
    }

    /// Adds a circuit to the list. It stays for the life of the program: this leaks its memory.
    ///
    /// A `#[circuit(name = ..)]` that configures nothing uses the circuit of its name from its first call on. With the
    /// feature `serde`, an override that is in force for the name applies to the circuit, unless it contradicts its
    /// configuration.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig, circuit, circuits};
    ///
    /// #[circuit(name = "ledger")]
    /// fn book(path: &str) -> std::io::Result<String> {
    ///     std::fs::read_to_string(path)
    /// }
    ///
    /// let threshold = 1; // read from a file
    /// let config = CircuitConfig::new().try_failure_threshold(threshold)?;
    /// let ledger = circuits().register(CircuitBreaker::try_new("ledger".to_owned(), config)?)?;
    ///
    /// assert!(book("/missing").is_err());
    /// assert!(ledger.is_open());
    /// assert!(circuits().get("ledger").is_some_and(|found| found.is_open()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// If the linker keeps no list of the program's attributes, as on WebAssembly, an attribute of this name that
    /// configures its circuit, and is called later, also uses the registered one.
    ///
    /// # Errors
    /// If the name is taken: by a registered circuit, by an attribute that configures the circuit or was called
    /// already, or by keyed circuits. The error returns the circuit.
    pub fn register(&self, breaker: CircuitBreaker) -> Result<&'static CircuitBreaker, NameTaken> {
        let registered = Registered::lock().add(breaker)?;
        #[cfg(feature = "serde")]
        super::named::follow(registered);
        registered.measure();
        Ok(registered)
    }

    /// The keyed circuits of this name, as a set: to listen to all of them, or to access one before its first call.
    /// If several functions have this default name, those of the first of them.
    ///
    /// ```
    /// # use resilience::circuit;
    /// #[circuit(name = "hosts", key = host, max_keys = 100)]
    /// fn ping(host: &str) -> std::io::Result<()> {
    ///     std::net::TcpStream::connect(host).map(drop)
    /// }
    ///
    /// let hosts = resilience::circuits().keyed("hosts").expect("it is listed before its first call");
    /// hosts.listen(|event| eprintln!("{}: {:?}", event.name(), event.kind()));
    /// assert!(hosts.circuit("a.example:80").is_closed());
    /// ```
    #[must_use]
    pub fn keyed(&self, name: &str) -> Option<&'static KeyedCircuits> {
        homes().filter(|site| site.name() == name).min_by_key(|site| site.place()).map(CircuitSite::circuit)
    }

    /// The circuits that reject calls: open or forced open.
    pub fn open(&self) -> impl Iterator<Item = CircuitRef> + use<> {
        self.iter().filter(|circuit| circuit.is_open())
    }

    /// The closed circuits.
    pub fn closed(&self) -> impl Iterator<Item = CircuitRef> + use<> {
        self.iter().filter(|circuit| circuit.is_closed())
    }

    /// Whether all circuits are closed. A circuit that an operator has disabled or set to only count is not closed,
    /// although it admits calls. It is not [`open`](Self::open) either.
    #[must_use]
    pub fn all_closed(&self) -> bool {
        self.iter().all(|circuit| circuit.is_closed())
    }

    /// Finds functions of one circuit name with different configurations, or of which only some have a `key`. These
    /// conflicts cannot be found at compile time. A test finds them before a user does:
    ///
    /// ```
    /// # #[resilience::circuit]
    /// # fn guarded() -> std::io::Result<()> { Ok(()) }
    /// # fn test() {
    /// assert!(resilience::circuits().iter().next().is_some(), "none is linked");
    /// resilience::circuits().verify().unwrap();
    /// # }
    /// # test();
    /// ```
    ///
    /// Only linked crates are checked. An integration test under `tests/` must mention every crate whose circuits it
    /// checks, if necessary with `use mycrate as _;`. Otherwise there are no circuits, and no conflicts.
    ///
    /// # Errors
    /// All conflicts, each with both places.
    pub fn verify(&self) -> Result<(), CircuitConflicts> {
        // A conflict of kinds is reported by the site without a key.
        let of_kinds = homes::<CircuitBreaker>().filter_map(CircuitSite::conflict_of_kinds);
        let conflicts: Vec<_> =
            conflicts::<CircuitBreaker>().chain(conflicts::<KeyedCircuits>()).chain(of_kinds).collect();
        if conflicts.is_empty() { Ok(()) } else { Err(CircuitConflicts(conflicts)) }
    }

    /// Calls `listener` after every event of every circuit, including those that user code creates. See
    /// [`CircuitBreaker::listen`].
    ///
    /// ```
    /// resilience::circuits().listen(|event| eprintln!("{}: {:?}", event.name(), event.kind()));
    /// ```
    pub fn listen(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        EVERYWHERE.add(Arc::new(listener))
    }

    /// Removes a listener of all circuits; see [`CircuitBreaker::unlisten`].
    pub fn unlisten(&self, id: ListenerId) -> bool {
        EVERYWHERE.remove(id)
    }
}

impl IntoIterator for Circuits {
    type Item = CircuitRef;
    type IntoIter = std::vec::IntoIter<CircuitRef>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<_>>().into_iter()
    }
}

pub(super) fn homes<C: SiteTarget>() -> impl Iterator<Item = &'static CircuitSite<C>> {
    sites().filter(|site: &&'static CircuitSite<C>| site.home().is(site))
}

fn conflicts<C: SiteTarget>() -> impl Iterator<Item = CircuitConflict> {
    homes::<C>().flat_map(CircuitSite::conflicts)
}

/// All circuits, each with the place of its site, in the linker's order. Registered circuits have no place.
fn placed() -> impl Iterator<Item = (CircuitRef, Option<Place>)> {
    let registered = Registered::lock();
    let of_one: Vec<_> = homes::<CircuitBreaker>()
        .filter(|site| !(site.shares() && registered.get(site.name()).is_some()))
        .map(|site| (CircuitRef(Source::Static(site.circuit())), Some(site.place())))
        .collect();
    let of_program = registered.all().into_iter().map(|circuit| (CircuitRef(Source::Static(circuit)), None));
    let of_keys = homes::<KeyedCircuits>().flat_map(|site| {
        site.circuit().circuits().into_iter().map(|circuit| (CircuitRef::shared(circuit), Some(site.place())))
    });
    of_program.chain(of_one).chain(of_keys)
}

/// A circuit of the list. It dereferences to [`CircuitBreaker`], with all its methods.
///
/// ```
/// use resilience::breaker::CircuitRef;
/// use resilience::circuits;
///
/// let open: Vec<CircuitRef> = circuits().open().collect();
/// for circuit in open {
///     println!("{} is {}", circuit.name(), circuit.state());
///     circuit.reset();
/// }
/// ```
#[derive(Clone)]
pub struct CircuitRef(Source);

#[derive(Clone)]
enum Source {
    Static(&'static CircuitBreaker),
    Shared(Arc<CircuitBreaker>),
}

impl CircuitRef {
    const fn shared(circuit: Arc<CircuitBreaker>) -> Self {
        Self(Source::Shared(circuit))
    }

    /// The name of the set for a keyed circuit, as in [`CircuitEvent::set`].
    #[must_use]
    pub fn set(&self) -> Option<&'static str> {
        self.set_name()
    }
}

impl From<&'static CircuitBreaker> for CircuitRef {
    fn from(circuit: &'static CircuitBreaker) -> Self {
        Self(Source::Static(circuit))
    }
}

impl From<Arc<CircuitBreaker>> for CircuitRef {
    fn from(circuit: Arc<CircuitBreaker>) -> Self {
        Self(Source::Shared(circuit))
    }
}

impl Deref for CircuitRef {
    type Target = CircuitBreaker;

    fn deref(&self) -> &CircuitBreaker {
        match &self.0 {
            Source::Static(circuit) => circuit,
            Source::Shared(circuit) => circuit,
        }
    }
}

impl fmt::Debug for CircuitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
