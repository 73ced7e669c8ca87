//! Two sites of one name that disagree: in a program of its own, where nobody else verifies.
#![forbid(unsafe_code)]

use resilience::__private::{CircuitEntry, CircuitSite, Place};
use resilience::{CircuitConfig, circuits};

static SECOND: CircuitSite = CircuitSite::named(
    "shared",
    Some(CircuitConfig::new().failure_threshold(7)),
    Place::new("app::b", "b.rs", 9, 1),
);
static FIRST: CircuitSite = CircuitSite::named(
    "shared",
    Some(CircuitConfig::new().failure_threshold(3)),
    Place::new("app::a", "a.rs", 40, 1),
);
static SILENT: CircuitSite = CircuitSite::named("shared", None, Place::new("aaa", "0.rs", 1, 1));
static OWN: CircuitSite =
    CircuitSite::own("shared", CircuitConfig::new(), Place::new("app::c", "c.rs", 1, 1));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&SECOND));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&FIRST));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&SILENT));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&OWN));

const MESSAGE: &str = "circuit \"shared\" is configured differently at a.rs:40 and at b.rs:9: \
                       let one of them configure it, or make them agree";

#[test]
fn a_conflict_is_reported_with_both_places() {
    let conflicts = circuits().verify().unwrap_err();
    assert_eq!(conflicts.to_string(), MESSAGE);
    assert_eq!(format!("{conflicts:?}"), MESSAGE);
    let conflict = conflicts.iter().next().unwrap();
    assert_eq!((conflict.name(), conflict.used(), conflict.other()), ("shared", ("a.rs", 40), ("b.rs", 9)));
}

#[cfg(debug_assertions)]
#[test]
fn the_first_use_of_a_conflicting_name_panics_in_a_debug_build_from_every_site() {
    for site in [&FIRST, &SECOND, &SILENT, &FIRST] {
        let panic = std::panic::catch_unwind(|| site.of_its_name()).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), MESSAGE);
    }
}

#[test]
fn a_circuit_named_by_default_belongs_to_its_site_alone() {
    assert_eq!(OWN.of_its_own().config(), CircuitConfig::new());
    let thresholds: Vec<_> = circuits().iter().map(|circuit| circuit.config()).collect();
    assert_eq!(thresholds.len(), 2, "the shared one and its own");
    assert!(thresholds.contains(&CircuitConfig::new().failure_threshold(3)));
}

#[cfg(not(debug_assertions))]
#[test]
fn a_release_build_uses_the_first_configuration_and_tells_of_the_conflict_once() {
    use std::sync::Mutex;
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    circuits().listen(|event| {
        if event.kind() == resilience::CircuitEventKind::Conflict {
            TOLD.lock().unwrap().push(event.last_failure().unwrap().into());
        }
    });
    for site in [&SECOND, &FIRST, &SILENT] {
        assert_eq!(site.of_its_name().config(), CircuitConfig::new().failure_threshold(3));
    }
    assert_eq!(*TOLD.lock().unwrap(), [MESSAGE]);
    assert_eq!(FIRST.of_its_name().last_failure(), None, "it is the event's");
}
