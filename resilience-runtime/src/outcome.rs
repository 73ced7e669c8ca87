//! What an attempt came to: the one place that knows a function's return type.

/// A return type that says whether an attempt failed: [`Result`], under whatever alias.
///
/// The attributes judge a function by its *type*, through this trait, not by the text of its signature. `By` names the
/// attribute in the compiler's message.
#[diagnostic::on_unimplemented(
    message = "`#[{By}]` needs a function that returns a `Result`, not `{Self}`",
    label = "this type cannot say that an attempt failed",
    note = "return `Result<T, E>`: its `Err` is a failed attempt, and what a time limit is reported as"
)]
pub trait Outcome<By>: Sized {
    /// What a good attempt brings.
    type Value;
    /// What a failed attempt brings.
    type Error;

    /// Either side.
    ///
    /// # Errors
    /// The attempt's own error.
    fn into_result(self) -> Result<Self::Value, Self::Error>;

    /// A good attempt, put together again.
    fn from_value(value: Self::Value) -> Self;

    /// A failed attempt, put together again, or a failure made by the library (a time limit, an alarm).
    fn from_error(error: Self::Error) -> Self;
}

impl<T, E, By> Outcome<By> for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn into_result(self) -> Self {
        self
    }

    #[inline]
    fn from_value(value: T) -> Self {
        Ok(value)
    }

    #[inline]
    fn from_error(error: E) -> Self {
        Err(error)
    }
}

/// The attributes, as the compiler's messages name them.
pub mod by {
    #![allow(non_camel_case_types, reason = "they are printed as the attributes are written")]

    /// `#[retry]`
    #[derive(Debug)]
    pub struct retry;
    /// `#[poll]`
    #[derive(Debug)]
    pub struct poll;
    /// `#[asyncbackoff]`
    #[derive(Debug)]
    pub struct asyncbackoff;
    /// `#[asyncretry]`
    #[derive(Debug)]
    pub struct asyncretry;
}
