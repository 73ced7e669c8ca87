//! The handles of a fleet to its circuits. They are released when the fleet ends, and not when its task does, which is
//! later.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use resilience::breaker::CircuitRef;
use resilience::circuit_store::{AlreadyShared, Sharing, StoreHandle};
use tokio::sync::Notify;

#[derive(Debug)]
pub(crate) struct Attached {
    /// The circuits wake the fleet's task.
    pub(crate) wake: Arc<Notify>,
    handles: Mutex<Handles>,
}

#[derive(Debug, Default)]
struct Handles {
    have_ended: bool,
    all: Vec<Weak<StoreHandle>>,
}

impl Attached {
    pub(crate) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, handles: Mutex::default() }
    }

    /// Attaches the fleet to a circuit.
    pub(crate) fn attach(
        &self,
        circuit: CircuitRef,
        sharing: Sharing,
    ) -> Result<Arc<StoreHandle>, AlreadyShared> {
        let wake = self.wake.clone();
        // Without the lock, because listeners may be called.
        let shared = Arc::new(StoreHandle::attach(circuit, sharing, move || wake.notify_one())?);
        let mut handles = self.lock();
        if handles.have_ended {
            drop(handles);
            shared.detach();
        } else {
            if handles.all.len() == handles.all.capacity() {
                // Keyed circuits come and go.
                handles.all.retain(|handle| handle.strong_count() > 0);
            }
            handles.all.push(Arc::downgrade(&shared));
        }
        Ok(shared)
    }

    /// Detaches from all circuits, also from those that are attached later.
    pub(crate) fn release(&self) {
        let mut handles = self.lock();
        handles.have_ended = true;
        let all = std::mem::take(&mut handles.all);
        drop(handles);
        for handle in all.iter().filter_map(Weak::upgrade) {
            handle.detach();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Handles> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
