//! Validation: turns options into a model that can always be written.

mod circuit;
mod common;
mod poll;
mod retry;
mod settings;
mod waiting;

pub(crate) use circuit::{Circuit, CircuitModel, Config, Refused};
pub(crate) use common::{Common, judge_attempts};
pub(crate) use poll::PollModel;
pub(crate) use retry::{On, RetryModel};
pub(crate) use settings::{Policy, Setting, Settings};

use proc_macro2::Span;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Expr, Ident};

use crate::attribute::Attribute;
use crate::diagnostics::{Faults, FunctionFault, OptionFault};
use crate::syntax::{Function, Options, find_ident};
use crate::tables::Row;

/// A validated attribute.
pub(crate) struct Layer {
    pub(crate) attribute: Attribute,
    /// The options that are given, each with its place.
    pub(crate) options: Vec<(&'static Row, Span)>,
    pub(crate) model: Model,
}

/// The kind of layer.
pub(crate) enum Model {
    Retry(RetryModel),
    Poll(PollModel),
    Circuit(Box<CircuitModel>),
}

impl Layer {
    /// `None` only if a fault has been reported.
    pub(crate) fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        let attribute = options.attribute();
        if let Some(key) = attribute.table().required.filter(|key| options.lacks(key)) {
            faults.at_span(options.span(), &OptionFault::Missing { attribute, key });
        }
        let model = match attribute {
            Attribute::Retry | Attribute::AsyncBackoff | Attribute::AsyncRetry => {
                RetryModel::judge(options, function, faults).map(Model::Retry)
            }
            Attribute::Poll => PollModel::judge(options, function, faults).map(Model::Poll),
            Attribute::Circuit => {
                CircuitModel::judge(options, function, faults).map(Box::new).map(Model::Circuit)
            }
        };
        Some(Self { attribute, options: options.places(), model: model? })
    }

    pub(crate) fn common(&self) -> &Common {
        match &self.model {
            Model::Retry(model) => &model.common,
            Model::Poll(model) => &model.common,
            Model::Circuit(model) => &model.common,
        }
    }

    /// Whether it may call the layer below more than once.
    pub(crate) fn repeats(&self) -> bool {
        self.attribute.table().repeats
    }

    /// Whether it may reject a call without running the layer below.
    pub(crate) fn refuses(&self) -> bool {
        matches!(&self.model, Model::Circuit(model) if model.refuses())
    }

    pub(crate) fn is_circuit(&self) -> bool {
        matches!(self.model, Model::Circuit(_))
    }

    /// Whether it may drop a single attempt or call that takes too long, rather than only the call as a whole.
    pub(crate) fn limits_attempts(&self) -> bool {
        match &self.model {
            Model::Retry(model) => model.limits_attempts,
            Model::Poll(model) => model.limits_attempts,
            Model::Circuit(model) => model.call_timeout.is_some(),
        }
    }

    /// The expression whose value it holds while the layer below runs.
    pub(crate) fn held(&self) -> Option<&Expr> {
        match &self.model {
            Model::Circuit(model) => model.held(),
            Model::Retry(model) => model.common.cancel.as_ref(),
            Model::Poll(model) => model.common.cancel.as_ref(),
        }
    }

    /// Whether a signal may end it.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.common().cancel.is_some()
    }
}

/// Checks that an argument which attempts can change is cloned for each of them, by the loop closest to the body, if
/// there is one.
pub(crate) fn judge_arguments(function: &Function, layers: &[Options], faults: &mut Faults) {
    // The body sees the clones of the innermost layer that may call it again.
    let Some(innermost) = layers.iter().rfind(|options| options.attribute().table().repeats) else { return };
    // Names that cannot be read have been reported.
    let Some(cloned) = innermost.listed("clone") else { return };
    for (mutability, argument) in function.mutable_arguments() {
        let is_cloned = cloned.iter().any(|name| name.unraw() == argument.unraw());
        if is_cloned || is_only_in_cancel(&argument, function, layers) {
            continue;
        }
        let name = argument.to_string();
        let fault = if function.mut_of(&argument).is_some() {
            FunctionFault::MutableArgument { name }
        } else {
            FunctionFault::MutablePart { name }
        };
        faults.at(&quote!(#mutability #argument), &fault);
    }
    for moved in function.moved_arguments() {
        let is_cloned = cloned.iter().any(|name| name.unraw() == moved.unraw());
        // A `mut` argument has been reported already.
        if !is_cloned && function.mut_of(&moved).is_none() {
            faults.at(&moved, &FunctionFault::MovedArgument { name: moved.to_string() });
        }
    }
    if let Some((name, reference)) = function.lends_exclusively() {
        let (attribute, name) = (innermost.attribute(), name.to_string());
        faults.at(&reference, &FunctionFault::LendsExclusively { attribute, name });
    }
    if let Some(mutability) = function.mutable_self() {
        faults.at(mutability, &FunctionFault::MutableSelf);
    }
}

/// Whether only the `cancel` of the outermost loop uses the argument. It is evaluated once, so that no attempt sees a
/// change.
fn is_only_in_cancel(argument: &Ident, function: &Function, layers: &[Options]) -> bool {
    let Some(outermost) = layers.iter().position(|options| options.attribute().table().repeats) else {
        return false;
    };
    let users = layers.iter().enumerate().flat_map(|(layer, options)| {
        options.keys_that_mention(argument).into_iter().map(move |key| (layer, key))
    });
    let is_in_body = find_ident(function.body.stream(), &|ident| ident.unraw() == argument.unraw()).is_some();
    !is_in_body && users.eq([(outermost, "cancel")])
}
