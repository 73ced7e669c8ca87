use std::io;

use resilience::{CircuitOpen, asyncretry, circuit, poll, retry};

#[derive(Default)]
struct Rows {
    rows: Vec<u8>,
    read: u32,
}

#[derive(Debug)]
struct Rejected;

impl From<CircuitOpen> for Rejected {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

impl Rows {
    #[circuit]
    fn first(&mut self) -> Result<&mut u8, Rejected> {
        self.read += 1;
        Ok(&mut self.rows[0])
    }

    #[circuit]
    async fn first_asynchronously(&mut self) -> Result<&mut u8, Rejected> {
        self.read += 1;
        Ok(&mut self.rows[0])
    }

    #[asyncretry(3)]
    async fn of_another_lifetime<'a>(&mut self, other: &'a [u8]) -> Result<Option<&'a u8>, Rejected> {
        self.read += 1;
        Ok(other.first())
    }

    #[retry]
    fn an_index(&mut self) -> Result<usize, Rejected> {
        self.read += 1;
        Ok(self.rows.len() - 1)
    }

    #[poll(until(_))]
    fn what_is_not_changed(&mut self) -> io::Result<(&u8, &'static mut [u8])> {
        self.read += 1;
        Ok((&self.rows[0], &mut []))
    }
}

#[tokio::test]
async fn a_body_that_runs_once_may_lend_and_others_return_what_leads_there() {
    let mut rows = Rows { rows: vec![1], ..Rows::default() };
    *rows.first().unwrap() += 1;
    *rows.first_asynchronously().await.unwrap() += 1;
    assert_eq!(rows.of_another_lifetime(&[7]).await.unwrap(), Some(&7));
    let index = rows.an_index().unwrap();
    assert_eq!(rows.what_is_not_changed().unwrap().0, &3);
    assert_eq!((rows.rows[index], rows.read), (3, 5));
}
