use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use syn::ext::IdentExt;

use crate::model::{Common, Policy};
use crate::syntax::Function;

/// `__RESILIENCE_SITE`: the function's name and policy, a constant where it can be one. `policy` is the type's name.
///
/// The name also tells an attribute that it was expanded on a body that another one has written already.
pub(super) fn declare(
    common: &Common,
    policy: &Policy,
    policy_type: &str,
    function: &Function,
) -> TokenStream {
    let root = common.runtime.public();
    let private = common.runtime.private();
    let policy_type = proc_macro2::Ident::new(policy_type, Span::mixed_site());
    let place = || {
        let name = format!("::{}", function.signature.ident.unraw());
        quote_spanned!(Span::mixed_site()=> ::core::concat!(::core::module_path!(), #name))
    };
    let name = common.name.as_ref().map_or_else(place, |name| quote!(#name));
    match policy {
        Policy::Const { setters, generic: false } => quote_spanned! {Span::mixed_site()=>
            const __RESILIENCE_SITE: &#private::Site<#root::#policy_type> =
                &#private::Site::new(#name, #root::#policy_type::new()#setters);
        },
        // A `const` item may not speak of the function's generics; a `const` block may.
        Policy::Const { setters, generic: true } => quote_spanned! {Span::mixed_site()=>
            #[allow(non_snake_case)]
            let __RESILIENCE_SITE: &#private::Site<#root::#policy_type> =
                const { &#private::Site::new(#name, #root::#policy_type::new()#setters) };
        },
        Policy::Runtime(policy) => quote_spanned! {Span::mixed_site()=>
            #[allow(non_snake_case)]
            let __RESILIENCE_SITE: &#private::Site<#root::#policy_type> = &#private::Site::new(
                #name,
                <#root::#policy_type as ::core::convert::From<_>>::from(#policy),
            );
        },
    }
}
