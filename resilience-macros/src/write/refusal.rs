use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use syn::Lifetime;

use crate::model::Layer;

/// How a layer learns that a circuit below it refused: a call that was refused is not an attempt, and the value of an
/// error does not say so.
///
/// Each layer above one that may refuse has a flag, which the layer below sets: `None`, or the circuit's time left, and
/// whether the error that comes with it is one of an earlier attempt, and not the refusal.
pub(super) struct Refusal {
    depth: usize,
    own: Option<Ident>,
    above: Option<Ident>,
}

impl Refusal {
    /// For the layer at `depth`, and those below it.
    pub(super) fn new(depth: usize, below: &[Layer]) -> Self {
        let own = below.iter().any(Layer::refuses).then(|| flag(depth));
        Self { depth, own, above: depth.checked_sub(1).map(flag) }
    }

    /// A label for the layer's block, which no other layer has.
    pub(super) fn label(&self) -> Lifetime {
        Lifetime::new(&format!("'__layer_{}", self.depth), Span::mixed_site())
    }

    /// The layer's flag, before an attempt.
    pub(super) fn declare(&self) -> TokenStream {
        let Some(own) = &self.own else { return TokenStream::new() };
        quote_spanned! {Span::mixed_site()=>
            let mut #own: ::core::option::Option<(::core::option::Option<::core::time::Duration>, bool)> =
                ::core::option::Option::None;
        }
    }

    /// The layer's flag, if it has one.
    pub(super) fn own(&self) -> Option<&Ident> {
        self.own.as_ref()
    }

    /// Tells the layer above of a refusal; `time_left` is an `Option<Duration>`, `real` says whether the error is not the
    /// refusal itself.
    pub(super) fn tell(&self, time_left: &TokenStream, real: &TokenStream) -> TokenStream {
        let Some(above) = &self.above else { return TokenStream::new() };
        quote_spanned!(Span::mixed_site()=> #above = ::core::option::Option::Some((#time_left, #real));)
    }

    /// Tells the layer above that a circuit below is `__open`, and that the error is one of an attempt before.
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

fn flag(depth: usize) -> Ident {
    format_ident!("__refused_{depth}", span = Span::mixed_site())
}
