use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::{CircuitConflict, CircuitConflicts, CircuitEntry, entries, sites};
use crate::circuit::CircuitBreaker;
use crate::circuit::KeyedCircuits;
use crate::circuit::listeners::{EVERYWHERE, ListenerId};
use crate::circuit::site::{CircuitSite, Kind};
use crate::event::{CircuitEvent, Listener};

/// Every circuit that an attribute made: for health checks, dashboards and operators.
///
/// Each `#[circuit]` of the program is here before its first call; sites of one name are here once. The circuits of
/// `key = ..` are here once per key, from the key's first call on. A circuit that was made by hand, `breaker = ..`
/// included, is its maker's own affair.
///
/// ```
/// assert!(resilience::circuits().all_closed());
/// resilience::circuits().verify()?;
/// if let Some(payments) = resilience::circuits().get("payments") {
///     payments.force_open();
/// }
/// # Ok::<(), resilience::CircuitConflicts>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Circuits(());

/// The list of the program's circuits: see [`Circuits`].
#[must_use]
pub const fn circuits() -> Circuits {
    Circuits(())
}

impl Circuits {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = CircuitRef> + use<> {
        entries().flat_map(|entry| match entry {
            CircuitEntry::Site(site) => home_of(site).into_iter().collect::<Vec<_>>(),
            CircuitEntry::Keyed(site) if site.home().is(site) => {
                site.circuit().circuits().into_iter().map(CircuitRef::shared).collect()
            }
            CircuitEntry::Keyed(_) => Vec::new(),
        })
    }

    /// The one of this name; where several functions are named so by default, one of theirs.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<CircuitRef> {
        self.iter().find(|circuit| circuit.name() == name)
    }

    /// The circuits by key of this name, as a set: to listen to all of them, or to look at one before its first call.
    /// Where several functions are named so by default, those of one of them.
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
    /// assert!(hosts.circuit("a.example:80").closed());
    /// ```
    #[must_use]
    pub fn keyed(&self, name: &str) -> Option<&'static KeyedCircuits> {
        homes().find(|site| site.name() == name).map(CircuitSite::circuit)
    }

    /// Those that refuse calls: open or forced open.
    pub fn open(&self) -> impl Iterator<Item = CircuitRef> + use<> {
        self.iter().filter(|circuit| circuit.opened())
    }

    /// Those that are closed.
    pub fn closed(&self) -> impl Iterator<Item = CircuitRef> + use<> {
        self.iter().filter(|circuit| circuit.closed())
    }

    /// Whether all are closed.
    #[must_use]
    pub fn all_closed(&self) -> bool {
        self.iter().all(|circuit| circuit.closed())
    }

    /// Looks for functions of one circuit name that configure it differently, or of which only some have a `key`: the one thing that cannot be found while
    /// compiling. One line in a test finds it before a user does:
    ///
    /// ```
    /// # fn test() {
    /// resilience::circuits().verify().unwrap();
    /// # }
    /// # test();
    /// ```
    ///
    /// # Errors
    /// All disagreements, each with both places.
    pub fn verify(&self) -> Result<(), CircuitConflicts> {
        // That a name has both kinds is told by the one that has no key.
        let of_kinds = homes::<CircuitBreaker>().filter_map(CircuitSite::conflict_of_kinds);
        let conflicts: Vec<_> =
            conflicts::<CircuitBreaker>().chain(conflicts::<KeyedCircuits>()).chain(of_kinds).collect();
        if conflicts.is_empty() { Ok(()) } else { Err(CircuitConflicts(conflicts)) }
    }

    /// Calls `listener` after every event of every circuit, also of those made by hand; see
    /// [`CircuitBreaker::listen`].
    ///
    /// ```
    /// resilience::circuits().listen(|event| eprintln!("{}: {:?}", event.name(), event.kind()));
    /// ```
    pub fn listen(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        EVERYWHERE.add(Listener::new(listener))
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

fn homes<C: Kind>() -> impl Iterator<Item = &'static CircuitSite<C>> {
    sites().filter(|site: &&'static CircuitSite<C>| site.home().is(site))
}

fn conflicts<C: Kind>() -> impl Iterator<Item = CircuitConflict> {
    homes::<C>().flat_map(CircuitSite::conflicts)
}

/// The circuit of a site, unless it is another one's.
fn home_of(site: &'static CircuitSite) -> Option<CircuitRef> {
    site.home().is(site).then(|| CircuitRef(Source::Static(site.circuit())))
}

/// A circuit of the list: a [`CircuitBreaker`], wherever it lives, with all its methods.
///
/// ```
/// use resilience::{CircuitRef, circuits};
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
