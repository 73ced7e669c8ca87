//! Traits for user callbacks, so that type errors are readable. The compiler reports errors about the arguments of a
//! closure.

use std::time::Duration;

use crate::attempt::Attempt;

/// A predicate.
#[diagnostic::on_unimplemented(
    message = "expected a predicate of `&{T}`, found `{Self}`",
    label = "this is not a function from `&{T}` to `bool`",
    note = "write a closure, `|it| ..`, or a pattern in parentheses without the `=`: `(Error::Busy)`"
)]
pub trait Predicate<T: ?Sized>: FnOnce(&T) -> bool {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized, F: FnOnce(&T) -> bool> Predicate<T> for F {}

/// A predicate that an expansion creates: a function or a condition.
#[diagnostic::on_unimplemented(
    message = "expected a predicate of `&{T}`, found `{Self}`",
    label = "this is not a function from `&{T}` to `bool`",
    note = "write a pattern in parentheses without the `=`: `on(Error::Busy)`"
)]
pub trait Evaluate<T: ?Sized> {
    /// Whether the value matches.
    fn evaluate(self, value: &T) -> bool;

    /// Whether it can be evaluated at all.
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

/// The function of `retry_after`.
#[diagnostic::on_unimplemented(
    message = "`retry_after` takes a function of `&{E}`, not `{Self}`",
    label = "this is not a function from `&{E}` to `Option<Duration>`",
    note = "write `retry_after = |error| error.retry_after()`"
)]
pub trait RetryAfterFn<E>: FnOnce(&E) -> Option<Duration> {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(&E) -> Option<Duration>> RetryAfterFn<E> for F {}

/// The function of `on_error`.
#[diagnostic::on_unimplemented(
    message = "`on_error` takes a function of `&{E}` and `&Attempt`, not `{Self}`",
    label = "this is not a function of `&{E}` and `&Attempt` that returns nothing",
    note = "write `on_error = |error, attempt| log(error, attempt.number)`"
)]
pub trait OnErrorFn<E>: FnOnce(&E, &Attempt) {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(&E, &Attempt)> OnErrorFn<E> for F {}

/// The function of `on_error` of a circuit.
#[diagnostic::on_unimplemented(
    message = "`on_error` of `#[circuit]` takes a function of `&{E}`, not `{Self}`",
    label = "this is not a function of `&{E}` that returns nothing",
    note = "write `on_error = |error| log(error)`"
)]
pub trait OnFailureFn<E>: FnOnce(&E) {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(&E)> OnFailureFn<E> for F {}

/// The future of `cancel`.
#[diagnostic::on_unimplemented(
    message = "`cancel` takes a future, not `{Self}`",
    label = "this is not a future that completes when the call is to end",
    note = "for a `CancellationToken`, write `cancel = token.cancelled()`"
)]
pub trait CancelFuture: Future {}

#[diagnostic::do_not_recommend]
impl<C: Future> CancelFuture for C {}
