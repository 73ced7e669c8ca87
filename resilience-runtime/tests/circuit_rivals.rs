//! Three sites of one name that all disagree: in a program of its own, where nobody else verifies.
#![forbid(unsafe_code)]

use resilience::__private::{CircuitEntry, CircuitSite, Place};
use resilience::{CircuitConfig, circuits};

const fn site(failures: u32, place: Place) -> CircuitSite {
    CircuitSite::named("shared", Some(CircuitConfig::new().failure_threshold(failures)), place)
}

static FIRST: CircuitSite = site(1, Place::new("app::a", "a.rs", 1, 1));
static SECOND: CircuitSite = site(2, Place::new("app::b", "b.rs", 2, 1));
static THIRD: CircuitSite = site(3, Place::new("app::c", "c.rs", 3, 1));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&FIRST));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&SECOND));
resilience::__private::list!(::resilience, CIRCUITS: CircuitEntry, CircuitEntry::Site(&THIRD));

#[test]
fn every_site_that_disagrees_with_the_first_is_reported() {
    let conflicts = circuits().verify().unwrap_err();
    let mut others: Vec<_> = conflicts.iter().map(|conflict| (conflict.used(), conflict.other())).collect();
    others.sort_unstable();
    assert_eq!(others, [(("a.rs", 1), ("b.rs", 2)), (("a.rs", 1), ("c.rs", 3))]);
}
