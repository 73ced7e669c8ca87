//! What an attempt came to: the one place that knows a function's return type.

/// A return type that says whether an attempt failed: [`Result`], under whatever alias.
///
/// The attributes judge a function by its *type*, through this trait, not by the text of its signature.
#[diagnostic::on_unimplemented(
    message = "an attribute that repeats a function needs one that returns a `Result`",
    label = "this is `{Self}`, which cannot say that an attempt failed",
    note = "return `Result<T, E>`: an `Err` is what `#[retry]` tries again, and what a time limit is reported as"
)]
pub trait Outcome: Sized {
    /// What a good attempt brings.
    type Value;
    /// What a failed attempt brings.
    type Error;

    /// A look at either side.
    ///
    /// # Errors
    /// The attempt's own error.
    fn look(&self) -> Result<&Self::Value, &Self::Error>;

    /// The value, if the attempt was good.
    fn into_value(self) -> Option<Self::Value>;

    /// A failure made by the library (a time limit, an alarm).
    fn from_error(error: Self::Error) -> Self;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline(always)]
    fn look(&self) -> Result<&T, &E> {
        self.as_ref()
    }

    #[inline]
    fn into_value(self) -> Option<T> {
        self.ok()
    }

    #[inline]
    fn from_error(error: E) -> Self {
        Err(error)
    }
}
