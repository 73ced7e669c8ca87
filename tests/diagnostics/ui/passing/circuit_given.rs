use super::*;
use resilience::KeyedCircuits;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

const CONFIG: CircuitConfig = CircuitConfig::new();
static STATIC: CircuitBreaker = CircuitBreaker::new("static", CONFIG);
static LATER: LazyLock<CircuitBreaker> = LazyLock::new(|| CircuitBreaker::new("later", CONFIG));
static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CONFIG, 8);

#[circuit(breaker = STATIC)]
fn a_static() -> io::Result<u8> {
    Ok(1)
}

#[circuit(breaker = &STATIC)]
async fn a_reference() -> io::Result<u8> {
    Ok(2)
}

#[circuit(breaker = LATER)]
fn a_lazy_static() -> io::Result<u8> {
    Ok(3)
}

#[circuit(breaker = HOSTS.circuit(host))]
async fn a_lookup(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

#[circuit(breaker = breaker)]
fn an_argument<B: AsRef<CircuitBreaker>>(breaker: &Arc<CircuitBreaker>, other: B) -> io::Result<usize> {
    Ok(breaker.name().len() + other.as_ref().name().len())
}

struct Client {
    shared: Arc<CircuitBreaker>,
    boxed: Box<CircuitBreaker>,
    guarded: Mutex<Arc<CircuitBreaker>>,
    maybe: Option<CircuitBreaker>,
}

impl Client {
    #[circuit(breaker = self.shared)]
    fn of_an_arc(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(breaker = &self.shared)]
    async fn of_a_reference_to_an_arc(&self) -> io::Result<u8> {
        Ok(2)
    }

    #[circuit(breaker = self.boxed, fallback = Self::spare)]
    fn of_a_box(&self, a: u8) -> io::Result<u8> {
        Ok(a)
    }

    #[circuit(breaker = self.guarded.lock().expect("it is not poisoned").clone(), fallback = |this, _| this.spare(9))]
    fn of_a_temporary(&self, a: u8) -> io::Result<u8> {
        Ok(a)
    }

    #[circuit(breaker = self.maybe.as_ref().unwrap_or(&STATIC))]
    async fn of_an_option(&self) -> io::Result<u8> {
        Ok(5)
    }

    fn spare(&self, a: u8) -> io::Result<u8> {
        self.of_an_arc().map(|b| a + b)
    }
}

#[circuit(fallback = |_, pair| Ok(pair.0.into()))]
fn arguments_with_names(name: &str, pair: (u8, u8)) -> io::Result<usize> {
    Ok(name.len() + usize::from(pair.1))
}

#[circuit(fallback = async |_| Ok(3))]
async fn an_async_closure(a: u8) -> io::Result<u8> {
    Ok(a)
}

/// The arguments are converted as in every call.
#[circuit(fallback = longer)]
fn a_fallback_of_what_is_borrowed(name: &String) -> io::Result<usize> {
    Ok(name.capacity())
}

fn longer(name: &str) -> io::Result<usize> {
    name.len().checked_add(1).ok_or_else(|| io::Error::other("too much"))
}

#[circuit(key = path.display())]
fn a_path_for_a_key(path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

#[circuit(key = tenant.map_or(0, u32::from))]
async fn a_key_with_a_default(tenant: Option<u8>) -> io::Result<bool> {
    Ok(tenant.is_some())
}

#[tokio::test]
async fn whatever_leads_to_a_circuit_is_one() {
    assert_eq!((a_static().unwrap(), a_reference().await.unwrap(), a_lazy_static().unwrap()), (1, 2, 3));
    let hosts = tokio::spawn(a_lookup("a.example")).await.unwrap();
    assert_eq!((hosts.unwrap(), an_argument(&HOSTS.circuit("b"), HOSTS.circuit("c")).unwrap()), (9, 16));
    let breaker = |name: &'static str| CircuitBreaker::try_new(name, CONFIG).unwrap();
    let client = Client {
        shared: breaker("shared").into(),
        boxed: breaker("boxed").into(),
        guarded: Mutex::new(breaker("guarded").into()),
        maybe: None,
    };
    assert_eq!((client.of_an_arc().unwrap(), client.of_a_reference_to_an_arc().await.unwrap()), (1, 2));
    assert_eq!((client.of_a_box(3).unwrap(), client.of_a_temporary(4).unwrap()), (3, 4));
    assert_eq!(client.of_an_option().await.unwrap(), 5);
    client.boxed.force_open();
    assert_eq!(client.of_a_box(3).unwrap(), 4);
}

#[tokio::test]
async fn fallbacks_and_keys_of_every_kind_are_taken() {
    assert_eq!((arguments_with_names("a", (1, 2)).unwrap(), an_async_closure(3).await.unwrap()), (3, 3));
    assert!(a_fallback_of_what_is_borrowed(&"a".into()).is_ok());
    assert!(a_path_for_a_key(Path::new("/")).unwrap() && a_key_with_a_default(Some(1)).await.unwrap());
}
