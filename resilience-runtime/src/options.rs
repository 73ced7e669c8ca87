//! The documentation that editors show for an option: expansions name these items at the option's position in the
//! source.

#![allow(non_upper_case_globals, reason = "they are named as the options are written")]

/// One module for each attribute, generated from its table.
pub mod by_attribute {
    resilience_macros::__resilience_options!();
}
