use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::record::Record;
use crate::circuit::CircuitState;
use crate::telemetry::scopes_changed;
use crate::test_scope::{Fault, ScopeChain, ScopeState};

/// Opens a scope, inside the current one of this thread if there is one.
///
/// ```
/// use resilience::testing::{self, Fault};
///
/// #[resilience::retry(times = 2, interval = 0s, name = "disk")]
/// fn read() -> Result<u32, &'static str> {
///     Ok(7)
/// }
///
/// {
///     let scope = testing::scope();
///     scope.inject("disk", Fault::error(|| "no such file"));
///     assert_eq!(read(), Err("no such file"));
/// }
/// assert_eq!(read(), Ok(7));
/// ```
pub fn scope() -> Scope {
    let scope = Scope { state: ScopeState::open(), not_send: PhantomData };
    scopes_changed();
    scope
}

/// Overrides for the calls of one test, until it is dropped, even by a panic.
///
/// A scope applies to calls on the thread that opened it, and to the futures that it [runs](Self::run), on any thread.
/// Other threads, and tasks that are spawned on them without `run`, are not affected.
///
/// In a scope, every circuit begins closed, and every [`RetryBudget`](crate::RetryBudget) without calls: it allows its
/// floor. Nothing that happens there is counted outside. Statistics and the settings of the program are shared.
///
/// A scope inside another one adds to it: faults of both apply, the inner ones first; the smaller number of attempts,
/// the inner seed, and the inner state of a circuit count. Circuits and budgets are those of the outermost scope, unless
/// [`circuit`](Self::circuit) sets the state of one.
///
/// The circuits of a scope need about a kilobyte each, which is not freed before the program ends: a permit may outlive
/// the scope.
#[must_use = "the scope ends when this is dropped"]
pub struct Scope {
    state: Arc<ScopeState>,
    /// The scope belongs to the thread.
    not_send: PhantomData<*const ()>,
}

#[allow(clippy::must_use_candidate, reason = "methods change the scope and return it for the next one")]
impl Scope {
    /// Skips all waits of the library: delays between attempts, and [`Fault::latency`]. They are
    /// [recorded](Record::waits) nevertheless.
    ///
    /// The clock of the scope advances by the skipped waits. Deadlines, timeouts and the recovery of circuits follow it,
    /// so a call ends after the same number of attempts as with waits. Timers of the body, such as tokio's, do not
    /// follow it. An endless wait is not skipped in async code.
    pub fn no_waits(&self) -> &Self {
        self.state.skip_waits();
        self
    }

    /// Limits the attempts of each call of a retry or poll. Never allows more than the function does. 0 counts as 1.
    pub fn max_attempts(&self, attempts: u32) -> &Self {
        self.state.limit_attempts(attempts);
        self
    }

    /// Seeds jitter and the probability of faults: the same calls in the same order get the same random numbers.
    pub fn seed(&self, seed: u64) -> &Self {
        self.state.seed(seed);
        self
    }

    /// Injects a fault into every attempt of the function, function form, circuit or layer of this name. The name of a function
    /// without `name = ".."` is its path.
    ///
    /// The fault replaces the body, below all attributes of the function: they treat it as the result of the body. For
    /// a circuit, it replaces the body of every call through it. [`try_acquire`](crate::CircuitBreaker::try_acquire)
    /// has no body: a delay or a panic happens there, and an error is a panic.
    ///
    /// Several faults apply together: delays add up, and the error or panic that was injected last counts; the others
    /// wait for the next attempt. If layers of a `tower` stack share the name, a fault applies at each of them; give the layers
    /// names of their own. A name that no call has is not reported. Each scope
    /// counts its own [`times`](Fault::times) and [`every`](Fault::every).
    ///
    /// # Panics
    /// The call panics if the fault is an error of another type than that of the function, or if the function's error
    /// type is generic or borrows. The message names the function and the types.
    pub fn inject(&self, name: impl Into<String>, fault: Fault) -> &Self {
        self.state.inject(name.into(), fault);
        self
    }

    /// Puts the circuits of this name in a state, and forgets what this scope has counted there. An open circuit has its
    /// whole recovery timeout left. For a set of keyed circuits, this is the state in which each key begins.
    ///
    /// ```
    /// use resilience::{CircuitState, circuit, circuits, testing};
    ///
    /// #[circuit(name = "tariffs", fallback = |_| Ok(42))]
    /// fn price(item: &str) -> std::io::Result<u32> {
    ///     Ok(u32::try_from(item.len()).unwrap_or(0))
    /// }
    ///
    /// let scope = testing::scope();
    /// scope.circuit("tariffs", CircuitState::Open);
    /// assert_eq!(price("apple").unwrap(), 42); // the fallback
    /// drop(scope);
    /// assert_eq!(price("apple").unwrap(), 5);
    /// assert!(circuits().get("tariffs").unwrap().is_closed());
    /// ```
    pub fn circuit(&self, name: impl AsRef<str>, state: CircuitState) -> &Self {
        self.state.set_circuit(name.as_ref(), state);
        self
    }

    /// Begins a record of the calls in this scope.
    #[must_use]
    pub fn record(&self) -> Record {
        Record::begin(Arc::clone(&self.state))
    }

    /// Runs a future in this scope, on any thread: it enters the scope whenever it is polled.
    ///
    /// The scope must live as long as the future runs. The future is [`Send`] and `'static` if the original one is.
    ///
    /// ```
    /// use resilience::testing::{self, Fault};
    ///
    /// #[resilience::retry(times = 3, interval = 1s, name = "mail")]
    /// async fn send() -> Result<(), &'static str> {
    ///     Ok(())
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let scope = testing::scope();
    ///     scope.no_waits().inject("mail", Fault::error(|| "busy").times(2));
    ///     let record = scope.record();
    ///     assert_eq!(tokio::spawn(scope.run(send())).await.unwrap(), Ok(()));
    ///     record.assert_attempts("mail", 3);
    /// }
    /// ```
    pub fn run<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture { future: Box::pin(future).into(), scopes: self.state.chain() }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.state.close();
        scopes_changed();
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// A future in a scope: see [`Scope::run`].
#[must_use = "futures do nothing unless polled"]
pub struct ScopedFuture<F> {
    /// `None` once it has been dropped.
    future: Option<Pin<Box<F>>>,
    scopes: ScopeChain,
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, scopes } = self.get_mut();
        match future {
            Some(future) => scopes.run(|| future.as_mut().poll(cx)),
            None => Poll::Pending,
        }
    }
}

/// The future ends in its scope too: a call that is dropped is recorded.
impl<F> Drop for ScopedFuture<F> {
    fn drop(&mut self) {
        let Self { future, scopes } = self;
        scopes.run(|| drop(future.take()));
    }
}

impl<F> fmt::Debug for ScopedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedFuture").finish_non_exhaustive()
    }
}
