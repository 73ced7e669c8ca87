//! Traits for the values of options of `#[circuit]`, so that type errors are readable.

use std::fmt::Display;
use std::ops::Deref;

use super::{CircuitBreaker, CircuitOpen};

/// The value of `breaker = EXPR`: a circuit, or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`breaker` takes a `CircuitBreaker`, not `{Self}`",
    label = "this is not a circuit",
    note = "write a `CircuitBreaker`, a reference to one, or an `Arc` of one; to name a circuit, write \
            `name = \"payments\"`, to configure one, `config = ..`, and for one of each key, `key = ..`"
)]
pub trait BreakerOption {
    /// The circuit.
    fn circuit(&self) -> &CircuitBreaker;
}

#[diagnostic::do_not_recommend]
impl BreakerOption for CircuitBreaker {
    #[inline]
    fn circuit(&self) -> &CircuitBreaker {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<D: Deref<Target: BreakerOption> + ?Sized> BreakerOption for D {
    #[inline]
    fn circuit(&self) -> &CircuitBreaker {
        (**self).circuit()
    }
}

/// The circuit of `breaker = EXPR`.
#[inline]
pub fn breaker<B: BreakerOption + ?Sized>(breaker: &B) -> &CircuitBreaker {
    breaker.circuit()
}

/// The value of `key = EXPR`: anything that implements `Display`.
#[diagnostic::on_unimplemented(
    message = "`key` must implement `Display`, but `{Self}` does not",
    label = "`Display` is not implemented for this type",
    note = "write several values, or parts of one, as `key = format_args!(\"{{host}}:{{port}}\")`, and a path as \
            `key = path.display()`"
)]
pub trait KeyOption: Display {}

#[diagnostic::do_not_recommend]
impl<K: Display + ?Sized> KeyOption for K {}

/// The key of `key = EXPR`.
#[inline]
pub fn key<K: KeyOption>(key: &K) -> &dyn Display {
    key
}

/// The function of `on_open`.
#[diagnostic::on_unimplemented(
    message = "`on_open` takes a function from `CircuitOpen` to `{E}`, not `{Self}`",
    label = "this is not a function from `CircuitOpen` to `{E}`",
    note = "write `on_open = |open| ..`"
)]
pub trait OnOpenFn<E>: FnOnce(CircuitOpen) -> E {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(CircuitOpen) -> E> OnOpenFn<E> for F {}
