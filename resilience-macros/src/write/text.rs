use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// The imports that a layer needs to format errors.
pub(super) fn texts(private: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> use #private::{ByDebug as _, ByDisplay as _, ByType as _};)
}

/// `error`, a reference, as an `Option<&dyn Display>`.
pub(super) fn display(private: &TokenStream, error: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> (&&&#private::Text(#error)).__resilience_display())
}

/// A closure that writes the text of `value`, a reference, into a buffer.
pub(super) fn written(private: &TokenStream, value: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> |__line| (&&&#private::Text(#value)).__resilience_text(__line))
}
