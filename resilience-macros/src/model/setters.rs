use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::policy::Policy;
use super::waiting::{Wait, Waiting};
use crate::attribute::Attribute;
use crate::diagnostics::{CircuitFault, ConflictFault, Faults, generated_at, span_of};
use crate::paths::Runtime;
use crate::syntax::{BackoffSyntax, Count, Factor, Function, JitterSyntax, Ratio, Shape, Time, Window};

/// The constructor calls of a policy, one around the other, while they are collected.
pub(super) struct Setters<'a> {
    runtime: &'a Runtime,
    function: &'a Function,
    attribute: Attribute,
    value: TokenStream,
    generic: bool,
    /// What no `static` can speak of.
    generics: Vec<Ident>,
    /// What no constant can speak of.
    arguments: Vec<Ident>,
    /// There are constants, which only the compiler can compare.
    constants: bool,
}

impl<'a> Setters<'a> {
    pub(super) fn new(attribute: Attribute, runtime: &'a Runtime, function: &'a Function) -> Self {
        let (root, policy) = (runtime.public(), Ident::new(attribute.policy(), Span::mixed_site()));
        let value = quote_spanned!(Span::mixed_site()=> #root::#policy::new());
        Self {
            runtime,
            function,
            attribute,
            value,
            generic: false,
            generics: Vec::new(),
            arguments: Vec::new(),
            constants: false,
        }
    }

    /// On top of `base`, a value that is there already.
    pub(super) fn over(
        base: Option<&Expr>,
        attribute: Attribute,
        runtime: &'a Runtime,
        function: &'a Function,
    ) -> Self {
        let mut setters = Self::new(attribute, runtime, function);
        if let Some(base) = base {
            setters.note(Some(base));
            setters.value = quote!(#base);
        }
        setters
    }

    /// What the options replace is taken out of the base first, by these methods of `CircuitConfig`.
    pub(super) fn replace(&mut self, base: Option<&Expr>, replaces: &[&str]) {
        let Some(base) = base else { return };
        let span = generated_at(span_of(base));
        let config = self.runtime.public_at(span);
        for method in replaces {
            let (method, value) = (Ident::new(method, span), &self.value);
            // By its path, so that a base of another type is named as such.
            self.value = quote_spanned!(span=> #config::CircuitConfig::#method(#value));
        }
    }

    /// For a `static`, which can depend on nothing.
    pub(super) fn finish_static(self, faults: &mut Faults) -> TokenStream {
        for argument in &self.arguments {
            faults.at(argument, &CircuitFault::RunTime { name: argument.to_string() });
        }
        for generic in &self.generics {
            faults.at(generic, &CircuitFault::Generic { name: generic.to_string() });
        }
        self.value
    }

    /// Settings that contradict each other are found where the compiler evaluates them: each is looked at once more, for
    /// the sake of the place that is pointed at.
    pub(super) fn agree(&mut self, keys: &[Ident]) {
        if !self.constants {
            return;
        }
        for key in keys {
            let (name, span) = (key.to_string(), generated_at(key.span()));
            let (private, value) = (self.runtime.private_at(span), &self.value);
            self.value = quote_spanned!(span=> #private::SetAt(#name).agrees(#value));
        }
    }

    pub(super) fn ratio(&mut self, method: &str, ratio: Option<&Ratio>) {
        let Some(ratio) = ratio else { return };
        self.note(ratio.constant());
        self.set(method, ratio.span(), &quote!(#ratio));
    }

    pub(super) fn window(&mut self, window: Option<&Window>) {
        match window {
            None => {}
            Some(Window::Calls(count)) => self.count("window_calls", Some(count)),
            Some(Window::Time(time)) => self.time("window_time", Some(time)),
            Some(Window::Const(expr)) => {
                self.note(Some(expr));
                let span = generated_at(span_of(expr));
                let (private, value) = (self.runtime.private_at(span), &self.value);
                // Calls or time: the constant's type decides.
                self.value = quote_spanned!(span=> #private::WindowOf(#expr).set(#value));
            }
        }
    }

    pub(super) fn finish(self, faults: &mut Faults) -> Policy {
        for argument in &self.arguments {
            let fault = ConflictFault::RunTime { name: argument.to_string(), attribute: self.attribute };
            faults.at(argument, &fault);
        }
        Policy::Const { value: self.value, generic: self.generic }
    }

    pub(super) fn forever(&mut self) {
        self.value = self.call(Span::mixed_site(), self.attribute.policy(), "forever", &self.value, None);
    }

    pub(super) fn time(&mut self, method: &str, time: Option<&Time>) {
        let Some(time) = time else { return };
        self.note(time.constant());
        self.set(method, time.span(), &quote!(#time));
    }

    pub(super) fn count(&mut self, method: &str, count: Option<&Count>) {
        let Some(count) = count else { return };
        self.note(count.constant());
        match count {
            Count::Forever => self.forever(),
            Count::Literal(..) | Count::Const(_) => self.set(method, count.span(), &quote!(#count)),
        }
    }

    pub(super) fn waiting(&mut self, waiting: &Waiting) {
        match &waiting.wait {
            None => {}
            Some(Wait::Interval(time)) => self.time("interval", Some(time)),
            Some(Wait::Backoff(BackoffSyntax::Const(expr))) => {
                self.note(Some(expr));
                self.set("backoff", span_of(expr), &quote!(#expr));
            }
            Some(Wait::Backoff(BackoffSyntax::Shape(shape))) => {
                let backoff = self.shape(shape);
                self.set("backoff", shape.span, &backoff);
            }
        }
        match &waiting.jitter {
            None => {}
            Some(JitterSyntax::Named(variant, span)) => {
                let (root, variant) = (self.runtime.public(), Ident::new(variant, *span));
                self.set("jitter", *span, &quote_spanned!(Span::mixed_site()=> #root::Jitter::#variant));
            }
            Some(JitterSyntax::Ratio(ratio, span)) => {
                let root = self.runtime.public();
                self.set("jitter", *span, &quote_spanned!(Span::mixed_site()=> #root::Jitter::Ratio(#ratio)));
            }
            Some(JitterSyntax::Const(expr)) => {
                self.note(Some(expr));
                self.set("jitter", span_of(expr), &quote!(#expr));
            }
        }
    }

    fn shape(&mut self, shape: &Shape) -> TokenStream {
        let Shape { name, span, base, factor, max } = shape;
        self.note(base.constant());
        self.note(max.as_ref().and_then(Time::constant));
        let mut backoff = self.call(*span, "Backoff", name, &quote!(#base), None);
        match factor {
            Some(Factor::Literal(factor, span)) => {
                backoff = self.call(*span, "Backoff", "__factor", &backoff, Some(&quote!(#factor)));
            }
            Some(Factor::Const(expr)) => {
                self.note(Some(expr));
                backoff = self.call(span_of(expr), "Backoff", "__factor", &backoff, Some(&quote!(#expr)));
            }
            None => {}
        }
        if let Some(max) = max {
            backoff = self.call(max.span(), "Backoff", "__max", &backoff, Some(&quote!(#max)));
        }
        backoff
    }

    fn set(&mut self, method: &str, span: Span, argument: &TokenStream) {
        self.value = self.call(span, self.attribute.policy(), method, &self.value, Some(argument));
    }

    /// `Type::method(value, argument)`, and not `value.method(argument)`, which would stretch over all that comes before:
    /// what constant evaluation says of the argument points at the argument.
    fn call(
        &self,
        span: Span,
        of: &str,
        method: &str,
        value: &TokenStream,
        argument: Option<&TokenStream>,
    ) -> TokenStream {
        let span = generated_at(span);
        let root = self.runtime.public_at(span);
        let (of, method) = (Ident::new(of, span), Ident::new(method, span));
        let arguments = argument.map(|argument| quote_spanned!(span=> , #argument));
        quote_spanned!(span=> #root::#of::#method(#value #arguments))
    }

    pub(super) fn note(&mut self, constant: Option<&Expr>) {
        let Some(expr) = constant else { return };
        self.constants = true;
        self.generic |= self.function.is_generic(expr);
        self.generics.extend(self.function.generic_in(expr));
        self.arguments.extend(self.function.argument_in(expr));
    }
}
