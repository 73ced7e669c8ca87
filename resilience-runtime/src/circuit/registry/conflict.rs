use std::fmt;

use crate::circuit::site::Place;

/// Two functions with one circuit name, but with different configurations, or only one of them with a `key`.
///
/// ```
/// if let Err(conflicts) = resilience::circuits().verify() {
///     for conflict in conflicts.iter() {
///         let (file, line) = conflict.other();
///         eprintln!("{file}:{line}: not the configuration of {:?}", conflict.name());
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitConflict {
    name: &'static str,
    used: (&'static str, u32),
    other: (&'static str, u32),
    disagreement: Disagreement,
}

/// The kind of conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disagreement {
    Configuration,
    /// The first has one circuit, the other one per key.
    Kind,
}

impl CircuitConflict {
    pub(in crate::circuit) const fn of_configurations(name: &'static str, used: Place, other: Place) -> Self {
        Self {
            name,
            used: used.file_and_line(),
            other: other.file_and_line(),
            disagreement: Disagreement::Configuration,
        }
    }

    pub(in crate::circuit) const fn of_kinds(name: &'static str, one: Place, by_key: Place) -> Self {
        Self {
            name,
            used: one.file_and_line(),
            other: by_key.file_and_line(),
            disagreement: Disagreement::Kind,
        }
    }

    /// The common name of the circuits.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// File and line of the configuration that a release build uses. If only the other function has a `key`, those of
    /// the function without one: a release build then keeps both, independent of each other.
    #[must_use]
    pub const fn used(&self) -> (&'static str, u32) {
        self.used
    }

    /// File and line of the function with the other configuration, or with a `key`.
    #[must_use]
    pub const fn other(&self) -> (&'static str, u32) {
        self.other
    }
}

impl fmt::Display for CircuitConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, used, other, disagreement } = self;
        match disagreement {
            Disagreement::Configuration => write!(
                f,
                "circuit {name:?} is configured differently at {}:{} and at {}:{}: let one of them configure it, \
                 or make them agree",
                used.0, used.1, other.0, other.1
            ),
            Disagreement::Kind => write!(
                f,
                "circuit {name:?} is a single one at {}:{} and one for each key at {}:{}: give one of them another name",
                used.0, used.1, other.0, other.1
            ),
        }
    }
}

impl std::error::Error for CircuitConflict {}

/// All conflicts between a program's circuits, at least one: the error of
/// [`Circuits::verify`](crate::breaker::Circuits::verify).
///
/// The text, also in a failed `unwrap()`, has one line for each conflict, with both places.
///
/// ```should_panic,standalone_crate
/// # use resilience::circuit;
/// #[circuit(name = "cards", failure_threshold = 3)]
/// fn charge() -> std::io::Result<()> { Ok(()) }
///
/// #[circuit(name = "cards", failure_threshold = 7)]
/// fn refund() -> std::io::Result<()> { Ok(()) }
///
/// // circuit "cards" is configured differently at ..
/// resilience::circuits().verify().unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CircuitConflicts(pub(super) Vec<CircuitConflict>);

impl CircuitConflicts {
    /// Iterates over the conflicts.
    pub fn iter(&self) -> impl Iterator<Item = &CircuitConflict> {
        self.0.iter()
    }
}

impl fmt::Display for CircuitConflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, conflict) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            conflict.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for CircuitConflicts {
    /// Equal to `Display`, because `verify().unwrap()` in a test prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for CircuitConflicts {}
