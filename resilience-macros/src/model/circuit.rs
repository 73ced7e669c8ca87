use proc_macro2::Ident;
use syn::{Expr, ExprField, ExprLit, Lit, Member};

use super::common::Common;
use super::settings::{Settings, exceeds, is_zero, judge_not_zero};
use crate::attribute::Attribute;
use crate::diagnostics::{CircuitFault, ConflictFault, Faults, FunctionFault};
use crate::paths::Runtime;
use crate::syntax::{Count, Function, Nanos, Options, Predicate, Time, Value, is_value};

/// `#[circuit]`.
pub(crate) struct CircuitModel {
    pub(crate) common: Common,
    pub(crate) circuit: Circuit,
    pub(crate) on: Option<Predicate>,
    pub(crate) ignore: Option<Predicate>,
    /// A call that takes longer is dropped and is a failure.
    pub(crate) call_timeout: Option<Time>,
    /// The replacement for a rejected call.
    pub(crate) refused: Refused,
}

/// How the circuit is found.
pub(crate) enum Circuit {
    /// It belongs to the function.
    Own { config: Config },
    /// Shared by all functions of this name. `None`: the configuration is that of the others.
    Named { name: Expr, config: Option<Config> },
    /// One for each key; with a name, shared by all functions of this name.
    Keyed { key: Expr, config: Config, configured: bool, max_keys: Option<Count> },
    /// `breaker = EXPR`.
    Given(Expr),
}

/// The configuration of a circuit.
pub(crate) struct Config {
    /// `config = CONST`, and the methods of `CircuitConfig` that remove the settings which the options replace.
    pub(crate) base: Option<(Expr, Vec<&'static str>)>,
    pub(crate) settings: Settings,
    /// Where the compiler reports conflicting constants; the first place is reported first.
    pub(crate) agree: Vec<Ident>,
}

/// The replacement for a rejected call.
pub(crate) enum Refused {
    /// Returns the rejection, converted by `From`.
    Error,
    /// Returns an error that `on_open` makes from the rejection.
    Made(Expr),
    /// `fallback`, with the names of the arguments.
    Fallback { function: Expr, arguments: Vec<Ident> },
}

impl CircuitModel {
    pub(crate) fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        judge_together(options, faults);
        if let Some((returned, guard)) = function.returned_items() {
            faults.at(returned, &FunctionFault::ReturnsItems { attribute: Attribute::Circuit, guard });
        }
        let runtime = Runtime::new(options.path("crate", faults));
        let name = options.string("name", function, faults);
        let given = options.expr("breaker", faults);
        judge_breaker(given.as_ref(), faults);
        let key = options.expr("key", faults);
        let max_keys = match options.value("max_keys", faults) {
            Some(Value::Count(count)) => Some(count),
            _ => None,
        };
        judge_max_keys(max_keys.as_ref(), function, faults);
        let configured = !options.settings().is_empty();
        judge_name(name.as_ref(), function, faults);
        let config = Config::judge(options, function, faults);
        let refused = Refused::judge(options, function, faults);
        let on = options.key("on").map(|_| options.predicate("on", faults));
        let ignore = options.key("ignore").map(|_| options.predicate("ignore", faults));
        let call_timeout = call_timeout(options, function, faults);
        let on_error = options.function("on_error", faults);
        judge_on_error(on_error.as_ref(), faults);
        let circuit = match (given, key, &name) {
            (Some(given), ..) => Circuit::Given(given),
            (None, Some(key), _) => Circuit::Keyed { key, config, configured, max_keys },
            (None, None, Some(name)) => {
                Circuit::Named { name: name.clone(), config: configured.then_some(config) }
            }
            (None, None, None) => Circuit::Own { config },
        };
        let common = Common {
            runtime,
            name,
            on_error,
            clones: Vec::new(),
            stats: None,
            span: false,
            cancel: None,
            attempt: None,
        };
        let (on, ignore) = (on.flatten(), ignore.flatten());
        Some(Self { common, circuit, on, ignore, call_timeout, refused: refused? })
    }

    /// Whether a rejection leaves this layer.
    pub(crate) fn refuses(&self) -> bool {
        !matches!(self.refused, Refused::Fallback { .. })
    }

    /// Whether the circuit is passed in with `breaker`.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.circuit, Circuit::Given(_))
    }

    /// An expression that may borrow from the arguments, or from `self`, while the body runs.
    pub(crate) fn held(&self) -> Option<&Expr> {
        match &self.circuit {
            Circuit::Given(breaker) => Some(breaker),
            _ => None,
        }
    }
}

