//! Callbacks of layers, as traits, so that type errors are readable.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::circuit::{CircuitOpen, CircuitRef, HoldCircuitOpen, KeyedCircuits};
use crate::error::TimedOut;
use crate::retry::Unset;

/// A callback that was given, shared by all services of the layer.
pub struct Callback<F>(Arc<F>);

impl<F> Callback<F> {
    pub(super) fn new(callback: F) -> Self {
        Self(Arc::new(callback))
    }
}

impl<F> Clone for Callback<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// Which results are retried: every `Err`, or those of [`on`](super::RetryLayer::on).
#[diagnostic::on_unimplemented(
    message = "`on` of this layer does not take results of the service: `&Result<{Res}, {E}>`",
    note = "write the type of the argument: `.on(|result: &Result<{Res}, {E}>| ..)`"
)]
pub trait ShouldRetry<Res, E> {
    /// Whether the request is sent again.
    fn should_retry(&self, result: &Result<Res, E>) -> bool;
}

impl<Res, E> ShouldRetry<Res, E> for Unset {
    fn should_retry(&self, result: &Result<Res, E>) -> bool {
        result.is_err()
    }
}

#[diagnostic::do_not_recommend]
impl<Res, E, F: Fn(&Result<Res, E>) -> bool> ShouldRetry<Res, E> for Callback<F> {
    fn should_retry(&self, result: &Result<Res, E>) -> bool {
        (self.0)(result)
    }
}

/// The wait that the server requested: none, or that of [`retry_after`](super::RetryLayer::retry_after).
#[diagnostic::on_unimplemented(
    message = "`retry_after` of this layer does not take results of the service: `&Result<{Res}, {E}>`",
    note = "write the type of the argument: `.retry_after(|result: &Result<{Res}, {E}>| ..)`"
)]
pub trait RequestedWait<Res, E> {
    /// A lower bound for the next wait.
    fn requested_wait(&self, result: &Result<Res, E>) -> Option<Duration>;
}

impl<Res, E> RequestedWait<Res, E> for Unset {
    fn requested_wait(&self, _: &Result<Res, E>) -> Option<Duration> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<Res, E, F: Fn(&Result<Res, E>) -> Option<Duration>> RequestedWait<Res, E> for Callback<F> {
    fn requested_wait(&self, result: &Result<Res, E>) -> Option<Duration> {
        (self.0)(result)
    }
}

/// How a request is sent again: by a clone, or by [`replay_with`](super::RetryLayer::replay_with).
#[diagnostic::on_unimplemented(
    message = "the request `{Req}` cannot be sent again: it does not implement `Clone`",
    label = "a retrying layer needs a second `{Req}`",
    note = "write `.replay_with(|request: &{Req}| ..)`: it returns the request to send again, or `None` for one that is sent once"
)]
pub trait Replay<Req> {
    /// The request for the next attempt. `None`: it is sent once.
    fn replay(&self, request: &Req) -> Option<Req>;
}

#[diagnostic::do_not_recommend]
impl<Req: Clone> Replay<Req> for Unset {
    fn replay(&self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<Req, F: Fn(&Req) -> Option<Req>> Replay<Req> for Callback<F> {
    fn replay(&self, request: &Req) -> Option<Req> {
        (self.0)(request)
    }
}

/// A result that a callback makes up: a response of the service, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a result of the service: a `{Res}` or a `Result<{Res}, {E}>`",
    note = "the callback returns a response (`{Res}`), `Ok(response)` or `Err(error)`"
)]
pub trait Answer<Res, E> {
    /// Whether it is always a response.
    const IS_RESPONSE: bool;

    /// Converts to the result of the service.
    ///
    /// # Errors
    /// If the callback has made an error.
    fn into_result(self) -> Result<Res, E>;
}

impl<Res, E> Answer<Res, E> for Res {
    const IS_RESPONSE: bool = true;

    fn into_result(self) -> Result<Res, E> {
        Ok(self)
    }
}

impl<Res, E> Answer<Res, E> for Result<Res, E> {
    const IS_RESPONSE: bool = false;

    fn into_result(self) -> Self {
        self
    }
}

/// The result of an attempt that a limit of the policy has dropped, if there is no error of an earlier attempt.
pub trait OnTimeout<Res, E> {
    /// Whether there is a result for every time limit.
    fn has_result(&self) -> bool;

    /// The result. `None`: the error type holds no [`TimedOut`].
    fn result(&self, timed_out: TimedOut) -> Option<Result<Res, E>>;
}

/// The usual error types hold a `TimedOut`.
impl<Res, E: 'static> OnTimeout<Res, E> for Unset {
    fn has_result(&self) -> bool {
        let none: &dyn Any = &None::<E>;
        none.is::<Option<Box<dyn Error + Send + Sync>>>() || none.is::<Option<io::Error>>()
    }

    fn result(&self, timed_out: TimedOut) -> Option<Result<Res, E>> {
        let mut boxed = Some(Box::<dyn Error + Send + Sync>::from(timed_out.clone()));
        let mut io = Some(io::Error::from(timed_out));
        let holders: [&mut dyn Any; 2] = [&mut boxed, &mut io];
        holders.into_iter().find_map(|holder| holder.downcast_mut::<Option<E>>()?.take()).map(Err)
    }
}

