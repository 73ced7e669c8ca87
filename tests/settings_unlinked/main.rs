//! Settings in a test that links no annotated function.

use resilience::settings::Overrides;

#[test]
fn a_name_without_any_annotated_function_is_reported_with_what_links_the_crate() {
    let check = |toml| toml::from_str::<Overrides>(toml).unwrap().check();
    assert_eq!(
        check("[circuit.payments]\n[asyncretry.import]").unwrap_err().to_string(),
        "asyncretry.import: unknown name `import`; no annotated function is linked; write `use mycrate as _;`\n\
         circuit.payments: unknown name `payments`; no annotated function is linked; write `use mycrate as _;`"
    );
    assert_eq!(
        check("[retry.query]").unwrap().to_string(),
        "retry.query: nothing has the name `query` yet; a function form or layer that is made later may have it; no \
         annotated function is linked; write `use mycrate as _;`"
    );
}