/// Checks options that require or exclude each other.
fn judge_together(options: &Options, faults: &mut Faults) {
    if options.has("breaker") {
        for key in ["name", "key", "max_keys"].into_iter().chain(options.settings()) {
            if let Some(place) = options.key(key) {
                faults.at(&place, &CircuitFault::Apart { one: "breaker", other: key });
            }
        }
        return;
    }
    judge_needs("max_keys", &["key"], options, faults);
    // Only the compiler can evaluate a configuration.
    if !options.has("config") {
        judge_needs("failure_rate", &["window"], options, faults);
        judge_needs("slow_rate", &["slow_call"], options, faults);
        judge_needs("slow_rate", &["window"], options, faults);
        judge_needs("window", &["failure_rate", "slow_rate"], options, faults);
        judge_needs("min_calls", &["failure_rate", "slow_rate"], options, faults);
    }
    for (one, other) in [
        ("failure_rate", "within"),
        ("failure_rate", "failure_threshold"),
        ("slow_rate", "within"),
        ("slow_rate", "failure_threshold"),
        ("fallback", "on_open"),
    ] {
        if let Some(place) = options.key(other).filter(|_| options.has(one)) {
            faults.at(&place, &CircuitFault::Apart { one, other });
        }
    }
}

/// `key` has no effect without one of `needs`.
fn judge_needs(key: &'static str, needs: &[&'static str], options: &Options, faults: &mut Faults) {
    let Some(place) = options.key(key) else { return };
    if needs.iter().all(|need| options.lacks(need)) {
        faults.at(&place, &ConflictFault::Without { key, needs: needs[0] });
    }
}

impl Config {
    fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Self {
        let mut settings = Settings::read(options, function, faults);
        let base = options.expr("config", faults);
        judge_settings(&settings, base.is_none(), faults);
        if let Some(base) = &base {
            settings.note(base, function);
        }
        // A `static` cannot depend on generics or arguments.
        for argument in &settings.arguments {
            faults.at(argument, &CircuitFault::RunTime { name: argument.to_string() });
        }
        for generic in &settings.generics {
            faults.at(generic, &CircuitFault::Generic { name: generic.to_string() });
        }
        // `config` comes first in the table, and is reported last.
        let keys = options.settings().into_iter().rev().filter_map(|key| options.key(key));
        let agree = if settings.constants { keys.collect() } else { Vec::new() };
        Self { base: base.map(|base| (base, replaced(options))), settings, agree }
    }
}

fn judge_settings(settings: &Settings, is_whole: bool, faults: &mut Faults) {
    for setting in &settings.given {
        match (setting.key, &setting.value) {
            ("max_recovery_timeout", _) => {}
            (key, Value::Time(time)) if is_zero(time) => {
                faults.at_span(time.span(), &CircuitFault::NoTime { key });
            }
            ("window", Value::Count(calls)) => judge_remembered("window", calls, faults),
            ("failure_threshold", Value::Count(count)) if settings.get("within").is_some() => {
                judge_remembered("failure_threshold", count, faults);
            }
            _ => {}
        }
    }
    if let (Some(Value::Count(calls)), Some(Value::Count(least))) =
        (settings.get("window"), settings.get("min_calls"))
    {
        if least.literal().zip(calls.literal()).is_some_and(|(least, calls)| least > calls) {
            faults.at_span(least.span(), &CircuitFault::MoreThanWindow);
        }
    }
    if let Some(most) = settings.time("max_recovery_timeout").filter(|_| is_whole) {
        let default = Time::Literal(RECOVERY_TIMEOUT, most.span());
        if exceeds(settings.time("recovery_timeout").unwrap_or(&default), most) {
            faults.at_span(most.span(), &CircuitFault::BelowRecovery);
        }
    }
}

/// The default of the runtime.
const RECOVERY_TIMEOUT: Nanos = Nanos(30_000_000_000);

/// The runtime's limit for remembered calls and keys.
const MOST_REMEMBERED: u32 = 1 << 20;

fn judge_remembered(key: &'static str, count: &Count, faults: &mut Faults) {
    if count.literal().is_some_and(|count| count > MOST_REMEMBERED) {
        faults.at_span(count.span(), &CircuitFault::TooMany { key });
    }
}

/// This is an option of the function and not of the circuit, which may be shared.
fn call_timeout(options: &Options, function: &Function, faults: &mut Faults) -> Option<Time> {
    if let Some(place) = options.key("call_timeout").filter(|_| !function.is_async()) {
        faults.at(&place, &ConflictFault::SyncLimit { key: "call_timeout", dropped: "a call" });
    }
    let Some(Value::Time(time)) = options.value("call_timeout", faults) else { return None };
    judge_not_zero("call_timeout", Some(&time), faults);
    if let Some(argument) = time.expr().and_then(|time| function.argument_in(time)) {
        faults.at(&argument, &CircuitFault::RunTimeLimit { name: argument.to_string() });
    }
    Some(time)
}

fn judge_on_error(on_error: Option<&Expr>, faults: &mut Faults) {
    if let Some(Expr::Closure(closure)) = on_error {
        if closure.inputs.len() != 1 {
            faults.at(closure, &CircuitFault::OnErrorOfOtherArguments { found: closure.inputs.len() });
        }
    }
}

