use proc_macro2::Ident;
use syn::Expr;
use syn::ext::IdentExt;

use crate::diagnostics::{ConflictFault, Faults, NameFault};
use crate::paths::Runtime;
use crate::syntax::{Function, Options};

/// Options that every attribute has.
pub(crate) struct Common {
    pub(crate) runtime: Runtime,
    pub(crate) name: Option<Expr>,
    pub(crate) on_error: Option<Expr>,
    pub(crate) clones: Vec<Ident>,
    /// The name of the statistics.
    pub(crate) stats: Option<Expr>,
    /// Whether each call runs in a span.
    pub(crate) span: bool,
    /// The future that ends the call.
    pub(crate) cancel: Option<Expr>,
    /// The body's variable for the current attempt.
    pub(crate) attempt: Option<Ident>,
}

impl Common {
    pub(crate) fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Self {
        Self {
            runtime: Runtime::new(options.path("crate", faults)),
            clones: judge_clones(&options.names("clone", faults), function, faults),
            name: options.string("name", function, faults),
            on_error: options.function("on_error", faults),
            stats: options.string("stats", function, faults),
            span: judge_span(options, faults),
            cancel: judge_cancel(options, function, faults),
            attempt: judge_attempt(&options.names("attempt", faults), function, faults),
        }
    }
}

fn judge_span(options: &Options, faults: &mut Faults) -> bool {
    let span = options.flag("span", faults);
    if let Some(place) = options.key("span").filter(|_| !cfg!(feature = "tracing")) {
        faults.at(&place, &ConflictFault::NeedsTracing { key: "span" });
    }
    span
}

fn judge_cancel(options: &Options, function: &Function, faults: &mut Faults) -> Option<Expr> {
    // That the attribute needs an async function has been reported.
    let is_possible = function.is_async() || options.attribute().table().async_only;
    if let Some(place) = options.key("cancel").filter(|_| !is_possible) {
        faults.at(&place, &ConflictFault::SyncCancel);
    }
    options.expr("cancel", faults)
}

/// An inner attempt must not shadow an outer one of the same name.
pub(crate) fn judge_attempts(layers: &[Options], faults: &mut Faults) {
    let mut names: Vec<Ident> = Vec::new();
    for name in layers.iter().filter_map(|options| options.listed("attempt")).flatten() {
        if names.iter().any(|outer| outer.unraw() == name.unraw()) {
            faults.at(&name, &NameFault::AttemptTwice { name: name.to_string() });
        }
        names.push(name);
    }
}

/// The name in `attempt(..)`, which must not be that of an argument.
fn judge_attempt(names: &[Ident], function: &Function, faults: &mut Faults) -> Option<Ident> {
    let [name, more @ ..] = names else { return None };
    for other in more {
        faults.at(other, &NameFault::SecondAttempt { name: name.to_string() });
    }
    if function.binds(name) || name == "self" {
        faults.at(name, &NameFault::AttemptShadows { name: name.to_string() });
        return None;
    }
    more.is_empty().then(|| name.clone())
}

fn judge_clones(names: &[Ident], function: &Function, faults: &mut Faults) -> Vec<Ident> {
    let arguments: Vec<_> =
        function.named_arguments().into_iter().map(|argument| argument.ident.clone()).collect();
    let mut clones = Vec::new();
    for name in names {
        let argument = arguments.iter().find(|argument| argument.unraw() == name.unraw());
        if let Some(argument) = argument {
            // Spelled as in the function (`r#type`), with the span of the option.
            let mut argument = argument.clone();
            argument.set_span(argument.span().located_at(name.span()));
            clones.push(argument);
        } else if name == "self" || name == "__self" {
            faults.at(name, &NameFault::CloneSelf);
        } else {
            let arguments = arguments.iter().map(ToString::to_string).collect();
            faults.at(name, &NameFault::NotAnArgument { name: name.to_string(), arguments });
        }
    }
    clones
}
