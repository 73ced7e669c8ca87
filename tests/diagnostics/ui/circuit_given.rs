//! What a circuit is given: the breaker, the key, the fallback.

use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, KeyedCircuits, circuit};
use std::io;
use std::path::Path;

static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CircuitConfig::new(), 8);

fn other(_: u8) -> io::Result<u8> {
    Ok(1)
}

fn of_a_refusal(_: CircuitOpen) -> io::Result<u8> {
    Ok(1)
}

async fn slow(_: u8) -> io::Result<u8> {
    Ok(1)
}

#[circuit(breaker = "payments")]
fn a_name_for_a_breaker() -> io::Result<u8> {
    Ok(1)
}

#[circuit(breaker = HOSTS)]
fn keyed_circuits_for_a_breaker() -> io::Result<u8> {
    Ok(1)
}

#[circuit(breaker = &name)]
fn text_for_a_breaker(name: String) -> io::Result<usize> {
    Ok(name.len())
}

struct Client {
    config: CircuitConfig,
    breaker: Option<CircuitBreaker>,
    spare: fn(u8) -> io::Result<u8>,
}

impl Client {
    #[circuit(breaker = self.config)]
    fn a_configuration_for_a_breaker(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(breaker = self.breaker)]
    async fn a_breaker_that_may_be_missing(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(fallback = self.spare)]
    fn a_fallback_of_self(&self, a: u8) -> io::Result<u8> {
        Ok(a)
    }

    #[circuit(fallback = |a| Ok(a))]
    fn a_closure_without_self(&self, a: u8) -> io::Result<u8> {
        Ok(a)
    }

    #[circuit(fallback = other)]
    fn a_function_without_self(&self, a: u8) -> io::Result<u8> {
        Ok(a)
    }
}

#[circuit(fallback = of_a_refusal)]
fn a_fallback_of_the_refusal() -> io::Result<u8> {
    Ok(1)
}

#[circuit(fallback = of_a_refusal)]
fn a_fallback_of_the_refusal_alone(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = Ok(3))]
fn a_value_for_a_fallback() -> io::Result<u8> {
    Ok(1)
}

#[circuit(fallback = other(a))]
fn a_called_fallback(a: u8) -> io::Result<u8> {
    Ok(a)
}

const SPARE: u8 = 3;

#[circuit(fallback = SPARE)]
fn a_constant_for_a_fallback(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = async |a| Ok(a))]
fn an_async_closure(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = slow)]
fn an_async_fallback(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = other)]
async fn a_fallback_that_is_not_async(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = |_, _| Ok(1))]
fn arguments_without_names(_: &str, (a, b): (u8, u8)) -> io::Result<u8> {
    Ok(a + b)
}

#[circuit(key = (host, port))]
fn a_key_of_two(host: &str, port: u16) -> io::Result<usize> {
    Ok(host.len() + usize::from(port))
}

#[circuit(key = path)]
fn a_path_for_a_key(path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

#[circuit(key = tenant)]
async fn a_key_that_may_be_missing(tenant: Option<u8>) -> io::Result<bool> {
    Ok(tenant.is_some())
}

fn main() {
    let client = Client { config: CircuitConfig::new(), breaker: None, spare: other };
    let _ = (a_name_for_a_breaker(), keyed_circuits_for_a_breaker(), text_for_a_breaker("a".into()));
    let _ = (client.a_configuration_for_a_breaker(), client.a_breaker_that_may_be_missing());
    let _ = (client.a_fallback_of_self(1), client.a_closure_without_self(1), client.a_function_without_self(1));
    let _ = (a_fallback_of_the_refusal(), a_fallback_of_the_refusal_alone(1), a_value_for_a_fallback());
    let _ = (a_called_fallback(1), a_constant_for_a_fallback(1), an_async_closure(1), an_async_fallback(1));
    let _ = (a_fallback_that_is_not_async(1), arguments_without_names("", (1, 2)), a_key_of_two("", 1));
    let _ = (a_path_for_a_key(Path::new("/")), a_key_that_may_be_missing(None));
}
