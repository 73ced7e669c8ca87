//! Signals that end the program.

use crate::exit::Exit;

/// Waits for Ctrl-C, and on Unix for `SIGTERM`.
pub(crate) async fn signal() -> Exit {
    tokio::select! {
        () = ctrl_c() => Exit::Interrupted,
        () = terminate() => Exit::Terminated,
    }
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Cannot be listened to: the signal ends the process as it does by default.
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => _ = signal.recv().await,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending::<()>().await;
}
