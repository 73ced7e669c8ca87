//! Stacks of attributes, expanded one after another as the compiler does.

use proc_macro2::TokenStream;
use quote::quote;

use super::compiler::expand_all;
use super::dense;
use crate::attribute::Attribute;

/// A function under these attributes.
fn under(attributes: &TokenStream) -> TokenStream {
    quote!(#attributes fn f() -> Result<u8, E> { g() })
}

/// The names of the layers, in nesting order, when `#[retry(name = "1")]` is the attribute of the item.
fn nesting(item: &TokenStream) -> String {
    let expansion = dense(&expand_all(Attribute::Retry, quote!(name = "1"), item));
    assert!(!expansion.contains("compile_error"), "{expansion}");
    let mut names: Vec<_> = ["1", "2", "3", "4", "5"]
        .iter()
        .filter_map(|name| Some((expansion.find(&format!("{name:?}"))?, *name)))
        .collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn layers_nest_in_the_order_of_their_lines_whatever_their_paths_are() {
    for item in [
        under(&quote!(#[retry(name = "2")] #[circuit(name = "3")])),
        under(&quote!(#[again(name = "2")] #[circuit(name = "3")])),
        under(&quote!(#[circuit(name = "2")] #[again(name = "3")])),
        under(&quote!(#[again(name = "2")] #[again(name = "3")])),
        under(&quote!(#[facade::guarded(name = "2")] #[again(name = "3")])),
        // Inert attributes, and those of other crates.
        under(&quote!(#[inline] #[again(name = "2")] #[doc = "text"] #[circuit(name = "3")])),
        under(&quote!(#[wrap] #[again(name = "2")] #[same] #[circuit(name = "3")])),
        under(&quote!(#[again(name = "2")] #[wrap] #[again(name = "3")])),
        under(&quote!(#[same] #[again(name = "2")] #[same] #[again(name = "3")] #[same])),
        under(&quote!(#[wrap] #[wrap] #[again(name = "2")] #[retry(name = "3")] #[wrap])),
    ] {
        assert_eq!(nesting(&item), "123", "{item}");
    }
}

#[test]
fn many_layers_nest_in_the_order_of_their_lines() {
    let item = under(
        &quote!(#[again(name = "2")] #[circuit(name = "3")] #[same] #[again(name = "4")] #[retry(name = "5")]),
    );
    assert_eq!(nesting(&item), "12345");
}

#[test]
fn the_same_attribute_twice_makes_two_layers() {
    let item = under(&quote!(#[again] #[again] #[same] #[again]));
    let expansion = dense(&expand_all(Attribute::Retry, quote!(), &item));
    assert_eq!(expansion.matches("const__RESILIENCE_SITE").count(), 4, "{expansion}");
}

#[test]
fn another_crates_attribute_stays_around_all_layers() {
    for item in [
        under(&quote!(#[wrap] #[circuit])),
        under(&quote!(#[wrap] #[facade::guarded])),
        under(&quote!(#[facade::guarded] #[wrap])),
    ] {
        let expansion = dense(&expand_all(Attribute::Retry, quote!(), &item));
        let at = |word| expansion.find(word).unwrap_or_else(|| panic!("{word} in {expansion}"));
        assert!(
            at("wrapped") < at("__RESILIENCE_SITE") && at("__RESILIENCE_SITE") < at("g()"),
            "{expansion}"
        );
        assert_eq!(expansion.matches("{g()}").count(), 1, "{expansion}");
    }
}

#[test]
fn what_another_crates_attribute_changes_between_ours_stays() {
    let item = under(&quote!(#[public] #[again]));
    let expansion = dense(&expand_all(Attribute::Retry, quote!(), &item));
    assert!(expansion.contains("pubfnf()->Result<u8,E>"), "{expansion}");
    assert_eq!(expansion.matches("const__RESILIENCE_SITE").count(), 2, "{expansion}");
}

#[test]
fn an_attribute_of_another_crate_that_has_one_of_our_names_is_an_error() {
    for item in [
        under(&quote!(#[theirs::retry(2)])),
        under(&quote!(#[circuit] #[theirs::retry(2)])),
        under(&quote!(#[theirs::retry(2)] #[circuit])),
        under(&quote!(#[theirs::retry(2)] #[again])),
        under(&quote!(#[again] #[theirs::retry(2)] #[wrap])),
    ] {
        let expansion = dense(&expand_all(Attribute::Retry, quote!(), &item));
        assert_eq!(expansion.matches("compile_error").count(), 1, "{expansion}");
        assert!(
            expansion.contains("isnottheattributeofthiscrate") && expansion.contains("g()"),
            "{expansion}"
        );
        assert!(!expansion.contains("__RESILIENCE"), "{expansion}");
    }
    let expansion = dense(&expand_all(Attribute::Retry, quote!(), &under(&quote!(#[wrap] #[retry = 3]))));
    assert!(expansion.contains("takesitsoptionsinparentheses"), "{expansion}");
}

#[test]
fn a_layer_that_does_not_find_the_others_is_an_error() {
    for attributes in [
        quote!(#[moves] #[again]),
        quote!(#[spoils] #[again]),
        // Its line is unknown if the attributes that followed are gone.
        quote!(#[removes] #[again(times = 2)] #[same]),
    ] {
        let expansion = dense(&expand_all(Attribute::Circuit, quote!(), &under(&attributes)));
        assert!(expansion.contains("cannotbenestedintheorderoftheirlines"), "{expansion}");
    }
    // An attribute with its own name joined earlier.
    let item = under(&quote!(#[moves] #[retry]));
    let expansion = dense(&expand_all(Attribute::Circuit, quote!(), &item));
    assert!(!expansion.contains("compile_error"), "{expansion}");
}

#[test]
fn a_span_names_the_feature_that_it_needs() {
    let item = quote!(
        fn f() -> Result<u8, E> {
            g()
        }
    );
    for attribute in [Attribute::Retry, Attribute::AsyncRetry] {
        let expansion = dense(&expand_all(attribute, quote!(span), &item));
        let is_missing = expansion.contains("enablethefeature`tracing`of`resilience-runtime`");
        assert_eq!(is_missing, !cfg!(feature = "tracing"), "{expansion}");
    }
}

#[test]
fn faults_of_all_layers_are_reported_at_once_and_the_function_stays() {
    for item in [
        quote!(
            #[poll(timeout = 15)]
            #[circuit(tmies = 3)]
            #[must_use]
            fn f(mut a: u8) -> Result<u8, E> {
                g()
            }
        ),
        quote!(
            #[facade::guarded(tmies = 3)]
            #[poll(timeout = 15)]
            #[must_use]
            fn f(mut a: u8) -> Result<u8, E> {
                g()
            }
        ),
        quote!(
            #[wrap]
            #[poll(timeout = 15)]
            #[facade::guarded(tmies = 3)]
            #[must_use]
            fn f(mut a: u8) -> Result<u8, E> {
                g()
            }
        ),
    ] {
        let expansion = dense(&expand_all(Attribute::Retry, quote!(times = 0), &item));
        for what in ["`times=0`", "needs`until`", "`15`isanumber", "nooption`tmies`", "`a`is`mut`"] {
            assert_eq!(expansion.matches(what).count(), 1, "{what} in {expansion}");
        }
        assert_eq!(expansion.matches("compile_error").count(), 5, "{expansion}");
        assert!(
            expansion.contains("#[must_use]") && expansion.contains("fnf(muta:u8)->Result<u8,E>"),
            "{expansion}"
        );
        assert!(expansion.contains("g()") && !expansion.contains("timeout=15)]"), "{expansion}");
    }
}

/// `#[test]` removes a function from other builds before the marker in it is expanded.
#[test]
fn faults_of_the_function_are_reported_before_other_crates_attributes_are_expanded() {
    let item = quote!(
        #[circuit(tmies = 3)]
        #[test]
        const fn f() -> Result<u8, E> {
            g()
        }
    );
    let expansion = dense(&expand_all(Attribute::Retry, quote!(times = 0), &item));
    let (faults, function) = expansion.split_once("#[test]").expect("the attribute is still there");
    for what in ["`times=0`", "nooption`tmies`", "`constfn`"] {
        assert_eq!(faults.matches(what).count(), 1, "{what} in {expansion}");
    }
    assert_eq!(function, "constfnf()->Result<u8,E>{g()}");
}

#[test]
fn what_is_not_a_function_is_reported_once() {
    let item = quote!(
        #[retry]
        #[must_use]
        fn f() -> u8;
    );
    let expansion = dense(&expand_all(Attribute::Poll, quote!(until(2)), &item));
    assert!(expansion.contains("must_use") && !expansion.contains("retry]"), "{expansion}");
    assert_eq!(expansion.matches("compile_error").count(), 1, "{expansion}");
}

#[test]
fn one_layer_of_a_stack_says_for_all_where_the_library_is() {
    for item in [
        quote!(
            #[circuit(failure_threshold = 2)]
            #[poll(until(3), crate = ::res)]
            fn f() -> Result<u32, E> {
                g()
            }
        ),
        quote!(
            #[facade::guarded(crate = ::res, failure_threshold = 2)]
            fn f() -> Result<u32, E> {
                g()
            }
        ),
        quote!(
            #[wrap]
            #[again(times = 2, crate = ::res)]
            #[wrap]
            fn f() -> Result<u32, E> {
                g()
            }
        ),
    ] {
        for options in [quote!(times = 3), quote!(times = 3, crate = ::elsewhere)] {
            let elsewhere = options.to_string().contains("elsewhere");
            let expansion = dense(&expand_all(Attribute::Retry, options, &item));
            assert!(!expansion.contains("::resilience"), "{expansion}");
            assert!(expansion.contains("::res::"), "{expansion}");
            assert_eq!(expansion.contains("::elsewhere"), elsewhere, "{expansion}");
        }
    }
}

#[cfg(feature = "tokio")]
#[test]
fn a_function_whose_marker_stays_has_the_signature_that_it_would_have_been_written_with() {
    let item = quote!(
        #[wrap]
        async fn f(mut text: String) -> Result<u8, E> {
            g(text)
        }
    );
    let expansion = dense(&expand_all(Attribute::Retry, quote!(clone(text)), &item));
    assert!(expansion.contains("asyncfnf(text:String)"), "{expansion}");
    assert!(expansion.contains("#[allow(clippy::needless_pass_by_value)]"), "{expansion}");
}

#[cfg(feature = "tokio")]
#[test]
fn the_marker_stands_in_the_block_of_a_function_that_returns_a_future() {
    let item = quote! {
        #[same]
        fn f(text: String) -> Pin<Box<dyn Future<Output = Result<u8, E>>>> {
            let text = text.trim();
            Box::pin(async move { g(text).await })
        }
    };
    let first = dense(&crate::expand::expand_tokens(Attribute::Retry, quote!(), &item));
    let handed_down =
        "lettext=text.trim();Box::pin(asyncmove{{::resilience::__private::__resilience_handed_down!{";
    assert!(first.contains(handed_down), "{first}");
    let expansion = dense(&expand_all(Attribute::Retry, quote!(), &item));
    assert_eq!(expansion.matches("Box::pin").count(), 1, "{expansion}");
}
