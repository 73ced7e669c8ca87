//! The strictest lints: generated code must not trigger any of them. Compiling is the test; the functions are called,
//! so that none is unused.
//!
//! The lints are checked by `cargo clippy`. `diagnostics/ui/lints.rs` tests that the same lints still apply to the
//! user's code.

#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    keyword_idents,
    let_underscore_drop,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(
    clippy::absolute_paths,
    clippy::alloc_instead_of_core,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::as_pointer_underscore,
    clippy::as_underscore,
    clippy::assertions_on_result_states,
    clippy::blanket_clippy_restriction_lints,
    clippy::cfg_not_test,
    clippy::clone_on_ref_ptr,
    clippy::dbg_macro,
    clippy::decimal_literal_representation,
    clippy::default_numeric_fallback,
    clippy::default_union_representation,
    clippy::deref_by_slicing,
    clippy::disallowed_script_idents,
    clippy::doc_include_without_cfg,
    clippy::doc_paragraphs_missing_punctuation,
    clippy::else_if_without_else,
    clippy::empty_drop,
    clippy::empty_enum_variants_with_brackets,
    clippy::empty_structs_with_brackets,
    clippy::error_impl_error,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::exit,
    clippy::expect_used,
    clippy::field_scoped_visibility_modifiers,
    clippy::filetype_is_file,
    clippy::float_arithmetic,
    clippy::float_cmp_const,
    clippy::fn_to_numeric_cast_any,
    clippy::get_unwrap,
    clippy::host_endian_bytes,
    clippy::if_then_some_else_none,
    clippy::impl_trait_in_params,
    clippy::indexing_slicing,
    clippy::infinite_loop,
    clippy::inline_asm_x86_att_syntax,
    clippy::inline_asm_x86_intel_syntax,
    clippy::integer_division,
    clippy::integer_division_remainder_used,
    clippy::iter_over_hash_type,
    clippy::large_include_file,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::little_endian_bytes,
    clippy::lossy_float_literal,
    clippy::map_err_ignore,
    clippy::map_with_unused_argument_over_ranges,
    clippy::mem_forget,
    clippy::min_ident_chars,
    clippy::missing_assert_message,
    clippy::missing_asserts_for_indexing,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::mixed_read_write_in_expression,
    clippy::mod_module_files,
    clippy::module_name_repetitions,
    clippy::modulo_arithmetic,
    clippy::multiple_inherent_impl,
    clippy::multiple_unsafe_ops_per_block,
    clippy::mutex_atomic,
    clippy::mutex_integer,
    clippy::needless_raw_strings,
    clippy::non_ascii_literal,
    clippy::non_zero_suggestions,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::partial_pub_fields,
    clippy::pathbuf_init_then_push,
    clippy::pattern_type_mismatch,
    clippy::pointer_format,
    clippy::precedence_bits,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::pub_use,
    clippy::pub_without_shorthand,
    clippy::rc_buffer,
    clippy::rc_mutex,
    clippy::redundant_test_prefix,
    clippy::redundant_type_annotations,
    clippy::ref_patterns,
    clippy::renamed_function_params,
    clippy::rest_pat_in_fully_bound_structs,
    clippy::return_and_then,
    clippy::same_name_method,
    clippy::self_named_module_files,
    clippy::semicolon_inside_block,
    clippy::semicolon_outside_block,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::single_char_lifetime_names,
    clippy::single_call_fn,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::str_to_string,
    clippy::string_add,
    clippy::string_lit_chars_any,
    clippy::string_slice,
    clippy::suspicious_xor_used_as_pow,
    clippy::tests_outside_test_module,
    clippy::todo,
    clippy::try_err,
    clippy::undocumented_unsafe_blocks,
    clippy::unimplemented,
    clippy::unnecessary_safety_comment,
    clippy::unnecessary_safety_doc,
    clippy::unnecessary_self_imports,
    clippy::unneeded_field_pattern,
    clippy::unreachable,
    clippy::unseparated_literal_suffix,
    clippy::unused_result_ok,
    clippy::unused_trait_names,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    clippy::use_debug,
    clippy::verbose_file_reads,
    clippy::wildcard_enum_match_arm
)]

/// The attributes on functions that wait.
mod asynchronous;
/// The attributes on functions that block.
mod blocking;
/// Bodies that return in so many words.
mod explicit;
/// Lints that nobody may allow.
mod forbidden;
/// Lints of the user's own code.
mod heard;

use core::time::Duration;

use resilience::{
    Alarm, Attempt, CircuitBreaker, CircuitConfig, CircuitOpen, PollPolicy, RetryPolicy, TimedOut,
};
use tokio::task::yield_now;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
enum Fault {
    /// It says so.
    Down(u32),
    /// There is no time left.
    Late,
    /// The circuit is open.
    Refused,
    /// The alarm rang.
    Alarm,
}

impl From<TimedOut> for Fault {
    fn from(_: TimedOut) -> Self {
        Self::Late
    }
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Refused
    }
}

impl<T> From<Alarm<T>> for Fault {
    fn from(_: Alarm<T>) -> Self {
        Self::Alarm
    }
}

/// As long as that.
const SECOND: Duration = Duration::from_secs(1);

/// A policy of several functions.
const RETRIES: RetryPolicy = RetryPolicy::new().times(2).interval(Duration::ZERO);

/// Another one.
const LOOKS: PollPolicy = PollPolicy::new().times(2).interval(Duration::ZERO);

/// What a circuit is like.
const CONFIG: CircuitConfig = CircuitConfig::new().failure_threshold(3);

/// A circuit of its own.
static BREAKER: CircuitBreaker = CircuitBreaker::new("lints", CONFIG);

/// It answers every number but zero.
const fn ask(number: u32) -> Result<u32, Fault> {
    if number == 0 { Err(Fault::Down(number)) } else { Ok(number) }
}

/// The same, later.
async fn ask_async(number: u32) -> Result<u32, Fault> {
    yield_now().await;
    ask(number)
}

/// It hears of failures.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "it gets references")]
const fn note(_: &Fault, _: &Attempt) {}

/// It hears of failures that a circuit counts.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "it gets references")]
const fn hear(_: &Fault) {}

/// Whether to try again.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "predicates get references")]
const fn is_down(fault: &Fault) -> bool {
    matches!(*fault, Fault::Down(_))
}

/// The answer of another one.
#[expect(clippy::unnecessary_wraps, reason = "a fallback is what its function is")]
const fn instead(number: u32) -> Result<u32, Fault> {
    Ok(number)
}

/// What is added.
const fn suffix(text: &str) -> Result<&'static str, Fault> {
    if text.is_empty() { Ok("a") } else { Err(Fault::Late) }
}