/// Methods that remove settings from a `config`, because options set them in another way.
fn replaced(options: &Options) -> Vec<&'static str> {
    let ways: [(&str, &[&str]); 3] = [
        ("__without_rates", &["failure_threshold", "within"]),
        ("__without_count", &["failure_rate", "slow_rate"]),
        ("__without_window", &["window"]),
    ];
    let said = |keys: &[&str]| keys.iter().any(|key| options.has(key));
    ways.into_iter().filter(|(_, keys)| said(keys)).map(|(way, _)| way).collect()
}

/// A circuit is listed under its name before the first call of the function.
fn judge_name(name: Option<&Expr>, function: &Function, faults: &mut Faults) {
    let Some(name) = name else { return };
    if let Some(argument) = function.argument_in(name) {
        faults.at(&argument, &CircuitFault::RunTimeName { name: argument.to_string() });
    } else if let Some((text, argument)) = function.argument_in_text(name) {
        faults.at(&text, &CircuitFault::RunTimeName { name: argument.to_string() });
    } else if let Some(generic) = function.generic_in(name) {
        faults.at(&generic, &CircuitFault::Generic { name: generic.to_string() });
    } else if is_empty(name) {
        faults.at(name, &CircuitFault::EmptyName);
    }
}

fn is_empty(name: &Expr) -> bool {
    matches!(name, Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) if name.value().trim().is_empty())
}

/// Rejects expressions that cannot be a circuit, whatever their type; the compiler checks the others.
fn judge_breaker(breaker: Option<&Expr>, faults: &mut Faults) {
    if let Some(Expr::Lit(literal)) = breaker {
        let name = match &literal.lit {
            Lit::Str(text) => text.value(),
            _ => "payments".into(),
        };
        faults.at(literal, &CircuitFault::NotABreaker { name });
    }
}

fn judge_max_keys(max_keys: Option<&Count>, function: &Function, faults: &mut Faults) {
    let Some(max_keys) = max_keys.and_then(Count::expr) else { return };
    if let Some(argument) = function.argument_in(max_keys) {
        faults.at(&argument, &CircuitFault::RunTime { name: argument.to_string() });
    } else if let Some(generic) = function.generic_in(max_keys) {
        faults.at(&generic, &CircuitFault::Generic { name: generic.to_string() });
    }
}

impl Refused {
    fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        let on_open = options.constructor("on_open", faults);
        if !options.has("fallback") {
            return Some(on_open.map_or(Self::Error, Self::Made));
        }
        let fallback = options.expr("fallback", faults)?;
        for argument in function.unnamed_arguments() {
            faults.at(argument, &CircuitFault::UnnamedArgument);
        }
        let arguments = function.argument_names()?;
        judge_fallback(&fallback, &arguments, function, faults);
        Some(Self::Fallback { function: fallback, arguments })
    }
}

/// Checks what is visible without types: that it is a function, and that a closure has matching arguments.
fn judge_fallback(fallback: &Expr, arguments: &[Ident], function: &Function, faults: &mut Faults) {
    match fallback {
        Expr::Closure(closure) => {
            let conditional = arguments.iter().filter(|argument| function.is_conditional(argument)).count();
            if !(arguments.len() - conditional..=arguments.len()).contains(&closure.inputs.len()) {
                let fault = CircuitFault::FallbackOfOtherArguments {
                    found: closure.inputs.len(),
                    wanted: parameters(arguments),
                };
                faults.at(closure, &fault);
            }
            if let Some(asyncness) = closure.asyncness.as_ref().filter(|_| !function.is_async()) {
                faults.at(asyncness, &CircuitFault::AsyncFallback);
            }
        }
        Expr::Field(ExprField { base, member: Member::Named(name), .. }) if is_self(base) => {
            let fault =
                CircuitFault::FallbackOfSelf { name: name.to_string(), wanted: parameters(arguments) };
            faults.at(fallback, &fault);
        }
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_) => {
            faults.at(fallback, &CircuitFault::FallbackThatIsCalled { wanted: parameters(arguments) });
        }
        _ if !matches!(fallback, Expr::Path(_)) && is_value(fallback) => {
            faults.at(fallback, &CircuitFault::FallbackThatIsCalled { wanted: parameters(arguments) });
        }
        _ => {}
    }
}

fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("self"))
}

/// The arguments, in the form that a closure takes: `self` cannot be the name of one.
fn parameters(arguments: &[Ident]) -> String {
    let name = |argument: &Ident| if argument == "self" { "this".into() } else { argument.to_string() };
    arguments.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use resilience::CircuitConfig;

    use super::*;

    #[test]
    fn what_is_checked_here_are_the_limits_of_the_runtime() {
        let recovery_timeout = CircuitConfig::DEFAULT_RECOVERY_TIMEOUT.as_nanos();
        assert_eq!(u128::from(RECOVERY_TIMEOUT.0), recovery_timeout);
        assert!(CircuitConfig::new().try_window_calls(MOST_REMEMBERED).is_ok());
        assert!(CircuitConfig::new().try_window_calls(MOST_REMEMBERED + 1).is_err());
    }
}
