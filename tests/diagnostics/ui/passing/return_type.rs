use super::*;

#[derive(Debug, PartialEq)]
enum Roomy {
    Late(TimedOut),
    Rang(Alarm<u8>),
}

impl From<TimedOut> for Roomy {
    fn from(timed_out: TimedOut) -> Self {
        Self::Late(timed_out)
    }
}

impl From<Alarm<u8>> for Roomy {
    fn from(alarm: Alarm<u8>) -> Self {
        Self::Rang(alarm)
    }
}

type Outcome<T> = Result<T, Roomy>;

#[poll(until(2), alarm(3), times = 1)]
fn room_for_all(n: u8) -> Outcome<u8> {
    Ok(n)
}

#[derive(Debug, PartialEq)]
enum Narrow {
    Busy,
}

/// Without a time limit, nothing but the function's own errors has to be held.
#[retry(times = 1)]
async fn no_need_for_room() -> Result<u8, Narrow> {
    Err(Narrow::Busy)
}

#[tokio::test]
async fn results_of_every_name_are_taken() {
    assert_eq!(room_for_all(2), Ok(2));
    assert!(matches!(room_for_all(3), Err(Roomy::Rang(_))));
    assert!(matches!(room_for_all(4), Err(Roomy::Late(_))));
    assert_eq!(no_need_for_room().await, Err(Narrow::Busy));
}
