//! What users give to `#[circuit]`, behind traits of ours: what the compiler says of another type is said in their words.

use std::fmt::Display;
use std::ops::Deref;

use super::{CircuitBreaker, CircuitOpen};

/// What `breaker = EXPR` takes: a circuit, or what leads to one.
#[diagnostic::on_unimplemented(
    message = "`breaker` takes a `CircuitBreaker`, not `{Self}`",
    label = "this is no circuit",
    note = "give a `CircuitBreaker`, a reference to one, or an `Arc` with one in it; to name a circuit, write \
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

/// What `key = EXPR` takes: anything with a text.
#[diagnostic::on_unimplemented(
    message = "`key` takes something with a text, which `{Self}` has not",
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

/// An `on_open`, or what was meant for one.
#[diagnostic::on_unimplemented(
    message = "`on_open` takes a function that makes a `{E}` of a `CircuitOpen`, not `{Self}`",
    label = "this is no function of `CircuitOpen` that returns a `{E}`",
    note = "write `on_open = |open| ..`"
)]
pub trait OnOpenFn<E>: FnOnce(CircuitOpen) -> E {}

#[diagnostic::do_not_recommend]
impl<E, F: FnOnce(CircuitOpen) -> E> OnOpenFn<E> for F {}
