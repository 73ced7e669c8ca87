use proc_macro2::Ident;
use syn::{Expr, LitStr};

use crate::diagnostics::{Fault, Faults};
use crate::paths::Runtime;
use crate::syntax::{Function, Options};

/// What every attribute takes.
pub(crate) struct Common {
    pub(crate) runtime: Runtime,
    pub(crate) name: Option<LitStr>,
    pub(crate) on_error: Option<Expr>,
    pub(crate) clones: Vec<Ident>,
}

impl Common {
    pub(crate) fn judge(options: &mut Options, function: &Function, faults: &mut Faults) -> Self {
        let path = options.path("crate", faults);
        let clones = options.names("clone", faults);
        let arguments: Vec<String> =
            function.named_arguments().iter().map(|name| name.ident.to_string()).collect();
        for name in &clones {
            let text = name.to_string();
            if text == "self" {
                faults.at(name, Fault::CloneSelf);
            } else if !arguments.contains(&text) {
                faults.at(name, Fault::NotAnArgument { name: &text, arguments: &arguments });
            }
        }
        Self {
            runtime: Runtime::new(path.as_ref()),
            name: options.string("name", faults),
            on_error: options.expr("on_error", faults),
            clones,
        }
    }
}
