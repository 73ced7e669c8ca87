use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::refusal::Refusal;
use crate::model::Layer;
use crate::paths::Runtime;

/// How a circuit detects that a time limit of a layer above dropped its call, and how that layer gets the circuit's
/// decision about the next call.
///
/// One `__cut` is used by all layers of a function, because only one limit drops an attempt at a time. The limit marks
/// it before it drops the attempt, and a circuit reads it when its permit is dropped.
pub(super) struct Cut {
    place: Place,
    /// Whether a layer above has a limit that may drop this layer.
    is_below: bool,
}

/// The place of a layer relative to other layers with a limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The layer has no limit, or no circuit below.
    Untold,
    /// The outermost one, which declares `__cut`.
    Outermost,
    Inner,
}

impl Cut {
    /// For a function without async limits.
    pub(super) fn none() -> Self {
        Self { place: Place::Untold, is_below: false }
    }

    /// For the layer at `depth`.
    pub(super) fn new(depth: usize, layers: &[Layer]) -> Self {
        let tells = |depth: usize| {
            let below = layers.get(depth + 1..).unwrap_or_default();
            layers[depth].limits_attempts() && below.iter().any(Layer::is_circuit)
        };
        let is_below = (0..depth).any(tells);
        let place = match (tells(depth), is_below) {
            (false, _) => Place::Untold,
            (true, false) => Place::Outermost,
            (true, true) => Place::Inner,
        };
        Self { place, is_below }
    }

    /// Whether the layer's limit is reported to circuits below.
    pub(super) fn is_told(&self) -> bool {
        self.place != Place::Untold
    }

    /// The declaration before the first attempt.
    pub(super) fn declare(&self, runtime: &Runtime) -> TokenStream {
        if self.place != Place::Outermost {
            return TokenStream::new();
        }
        let private = runtime.private();
        quote_spanned!(Span::mixed_site()=> let __cut = #private::Cut::new();)
    }

    /// `RUN.limit(ARGUMENTS, FUTURE)`, by the appropriate method.
    pub(super) fn limit(
        &self,
        run: &TokenStream,
        site: Option<&TokenStream>,
        future: &TokenStream,
    ) -> TokenStream {
        let site = site.map(|site| quote!(#site,));
        if self.is_told() {
            quote_spanned!(Span::mixed_site()=> #run.limit_telling(#site #future, &__cut))
        } else {
            quote_spanned!(Span::mixed_site()=> #run.limit(#site #future))
        }
    }

    /// After the layer's limit has dropped an attempt: stores what the circuits below have reported in the layer's
    /// flag.
    pub(super) fn took_place(&self, refusal: &Refusal) -> TokenStream {
        match (self.is_told(), refusal.own()) {
            (false, _) => TokenStream::new(),
            (true, Some(own)) => quote_spanned!(Span::mixed_site()=> #own = __cut.take();),
            (true, None) => quote_spanned!(Span::mixed_site()=> __cut.clear();),
        }
    }

    /// Connects `__permit` with the limits above. `answers`: the circuit has a fallback.
    pub(super) fn bind_permit(&self, answers: bool) -> TokenStream {
        if !self.is_below {
            return TokenStream::new();
        }
        quote_spanned!(Span::mixed_site()=> let mut __permit = __permit.under::<#answers>(&__cut);)
    }

    /// Whether a layer above has a limit.
    pub(super) fn is_below(&self) -> bool {
        self.is_below
    }
}
