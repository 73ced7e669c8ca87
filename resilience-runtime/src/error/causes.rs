use crate::text::FirstLine;

/// The texts of the last ignored error and of the last value of a poll.
///
/// On the heap, so that a poll without either holds one word.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Causes(Option<Box<Texts>>);

#[derive(Clone, Default, PartialEq, Eq)]
struct Texts {
    error: Option<String>,
    value: Option<String>,
}

impl Causes {
    pub(super) const NONE: Self = Self(None);

    /// Keeps the text of an ignored error. Replaces the one before.
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

    pub(super) fn value(&self) -> Option<&str> {
        self.0.as_ref()?.value.as_deref()
    }
}

/// Without the value, which may be a secret.
impl std::fmt::Debug for Causes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Causes").field("error", &self.error()).finish_non_exhaustive()
    }
}
