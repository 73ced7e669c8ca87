use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::attribute::Attribute;
use crate::paths::Runtime;
use crate::syntax::Function;

/// Conversions of the function's return type. Errors about the type are reported where it is written, and only once:
/// the compiler drops repeated errors with the same span.
pub(super) struct Ends<'a> {
    runtime: &'a Runtime,
    by: Ident,
    outcome: Span,
    error: Span,
    /// Whether the error type is a generic parameter, which may be bounded by a conversion.
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

    /// The end with `__value`, which is wrapped again, so that the compiler knows that it is not an error.
    pub(super) fn value(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.outcome=> from_value(__value)))
    }

    /// The end with `__error`.
    pub(super) fn error(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.outcome=> from_error(__error)))
    }

    /// A `TimedOut`, as the function's error.
    pub(super) fn hold_timed_out(&self, timed_out: &TokenStream) -> TokenStream {
        self.hold("HoldTimedOut", timed_out)
    }

    /// A `Cancelled`, as the function's error.
    pub(super) fn hold_cancelled(&self, cancelled: &TokenStream) -> TokenStream {
        self.hold("HoldCancelled", cancelled)
    }

    /// A rejection, as the function's error.
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

    /// The alarm with `__value`, as the function's error.
    pub(super) fn hold_alarm(&self, site: &Ident) -> TokenStream {
        let (private, mut site) = (self.runtime.private_at(self.error), site.clone());
        // The argument determines the type of the alarm, so the compiler reports errors at it.
        site.set_span(self.error);
        quote_spanned!(self.error=> #private::HoldAlarm::hold(__run.alarm(#site, __value)))
    }

    fn outcome(&self, call: &TokenStream) -> TokenStream {
        let (private, by) = (self.runtime.private_at(self.outcome), &self.by);
        quote_spanned!(self.outcome=> #private::by::#by::#call)
    }
}
