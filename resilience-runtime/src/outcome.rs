//! The outcome of an attempt, by the function's return type.

use std::fmt;

use crate::error::TimedOut;

/// The error of an attempt that returned [`None`], under `#[retry]` on a function that returns an [`Option`].
///
/// `None` is retried, and returned at the end, even after a time limit. `on_error` gets this type:
///
/// ```
/// use resilience::{NoValue, retry};
///
/// #[retry(times = 3, interval = 0s, on_error = |_: &NoValue, attempt| *misses = attempt.number)]
/// fn find(misses: &mut u32, at: u32) -> Option<u32> {
///     (*misses == at).then_some(*misses)
/// }
///
/// assert_eq!(find(&mut 0, 2), Some(2));
/// assert_eq!(find(&mut 0, 9), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoValue;

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there was no value")
    }
}

impl std::error::Error for NoValue {}

/// A function that returns an `Option` cannot report the time limit.
impl From<TimedOut> for NoValue {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

/// One trait for each attribute: a return type that indicates whether an attempt failed, which is [`Result`], under
/// any alias.
///
/// The attributes determine failures by the function's *type*, through these traits, not by the text of its
/// signature. The traits only differ in the name at the beginning of the compiler's message: a parameter for it would
/// be printed with the whole path of its type.
pub mod by {
    #![allow(non_camel_case_types, reason = "they are named as the attributes are written")]

    use super::NoValue;

    /// For attributes for which `None` is a failed attempt.
    macro_rules! outcome_of_option {
        ($($attribute:ident)+) => {$(
            #[diagnostic::do_not_recommend]
            impl<T> $attribute for Option<T> {
                type Value = T;
                type Error = NoValue;

                #[inline]
                fn into_result(self) -> Result<T, NoValue> {
                    self.ok_or(NoValue)
                }

                #[inline]
                fn from_value(value: T) -> Self {
                    Some(value)
                }

                #[inline]
                fn from_error(_: NoValue) -> Self {
                    None
                }
            }
        )+};
    }

    outcome_of_option! { retry asyncbackoff asyncretry }

    macro_rules! outcome {
        ($($attribute:ident: $message:literal, $note:literal)+) => {$(
            /// A return type that indicates whether an attempt failed.
            #[diagnostic::on_unimplemented(
                message = $message,
                label = "this type cannot say that an attempt failed",
                note = $note
            )]
            pub trait $attribute: Sized {
                /// The value of a successful attempt.
                type Value;
                /// The error of a failed attempt.
                type Error;

                /// Converts to a `Result`.
                ///
                /// # Errors
                /// The attempt's error.
                fn into_result(self) -> Result<Self::Value, Self::Error>;

                /// Converts a value back to the return type.
                fn from_value(value: Self::Value) -> Self;

                /// Converts an error of an attempt, or of the library (a time limit, an alarm), to the return type.
                fn from_error(error: Self::Error) -> Self;
            }

            // The message is sufficient. The compiler's help would show this macro.
            #[diagnostic::do_not_recommend]
            impl<T, E> $attribute for Result<T, E> {
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
        )+};
    }

    outcome! {
        retry: "`#[retry]` needs a function that returns a `Result` or an `Option`, not `{Self}`",
        "return `Result<T, E>`: its `Err` is a failed attempt, and what a time limit is reported as; a function whose \
         future comes from elsewhere has to be an `async fn` that awaits it"
        poll: "`#[poll]` needs a function that returns a `Result`, not `{Self}`",
        "a time limit is reported as an `Err`, for which `{Self}` has no place: return `Result<{Self}, E>`, with `Ok(..)` \
         around the value that `until` asks about, and `resilience::TimedOut` as the `E` if nothing else can fail; a \
         function that returns a future of one has to be an `async fn`"
        asyncbackoff: "`#[asyncbackoff]` needs a function that returns a `Result` or an `Option`, not `{Self}`",
        "return `Result<T, E>`: its `Err` is a failed attempt, and what a time limit is reported as; a function whose \
         future comes from elsewhere has to be an `async fn` that awaits it"
        asyncretry: "`#[asyncretry]` needs a function that returns a `Result` or an `Option`, not `{Self}`",
        "return `Result<T, E>`: its `Err` is a failed attempt, and what a time limit is reported as; a function whose \
         future comes from elsewhere has to be an `async fn` that awaits it"
        circuit: "`#[circuit]` needs a function that returns a `Result`, not `{Self}`",
        "return `Result<T, E>`: its `Err` is a failed call, and what a refusal is reported as; a function that \
         returns a future of one has to be an `async fn`"
    }
}