impl<Res, E, A: Answer<Res, E>, F: Fn(TimedOut) -> A> OnTimeout<Res, E> for Callback<F> {
    fn has_result(&self) -> bool {
        true
    }

    fn result(&self, timed_out: TimedOut) -> Option<Result<Res, E>> {
        Some((self.0)(timed_out).into_result())
    }
}

/// The result of a call that the circuit rejects: `From<CircuitOpen>`, or that of [`on_open`](super::CircuitLayer::on_open).
#[diagnostic::on_unimplemented(
    message = "the service's error type `{E}` cannot hold a `CircuitOpen`",
    label = "while the circuit is open, this layer has to return a `{E}`",
    note = "if `{E}` is a type of yours, write `impl From<resilience::CircuitOpen> for {E}`",
    note = "if it is not, say what to return instead: `.on_open(|open| ..)` with a response, `Ok(..)` or `Err(..)`"
)]
pub trait OnOpen<Res, E> {
    /// Whether the result is always a response.
    const ANSWERS: bool;

    /// The result.
    ///
    /// # Errors
    /// Unless the callback has made a response.
    fn result(&self, open: CircuitOpen) -> Result<Res, E>;
}

#[diagnostic::do_not_recommend]
impl<Res, E: HoldCircuitOpen> OnOpen<Res, E> for Unset {
    const ANSWERS: bool = false;

    fn result(&self, open: CircuitOpen) -> Result<Res, E> {
        Err(E::hold(open))
    }
}

impl<Res, E, A: Answer<Res, E>, F: Fn(CircuitOpen) -> A> OnOpen<Res, E> for Callback<F> {
    const ANSWERS: bool = A::IS_RESPONSE;

    fn result(&self, open: CircuitOpen) -> Result<Res, E> {
        (self.0)(open).into_result()
    }
}

/// How a circuit counts the result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The service works.
    Success,
    /// The service does not work, whether the result is an error or a response such as a 503.
    Failure,
    /// The result says nothing about the service.
    Ignore,
}

/// The verdict on a result: every `Err` is a failure, or that of [`judge`](super::CircuitLayer::judge).
#[diagnostic::on_unimplemented(
    message = "`judge` of this layer does not take results of the service: `&Result<{Res}, {E}>`",
    note = "write the type of the argument: `.judge(|result: &Result<{Res}, {E}>| ..)`"
)]
pub trait Judge<Res, E> {
    /// The verdict.
    fn judge(&self, result: &Result<Res, E>) -> Verdict;
}

impl<Res, E> Judge<Res, E> for Unset {
    fn judge(&self, result: &Result<Res, E>) -> Verdict {
        if result.is_ok() { Verdict::Success } else { Verdict::Failure }
    }
}

#[diagnostic::do_not_recommend]
impl<Res, E, F: Fn(&Result<Res, E>) -> Verdict> Judge<Res, E> for Callback<F> {
    fn judge(&self, result: &Result<Res, E>) -> Verdict {
        (self.0)(result)
    }
}

/// The circuit of a request: one for all, or one per key.
pub trait FindCircuit<Req> {
    /// The circuit.
    fn find(&self, request: &Req) -> CircuitRef;
}

/// One circuit for all requests.
#[derive(Clone, Debug)]
pub struct Single(pub(super) CircuitRef);

impl<Req> FindCircuit<Req> for Single {
    fn find(&self, _: &Req) -> CircuitRef {
        self.0.clone()
    }
}

/// One circuit per key.
#[derive(Debug)]
pub struct Keyed<F> {
    pub(super) circuits: &'static KeyedCircuits,
    pub(super) key: Callback<F>,
}

impl<F> Clone for Keyed<F> {
    fn clone(&self) -> Self {
        Self { circuits: self.circuits, key: self.key.clone() }
    }
}

impl<Req, F: for<'a> Fn(&'a Req) -> Cow<'a, str>> FindCircuit<Req> for Keyed<F> {
    fn find(&self, request: &Req) -> CircuitRef {
        self.circuits.circuit((self.key.0)(request)).into()
    }
}

/// The text of a failed result: of the usual error types their own, otherwise the name of the error's type, because a
/// layer cannot require a bound.
pub(super) struct ResultText<'a, Res, E>(pub(super) &'a Result<Res, E>);

impl<Res, E: 'static> fmt::Display for ResultText<'_, Res, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.0 {
            Ok(_) => return f.write_str("a response that counts as a failure"),
            Err(error) => error as &dyn Any,
        };
        if let Some(error) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
            return error.fmt(f);
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.fmt(f);
        }
        if let Some(error) = error.downcast_ref::<&'static str>() {
            return f.write_str(error);
        }
        if let Some(error) = error.downcast_ref::<String>() {
            return f.write_str(error);
        }
        f.write_str(std::any::type_name::<E>())
    }
}
