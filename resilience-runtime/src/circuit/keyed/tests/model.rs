//! A small set against a model written from its documentation. The model remembers when each circuit was used, and
//! examines all of them for every new key.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::testing::ManualClock;

const RECOVERY: u64 = 10;

#[derive(Clone, Copy, Debug)]
enum Step {
    Call(u8, Way),
    /// Holds the circuit of a key, as a running call does.
    Hold(u8),
    /// Drops the first held circuit.
    Release,
    Wait(u64),
    /// Executes an operator's command on a key.
    Force(u8),
    Reset(u8),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Success,
    Failure,
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// With the number of consecutive failures, of two.
    Closed(u32),
    OpenUntil(u64),
    HalfOpen,
    Forced,
}

#[derive(Debug)]
struct Entry {
    key: u8,
    state: State,
    /// The number of the step that last used it.
    used: usize,
    last_call: u64,
    held: usize,
}

#[derive(Debug, Default)]
struct Model {
    max_keys: usize,
    now: u64,
    step: usize,
    entries: Vec<Entry>,
    not_remembered: usize,
}

impl Model {
    fn victim(&self) -> Option<usize> {
        let may_be = |counting: bool| {
            let fits = |entry: &Entry| match entry.state {
                _ if entry.held > 0 => false,
                State::Closed(failures) => (failures > 0) == counting,
                State::OpenUntil(_) | State::HalfOpen => {
                    !counting && self.now >= entry.last_call + 10 * RECOVERY
                }
                State::Forced => false,
            };
            (0..self.entries.len())
                .filter(|place| fits(&self.entries[*place]))
                .min_by_key(|place| self.entries[*place].used)
        };
        may_be(false).or_else(|| may_be(true))
    }

    /// The entry of a key, which is created if possible.
    fn entry(&mut self, key: u8) -> Option<&mut Entry> {
        self.step += 1;
        let known = self.entries.iter().position(|entry| entry.key == key);
        let place = known.or_else(|| (self.entries.len() < self.max_keys).then_some(self.entries.len()));
        let Some(place) = place.or_else(|| self.victim()) else {
            self.not_remembered += 1;
            return None;
        };
        if known.is_none() {
            let new = Entry { key, state: State::Closed(0), used: 0, last_call: 0, held: 0 };
            if place == self.entries.len() {
                self.entries.push(new);
            } else {
                self.entries[place] = new;
            }
        }
        let entry = &mut self.entries[place];
        (entry.used, entry.last_call) = (self.step, self.now);
        Some(entry)
    }

    fn call(&mut self, key: u8, way: Way) {
        let now = self.now;
        let Some(entry) = self.entry(key) else { return };
        entry.state = match (entry.state, way) {
            (State::Forced, _) => State::Forced,
            (State::OpenUntil(until), _) if now < until => State::OpenUntil(until),
            (State::Closed(0), Way::Failure) => State::Closed(1),
            (State::Closed(failures), Way::Cancel) => State::Closed(failures),
            (_, Way::Failure) => State::OpenUntil(now + RECOVERY),
            (_, Way::Success) => State::Closed(0),
            (State::OpenUntil(_) | State::HalfOpen, Way::Cancel) => State::HalfOpen,
        };
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.entries.iter().map(|entry| format!("k[{}]", entry.key)).collect();
        names.sort();
        names
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let way = prop_oneof![3 => Just(Way::Success), 4 => Just(Way::Failure), 1 => Just(Way::Cancel)];
    prop_oneof![
        12 => (0..9_u8, way).prop_map(|(key, way)| Step::Call(key, way)),
        1 => (0..9_u8).prop_map(Step::Hold),
        2 => Just(Step::Release),
        4 => prop_oneof![0..RECOVERY * 2, 0..RECOVERY * 12].prop_map(Step::Wait),
        1 => (0..9_u8).prop_map(Step::Force),
        1 => (0..9_u8).prop_map(Step::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn a_set_remembers_the_keys_that_its_documentation_says(
        max_keys in 1..6_u32,
        steps in prop::collection::vec(steps(), 0..120),
    ) {
        let clock = ManualClock::install();
        let ms = Duration::from_millis;
        let config = ONE.recovery_timeout(ms(RECOVERY));
        let keyed = KeyedCircuits::new("k", config, max_keys);
        let log = logged(&keyed);
        let mut model = Model { max_keys: max_keys as usize, ..Model::default() };
        let mut held: Vec<(u8, Arc<CircuitBreaker>)> = Vec::new();
        for step in steps {
            match step {
                Step::Call(key, way) => {
                    model.call(key, way);
                    if let Ok(permit) = keyed.circuit(key).try_acquire() {
                        match way {
                            Way::Success => permit.success(),
                            Way::Failure => permit.failure(),
                            Way::Cancel => drop(permit),
                        }
                    }
                }
                Step::Hold(key) => {
                    let circuit = keyed.circuit(key);
                    if let Some(entry) = model.entry(key) {
                        entry.held += 1;
                        held.push((key, circuit));
                    }
                }
                Step::Release if held.is_empty() => {}
                Step::Release => {
                    let (key, _) = held.remove(0);
                    model.entries.iter_mut().find(|entry| entry.key == key).unwrap().held -= 1;
                }
                Step::Wait(millis) => {
                    clock.advance(ms(millis));
                    model.now += millis;
                }
                Step::Force(key) => {
                    keyed.circuit(key).force_open();
                    if let Some(entry) = model.entry(key) {
                        entry.state = State::Forced;
                    }
                }
                Step::Reset(key) => {
                    keyed.circuit(key).reset();
                    if let Some(entry) = model.entry(key) {
                        entry.state = State::Closed(0);
                    }
                }
            }
            prop_assert_eq!(names(&keyed), model.names(), "after {:?}", step);
            prop_assert_eq!(log.lock().unwrap().len(), model.not_remembered, "after {:?}", step);
        }
    }
}
