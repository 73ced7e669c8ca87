use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use syn::Lifetime;

use crate::model::Layer;
use crate::paths::Runtime;

/// How a layer detects that a circuit below it rejected the call, which is not an attempt, or would reject the next
/// one. The value of an error does not show this.
///
/// Each layer above one that may reject has a flag, which the layer below sets: `None`, or the circuit's time left and
/// whether the error is that of an attempt rather than the rejection.
pub(super) struct Refusal {
    depth: usize,
    own: Option<Ident>,
    above: Option<Ident>,
    /// Set by a layer below that a signal has ended.
    cancelled: Option<Ident>,
}

impl Refusal {
    /// For the layer at `depth`, and those below it.
    pub(super) fn new(depth: usize, below: &[Layer]) -> Self {
        let own = below.iter().any(Layer::refuses).then(|| flag(depth));
        let cancelled = below.iter().any(Layer::is_cancelled).then(|| cancelled_flag(depth));
        Self { depth, own, above: depth.checked_sub(1).map(flag), cancelled }
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// A label for the layer's block that no other layer has.
    pub(super) fn label(&self) -> Lifetime {
        Lifetime::new(&format!("'__layer_{}", self.depth), Span::mixed_site())
    }

    /// The declaration of the layer's flags, before an attempt.
    pub(super) fn declare(&self, runtime: &Runtime) -> TokenStream {
        let own = self.own.as_ref().map(|own| {
            let private = runtime.private();
            quote_spanned! {Span::mixed_site()=>
                let mut #own: #private::RejectionHint = ::core::option::Option::None;
            }
        });
        let cancelled = self.cancelled.as_ref();
        let cancelled = cancelled.map(|flag| quote_spanned!(Span::mixed_site()=> let mut #flag = false;));
        quote!(#own #cancelled)
    }

    /// The flag that a signal has ended a layer below, if there is such a layer with a signal.
    pub(super) fn cancelled(&self) -> Option<&Ident> {
        self.cancelled.as_ref()
    }

    /// Reports to the layer above that a signal has ended this one.
    pub(super) fn tell_cancelled(&self) -> TokenStream {
        let Some(above) = self.depth.checked_sub(1).map(cancelled_flag) else { return TokenStream::new() };
        quote_spanned!(Span::mixed_site()=> #above = true;)
    }

    /// The layer's flag, if it has one.
    pub(super) fn own(&self) -> Option<&Ident> {
        self.own.as_ref()
    }

    /// Reports a rejection to the layer above. `time_left` is an `Option<Duration>`; `real` is whether the error is not
    /// the rejection itself.
    pub(super) fn tell(&self, time_left: &TokenStream, real: &TokenStream) -> TokenStream {
        let Some(above) = &self.above else { return TokenStream::new() };
        quote_spanned!(Span::mixed_site()=> #above = ::core::option::Option::Some((#time_left, #real));)
    }

    /// Adds the state of the next call to the flag of the layer above, once `__next_call` is known: that the circuit
    /// would reject it, or, if it `answers` rejected calls by a fallback, that nothing is rejected.
    pub(super) fn tell_of_next_call(&self, answers: bool) -> TokenStream {
        let Some(above) = &self.above else { return TokenStream::new() };
        let told = Ident::new(if answers { "answered" } else { "rejected" }, Span::mixed_site());
        quote_spanned!(Span::mixed_site()=> #above = __next_call.#told(#above);)
    }

    /// Reports to the layer above that a circuit below is `__open`, and that the error is that of an earlier attempt.
    pub(super) fn tell_if_open(&self) -> TokenStream {
        let tell = self.tell(
            &quote_spanned!(Span::mixed_site()=> __time_left),
            &quote_spanned!(Span::mixed_site()=> true),
        );
        if tell.is_empty() {
            return tell;
        }
        quote_spanned! {Span::mixed_site()=>
            if let ::core::option::Option::Some(__time_left) = __open {
                #tell
            }
        }
    }
}

fn cancelled_flag(depth: usize) -> Ident {
    format_ident!("__cancelled_{depth}", span = Span::mixed_site())
}

fn flag(depth: usize) -> Ident {
    format_ident!("__refused_{depth}", span = Span::mixed_site())
}
