use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprField, ExprLit, Lit, Member};

use super::common::Common;
use super::policy::{exceeds, judge_not_zero};
use super::setters::Setters;
use crate::attribute::Attribute;
use crate::diagnostics::{CircuitFault, ConflictFault, Faults, FunctionFault};
use crate::paths::Runtime;
use crate::syntax::{Count, Function, Options, Predicate, Time, Window, is_value};

/// `#[circuit]`.
pub(crate) struct CircuitModel {
    pub(crate) common: Common,
    pub(crate) circuit: Circuit,
    pub(crate) on: Option<Predicate>,
    pub(crate) ignore: Option<Predicate>,
    /// A call that takes longer is dropped, and has failed.
    pub(crate) call_timeout: Option<Time>,
    /// What is done in place of a refused call.
    pub(crate) refused: Refused,
}

/// Which circuit it is.
pub(crate) enum Circuit {
    /// The function's own.
    Own { config: TokenStream },
    /// Everybody's of this name. `None`: the configuration of the others.
    Named { name: Expr, config: Option<TokenStream> },
    /// One for each key; with a name, everybody's of this name.
    Keyed { key: Expr, config: TokenStream, configured: bool, max_keys: Option<Count> },
    /// `breaker = EXPR`.
    Given(Expr),
}

/// What is done in place of a refused call.
pub(crate) enum Refused {
    /// The refusal is returned, by `From`.
    Error,
    /// The function's error is made of it: `on_open`.
    Made(Expr),
    /// `fallback`, with the names of the arguments.
    Fallback { function: Expr, arguments: Vec<Ident> },
}

/// What says how a circuit behaves.
const CONFIGURES: [&str; 13] = [
    "config",
    "failure_threshold",
    "within",
    "failure_rate",
    "window",
    "min_calls",
    "slow_call",
    "slow_rate",
    "recovery_timeout",
    "max_recovery_timeout",
    "half_open_calls",
    "success_threshold",
    "probe_timeout",
];

impl CircuitModel {
    pub(crate) fn judge(options: &mut Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        judge_together(options, faults);
        if let Some((returned, guard)) = function.returned_items() {
            faults.at(returned, &FunctionFault::ReturnsItems { attribute: Attribute::Circuit, guard });
        }
        let runtime = Runtime::new(options.path("crate", faults));
        let name = options.string("name", function, faults);
        let given = options.expr("breaker", faults);
        judge_breaker(given.as_ref(), faults);
        let key = options.expr("key", faults);
        let max_keys = options.bound("max_keys", faults);
        judge_max_keys(max_keys.as_ref(), function, faults);
        let configured = CONFIGURES.iter().any(|key| options.key(key).is_some());
        judge_name(name.as_ref(), function, faults);
        let config = config(&runtime, options, function, faults);
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
        let common = Common { runtime, name, on_error, clones: Vec::new() };
        let (on, ignore) = (on.flatten(), ignore.flatten());
        Some(Self { common, circuit, on, ignore, call_timeout, refused: refused? })
    }

    /// A refusal leaves this layer.
    pub(crate) fn refuses(&self) -> bool {
        !matches!(self.refused, Refused::Fallback { .. })
    }

    /// What may use the arguments while the body runs, or after it.
    pub(crate) fn beside_body(&self) -> TokenStream {
        let predicates = self.on.iter().chain(&self.ignore).map(Predicate::tokens);
        let values = self.held().into_iter().chain(&self.common.on_error).map(ToTokens::to_token_stream);
        predicates.chain(values).collect()
    }

    /// What may borrow from the arguments, or from `self`, while the body runs.
    pub(crate) fn held(&self) -> Option<&Expr> {
        match &self.circuit {
            Circuit::Given(breaker) => Some(breaker),
            _ => None,
        }
    }
}

/// Options that only make sense together, or only apart.
fn judge_together(options: &Options, faults: &mut Faults) {
    if options.key("breaker").is_some() {
        for key in ["name", "key", "max_keys"].iter().chain(&CONFIGURES) {
            if let Some(place) = options.key(key) {
                faults.at(&place, &CircuitFault::Apart { one: "breaker", other: key });
            }
        }
        return;
    }
    judge_needs("max_keys", &["key"], options, faults);
    // What a configuration holds is for the compiler to see.
    if options.key("config").is_none() {
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
        if let Some(place) = options.key(other).filter(|_| options.key(one).is_some()) {
            faults.at(&place, &CircuitFault::Apart { one, other });
        }
    }
}

/// `key` says nothing without one of `needs`.
fn judge_needs(key: &'static str, needs: &[&'static str], options: &Options, faults: &mut Faults) {
    let Some(place) = options.key(key) else { return };
    if needs.iter().all(|need| options.lacks(need)) {
        faults.at(&place, &ConflictFault::Without { key, needs: needs[0] });
    }
}

