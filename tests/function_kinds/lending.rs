//! `&mut` arguments: borrows by the attempts, and borrows that may be returned.

#![allow(clippy::needless_arbitrary_self_type, reason = "the spelling is what is tested")]

use std::cell::Cell;

use resilience::{poll, retry};

use crate::flaky::Oops;

/// `Send`, and not `Sync`.
struct Counter {
    count: Cell<u32>,
    name: String,
}

impl Counter {
    #[retry(interval = 0s)]
    async fn by_self(&mut self) -> Result<u32, Oops> {
        tokio::task::yield_now().await;
        count(&self.count)
    }

    #[allow(clippy::needless_arbitrary_self_type, reason = "it is the kind of function that is looked at")]
    #[retry(interval = 0s)]
    async fn by_typed_self(self: &mut Self) -> Result<u32, Oops> {
        tokio::task::yield_now().await;
        count(&self.count)
    }

    #[retry(interval = 0s)]
    async fn lends(&mut self) -> Result<&str, Oops> {
        count(&self.count)?;
        Ok(&self.name)
    }

    #[retry(interval = 0s)]
    fn lends_at_once(&mut self) -> Result<&str, Oops> {
        count(&self.count)?;
        Ok(&self.name)
    }
}

#[poll(until = |_| true, ignore = |_| true, interval = 0s)]
async fn by_argument(cell: &mut Cell<u32>) -> Result<u32, Oops> {
    tokio::task::yield_now().await;
    count(cell)
}

fn count(cell: &Cell<u32>) -> Result<u32, Oops> {
    cell.set(cell.get() + 1);
    if cell.get() % 3 == 0 { Ok(cell.get()) } else { Err(Oops(cell.get())) }
}

#[tokio::test]
async fn a_future_over_what_is_not_sync_is_send_if_it_has_it_for_itself() {
    let counter = || Counter { count: Cell::new(0), name: "three".into() };
    assert_eq!(tokio::spawn(async move { counter().by_self().await }).await.expect("no panic"), Ok(3));
    assert_eq!(tokio::spawn(async move { counter().by_typed_self().await }).await.expect("no panic"), Ok(3));
    assert_eq!(tokio::spawn(async { by_argument(&mut Cell::new(0)).await }).await.expect("no panic"), Ok(3));
    assert_eq!(counter().lends().await, Ok("three"));
    assert_eq!(counter().lends_at_once(), Ok("three"));
}

struct Lent<'a>(&'a str);

impl Counter {
    /// The return type hides that it borrows.
    #[retry(interval = 0s)]
    #[allow(mismatched_lifetime_syntaxes, reason = "it is what is tested")]
    fn hides_what_it_lends(&mut self, other: &mut Counter) -> Result<Lent, Oops> {
        count(&other.count)?;
        Ok(Lent(&self.name))
    }

    #[retry(interval = 0s)]
    fn lends_by_name<'a>(&mut self, other: &'a mut Counter) -> Result<&'a str, Oops> {
        let me = self;
        count(&me.count)?;
        Ok(&other.name)
    }
}

#[retry(interval = 0s)]
#[allow(mismatched_lifetime_syntaxes, reason = "it is what is tested")]
fn hides_what_an_argument_lends(counter: &mut Counter) -> Result<Lent, Oops> {
    count(&counter.count)?;
    Ok(Lent(&counter.name))
}

#[retry(interval = 0s)]
fn lends_items(counter: &mut Counter) -> Result<impl Iterator<Item = char>, Oops> {
    count(&counter.count)?;
    Ok(counter.name.chars())
}

#[retry(interval = 0s)]
#[allow(single_use_lifetimes, reason = "the bound uses it")]
fn lends_for_less<'long: 'short, 'short>(counter: &'long mut Counter) -> Result<&'short str, Oops> {
    count(&counter.count)?;
    Ok(&counter.name)
}

#[test]
fn what_only_reads_an_exclusive_reference_may_lend_from_it_under_a_loop() {
    let counter = || Counter { count: Cell::new(0), name: "three".into() };
    let named = |lent: Result<Lent<'_>, Oops>| lent.map(|Lent(name)| name.to_owned());
    assert_eq!(named(counter().hides_what_it_lends(&mut counter())), Ok("three".into()));
    assert_eq!(counter().lends_by_name(&mut counter()), Ok("three"));
    assert_eq!(named(hides_what_an_argument_lends(&mut counter())), Ok("three".into()));
    assert_eq!(lends_items(&mut counter()).map(Iterator::count), Ok(5));
    assert_eq!(lends_for_less(&mut counter()), Ok("three"));
}
