use super::*;

#[circuit(call_timeout = 1s, on_error = |_| ())]
async fn limited() -> io::Result<u8> {
    Ok(1)
}

#[circuit(call_timeout = SECOND.saturating_mul(2), on_error = log)]
async fn limited_by_a_constant() -> io::Result<u8> {
    Ok(2)
}

#[circuit(call_timeout = Duration::MAX, on_open = io::Error::other, on_error = |error| *heard = error.to_string())]
async fn limited_by_never(heard: &mut String) -> io::Result<u8> {
    Err(io::Error::other("down"))
}

#[circuit(on_error = |error: &io::Error| drop(error.to_string()))]
fn of_a_sync_function() -> io::Result<u8> {
    Ok(4)
}

fn log(_: &io::Error) {}

#[tokio::test]
async fn a_limit_is_a_constant_and_a_failure_is_passed_to_a_function_of_one_argument() {
    let mut heard = String::new();
    assert_eq!((limited().await.unwrap(), limited_by_a_constant().await.unwrap()), (1, 2));
    assert!(limited_by_never(&mut heard).await.is_err());
    assert_eq!((heard.as_str(), of_a_sync_function().unwrap()), ("down", 4));
}
