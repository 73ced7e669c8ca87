//! Waits for an HTTP response or an open port. See `wait-for --help`, and `README.md` for recipes.

mod arguments;
mod exit;
mod http;
mod interrupt;
mod progress;
mod tcp;

use std::sync::Arc;

use clap::Parser;

use self::arguments::{Arguments, Target};
use self::exit::Exit;
use self::progress::Progress;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    run().await.into()
}

async fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed output does not change the exit code.
            let _ = error.print();
            return if error.use_stderr() { Exit::BadUsage } else { Exit::Reached };
        }
    };
    let target = match arguments.target() {
        Ok(target) => target,
        Err(message) => {
            progress::tell(&message);
            return Exit::BadUsage;
        }
    };
    let progress = Arc::new(Progress::start(arguments.is_quiet()));
    let waiting = async {
        match target {
            Target::Http(poll) => http::wait(*poll, &progress).await,
            Target::Tcp(tcp) => tcp::wait(tcp, &progress).await,
        }
    };
    let outcome = tokio::select! {
        biased;
        exit = interrupt::signal() => Err((exit, "interrupted".to_owned())),
        outcome = waiting => outcome,
    };
    progress.end(outcome)
}
