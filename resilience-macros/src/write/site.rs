use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;

use super::closure::enclosed;
use super::settings;
use crate::attribute::Attribute;
use crate::diagnostics::{generated_at, span_of};
use crate::model::{Common, Policy};
use crate::syntax::Function;

/// The name of the site's variable. A `let` must not have the name of the constant of the layer around it: it would be
/// a pattern that compares with the constant.
pub(super) fn name(policy: &Policy) -> Ident {
    let name = match policy {
        Policy::Const(settings) if !settings.generic && !settings.has_budget() => "__RESILIENCE_SITE",
        Policy::Const(_) | Policy::Runtime(_) => "__RESILIENCE_LOCAL_SITE",
    };
    Ident::new(name, Span::mixed_site())
}

/// Declares the site, its entry in the list of all sites, and its policy: a constant if possible.
pub(super) fn declare(
    attribute: Attribute,
    common: &Common,
    policy: &Policy,
    function: &Function,
) -> TokenStream {
    let policy_type = attribute.table().policy;
    let root = common.runtime.public();
    let private = common.runtime.private();
    let site = self::name(policy);
    let policy_name = Ident::new(policy_type, Span::mixed_site());
    let name = site_name(&private, common.name.as_ref().map(ToTokens::to_token_stream));
    // The kinds have the names of the attributes here.
    let kind = Ident::new(&format!("{attribute:?}"), Span::mixed_site());
    // A static may not mention the function's generics.
    let is_generic = common.name.as_ref().is_some_and(|name| function.is_generic(name));
    let listed = if is_generic { site_name(&private, None) } else { name.clone() };
    let stats = common.stats.as_ref().map(|stats| {
        quote_spanned! {Span::mixed_site()=>
            static __RESILIENCE_STATS: #private::StatsCell = #private::StatsCell::new(#stats);
        }
    });
    let with_stats =
        stats.is_some().then(|| quote_spanned!(Span::mixed_site()=> .with_stats(&__RESILIENCE_STATS)));
    let with_span = common.span.then(|| quote_spanned!(Span::mixed_site()=> .with_span()));
    let entry = quote_spanned! {Span::mixed_site()=>
        #stats
        static __RESILIENCE_ENTRY: #private::SiteEntry = #private::SiteEntry::new(
            #private::SiteKind::#kind, #listed, ::core::file!(), ::core::line!(),
        )#with_stats #with_span;
        #private::list!(#root, SITES: &#private::SiteEntry, &__RESILIENCE_ENTRY);
    };
    let declared = match policy {
        Policy::Const(settings) => {
            let value = settings::policy(&common.runtime, policy_type, settings);
            let new = quote_spanned!(Span::mixed_site()=> &#private::PolicySite::new(#name, #private::SiteKind::#kind, #value));
            let site_type = quote_spanned!(Span::mixed_site()=> &#private::PolicySite<#root::#policy_name>);
            let own_budget = settings::own_budget(&common.runtime, settings);
            // A `const` item may not mention the function's generics; a `const` block may. Neither may refer to a
            // budget, whose value changes; a `static` may.
            if settings.has_budget() && settings.generic {
                quote_spanned!(Span::mixed_site()=> #own_budget let #site: #site_type = #new;)
            } else if settings.has_budget() {
                let new = quote_spanned!(Span::mixed_site()=> #private::PolicySite::new(#name, #private::SiteKind::#kind, #value));
                quote_spanned! {Span::mixed_site()=>
                    #own_budget
                    static __RESILIENCE_BUDGETED: #private::PolicySite<#root::#policy_name> = #new;
                    let #site: #site_type = &__RESILIENCE_BUDGETED;
                }
            } else if settings.generic {
                quote_spanned!(Span::mixed_site()=> let #site: #site_type = const { #new };)
            } else {
                quote_spanned!(Span::mixed_site()=> const #site: #site_type = #new;)
            }
        }
        Policy::Runtime(policy) => {
            let policy = convert(policy, policy_name.clone(), common);
            quote_spanned! {Span::mixed_site()=>
                let #site: &#private::PolicySite<#root::#policy_name> =
                    &#private::PolicySite::new(#name, #private::SiteKind::#kind, #policy);
            }
        }
    };
    let overridable =
        overridable(common, policy, function, &policy_in_code(policy, &site, policy_type, &private));
    quote!(#entry #declared #overridable)
}

/// The policy in the code, for overrides of its options.
fn policy_in_code(policy: &Policy, site: &Ident, policy_type: &str, private: &TokenStream) -> TokenStream {
    let kind = Ident::new(policy_type, Span::mixed_site());
    match policy {
        Policy::Runtime(_) => quote_spanned!(Span::mixed_site()=> #private::PolicyInCode::Evaluated),
        Policy::Const(settings) if settings.generic => {
            quote_spanned!(Span::mixed_site()=> #private::PolicyInCode::Generic)
        }
        Policy::Const(settings) if settings.has_budget() => {
            quote_spanned!(Span::mixed_site()=> #private::PolicyInCode::#kind(&__RESILIENCE_BUDGETED))
        }
        Policy::Const(_) => quote_spanned!(Span::mixed_site()=> #private::PolicyInCode::#kind(#site)),
    }
}

/// Lists a site with a name, so that its options can be overridden.
fn overridable(
    common: &Common,
    policy: &Policy,
    function: &Function,
    code: &TokenStream,
) -> Option<TokenStream> {
    common.name.as_ref().filter(|name| !function.is_generic(name))?;
    let (root, private) = (common.runtime.public(), common.runtime.private());
    let has = |key: &str| policy.may_have(key);
    let (deadline, attempt_timeout) = (has("deadline"), has("attempt_timeout"));
    Some(quote_spanned! {Span::mixed_site()=>
        #private::overridable!(#root, &__RESILIENCE_ENTRY, #code, #deadline, #attempt_timeout);
    })
}

/// The given name, or the path of the surrounding function.
pub(super) fn site_name(private: &TokenStream, given: Option<TokenStream>) -> TokenStream {
    given.map_or_else(
        // A closure, because the name of its type includes the type of a method, which an attribute cannot see.
        || quote_spanned!(Span::mixed_site()=> #private::SiteName::of(&|| ())),
        |name| quote_spanned!(Span::mixed_site()=> #private::SiteName::Given(#name)),
    )
}

/// The user's policy, or a reference to it. Errors about its type are reported at the expression.
fn convert(policy: &syn::Expr, mut policy_type: Ident, common: &Common) -> TokenStream {
    let span = generated_at(span_of(policy));
    let root = common.runtime.public_at(span);
    policy_type.set_span(span);
    let policy_type = quote_spanned!(span=> #root::#policy_type);
    let converted = quote_spanned!(span=> <#policy_type as ::core::convert::From<_>>::from(#policy));
    enclosed(policy, &policy_type, converted)
}

/// The given name, or the function's path.
pub(super) fn function_name(common: &Common, function: &Function) -> TokenStream {
    common.name.as_ref().map_or_else(|| path(function), |name| quote!(#name))
}

fn path(function: &Function) -> TokenStream {
    let name = format!("::{}", function.signature.ident.unraw());
    quote_spanned!(Span::mixed_site()=> ::core::concat!(::core::module_path!(), #name))
}
