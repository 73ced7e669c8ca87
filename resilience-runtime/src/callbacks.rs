//! What users write to be called, behind traits of ours: what the compiler says of something else is said in their words,
//! and what it says of a function of other arguments stays as it is.

use std::time::Duration;

use crate::attempt::Attempt;

/// A predicate, or what was meant for one.
#[diagnostic::on_unimplemented(
    message = "expected a function that is asked about `&{T}`, found `{Self}`",
    label = "this is no function of `&{T}` that returns a `bool`",
    note = "write a closure that asks, `|it| ..`, or a pattern in parentheses, without the `=`: `(Error::Busy)`"
)]
pub trait Predicate<T: ?Sized>: FnOnce(&T) -> bool {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, F: FnOnce(&T) -> bool> Predicate<T> for F {}

/// What a call or an operator makes, to be asked about a value: a function, or a condition.
#[diagnostic::on_unimplemented(
    message = "expected a function that is asked about `&{T}`, found `{Self}`",
    label = "this is no function of `&{T}` that returns a `bool`",
    note = "a pattern goes in parentheses, without the `=`: `on(Error::Busy)`"
)]
pub trait Evaluate<T: ?Sized> {
    /// Its answer.
    fn evaluate(self, value: &T) -> bool;

    /// Whether it can have an answer at all.
    #[inline]
    fn is_valid(&self) -> bool {
        true
    }
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, F: FnOnce(&T) -> bool> Evaluate<T> for F {
    #[inline]
    fn evaluate(self, value: &T) -> bool {
        self(value)
    }
}

/// A `retry_after`, or what was meant for one.
#[diagnostic::on_unimplemented(
    message = "`retry_after` takes a function of `&{E}`, not `{Self}`",
    label = "this is no function of `&{E}` that returns an `Option<Duration>`",
    note = "write `retry_after = |error| error.retry_after()`"
)]
pub trait RetryAfterFn<E>: FnOnce(&E) -> Option<Duration> {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(&E) -> Option<Duration>> RetryAfterFn<E> for F {}

/// An `on_error`, or what was meant for one.
#[diagnostic::on_unimplemented(
    message = "`on_error` takes a function of `&{E}` and `&Attempt`, not `{Self}`",
    label = "this is no function of `&{E}` and `&Attempt` that returns nothing",
    note = "write `on_error = |error, attempt| log(error, attempt.number)`"
)]
pub trait OnErrorFn<E>: FnOnce(&E, &Attempt) {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(&E, &Attempt)> OnErrorFn<E> for F {}

/// The `on_error` of a circuit, or what was meant for one.
#[diagnostic::on_unimplemented(
    message = "`on_error` of `#[circuit]` takes a function of `&{E}`, not `{Self}`",
    label = "this is not a function of `&{E}` that returns nothing",
    note = "write `on_error = |error| log(error)`"
)]
pub trait OnFailureFn<E>: FnOnce(&E) {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(&E)> OnFailureFn<E> for F {}
