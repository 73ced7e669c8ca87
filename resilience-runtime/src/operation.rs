//! What the function forms repeat: a closure that returns a `Result`, or an async one.

use std::fmt;
use std::marker::PhantomData;

/// Something to be tried: `FnMut() -> Result<T, E>`, or `AsyncFnMut() -> Result<T, E>`.
///
/// `Kind` is found by the compiler, [`Blocking`] or [`Asynchronous`]; it is what lets [`retry`](crate::retry())
/// and [`poll`](crate::poll()) take both. Nothing but closures and functions implements it, and nothing else needs to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that can be tried again",
    label = "expected a closure `|| -> Result<T, E>` or `async || -> Result<T, E>`"
)]
pub trait Operation<Kind> {
    /// What a good attempt brings.
    type Value;
    /// What a failed attempt brings.
    type Error;
}

/// The kind of a closure that blocks.
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

/// The kind of operations that `call` ends. Nothing implements it: the methods that ask for it say what to write.
#[diagnostic::on_unimplemented(
    message = "`call` is for a synchronous operation, and this one is async",
    label = "the operation is async: write `.run().await`"
)]
pub trait EndsWithCall {
    /// Is never called.
    fn never<R>() -> R;
}

/// The kind of operations that `run` ends. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "`run` is for an async operation, and this one is synchronous",
    label = "the operation is synchronous: write `.call()`",
    note = "an async one is written `async || ..`"
)]
pub trait EndsWithRun {
    /// Is never called.
    fn never<R>() -> R;
}

/// The methods that end a form of the other kind, which cannot be called.
macro_rules! ends_of_the_other_kind {
    ($form:ident<F, _, H $(, $limits:ident)?>, $error:ty) => {
        impl<F, T, E, H $(, $limits)?> $form<F, $crate::operation::Asynchronous<T, E>, H $(, $limits)?> {
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
