use super::*;
use resilience::CircuitOpen;
use std::num::ParseIntError;

#[circuit(on_open = |open| open.to_string())]
fn a_string() -> Result<u8, String> {
    Ok(1)
}

#[circuit(fallback = || Err(()))]
async fn nothing() -> Result<u8, ()> {
    Ok(1)
}

#[poll(until(1))]
fn of_the_standard_library() -> Result<u8, Box<dyn StdError + Send + Sync>> {
    Ok("1".parse()?)
}

#[circuit]
fn a_parameter<E: From<ParseIntError> + From<CircuitOpen>>(text: &str) -> Result<u8, E> {
    Ok(text.parse()?)
}

#[retry(attempt_timeout = 1s)]
async fn an_async_parameter<E: From<TimedOut>>() -> Result<u8, E> {
    Ok(1)
}

struct Client<E>(E);

impl<E: Clone + From<TimedOut>> Client<E> {
    #[asyncbackoff(1s)]
    async fn a_parameter_of_the_impl(&self) -> Result<u8, E> {
        Err(self.0.clone())
    }
}

#[poll(until(Some(_)))]
fn an_option() -> Result<Option<u8>, TimedOut> {
    Ok(Some(1))
}

#[poll(until(7))]
async fn a_value() -> Result<u8, TimedOut> {
    Ok(7)
}

#[derive(Clone, Debug)]
enum Failed {
    Parsed,
    Refused,
    Late,
}

impl From<ParseIntError> for Failed {
    fn from(_: ParseIntError) -> Self {
        Self::Parsed
    }
}

impl From<CircuitOpen> for Failed {
    fn from(_: CircuitOpen) -> Self {
        Self::Refused
    }
}

impl From<TimedOut> for Failed {
    fn from(_: TimedOut) -> Self {
        Self::Late
    }
}

#[tokio::test]
async fn errors_of_every_type_are_taken() {
    assert_eq!((a_string(), nothing().await, of_the_standard_library().unwrap()), (Ok(1), Ok(1), 1));
    assert!(matches!(a_parameter::<Failed>("x"), Err(Failed::Parsed)));
    assert!(an_async_parameter::<Failed>().await.is_ok());
    assert!(matches!(Client(Failed::Late).a_parameter_of_the_impl().await, Err(Failed::Late)));
    assert_eq!((an_option(), a_value().await), (Ok(Some(1)), Ok(7)));
    let name = concat!(module_path!(), "::a_parameter");
    circuits().get(name).unwrap().force_open();
    assert!(matches!(a_parameter::<Failed>("1"), Err(Failed::Refused)));
}
