//! What the next attempt needs cannot be lent to the caller.

use std::pin::Pin;

use resilience::{TimedOut, asyncretry, circuit, poll, retry};

struct Rows {
    rows: Vec<u8>,
    read: u32,
}

impl Rows {
    #[retry]
    fn first(&mut self) -> Result<&mut u8, TimedOut> {
        Ok(&mut self.rows[0])
    }

    #[asyncretry(3)]
    #[circuit]
    async fn of_a_lifetime<'a>(&self, other: &'a mut Vec<u8>) -> Result<Option<&'a mut u8>, std::io::Error> {
        Ok(other.first_mut())
    }

    #[circuit]
    #[poll(until(_))]
    fn both(&mut self, _: u8) -> std::io::Result<(&mut u8, &mut u32)> {
        Ok((&mut self.rows[0], &mut self.read))
    }

    #[retry]
    fn pinned(self: Pin<&mut Self>) -> Result<&mut u32, TimedOut> {
        Ok(&mut self.get_mut().read)
    }

    #[retry]
    fn counted(&mut self) -> Result<&u32, TimedOut> {
        self.read += 1;
        Ok(&self.read)
    }

    #[retry]
    async fn counted_asynchronously(&mut self) -> Result<&u32, TimedOut> {
        self.read += 1;
        Ok(&self.read)
    }
}

fn main() {
    let mut rows = Rows { rows: vec![1], read: 0 };
    let _ = (rows.first().is_ok(), rows.both(1).is_ok(), rows.counted().is_ok());
    let _ = Pin::new(&mut rows).pinned().is_ok();
    let _ = (rows.counted_asynchronously(), Rows::of_a_lifetime);
}
