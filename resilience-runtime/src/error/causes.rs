use std::fmt;
use std::time::Duration;

use crate::text::FirstLine;

/// The texts of the last error and of the last value of a call.
///
/// On the heap, so that a call without either holds one word.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Causes(Option<Box<Texts>>);

#[derive(Clone, Default, PartialEq, Eq)]
struct Texts {
    error: Option<String>,
    value: Option<String>,
}

impl Causes {
    pub(super) const NONE: Self = Self(None);

    /// Keeps the text of an error. Replaces the one before.
    #[cold]
    pub(crate) fn keep_error(&mut self, write: impl FnOnce(&mut FirstLine)) {
        FirstLine::rewrite(&mut self.0.get_or_insert_default().error, write);
    }

    /// Keeps the text of a value. Replaces the one before.
    #[cold]
    pub(crate) fn keep_value(&mut self, write: impl FnOnce(&mut FirstLine)) {
        FirstLine::rewrite(&mut self.0.get_or_insert_default().value, write);
    }

    pub(super) fn error(&self) -> Option<&str> {
        self.0.as_ref()?.error.as_deref()
    }

    /// The end of a message: the number of attempts, their time, and the last error.
    pub(super) fn write_after(
        &self,
        f: &mut fmt::Formatter<'_>,
        attempts: u32,
        elapsed: Duration,
    ) -> fmt::Result {
        let attempt = if attempts == 1 { "attempt" } else { "attempts" };
        write!(f, " ({attempts} {attempt} in {elapsed:?}")?;
        if let Some(error) = self.error() {
            write!(f, "; last error: {error}")?;
        }
        f.write_str(")")
    }

    pub(super) fn value(&self) -> Option<&str> {
        self.0.as_ref()?.value.as_deref()
    }
}

/// Without the value, which may be a secret.
impl fmt::Debug for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Causes").field("error", &self.error()).finish_non_exhaustive()
    }
}
