//! Attributes of other crates that have the names of ours, and stand below ours.

use resilience::retry as again;
use resilience::{TimedOut, poll};
use tracing::instrument as retry;

mod theirs {
    pub use tracing::instrument as circuit;
}

#[poll(until(2))]
#[retry]
fn imported() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2))]
#[theirs::circuit(skip_all)]
#[again]
async fn by_path() -> Result<u8, TimedOut> {
    Ok(2)
}

#[again(tmies = 3)]
#[theirs::circuit(skip_all)]
#[retry]
#[poll(timeout = 3s)]
fn with_other_mistakes() -> Result<u8, TimedOut> {
    Ok(2)
}

struct Client;

impl Client {
    #[again]
    #[theirs::circuit(skip_all)]
    fn method(&self) -> Result<u8, TimedOut> {
        Ok(2)
    }
}

#[again]
#[asyncretry(2)]
async fn not_imported() -> Result<u8, TimedOut> {
    Ok(2)
}

fn main() {
    let _ = (not_imported(), imported(), by_path(), with_other_mistakes(), Client.method());
}
