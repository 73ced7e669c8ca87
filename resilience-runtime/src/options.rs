//! What an editor shows over an option's name: an expansion names these items where the option stands in the source.

#![allow(non_upper_case_globals, reason = "they are named as the options are written")]

/// One module for each attribute, written from its table.
pub mod by_attribute {
    resilience_macros::__resilience_options!();
}
