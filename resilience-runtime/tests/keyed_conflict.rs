//! Sites of one name that have circuits by key and disagree: in a program of its own, where nobody else verifies.
#![forbid(unsafe_code)]

use resilience::__private::{CircuitEntry, CircuitSite, KeyedSite, Place};
use resilience::{CircuitConfig, circuits};

const STRICT: CircuitConfig = CircuitConfig::new().failure_threshold(1);

static HOSTS: KeyedSite =
    KeyedSite::named_by_key("hosts", Some(STRICT), Some(8), Place::new("app::a", "a.rs", 1, 1));
static MORE_HOSTS: KeyedSite =
    KeyedSite::named_by_key("hosts", Some(STRICT), Some(9), Place::new("app::b", "b.rs", 2, 1));
static LAX_HOSTS: KeyedSite =
    KeyedSite::named_by_key("hosts", Some(CircuitConfig::new()), Some(8), Place::new("app::c", "c.rs", 3, 1));
static SILENT: KeyedSite = KeyedSite::named_by_key("hosts", None, None, Place::new("aaa", "0.rs", 4, 1));
static OWN: KeyedSite =
    KeyedSite::own_by_key("hosts", CircuitConfig::new(), None, Place::new("app::d", "d.rs", 5, 1));
static MAIL: KeyedSite = KeyedSite::named_by_key("mail", None, None, Place::new("app::e", "e.rs", 6, 1));
static ONE_MAIL: CircuitSite =
    CircuitSite::named("mail", Some(CircuitConfig::new()), Place::new("app::f", "f.rs", 7, 1));
static OWN_MAIL: CircuitSite = CircuitSite::own("mail", STRICT, Place::new("app::g", "g.rs", 8, 1));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&LAX_HOSTS));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&MORE_HOSTS));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&HOSTS));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&SILENT));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&OWN));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Keyed(&MAIL));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&ONE_MAIL));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&OWN_MAIL));

const KINDS: &str = "circuit \"mail\" is a single one at f.rs:7 and one for each key at e.rs:6: \
                     give one of them another name";

#[test]
fn circuits_by_key_of_one_name_are_compared_with_their_bound_and_with_those_that_have_no_key() {
    let conflicts = circuits().verify().unwrap_err();
    let mut places: Vec<_> = conflicts.iter().map(|conflict| (conflict.used(), conflict.other())).collect();
    places.sort_unstable();
    let first = ("a.rs", 1);
    assert_eq!(places, [(first, ("b.rs", 2)), (first, ("c.rs", 3)), (("f.rs", 7), ("e.rs", 6))]);
    assert!(conflicts.to_string().contains(KINDS), "{conflicts}");
}

#[cfg(debug_assertions)]
#[test]
fn the_first_use_of_a_conflicting_name_panics_in_a_debug_build_with_and_without_a_key() {
    for site in [&HOSTS, &MORE_HOSTS, &LAX_HOSTS, &SILENT, &HOSTS] {
        let panic = std::panic::catch_unwind(|| site.of_its_name().circuit(1)).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.starts_with("circuit \"hosts\" is configured differently at a.rs:1 and at "));
    }
    let by_key = std::panic::catch_unwind(|| MAIL.of_its_name().circuit(1)).unwrap_err();
    let alone = std::panic::catch_unwind(|| ONE_MAIL.of_its_name().state()).unwrap_err();
    for panic in [by_key, alone] {
        assert_eq!(panic.downcast_ref::<String>().unwrap(), KINDS);
    }
}

#[test]
fn circuits_by_key_that_are_named_by_default_belong_to_their_site_alone() {
    assert_eq!(OWN.of_its_own().circuit("own").config(), CircuitConfig::new());
    assert_eq!(OWN_MAIL.of_its_own().config(), STRICT);
}

#[cfg(not(debug_assertions))]
#[test]
fn a_release_build_uses_the_first_configuration_of_the_keys_and_tells_of_each_conflict() {
    use std::sync::Mutex;
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    circuits().listen(|event| {
        if event.kind() == resilience::CircuitEventKind::Conflict {
            assert!(event.last_failure().unwrap().starts_with(&format!("circuit {:?} is ", event.name())));
            TOLD.lock().unwrap().push(event.name().into());
        }
    });
    for site in [&MORE_HOSTS, &LAX_HOSTS, &HOSTS, &SILENT] {
        assert!(std::ptr::eq(site.of_its_name(), HOSTS.of_its_name()));
        assert_eq!(site.of_its_name().circuit("a").config(), STRICT);
    }
    assert_eq!(*TOLD.lock().unwrap(), ["hosts"]);
    assert_eq!(MAIL.of_its_name().circuit("a").config(), CircuitConfig::new());
    assert_eq!(ONE_MAIL.of_its_name().config(), CircuitConfig::new());
    assert_eq!(*TOLD.lock().unwrap(), ["hosts", "mail", "mail"]);
}
