//! The listeners of the program.

use std::sync::Arc;

use super::site::watch;
use super::{Event, sites};
use crate::listeners::{ListenerId, Listeners};

/// Listeners for all events.
pub(crate) static LISTENERS: Listeners<dyn for<'a> Fn(&Event<'a>) + Send + Sync> = Listeners::new();

/// Calls `listener` after every decision of the library, in the whole program.
///
/// No lock is held while it runs. It runs on the thread of the call, so it should be fast. A panic in a listener is
/// caught and ignored, and so is a panic while it is dropped.
///
/// A listener may call annotated functions and circuits. They work as usual, and statistics count them. To prevent
/// loops, these calls have no events. Transitions of circuits that they cause have events, at most 256 in a row.
///
/// This applies to calls on the listener's thread before it returns. Calls that it passes to another thread or task
/// have events as usual. There, a listener that starts a new call for each event never ends; it should ignore its
/// calls by their [site](super::CallEvent::site).
///
/// A call that is running when a listener is added delivers its remaining events, or none.
///
/// ```
/// use resilience::telemetry::{self, Event};
///
/// #[resilience::retry(times = 3, interval = 0s)]
/// fn ping(left: &mut u32) -> Result<(), String> {
///     *left -= 1;
///     if *left == 0 { Ok(()) } else { Err("no route".into()) }
/// }
///
/// let id = telemetry::listen(|event| match event {
///     Event::Attempt(a) => println!("{} failed, attempt {}", a.site().name(), a.number()),
///     Event::Call(c) => println!("{} ended: {}", c.site().name(), c.outcome()),
///     _ => {}
/// });
/// ping(&mut 2)?;
/// assert!(telemetry::unlisten(id));
/// # Ok::<(), String>(())
/// ```
pub fn listen(listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> ListenerId {
    let id = LISTENERS.add(Arc::new(listener));
    sites::watch_all(watch::HEARD, || LISTENERS.any());
    id
}

/// A test has opened or closed a scope.
#[cfg(feature = "testing")]
pub(crate) fn scopes_changed() {
    sites::watch_all(watch::SCOPED, crate::test_scope::is_any_open);
}

/// Removes a listener. Returns whether it was present.
///
/// A thread that is calling the listener at that moment may finish the call.
pub fn unlisten(id: ListenerId) -> bool {
    let removed = LISTENERS.remove(id);
    sites::watch_all(watch::HEARD, || LISTENERS.any());
    removed
}
