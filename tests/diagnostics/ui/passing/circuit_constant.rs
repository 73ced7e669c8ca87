use super::*;

const MANY: u32 = 200;
const HALF: f64 = 0.5;
/// Of one letter, as generic parameters often are.
const N: u32 = 3;
const RATED: CircuitConfig = CircuitConfig::new().failure_rate(HALF).window_calls(MANY);

#[circuit(failure_threshold = N, within = SECOND.saturating_mul(60), recovery_timeout = SECOND, max_recovery_timeout = SECOND)]
fn counted() -> io::Result<u8> {
    Ok(1)
}

#[circuit(failure_rate = HALF, window = MANY, min_calls = MANY)]
fn rated() -> io::Result<u8> {
    Ok(2)
}

#[circuit(config = RATED, min_calls = N + 1, slow_call = SECOND, slow_rate = HALF / 2.0)]
fn configured() -> io::Result<u8> {
    Ok(3)
}

#[circuit(failure_rate = HALF, window = SECOND)]
fn rated_by_time() -> io::Result<u8> {
    Ok(4)
}

#[circuit(key = "k", max_keys = N)]
fn keyed() -> io::Result<u8> {
    Ok(5)
}

#[test]
fn constants_that_agree_are_taken() {
    assert_eq!((counted().unwrap(), rated().unwrap(), configured().unwrap()), (1, 2, 3));
    assert_eq!((rated_by_time().unwrap(), keyed().unwrap()), (4, 5));
    let expected = RATED.min_calls(4).slow_call(SECOND).slow_rate(0.25);
    let name = concat!(module_path!(), "::configured");
    assert_eq!(circuits().get(name).map(|circuit| circuit.config()), Some(expected));
}
