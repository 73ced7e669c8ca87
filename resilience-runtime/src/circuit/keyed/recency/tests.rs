use proptest::prelude::*;

use super::*;

/// The slots of a full set.
struct Slots {
    recency: Recency,
    last_uses: Vec<LastUse>,
    hand: usize,
}

fn of(slots: usize) -> Slots {
    let recency = Recency::new(slots);
    let last_uses = (0..slots).map(|_| recency.added()).collect();
    Slots { recency, last_uses, hand: 0 }
}

impl Slots {
    fn used(&self, slot: usize) {
        self.recency.used(&self.last_uses[slot]);
    }

    fn replaced(&mut self, slot: usize) {
        self.last_uses[slot] = self.recency.added();
    }

    fn victim(&mut self, class: impl FnMut(usize) -> EvictionClass) -> Option<usize> {
        self.recency.victim(&mut self.hand, &self.last_uses, |last_use| last_use, class)
    }
}

/// The class of every slot, from one number: mixed, or all of one kind.
fn class(seed: u64, slot: usize) -> EvictionClass {
    let mixed = (seed ^ slot as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    match if seed % 4 == 0 { seed >> 32 } else { mixed } % 7 {
        0 => EvictionClass::Idle,
        1 | 2 => EvictionClass::Counting,
        _ => EvictionClass::Protected,
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Use(usize),
    /// With the seed for the classes of the slots.
    Evict(u64),
}

fn steps(slots: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..slots).prop_map(Step::Use),
        1 => any::<u64>().prop_map(Step::Evict),
    ];
    prop::collection::vec(step, 0..100)
}

proptest! {
    #[test]
    fn a_small_set_evicts_as_a_list_ordered_by_use_does(
        (slots, steps) in (1..=EXACT).prop_flat_map(|slots| (Just(slots), steps(slots))),
    ) {
        let mut recency = of(slots);
        // The naive model: slots, the least recently used first.
        let mut order: Vec<usize> = (0..slots).collect();
        let move_to_end = |order: &mut Vec<usize>, slot| {
            order.retain(|other| *other != slot);
            order.push(slot);
        };
        for step in steps {
            match step {
                Step::Use(slot) => {
                    recency.used(slot);
                    move_to_end(&mut order, slot);
                }
                Step::Evict(seed) => {
                    let first = |wanted| order.iter().copied().find(|slot| class(seed, *slot) == wanted);
                    let expected = first(EvictionClass::Idle).or_else(|| first(EvictionClass::Counting));
                    let victim = recency.victim(|slot| class(seed, slot));
                    prop_assert_eq!(victim, expected);
                    if let Some(slot) = victim {
                        recency.replaced(slot);
                        move_to_end(&mut order, slot);
                    }
                }
            }
        }
    }

    #[test]
    fn a_large_set_looks_at_few_circuits_and_finds_an_idle_one_among_those_it_looks_at(
        (slots, steps) in (EXACT + 1..=300).prop_flat_map(|slots| (Just(slots), steps(slots))),
    ) {
        let mut recency = of(slots);
        for step in steps {
            match step {
                Step::Use(slot) => recency.used(slot),
                Step::Evict(seed) => {
                    let mut looked = Vec::new();
                    let victim = recency.victim(|slot| {
                        looked.push(slot);
                        class(seed, slot)
                    });
                    prop_assert!(looked.len() <= LOOKS);
                    let first = |wanted| looked.iter().copied().find(|slot| class(seed, *slot) == wanted);
                    prop_assert_eq!(victim, first(EvictionClass::Idle).or_else(|| first(EvictionClass::Counting)));
                    prop_assert!(victim.is_some() || looked.len() == LOOKS, "it has not given up early");
                    if let Some(slot) = victim {
                        recency.replaced(slot);
                    }
                }
            }
        }
    }

    #[test]
    fn a_large_set_finds_the_only_idle_circuit_within_one_round_of_new_keys(
        slots in EXACT + 1..=1000_usize,
        idle in any::<prop::sample::Index>(),
        used in prop::collection::vec(any::<prop::sample::Index>(), 0..100),
    ) {
        let mut recency = of(slots);
        for slot in &used {
            recency.used(slot.index(slots));
        }
        let idle = idle.index(slots);
        let class = |slot| if slot == idle { EvictionClass::Idle } else { EvictionClass::Protected };
        let keys = (0..slots).position(|_| recency.victim(class) == Some(idle)).unwrap_or(slots);
        // A used slot is examined at the hand's next visit.
        prop_assert!(keys <= 2 * slots.div_ceil(LOOKS), "after {keys} of {slots}");
    }
}

#[test]
fn a_circuit_that_is_used_again_outlives_those_that_are_not() {
    let mut recency = of(1000);
    for number in 0..10_000 {
        recency.used(7);
        recency.used(number % 2);
        let victim = recency.victim(|_| EvictionClass::Idle).unwrap();
        assert!(victim != 7, "after {number} keys");
        recency.replaced(victim);
    }
}
