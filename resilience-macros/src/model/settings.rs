use proc_macro2::Ident;
use syn::Expr;

use crate::diagnostics::{BudgetFault, ConflictFault, Faults, TimeFault};
use crate::syntax::{Backoff, Function, Jitter, Nanos, Options, Ratio, Time, Value};

/// The number of attempts, their delays and limits.
pub(crate) enum Policy {
    Const(Settings),
    /// `policy = EXPR`.
    Runtime(Expr),
}

/// The settings of a policy or of a circuit's configuration.
#[derive(Default)]
pub(crate) struct Settings {
    /// In the order of the table.
    pub(crate) given: Vec<Setting>,
    /// Based on a policy without limits and delays, rather than on the default policy.
    pub(crate) endless: bool,
    /// Whether settings mention generics, so that they cannot be in a `const` item.
    pub(crate) generic: bool,
    /// Generics that settings mention; a `static` cannot use them.
    pub(super) generics: Vec<Ident>,
    /// Arguments that settings mention; a constant cannot use them.
    pub(super) arguments: Vec<Ident>,
    /// The argument that the budget mentions, which is also among `arguments`.
    budget_argument: Option<Ident>,
    /// Whether there are constants, which only the compiler can compare.
    pub(crate) constants: bool,
}

pub(crate) struct Setting {
    pub(crate) key: &'static str,
    pub(crate) value: Value,
}

impl Settings {
    pub(super) fn read(options: &Options, function: &Function, faults: &mut Faults) -> Self {
        let mut settings = Self::default();
        for key in options.settings() {
            let Some(value) = options.value(key, faults) else { continue };
            if let Value::Budget(budget) = &value {
                settings.budget_argument = function.argument_in(budget);
            }
            value.constants().into_iter().for_each(|constant| settings.note(constant, function));
            settings.given.push(Setting { key, value });
        }
        settings
    }

    pub(super) fn note(&mut self, constant: &Expr, function: &Function) {
        self.constants = true;
        self.generic |= function.is_generic(constant);
        self.generics.extend(function.generic_in(constant));
        self.arguments.extend(function.argument_in(constant));
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.given.iter().find(|setting| setting.key == key).map(|setting| &setting.value)
    }

    pub(super) fn time(&self, key: &str) -> Option<&Time> {
        let Value::Time(time) = self.get(key)? else { return None };
        Some(time)
    }

    pub(super) fn backoff(&self) -> Option<&Backoff> {
        let Value::Backoff(backoff) = self.get("backoff")? else { return None };
        Some(backoff)
    }

    pub(crate) fn own_budget(&self) -> Option<&Ratio> {
        let Value::OwnBudget(ratio) = self.get("budget")? else { return None };
        Some(ratio)
    }

    /// Whether there is a budget. A constant may not refer to one, because its value changes.
    pub(crate) fn has_budget(&self) -> bool {
        self.get("budget").is_some()
    }

    pub(super) fn jitter(&self) -> Option<&Jitter> {
        let Value::Jitter(jitter) = self.get("jitter")? else { return None };
        Some(jitter)
    }
}

impl Policy {
    /// Whether the setting may be present: a policy that is evaluated at run time may have any.
    pub(crate) fn may_have(&self, key: &str) -> bool {
        match self {
            Self::Const(settings) => settings.get(key).is_some(),
            Self::Runtime(_) => true,
        }
    }

    /// Returns `settings`, or `policy = EXPR`, which replaces them.
    pub(super) fn judge(settings: Settings, options: &Options, faults: &mut Faults) -> Self {
        let attribute = options.attribute();
        for argument in &settings.arguments {
            let name = argument.to_string();
            if settings.budget_argument.as_ref() == Some(argument) {
                faults.at(argument, &BudgetFault::RunTime { name, attribute });
            } else {
                faults.at(argument, &ConflictFault::RunTime { name, attribute });
            }
        }
        let Some(policy) = options.expr("policy", faults) else { return Self::Const(settings) };
        for key in options.settings() {
            if let Some(place) = options.key(key) {
                faults.at(&place, &ConflictFault::PolicyAnd { key });
            }
        }
        Self::Runtime(policy)
    }
}

/// Whether both are literals, and `time` is longer than `limit`.
pub(super) fn exceeds(time: &Time, limit: &Time) -> bool {
    time.literal().zip(limit.literal()).is_some_and(|(time, limit)| time > limit)
}

pub(super) fn is_zero(time: &Time) -> bool {
    time.literal() == Some(Nanos(0))
}

/// A limit of zero leaves no time for an attempt.
pub(super) fn judge_not_zero(key: &'static str, time: Option<&Time>, faults: &mut Faults) {
    if let Some(time) = time.filter(|time| is_zero(time)) {
        faults.at_span(time.span(), &TimeFault::Zero { key });
    }
}
