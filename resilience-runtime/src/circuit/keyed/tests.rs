use std::sync::Mutex;

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

/// The keys of a log of `KeyNotRemembered` events, and the number of dropped events.
#[cfg(feature = "testing")]
fn logged(keyed: &KeyedCircuits) -> std::sync::Arc<Mutex<Vec<String>>> {
    let log = std::sync::Arc::new(Mutex::new(Vec::new()));
    keyed.listen({
        let log = log.clone();
        move |event| {
            if event.kind() == CircuitEventKind::KeyNotRemembered {
                assert_eq!((event.name(), event.dropped()), ("k", 0));
                log.lock().unwrap().push(event.last_failure().unwrap().to_owned());
            }
        }
    });
    log
}

fn fails(keyed: &KeyedCircuits, key: &str) {
    let _ = keyed.circuit(key).call(|| Err::<(), _>("down"));
}

#[test]
fn a_new_key_is_protected_after_every_key_of_a_full_set_has_failed_once() {
    for max_keys in [3, 64, 65, 1000] {
        let keyed = KeyedCircuits::new("k", ONE, max_keys);
        for number in 0..max_keys {
            fails(&keyed, &format!("old {number}"));
        }
        fails(&keyed, "new");
        fails(&keyed, "new");
        assert!(keyed.circuit("new").is_open(), "with {max_keys} keys");
        assert_eq!(keyed.circuits().len(), max_keys as usize);
        assert_eq!(keyed.circuit("old 1").failure_count(), 1, "one circuit made room");
    }
}

#[test]
fn a_flood_of_failing_keys_evicts_the_least_recently_used_counts_and_leaves_open_circuits_alone() {
    let keyed = KeyedCircuits::new("k", ONE, 4);
    fails(&keyed, "open");
    fails(&keyed, "open");
    for key in 0..100 {
        fails(&keyed, "used");
        keyed.circuit("used").reset();
        fails(&keyed, "used");
        fails(&keyed, &key.to_string());
    }
    assert_eq!(names(&keyed), ["k[98]", "k[99]", "k[open]", "k[used]"]);
}

#[cfg(feature = "testing")]
#[test]
fn an_open_circuit_is_kept_while_it_is_called_and_evicted_ten_recovery_timeouts_after_its_last_call() {
    let clock = crate::testing::ManualClock::install();
    let second = std::time::Duration::from_secs(1);
    let keyed = KeyedCircuits::new("k", ONE.failure_threshold(1).recovery_timeout(second), 2);
    let log = logged(&keyed);
    fails(&keyed, "a");
    fails(&keyed, "b");
    let mut told = 0;
    let mut is_remembered = |key| {
        keyed.circuit(key);
        let remembered = keyed.circuits().iter().any(|circuit| circuit.name() == format!("k[{key}]"));
        told += usize::from(!remembered);
        let log = log.lock().unwrap();
        assert_eq!(log.len(), told);
        assert!(remembered || log.last().unwrap().contains(&format!("{key:?}")), "{log:?}");
        remembered
    };
    assert!(!is_remembered("c"));
    clock.advance(9 * second);
    // A failed probe: it opens again.
    fails(&keyed, "a");
    clock.advance(std::time::Duration::from_nanos(999_999_999));
    assert!(!is_remembered("d"));
    clock.advance(std::time::Duration::from_nanos(1));
    assert!(is_remembered("e"));
    assert_eq!(names(&keyed), ["k[a]", "k[e]"]);
    // A rejected call counts as a call.
    keyed.circuit("a").call(|| Ok::<_, ()>(())).expect("it is a trial");
    fails(&keyed, "a");
    fails(&keyed, "e");
    clock.advance(second / 2);
    fails(&keyed, "a");
    clock.advance(19 * second / 2);
    assert!(is_remembered("f"));
    assert_eq!(names(&keyed), ["k[a]", "k[f]"]);
}

#[test]
fn what_an_operator_has_set_is_kept() {
    let keyed = KeyedCircuits::new("k", ONE, 4);
    keyed.circuit("forced").force_open();
    keyed.circuit("disabled").disable();
    keyed.circuit("metrics").metrics_only();
    for key in 0..100 {
        keyed.circuit(key);
    }
    assert_eq!(names(&keyed), ["k[99]", "k[disabled]", "k[forced]", "k[metrics]"]);
}

#[test]
fn a_listener_that_uses_keys_without_room_is_not_told_of_them() {
    static KEYED: KeyedCircuits = KeyedCircuits::new("full", ONE, 1);
    let _held = KEYED.circuit("held");
    let told = std::sync::Arc::new(Mutex::new(0));
    KEYED.listen({
        let told = told.clone();
        move |_| {
            *told.lock().unwrap() += 1;
            KEYED.circuit("from the listener");
        }
    });
    KEYED.circuit("new");
    KEYED.circuit("new");
    assert_eq!(*told.lock().unwrap(), 2);
}

#[test]
fn long_keys_are_told_apart_and_their_text_is_bounded() {
    let keyed = KeyedCircuits::new("k", ONE, 9);
    let long = "x".repeat(1_000_000);
    let (one, other) = (keyed.circuit(format_args!("{long}1")), keyed.circuit(format_args!("{long}2")));
    assert_ne!(one.name(), other.name());
    assert!(one.name().starts_with("k[xxxxxx"));
    assert!(one.name().len() < 200, "{}", one.name());
    // Equal text, written in other parts.
    assert!(Arc::ptr_eq(&one, &keyed.circuit(format_args!("{}{}", &long[7..], "xxxxxxx1"))));
    // A key with the text of another key's shortened form is a different key.
    let name = one.name();
    assert!(!Arc::ptr_eq(&one, &keyed.circuit(&name[2..name.len() - 1])));
    let longest = "x".repeat(KeyedCircuits::MAX_KEY_LENGTH);
    assert_eq!(keyed.circuit(&longest).name(), format!("k[{longest}]"));
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

#[test]
fn a_listener_that_hangs_holds_up_one_call_and_not_those_of_other_new_keys() {
    let keyed = KeyedCircuits::new("full", ONE, 1);
    let _held = keyed.circuit("held");
    let (hangs, told) = std::sync::mpsc::channel();
    let (resume, resumed) = std::sync::mpsc::channel::<()>();
    let log = std::sync::Arc::new(Mutex::new(Vec::new()));
    keyed.listen({
        let (log, resumed) = (log.clone(), Mutex::new(resumed));
        move |event| {
            log.lock().unwrap().push(event.dropped());
            let _ = hangs.send(());
            let _ = resumed.lock().unwrap().recv();
        }
    });
    std::thread::scope(|scope| {
        scope.spawn(|| keyed.circuit("new"));
        told.recv().unwrap();
        for key in 0..1000 {
            keyed.circuit(key);
        }
        drop(resume);
    });
    keyed.circuit("another");
    let log = log.lock().unwrap();
    assert!(log.len() < 100, "{}", log.len());
    assert_eq!(log.len() as u64 + log.iter().sum::<u64>(), 1002);
}

#[cfg(feature = "testing")]
mod model;
