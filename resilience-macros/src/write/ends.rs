use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

/// What the function's return type is asked for. Whatever is wrong with the type is said where it is written.
pub(super) struct Ends {
    private: TokenStream,
    by: Ident,
    span: Span,
}

impl Ends {
    pub(super) fn new(private: TokenStream, by: Ident, span: Span) -> Self {
        Self { private, by, span }
    }

    /// `__out`, as a `Result`.
    pub(super) fn result(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.span=> into_result(__out)))
    }

    /// The end with `__value`. Put together again, because then the compiler sees that it is no failure.
    pub(super) fn value(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.span=> from_value(__value)))
    }

    /// The end with `__error`.
    pub(super) fn error(&self) -> TokenStream {
        self.outcome(&quote_spanned!(self.span=> from_error(__error)))
    }

    /// A time limit, as the function's error.
    pub(super) fn hold_timed_out(&self, timed_out: &TokenStream) -> TokenStream {
        let private = &self.private;
        quote_spanned!(self.span=> #private::HoldTimedOut::hold(#timed_out))
    }

    /// An alarm, as the function's error.
    pub(super) fn hold_alarm(&self, alarm: &TokenStream) -> TokenStream {
        let private = &self.private;
        quote_spanned!(self.span=> #private::HoldAlarm::hold(#alarm))
    }

    fn outcome(&self, call: &TokenStream) -> TokenStream {
        let Self { private, by, span } = self;
        quote_spanned!(*span=> #private::Outcome::<#private::by::#by>::#call)
    }
}
