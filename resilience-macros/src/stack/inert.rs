use syn::Path;

/// The compiler's own inert attributes: they are never expanded, and cannot be imported under another name.
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

/// Attributes of tools: `#[rustfmt::skip]`.
const TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

/// Whether the attribute is inert. Any other attribute may be a renamed one of this crate.
pub(super) fn is_inert(path: &Path) -> bool {
    match path.get_ident() {
        Some(word) => BUILT_IN.iter().any(|name| word == name),
        None => path.segments.first().is_some_and(|tool| TOOLS.iter().any(|name| tool.ident == name)),
    }
}
