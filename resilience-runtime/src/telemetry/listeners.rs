//! The listeners of the program.

use std::sync::Arc;

use super::site::watch;
use super::{Event, sites};
use crate::listeners::{ListenerId, Listeners};

/// Those who listen to every event.
pub(crate) static LISTENERS: Listeners<dyn for<'a> Fn(&Event<'a>) + Send + Sync> = Listeners::new();

/// Calls `listener` after every decision of the library, in the whole program.
///
/// No lock is held while it runs. It runs on the thread of the call that it is told of, so it should be quick. A panic in it
/// is caught and ignored, also one that comes when it is removed and dropped.
///
/// A listener may call annotated functions and circuits. They work as usual, and statistics count them, but no listener is
/// told of these calls, so that a listener which calls what it hears of does not loop. Transitions of circuits that they cause are
/// told, at most 256 in a row. This holds for what runs on the listener's
/// thread before it returns. What a listener hands to another thread or task is told as any other call: there, a listener that
/// starts a new call for each call that it hears of goes on without end. Let it ignore its own calls by their
/// [site](super::CallEvent::site).
///
/// Of a call that is under way when a listener is added, it hears the rest or nothing.
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

/// Removes a listener. Returns whether it was there.
///
/// A thread that is telling it something at that moment may still do so.
pub fn unlisten(id: ListenerId) -> bool {
    let removed = LISTENERS.remove(id);
    sites::watch_all(watch::HEARD, || LISTENERS.any());
    removed
}