/// An expression that makes the configuration.
fn config(runtime: &Runtime, options: &mut Options, function: &Function, faults: &mut Faults) -> TokenStream {
    // `config` comes last: it is blamed for what none of the options has said.
    let keys: Vec<_> = CONFIGURES.iter().rev().filter_map(|key| options.key(key)).collect();
    let base = options.expr("config", faults);
    let mut setters = Setters::over(base.as_ref(), Attribute::Circuit, runtime, function);
    setters.replace(base.as_ref(), &replaced(options));
    let within = options.key("within").is_some();
    for key in ["failure_threshold", "half_open_calls", "success_threshold"] {
        let count = options.bound(key, faults);
        if key == "failure_threshold" && within {
            judge_remembered(key, count.as_ref(), faults);
        }
        setters.count(key, count.as_ref());
    }
    for key in ["failure_rate", "slow_rate"] {
        setters.ratio(key, options.ratio(key, faults).as_ref());
    }
    for key in ["within", "slow_call", "probe_timeout"] {
        let time = options.time(key, faults);
        judge_some_time(key, time.as_ref(), faults);
        setters.time(key, time.as_ref());
    }
    let window = options.window(faults);
    let min_calls = options.bound("min_calls", faults);
    judge_window(window.as_ref(), min_calls.as_ref(), faults);
    setters.window(window.as_ref());
    setters.count("min_calls", min_calls.as_ref());
    let recovery_timeout = options.time("recovery_timeout", faults);
    judge_some_time("recovery_timeout", recovery_timeout.as_ref(), faults);
    let max_recovery_timeout = options.time("max_recovery_timeout", faults);
    if base.is_none() {
        judge_recovery(recovery_timeout.as_ref(), max_recovery_timeout.as_ref(), faults);
    }
    setters.time("recovery_timeout", recovery_timeout.as_ref());
    setters.time("max_recovery_timeout", max_recovery_timeout.as_ref());
    setters.agree(&keys);
    setters.finish_static(faults)
}

/// An option of the function: a circuit that is shared has none.
fn call_timeout(options: &mut Options, function: &Function, faults: &mut Faults) -> Option<Time> {
    if let Some(place) = options.key("call_timeout").filter(|_| !function.is_async()) {
        faults.at(&place, &ConflictFault::SyncLimit { key: "call_timeout", dropped: "a call" });
    }
    let time = options.time("call_timeout", faults)?;
    judge_not_zero("call_timeout", Some(&time), faults);
    if let Some(argument) = time.constant().and_then(|time| function.argument_in(time)) {
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

/// What is taken out of a `config`, because options set it in another way.
fn replaced(options: &Options) -> Vec<&'static str> {
    let ways: [(&str, &[&str]); 3] = [
        ("__without_rates", &["failure_threshold", "within"]),
        ("__without_count", &["failure_rate", "slow_rate"]),
        ("__without_window", &["window"]),
    ];
    let said = |keys: &[&str]| keys.iter().any(|key| options.key(key).is_some());
    ways.into_iter().filter(|(_, keys)| said(keys)).map(|(way, _)| way).collect()
}

/// A circuit is listed under its name before anybody calls the function.
fn judge_name(name: Option<&Expr>, function: &Function, faults: &mut Faults) {
    let Some(name) = name else { return };
    if let Some(argument) = function.argument_in(name) {
        faults.at(&argument, &CircuitFault::RunTimeName { name: argument.to_string() });
    } else if let Some(generic) = function.generic_in(name) {
        faults.at(&generic, &CircuitFault::Generic { name: generic.to_string() });
    } else if is_empty(name) {
        faults.at(name, &CircuitFault::EmptyName);
    }
}

fn is_empty(name: &Expr) -> bool {
    matches!(name, Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) if name.value().trim().is_empty())
}

/// What is no circuit, whatever its type; the compiler sees the rest.
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
    let Some(max_keys) = max_keys.and_then(Count::constant) else { return };
    if let Some(argument) = function.argument_in(max_keys) {
        faults.at(&argument, &CircuitFault::RunTime { name: argument.to_string() });
    } else if let Some(generic) = function.generic_in(max_keys) {
        faults.at(&generic, &CircuitFault::Generic { name: generic.to_string() });
    }
}

fn judge_some_time(key: &'static str, time: Option<&Time>, faults: &mut Faults) {
    if let Some(time) = time.filter(|time| time.nanos() == Some(0)) {
        faults.at_span(time.span(), &CircuitFault::NoTime { key });
    }
}

/// As many as the runtime is willing to remember.
const MOST_REMEMBERED: u32 = 1 << 20;

fn judge_remembered(key: &'static str, count: Option<&Count>, faults: &mut Faults) {
    if let Some(Count::Literal(count, span)) = count {
        if *count > MOST_REMEMBERED {
            faults.at_span(*span, &CircuitFault::TooMany { key });
        }
    }
}

fn judge_window(window: Option<&Window>, min_calls: Option<&Count>, faults: &mut Faults) {
    match window {
        Some(Window::Calls(calls)) => judge_remembered("window", Some(calls), faults),
        Some(Window::Time(time)) => judge_some_time("window", Some(time), faults),
        Some(Window::Const(_)) | None => {}
    }
    if let (Some(Window::Calls(Count::Literal(calls, _))), Some(Count::Literal(least, span))) =
        (window, min_calls)
    {
        if least > calls {
            faults.at_span(*span, &CircuitFault::MoreThanWindow);
        }
    }
}

fn judge_recovery(recovery: Option<&Time>, most: Option<&Time>, faults: &mut Faults) {
    let default = Time::seconds(30);
    if let Some(most) = most.filter(|most| exceeds(recovery.unwrap_or(&default), most)) {
        faults.at_span(most.span(), &CircuitFault::BelowRecovery);
    }
}

impl Refused {
    fn judge(options: &mut Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        let on_open = options.constructor("on_open", faults);
        if options.key("fallback").is_none() {
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

/// What can be seen without types: that it is no function, or a closure of another shape.
fn judge_fallback(fallback: &Expr, arguments: &[Ident], function: &Function, faults: &mut Faults) {
    match fallback {
        Expr::Closure(closure) => {
            if closure.inputs.len() != arguments.len() {
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

/// The arguments, as a closure takes them: nothing else can be called `self`.
fn parameters(arguments: &[Ident]) -> String {
    let name = |argument: &Ident| if argument == "self" { "this".into() } else { argument.to_string() };
    arguments.iter().map(name).collect::<Vec<_>>().join(", ")
}
