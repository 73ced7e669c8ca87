use super::*;

const ONE: CircuitConfig = CircuitConfig::new().failure_threshold(2);

fn names(keyed: &KeyedCircuits) -> Vec<String> {
    let mut names: Vec<_> = keyed.circuits().iter().map(|circuit| circuit.name().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_key_has_one_circuit_and_another_key_another() {
    let keyed = KeyedCircuits::new("k", ONE, 9);
    assert!(Arc::ptr_eq(&keyed.circuit("a"), &keyed.circuit(String::from("a"))));
    assert!(!Arc::ptr_eq(&keyed.circuit(1), &keyed.circuit(2)));
}

#[test]
fn the_least_recently_used_goes_first() {
    let keyed = KeyedCircuits::new("k", ONE, 3);
    for key in ["a", "b", "c", "a", "d"] {
        keyed.circuit(key);
    }
    assert_eq!(names(&keyed), ["k[a]", "k[c]", "k[d]"]);
    keyed.circuit("e");
    assert_eq!(names(&keyed), ["k[a]", "k[d]", "k[e]"]);
}

#[test]
fn what_is_open_or_counting_or_in_use_stays() {
    let keyed = KeyedCircuits::new("k", ONE, 4);
    for _ in 0..2 {
        let _ = keyed.circuit("open").call(|| Err::<(), _>(()));
    }
    let _ = keyed.circuit("counting").call(|| Err::<(), _>(()));
    let used = keyed.circuit("used");
    for key in 0..100 {
        keyed.circuit(key);
    }
    assert_eq!(names(&keyed), ["k[99]", "k[counting]", "k[open]", "k[used]"]);
    assert!(Arc::ptr_eq(&used, &keyed.circuit("used")));
}

#[test]
fn a_flood_of_keys_in_trouble_stays_within_its_bound() {
    let keyed = KeyedCircuits::new("k", ONE, 2);
    for key in 0..100 {
        let _ = keyed.circuit(key).call(|| Err::<(), _>(()));
    }
    assert_eq!(names(&keyed), ["k[0]", "k[1]"]);
    assert_eq!(keyed.circuit(50).call(|| Ok::<_, ()>(1)), Ok(1));
}

#[test]
fn no_keys_at_all_is_refused() {
    assert_eq!(KeyedCircuits::try_new("k", ONE, 0).unwrap_err().option(), "max_keys");
    assert!(KeyedCircuits::try_new("k", ONE.min_calls(3), 1).is_err());
}

#[test]
fn a_key_that_uses_its_own_circuits_while_it_is_written_waits_for_nobody() {
    struct Nosy<'a>(&'a KeyedCircuits);
    impl Display for Nosy<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.0.circuit("other").name())
        }
    }
    let keyed = KeyedCircuits::new("k", ONE, 9);
    assert_eq!(keyed.circuit(Nosy(&keyed)).name(), "k[k[other]]");
}

#[test]
fn what_an_evicted_circuit_held_is_dropped_with_no_lock_held() {
    static KEYED: KeyedCircuits = KeyedCircuits::new("evicted", CircuitConfig::new(), 1);
    struct Looks(std::sync::Arc<std::sync::atomic::AtomicUsize>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.0.store(KEYED.circuits().len(), std::sync::atomic::Ordering::SeqCst);
        }
    }
    let seen = std::sync::Arc::default();
    let looks = Looks(std::sync::Arc::clone(&seen));
    KEYED.circuit("a").listen(move |_| {
        let _ = &looks;
    });
    KEYED.circuit("b");
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn a_listener_of_the_set_hears_of_keys_that_came_later_and_of_those_that_were_forgotten_and_came_again() {
    let keyed = KeyedCircuits::new("k", ONE.failure_threshold(1), 1);
    let log = std::sync::Arc::new(Mutex::new(Vec::new()));
    keyed.circuit("a").call(|| Ok::<_, ()>(())).expect("it is closed");
    let id = keyed.listen({
        let log = log.clone();
        move |event| log.lock().unwrap().push(event.name().to_owned())
    });
    keyed.circuit("a").force_open();
    keyed.circuit("a").reset();
    keyed.circuit("b").reset();
    keyed.circuit("a").reset();
    assert_eq!(*log.lock().unwrap(), ["k[a]", "k[a]", "k[b]", "k[a]"]);
    assert!(!keyed.circuit("a").unlisten(id), "it is the set's");
    assert!(keyed.unlisten(id));
    keyed.circuit("a").reset();
    assert_eq!(log.lock().unwrap().len(), 4);
}
