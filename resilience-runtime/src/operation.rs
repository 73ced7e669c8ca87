//! The operations of the function forms: closures that return a `Result`, sync or async.

use std::fmt;
use std::marker::PhantomData;

#[cfg(feature = "tokio")]
use crate::sleep::CancelSignal;

/// An operation that can be repeated: `FnMut() -> Result<T, E>`, or `AsyncFnMut() -> Result<T, E>`.
///
/// The compiler infers `Kind`, [`Blocking`] or [`Asynchronous`], so that [`retry`](crate::retry()) and
/// [`poll`](crate::poll()) take both. Only closures and functions implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an operation that can be repeated",
    label = "expected a closure `|| -> Result<T, E>` or `async || -> Result<T, E>`"
)]
pub trait Operation<Kind> {
    /// The value of a successful attempt.
    type Value;
    /// The error of a failed attempt.
    type Error;
}

/// The kind of a sync closure.
pub struct Blocking<T, E>(PhantomData<fn() -> (T, E)>);

/// The kind of an async closure, and of one that returns a future.
pub struct Asynchronous<T, E>(PhantomData<fn() -> (T, E)>);

impl<F: FnMut() -> Result<T, E>, T, E> Operation<Blocking<T, E>> for F {
    type Value = T;
    type Error = E;
}

impl<F: AsyncFnMut() -> Result<T, E>, T, E> Operation<Asynchronous<T, E>> for F {
    type Value = T;
    type Error = E;
}

/// The kind of operations that `call` accepts. Nothing implements it: methods that require it report what to write
/// instead.
#[diagnostic::on_unimplemented(
    message = "`call` is for a synchronous operation, and this one is async",
    label = "the operation is async: write `.run().await`"
)]
pub trait EndsWithCall {
    /// Never called.
    fn never<R>() -> R;
}

/// A call that no signal ends.
#[derive(Clone, Copy, Debug)]
pub struct NotCancelled;

/// A call that ends when this future completes.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub struct CancelledBy<C>(pub(crate) CancelSignal<C>);

/// The kind of operations that `cancel` accepts. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "`cancel` is for an async operation, and this one is synchronous",
    label = "a running call of a sync operation cannot be dropped",
    note = "write an async operation, `async || ..`; or return an error from this one, and name it in `giveup`"
)]
pub trait EndsWithCancel {
    /// Never called.
    fn never<R>() -> R;
}

/// The kind of operations that `run` accepts. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "`run` is for an async operation, and this one is synchronous",
    label = "the operation is synchronous: write `.call()`",
    note = "an async one is written `async || ..`"
)]
pub trait EndsWithRun {
    /// Never called.
    fn never<R>() -> R;
}

/// Methods for a form of the other kind, which cannot be called.
macro_rules! ends_of_the_other_kind {
    ($form:ident<F, _, H $(, $limits:ident)?>, $error:ty) => {
        impl<F, T, E, H $(, $limits)?, C> $form<F, $crate::operation::Asynchronous<T, E>, H $(, $limits)?, C> {
            #[doc(hidden)]
            pub fn call(self) -> Result<T, $error>
            where
                $crate::operation::Asynchronous<T, E>: $crate::operation::EndsWithCall,
            {
                <$crate::operation::Asynchronous<T, E> as $crate::operation::EndsWithCall>::never()
            }
        }

        impl<F, T, E, H $(, $limits)?> $form<F, $crate::operation::Blocking<T, E>, H $(, $limits)?> {
            #[doc(hidden)]
            pub fn run(self) -> std::future::Ready<Result<T, $error>>
            where
                $crate::operation::Blocking<T, E>: $crate::operation::EndsWithRun,
            {
                <$crate::operation::Blocking<T, E> as $crate::operation::EndsWithRun>::never()
            }

            #[doc(hidden)]
            pub fn cancel<C>(self, _: C) -> Self
            where
                $crate::operation::Blocking<T, E>: $crate::operation::EndsWithCancel,
            {
                <$crate::operation::Blocking<T, E> as $crate::operation::EndsWithCancel>::never()
            }
        }
    };
}
pub(crate) use ends_of_the_other_kind;

impl<T, E> fmt::Debug for Blocking<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}

impl<T, E> fmt::Debug for Asynchronous<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asynchronous")
    }
}
