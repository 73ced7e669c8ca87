use super::*;
use resilience::retry as again;
use tracing::instrument as traced;

mod theirs {
    pub(super) use tracing::instrument as circuit;
}

#[poll(until(2))]
#[traced]
fn imported() -> Result<u8, TimedOut> {
    Ok(2)
}

#[theirs::circuit(skip_all)]
#[poll(until(2))]
#[again]
async fn by_path() -> Result<u8, TimedOut> {
    Ok(2)
}

#[theirs::circuit(skip_all)]
#[again(times = 3)]
#[traced]
#[poll(until(2), timeout = 3s)]
fn with_other_options() -> Result<u8, TimedOut> {
    Ok(2)
}

struct Client(u8);

impl Client {
    #[theirs::circuit(skip_all)]
    #[again]
    fn method(&self) -> Result<u8, TimedOut> {
        Ok(self.0)
    }
}

#[again]
#[asyncretry(2)]
async fn imported_from_this_crate() -> Result<u8, TimedOut> {
    Ok(2)
}

#[tokio::test]
async fn other_crates_attributes_stand_above_or_have_other_names() {
    assert_eq!((imported(), by_path().await), (Ok(2), Ok(2)));
    assert_eq!(imported_from_this_crate().await, Ok(2));
    assert_eq!((with_other_options(), Client(2).method()), (Ok(2), Ok(2)));
}
