use syn::Path;

/// The compiler's own attributes that a function may have: it never expands them, and they cannot be imported under
/// another name.
const BUILT_IN: [&str; 33] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "ignore",
    "inline",
    "instruction_set",
    "link_name",
    "link_section",
    "macro_use",
    "must_use",
    "naked",
    "no_mangle",
    "no_sanitize",
    "non_exhaustive",
    "optimize",
    "path",
    "proc_macro",
    "repr",
    "sanitize",
    "should_panic",
    "target_feature",
    "track_caller",
    "unsafe",
    "warn",
];

/// Those of tools: `#[rustfmt::skip]`.
const TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

/// Whether the compiler leaves it alone. Of any other attribute it may find that it is one of ours.
pub(super) fn is_inert(path: &Path) -> bool {
    match path.get_ident() {
        Some(word) => BUILT_IN.iter().any(|name| word == name),
        None => path.segments.first().is_some_and(|tool| TOOLS.iter().any(|name| tool.ident == name)),
    }
}
