use proc_macro2::Ident;
use syn::Expr;
use syn::ext::IdentExt;

use crate::diagnostics::{Faults, NameFault};
use crate::paths::Runtime;
use crate::syntax::{Function, Options};

/// What every attribute takes.
pub(crate) struct Common {
    pub(crate) runtime: Runtime,
    pub(crate) name: Option<Expr>,
    pub(crate) on_error: Option<Expr>,
    pub(crate) clones: Vec<Ident>,
}

impl Common {
    pub(crate) fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Self {
        Self {
            runtime: Runtime::new(options.path("crate", faults)),
            clones: judge_clones(&options.names("clone", faults), function, faults),
            name: options.string("name", function, faults),
            on_error: options.function("on_error", faults),
        }
    }
}

fn judge_clones(names: &[Ident], function: &Function, faults: &mut Faults) -> Vec<Ident> {
    let arguments: Vec<_> =
        function.named_arguments().into_iter().map(|argument| argument.ident.clone()).collect();
    let mut clones = Vec::new();
    for name in names {
        let argument = arguments.iter().find(|argument| argument.unraw() == name.unraw());
        if let Some(argument) = argument {
            // As the function spells it (`r#type`), where the option names it.
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
