//! The circuits of a node.

use std::collections::{HashMap, HashSet};

use resilience::CircuitBreaker;
use resilience::breaker::CircuitRef;
use tokio::time::Instant;

use crate::circuit::Circuit;
use crate::keys::Keys;
use crate::namesakes::{Namesake, Namesakes};

#[derive(Debug, Default)]
pub(crate) struct Circuits {
    all: Vec<Circuit>,
    by_name: HashMap<String, usize>,
}

impl Circuits {
    /// Adds an attached circuit to those of its name, or as a new one.
    pub(crate) fn include(&mut self, one: Namesake, keys: &Keys, now: Instant) {
        if let Some(index) = self.by_name.get(one.name()) {
            return self.all[*index].shared.add(one);
        }
        self.by_name.insert(one.name().to_owned(), self.all.len());
        self.all.push(Circuit::new(Namesakes::new(one), keys, now));
    }

    /// Removes the circuits that the program does not list any more.
    pub(crate) fn keep(&mut self, listed: &Addresses) {
        let before = self.all.len();
        self.all.retain_mut(|circuit| circuit.shared.keep(|one| listed.contains(one)));
        if self.all.len() < before {
            self.by_name.clear();
            let names = self.all.iter().enumerate();
            self.by_name.extend(names.map(|(index, circuit)| (circuit.shared.name().to_owned(), index)));
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) const fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Circuit> {
        self.all.get_mut(index)
    }

    /// As many of them as there are from `first` on, at most `most`, with their indices.
    pub(crate) fn some(&mut self, first: usize, most: usize) -> impl Iterator<Item = (usize, &mut Circuit)> {
        self.all.iter_mut().enumerate().skip(first).take(most)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Circuit> {
        self.all.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Circuit> {
        self.all.iter_mut()
    }
}

/// Circuits of this process, by their addresses: those that are kept are not reused.
#[derive(Debug, Default)]
pub(crate) struct Addresses(HashSet<usize>);

impl Addresses {
    pub(crate) fn of(circuits: &[CircuitRef]) -> Self {
        Self(circuits.iter().map(address).collect())
    }

    pub(crate) fn contains(&self, circuit: &CircuitRef) -> bool {
        self.0.contains(&address(circuit))
    }

    pub(crate) fn insert(&mut self, circuit: &CircuitRef) {
        self.0.insert(address(circuit));
    }

    /// Forgets those that are not in `listed`.
    pub(crate) fn keep(&mut self, listed: &Self) {
        self.0.retain(|address| listed.0.contains(address));
    }
}

fn address(circuit: &CircuitRef) -> usize {
    std::ptr::from_ref::<CircuitBreaker>(circuit).addr()
}
