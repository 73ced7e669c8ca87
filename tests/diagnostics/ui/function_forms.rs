//! A function form that ends as the other kind of operation does.

use std::io;

use resilience::{poll, retry};

async fn get() -> io::Result<u8> {
    Ok(1)
}

fn read() -> io::Result<u8> {
    Ok(1)
}

async fn called_and_async() {
    let _ = retry(async || get().await).times(3).call();
    let _ = retry(get).call();
    let _ = poll(async || get().await).until(|value| *value == 1).call();
}

async fn run_and_synchronous() {
    let _ = retry(|| read()).run().await;
    let _ = poll(read).until(|value| *value == 1).run().await;
}

fn main() {
    drop((called_and_async(), run_and_synchronous()));
}
