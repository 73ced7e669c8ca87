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
