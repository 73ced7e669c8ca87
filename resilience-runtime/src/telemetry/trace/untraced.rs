//! The log events of a build without the feature `tracing`: none.

use std::fmt::Display;
use std::time::Duration;

use super::{CallOrigin, CallOutcome};
use crate::event::{CircuitEvent, CircuitEventKind};

pub(crate) const fn tells(_: CallOutcome) -> bool {
    false
}

pub(crate) const fn attempt(_: CallOrigin, _: u32, _: Option<Duration>, _: Option<&dyn Display>) {}

pub(crate) const fn call(_: CallOrigin, _: CallOutcome, _: u32, _: Option<&dyn Display>) {}

/// No span.
#[derive(Clone, Debug)]
pub(crate) struct NoSpan;

pub(crate) use self::NoSpan as CallSpan;

impl NoSpan {
    pub(crate) const fn none() -> Self {
        Self
    }

    pub(crate) const fn begin(_: CallOrigin) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "a span is told")]
    pub(crate) const fn end(&self, _: CallOutcome, _: u32, _: Option<&dyn Display>) {}
}

pub(crate) const fn hears(_: CircuitEventKind) -> bool {
    false
}

pub(crate) const fn circuit(_: &CircuitEvent) {}
