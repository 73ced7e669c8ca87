use super::*;

#[asyncbackoff(1s)]
async fn converted() -> Result<u8, Box<dyn StdError + Send + Sync>> {
    Ok("3".parse()?)
}

#[retry]
fn early(n: u8) -> Result<u8, TimedOut> {
    if n > 1 {
        return Ok(1);
    }
    Ok(n)
}

// The user's own braces are not superfluous, on one line either.
#[rustfmt::skip]
#[retry]
async fn of_one_line() -> Result<u8, TimedOut> { Ok(1) }

#[rustfmt::skip]
#[retry]
fn of_one_sync_line() -> Result<u8, TimedOut> { Ok(1) }

#[tokio::test]
async fn question_marks_and_early_returns_end_the_attempt() {
    assert_eq!((converted().await.unwrap(), early(2)), (3, Ok(1)));
    assert_eq!((of_one_line().await, of_one_sync_line()), (Ok(1), Ok(1)));
}
