use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::attribute::Attribute;
use crate::paths::Runtime;
use crate::syntax::Function;

/// What the function's return type is asked for. Whatever is wrong with the type is said where it is written, and once:
/// the compiler drops an error that it has reported of the same tokens.
pub(super) struct Ends<'a> {
    runtime: &'a Runtime,
    by: Ident,
    outcome: Span,
    error: Span,
    /// The error type is a parameter, which a bound can make one that holds everything.
    generic: bool,
}

impl<'a> Ends<'a> {
    pub(super) fn new(runtime: &'a Runtime, by: Attribute, function: &Function) -> Self {
        let (outcome, error) = (function.outcome_span(), function.error_span());
        Self { runtime, by: by.marker(), outcome, error, generic: function.error_is_generic() }
    }

    /// `__out`, as a `Result`.
    pub(super) fn result(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.outcome=> into_result(__out)))
    }

    /// The end with `__value`. Put together again, because then the compiler sees that it is no failure.
    pub(super) fn value(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.outcome=> from_value(__value)))
    }

    /// The end with `__error`.
    pub(super) fn error(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.outcome=> from_error(__error)))
    }

    /// A time limit, as the function's error.
    pub(super) fn hold_timed_out(&self, timed_out: &TokenStream) -> TokenStream {
        self.hold("HoldTimedOut", timed_out)
    }

    /// A refusal, as the function's error.
    pub(super) fn hold_open(&self, open: &TokenStream) -> TokenStream {
        self.hold("HoldCircuitOpen", open)
    }

    fn hold(&self, by: &str, of: &TokenStream) -> TokenStream {
        let (private, by) = (self.runtime.private_at(self.error), Ident::new(by, self.error));
        if self.generic {
            quote_spanned!(self.error=> #private::convert(#of))
        } else {
            quote_spanned!(self.error=> #private::#by::hold(#of))
        }
    }

    /// The alarm over `__value`, as the function's error.
    pub(super) fn hold_alarm(&self, site: &Ident) -> TokenStream {
        let (private, mut site) = (self.runtime.private_at(self.error), site.clone());
        // The argument decides which alarm it is, so that it is what the compiler points at.
        site.set_span(self.error);
        quote_spanned!(self.error=> #private::HoldAlarm::hold(__run.alarm(#site, __value)))
    }

    fn outcome(&self, call: &TokenStream) -> TokenStream {
        let (private, by) = (self.runtime.private_at(self.outcome), &self.by);
        quote_spanned!(self.outcome=> #private::by::#by::#call)
    }
}
