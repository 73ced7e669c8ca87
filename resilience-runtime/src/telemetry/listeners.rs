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
/// is caught and ignored. It may call annotated functions: they work as usual, and no listener is told of them.
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
