//! Faults that tests inject before a function's body, or in place of it.
//!
//! Requires the feature `testing`. Without a test scope, this is a single load before each attempt.

use std::any::type_name;
use std::fmt;
#[cfg(feature = "tokio")]
use std::pin::Pin;
#[cfg(feature = "tokio")]
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::SiteEntry;
#[cfg(feature = "tokio")]
use crate::sleep::Pause;
use crate::sleep::Wait;
use crate::test_scope::{self, FaultEnd, MetFault};
use crate::time::Nanos;

/// The faults for one attempt. Boxed, so that futures stay small.
#[must_use]
pub struct InjectedFault(Box<FaultOfAttempt>);

struct FaultOfAttempt {
    #[cfg(feature = "tokio")]
    pause: Option<Pause>,
    met: MetFault,
    /// The name of the function, for a panic.
    name: String,
}

/// The faults for an attempt that passes through these sites and circuits, outermost first.
#[inline]
pub fn injected_fault(entries: &[&'static SiteEntry], circuits: &[&[&str]]) -> Option<InjectedFault> {
    if test_scope::is_any_open() { meet(entries, circuits) } else { None }
}

#[cold]
#[inline(never)]
fn meet(entries: &[&'static SiteEntry], circuits: &[&[&str]]) -> Option<InjectedFault> {
    let sites = entries.iter().map(|entry| entry.name());
    let names: Vec<&str> = sites.chain(circuits.iter().copied().flatten().copied()).collect();
    let name = names.first().map(ToString::to_string).unwrap_or_default();
    test_scope::meet(&names).map(|met| {
        InjectedFault(Box::new(FaultOfAttempt {
            #[cfg(feature = "tokio")]
            pause: None,
            met,
            name,
        }))
    })
}

impl InjectedFault {
    /// The wait before the body.
    #[must_use]
    pub fn latency(&self) -> Option<Wait> {
        let latency = self.0.met.latency;
        (latency != Duration::ZERO).then(|| Wait(Nanos::of(latency)))
    }

    /// Blocks the thread for the latency.
    pub fn block(self) -> Self {
        if let Some(latency) = self.latency() {
            latency.block();
        }
        self
    }

    /// Waits for the latency. The future is a pointer, so that it adds little to those of attempts.
    #[cfg(feature = "tokio")]
    pub fn wait(mut self) -> FaultDelay {
        self.0.pause = self.latency().map(IntoFuture::into_future);
        FaultDelay(Some(self))
    }

    /// Without tokio there is no timer, and the thread is blocked.
    #[cfg(not(feature = "tokio"))]
    pub fn wait(self) -> std::future::Ready<Self> {
        std::future::ready(self.block())
    }

    /// Whether it replaces the body.
    #[must_use]
    pub fn replaces_body(&self) -> bool {
        self.0.met.end.is_some()
    }

    /// The error in place of the body.
    ///
    /// # Panics
    /// If the fault is a panic, or an error of another type.
    #[must_use]
    pub fn error<E: 'static>(&self) -> Option<E> {
        let (injected, make) = match self.0.met.end.as_ref()? {
            FaultEnd::Panic(message) => panic!("{message}"),
            FaultEnd::Error(type_name, make) => (type_name, make),
        };
        let error = make().downcast();
        let (name, expected) = (&self.0.name, type_name::<E>());
        assert!(
            error.is_ok(),
            "the fault for `{name}` is a `{injected}`, but the error type is `{expected}`"
        );
        error.ok().map(|error| *error)
    }

    /// For an error type that is generic or borrows.
    ///
    /// # Panics
    /// If the fault is a panic or an error.
    pub fn no_error(&self, returned: &str) {
        self.reject_error(|name, injected| {
            format!(
                "the fault for `{name}` is a `{injected}`, but the function returns `{returned}`: an error is injected only where \
                 the error type is concrete and `'static`"
            )
        });
    }
}

/// The latency of a fault.
#[cfg(feature = "tokio")]
#[must_use]
pub struct FaultDelay(Option<InjectedFault>);

#[cfg(feature = "tokio")]
impl Future for FaultDelay {
    type Output = InjectedFault;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<InjectedFault> {
        if let Some(pause) = self.0.as_mut().and_then(|fault| fault.0.pause.as_mut()) {
            ready!(Pin::new(pause).poll(cx));
        }
        self.0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl InjectedFault {
    /// For a permit, whose call returns no error to the library.
    ///
    /// # Panics
    /// If the fault is a panic or an error.
    pub(crate) fn no_body(&self) {
        self.reject_error(|name, injected| {
            format!(
                "the fault for `{name}` is a `{injected}`, but `try_acquire` has no body that returns an error: inject a \
                 panic or a delay, or use `call`"
            )
        });
    }

    fn reject_error(&self, message: impl FnOnce(&str, &str) -> String) {
        match &self.0.met.end {
            Some(FaultEnd::Panic(message)) => panic!("{message}"),
            Some(FaultEnd::Error(injected, _)) => panic!("{}", message(&self.0.name, injected)),
            None => {}
        }
    }
}

/// Like [`fault_in_place_of`], for an attempt of a function form. Its site is only looked up in a test scope.
#[inline]
pub(crate) fn fault_of_form<E: 'static>(entry: impl FnOnce() -> &'static SiteEntry) -> Option<E> {
    if test_scope::is_any_open() { fault_in_place_of(&[entry()], &[]) } else { None }
}

/// Makes a sync attempt wait, and returns the error in place of its result.
///
/// # Panics
/// See [`InjectedFault::error`].
#[inline]
pub(crate) fn fault_in_place_of<E: 'static>(
    entries: &[&'static SiteEntry],
    circuits: &[&[&str]],
) -> Option<E> {
    injected_fault(entries, circuits)?.block().error()
}

/// The future of an attempt of a function form, with the faults for it.
#[cfg(feature = "tokio")]
macro_rules! with_faults {
    ($form:ident) => {{
        let entry = $form.entry();
        let operation = &mut $form.operation;
        async move {
            if let Some(fault) = $crate::telemetry::injected_fault(&[entry], &[]) {
                // Not held while the operation runs: it may not be `Send`.
                if let Some(error) = fault.wait().await.error() {
                    return Err(error);
                }
            }
            operation().await
        }
    }};
}

#[cfg(feature = "tokio")]
pub(crate) use with_faults;

impl fmt::Debug for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InjectedFault").field("name", &self.0.name).finish_non_exhaustive()
    }
}

#[cfg(feature = "tokio")]
impl fmt::Debug for FaultDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FaultDelay").field(&self.0).finish()
    }
}
