//! The order of the list, which is not the linker's: in a program of its own, where the list is known.
#![forbid(unsafe_code)]

use resilience::__private::{CircuitEntry, CircuitSite, KeyedSite, Place};
use resilience::{CircuitConfig, circuits};

const fn config(failures: u32) -> CircuitConfig {
    CircuitConfig::new().failure_threshold(failures)
}

static LATER: CircuitSite = CircuitSite::own("read", config(4), Place::new("app::b", "b.rs", 2, 1));
static LAST: CircuitSite = CircuitSite::own("write", config(6), Place::new("app::a", "a.rs", 1, 1));
static LATEST: CircuitSite = CircuitSite::own("read", config(5), Place::new("app::b", "b.rs", 30, 1));
static EARLY: CircuitSite = CircuitSite::own("read", config(3), Place::new("app::a", "z.rs", 9, 1));
static HOSTS: KeyedSite = KeyedSite::own_by_key("hosts", config(1), None, Place::new("app::c", "c.rs", 1, 1));
static OTHER_HOSTS: KeyedSite =
    KeyedSite::own_by_key("hosts", config(2), None, Place::new("app::b", "b.rs", 40, 1));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&LATER));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&HOSTS));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&LAST));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&OTHER_HOSTS));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&LATEST));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&EARLY));

#[test]
fn circuits_are_listed_by_name_and_those_of_one_name_by_where_they_stand() {
    for key in ["b", "a", "c"] {
        drop(HOSTS.of_its_own().circuit(key));
    }
    drop(OTHER_HOSTS.of_its_own().circuit("b"));
    let listed: Vec<_> = circuits()
        .iter()
        .map(|circuit| (circuit.name().to_owned(), circuit.config()))
        .map(|(name, found)| (name, (1..9).find(|failures| found == config(*failures)).unwrap()))
        .collect();
    let expected = [
        ("hosts[a]", 1),
        ("hosts[b]", 2),
        ("hosts[b]", 1),
        ("hosts[c]", 1),
        ("read", 3),
        ("read", 4),
        ("read", 5),
        ("write", 6),
    ];
    assert_eq!(listed, expected.map(|(name, failures)| (name.to_owned(), failures)));
    assert_eq!(circuits().get("read").unwrap().config(), config(3));
    assert_eq!(circuits().get("hosts[b]").unwrap().config(), config(2));
    let first = circuits().keyed("hosts").unwrap();
    assert!(std::ptr::eq(first, OTHER_HOSTS.of_its_own()));
}
