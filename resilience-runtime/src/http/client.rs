use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use reqwest::{Client, redirect};
use tokio::runtime::{Handle, Id};
use tokio::sync::{OnceCell, oneshot};

use super::HttpError;
use super::send::Sender;
use super::tls::{Pem, Tls};

/// The built-in client of a poller: shared with all others of its kind, from the first run on.
#[derive(Debug, Default)]
pub(super) struct OwnClient {
    tls: Tls,
    /// That of the latest run. A run on another runtime replaces it.
    shared: Mutex<Option<Arc<SharedClient>>>,
}

impl Clone for OwnClient {
    fn clone(&self) -> Self {
        Self { tls: self.tls.clone(), shared: Mutex::new(self.shared().clone()) }
    }
}

impl OwnClient {
    pub(super) const fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Changes the settings. The next run takes another client.
    pub(super) fn configure(&mut self, change: impl FnOnce(&mut Tls)) {
        change(&mut self.tls);
        self.shared = Mutex::default();
    }

    pub(super) async fn get(&self) -> Result<Sender, HttpError> {
        let runtime = current_runtime();
        let shared = self.shared().clone().filter(|shared| shared.kind.runtime == runtime);
        let shared = match shared {
            Some(shared) => shared,
            None => self.keep(SharedClient::of(&self.tls, runtime).await?),
        };
        shared.get().await
    }

    fn keep(&self, shared: Arc<SharedClient>) -> Arc<SharedClient> {
        // Dropped after the lock is released.
        let _replaced = self.shared().replace(Arc::clone(&shared));
        shared
    }

    fn shared(&self) -> MutexGuard<'_, Option<Arc<SharedClient>>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn current_runtime() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// What a client is made from. Pollers share one if these are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind {
    /// A connection works only while its runtime does.
    runtime: Option<Id>,
    tls: Tls,
    /// The certificates as read: the file may have changed since.
    pem: Option<Pem>,
}

impl Kind {
    fn client(&self) -> Result<Client, HttpError> {
        // Redirects are followed by `send`, which filters the headers.
        let builder = Client::builder().redirect(redirect::Policy::none()).referer(false);
        self.tls
            .apply(builder, self.pem.as_ref())?
            .build()
            .map_err(|error| HttpError::settings("cannot build the HTTP client").caused(error.without_url()))
    }
}

/// The clients in use. A client is closed when its last poller is dropped.
struct Clients(Mutex<Vec<Weak<SharedClient>>>);

static CLIENTS: Clients = Clients(Mutex::new(Vec::new()));

/// Clients of further kinds are not shared.
const MAX_CLIENTS: usize = 64;

impl Clients {
    fn of(&self, kind: Kind) -> Arc<SharedClient> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = clients.iter().filter_map(Weak::upgrade).find(|shared| shared.kind == kind) {
            return shared;
        }
        let shared = Arc::new(SharedClient { kind, made: OnceLock::new(), waited_for: OnceCell::new() });
        clients.retain(|client| client.strong_count() > 0);
        if clients.len() < MAX_CLIENTS {
            clients.push(Arc::downgrade(&shared));
        }
        shared
    }
}

/// A client: built once, by the first attempt that needs it.
#[derive(Debug)]
struct SharedClient {
    kind: Kind,
    /// Filled by the thread that builds it, so that the next attempt can use it if this one times out.
    made: OnceLock<Sender>,
    /// Lets concurrent runs wait for one thread.
    waited_for: OnceCell<Sender>,
}

impl SharedClient {
    async fn of(tls: &Tls, runtime: Option<Id>) -> Result<Arc<Self>, HttpError> {
        let tls = tls.clone();
        let pem = if tls.ca_bundle.is_some() {
            let tls = tls.clone();
            on_thread(move || tls.read()).await?
        } else {
            None
        };
        Ok(CLIENTS.of(Kind { runtime, tls, pem }))
    }

    async fn get(self: &Arc<Self>) -> Result<Sender, HttpError> {
        if let Some(sender) = self.made.get() {
            return Ok(sender.clone());
        }
        let make = || {
            let this = Arc::clone(self);
            on_thread(move || {
                this.kind.client().map(|client| this.made.get_or_init(|| Sender::own(client)).clone())
            })
        };
        self.waited_for.get_or_try_init(make).await.cloned()
    }
}

/// Reading certificates blocks, those of the system included. A separate thread does it, which a runtime does not wait
/// for when it shuts down.
async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    let failed = |cause: &str| HttpError::settings(format!("cannot build the HTTP client: {cause}"));
    let (send, receive) = oneshot::channel();
    // An attempt that timed out does not receive it.
    let work = move || _ = send.send(work());
    let thread = std::thread::Builder::new().name("resilience-http".into()).spawn(work);
    thread.map_err(|error| failed(&error.to_string()))?;
    receive.await.unwrap_or_else(|_| Err(failed("its thread panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(tls: Tls, pem: Option<&str>) -> Kind {
        Kind { runtime: None, tls, pem: pem.map(|pem| pem.as_bytes().to_vec()) }
    }

    #[tokio::test]
    async fn two_hundred_pollers_of_one_kind_share_one_client_which_is_closed_with_the_last() {
        let pollers: Vec<OwnClient> = (0..200).map(|_| OwnClient::default()).collect();
        for poller in &pollers {
            poller.get().await.unwrap();
        }
        let first = pollers[0].shared().clone().unwrap();
        assert!(pollers.iter().all(|poller| Arc::ptr_eq(poller.shared().as_ref().unwrap(), &first)));
        let closed = Arc::downgrade(&first);
        drop((first, pollers));
        assert!(closed.upgrade().is_none());
    }

    #[tokio::test]
    async fn clients_of_different_settings_certificates_or_runtimes_are_not_shared() {
        let clients = Clients(Mutex::default());
        let lax = Tls { accept_invalid_certs: true, ..Tls::default() };
        let of_file = Tls { ca_bundle: Some("ca.pem".into()), ..Tls::default() };
        let runtime = Some(Handle::current().id());
        let kinds = [
            kind(Tls::default(), None),
            kind(lax, None),
            kind(of_file.clone(), Some("before")),
            kind(of_file, Some("after a change of the file")),
            Kind { runtime, ..kind(Tls::default(), None) },
        ];
        let all: Vec<_> = kinds.iter().map(|kind| clients.of(kind.clone())).collect();
        for (n, one) in all.iter().enumerate() {
            assert!(all[..n].iter().all(|other| !Arc::ptr_eq(one, other)), "{one:?}");
            assert!(Arc::ptr_eq(one, &clients.of(kinds[n].clone())), "{one:?}");
        }
    }

    #[test]
    fn the_list_of_shared_clients_is_bounded_and_closed_clients_make_room() {
        let clients = Clients(Mutex::default());
        let of = |n: usize| clients.of(kind(Tls::default(), Some(&n.to_string())));
        let in_use: Vec<_> = (0..MAX_CLIENTS + 2).map(of).collect();
        assert_eq!(clients.0.lock().unwrap().len(), MAX_CLIENTS);
        assert!(Arc::ptr_eq(&in_use[0], &of(0)) && !Arc::ptr_eq(&in_use[MAX_CLIENTS], &of(MAX_CLIENTS)));
        drop(in_use);
        let next = of(MAX_CLIENTS);
        assert!(Arc::ptr_eq(&next, &of(MAX_CLIENTS)));
        assert_eq!(clients.0.lock().unwrap().len(), 1);
    }
}
