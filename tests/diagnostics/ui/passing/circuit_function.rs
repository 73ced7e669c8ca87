use super::*;

#[derive(Debug, PartialEq)]
enum Plain {
    Broken,
}

fn sum(a: u8, b: u8) -> io::Result<u8> {
    a.checked_add(b).ok_or_else(|| io::Error::other("too much"))
}

async fn slow_sum(a: u8, b: u8) -> io::Result<u8> {
    yield_now().await;
    sum(a, b)
}

#[circuit(fallback = |_| Err(Plain::Broken))]
fn an_error_of_any_kind(a: u8) -> Result<u8, Plain> {
    Ok(a)
}

#[circuit(on_open = |_| Plain::Broken)]
async fn an_error_that_is_made(a: u8) -> Result<u8, Plain> {
    Ok(a)
}

#[circuit(fallback = sum)]
fn a_fallback_of_the_same_arguments(a: u8, b: u8) -> io::Result<u8> {
    Ok(a + b)
}

#[circuit(fallback = slow_sum)]
async fn an_async_fallback(a: u8, b: u8) -> io::Result<u8> {
    Ok(a + b)
}

#[circuit(fallback = |pair, c| Ok(pair.0 + c))]
fn taken_apart_in_the_body(pair: (u8, u8), c: u8) -> io::Result<u8> {
    let (a, b) = pair;
    Ok(a + b + c)
}

#[circuit(key = format_args!("{host}:{port}"), max_keys = 16)]
fn a_key_of_arguments(host: &str, port: u16) -> io::Result<usize> {
    Ok(host.len() + usize::from(port))
}

struct Client {
    breaker: CircuitBreaker,
}

impl Client {
    #[circuit(breaker = self.breaker)]
    fn of_self(&self, generous: bool) -> io::Result<u8> {
        Ok(u8::from(generous))
    }
}

#[tokio::test]
async fn functions_of_every_kind_are_taken() {
    assert_eq!((an_error_of_any_kind(1), an_error_that_is_made(2).await), (Ok(1), Ok(2)));
    assert_eq!(a_fallback_of_the_same_arguments(1, 2).unwrap(), 3);
    assert_eq!(an_async_fallback(1, 3).await.unwrap(), 4);
    assert_eq!(taken_apart_in_the_body((1, 1), 3).unwrap(), 5);
    assert_eq!(a_key_of_arguments("a", 5).unwrap(), 6);
    let config = CircuitConfig::new().try_failure_threshold(7).unwrap();
    let client = Client { breaker: CircuitBreaker::try_new("client", config).unwrap() };
    assert_eq!(client.of_self(true).unwrap(), 1);
}
