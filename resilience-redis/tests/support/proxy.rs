//! A proxy between one node and the server, with delays and partitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

#[derive(Debug, Default)]
struct Faults {
    to: AtomicU16,
    delay_ms: AtomicU64,
    is_cut: AtomicBool,
    /// Counts how often the connections were lost silently.
    losses: AtomicU64,
    cut: Notify,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    faults: Arc<Faults>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let faults = Arc::new(Faults { to: AtomicU16::new(to), ..Faults::default() });
        let task = tokio::spawn({
            let faults = faults.clone();
            async move {
                while let Ok((near, _)) = listener.accept().await {
                    if faults.is_cut.load(Ordering::SeqCst) {
                        continue;
                    }
                    let to = faults.to.load(Ordering::SeqCst);
                    let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await else { continue };
                    let (near_in, near_out) = near.into_split();
                    let (far_in, far_out) = far.into_split();
                    tokio::spawn(pump(near_in, far_out, faults.clone()));
                    tokio::spawn(pump(far_in, near_out, faults.clone()));
                }
            }
        });
        Self { port, faults, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Leads to another server, and closes all connections.
    pub(crate) fn lead_to(&self, port: u16) {
        self.faults.to.store(port, Ordering::SeqCst);
        self.faults.cut.notify_waiters();
    }

    /// Delays each direction.
    pub(crate) fn delay(&self, delay: Duration) {
        self.faults.delay_ms.store(delay.as_millis().try_into().expect("short"), Ordering::SeqCst);
    }

    /// Drops what the connections of now send from now on, without closing them. New ones work.
    pub(crate) fn lose_silently(&self) {
        self.faults.losses.fetch_add(1, Ordering::SeqCst);
    }

    /// Closes all connections and accepts none, or accepts them again.
    pub(crate) fn partition(&self, is_cut: bool) {
        self.faults.is_cut.store(is_cut, Ordering::SeqCst);
        self.faults.cut.notify_waiters();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.partition(true);
    }
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    faults: Arc<Faults>,
) {
    let losses = faults.losses.load(Ordering::SeqCst);
    let (sender, mut delayed) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if faults.losses.load(Ordering::SeqCst) != losses {
                continue;
            }
            let delay = Duration::from_millis(faults.delay_ms.load(Ordering::SeqCst));
            let _ = sender.send((Instant::now() + delay, buffer[..length].to_vec()));
        }
    };
    let write = async {
        while let Some((at, bytes)) = delayed.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
        () = faults.cut.notified() => {}
    }
}
