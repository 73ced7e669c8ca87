//! Waits for an HTTP response or an open port. See `wait-for --help`, and `README.md` for recipes.

mod arguments;
mod exit;
mod http;
mod interrupt;
mod progress;
mod tcp;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use self::arguments::{Arguments, Target};
use self::exit::Exit;
use self::progress::Progress;

fn main() -> ExitCode {
    on_runtime(run()).into()
}

/// The program ends when `program` does, also if the resolver still blocks a thread.
fn on_runtime(program: impl Future<Output = Exit>) -> Exit {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            progress::tell(&format!("cannot start: {error}"));
            return Exit::Alarm;
        }
    };
    let exit = runtime.block_on(program);
    // Dropping the runtime would wait for that thread.
    runtime.shutdown_background();
    exit
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_program_ends_while_a_blocking_task_of_its_runtime_goes_on() {
        let (release, released) = mpsc::channel::<()>();
        let (ended, end) = mpsc::channel();
        let program = async {
            let (started, start) = tokio::sync::oneshot::channel();
            // Stands for the resolver.
            let _blocked = tokio::task::spawn_blocking(move || {
                let _ = started.send(());
                let _ = released.recv();
            });
            start.await.unwrap();
            Exit::TimedOut
        };
        std::thread::spawn(move || ended.send(on_runtime(program)));
        let exit = end.recv_timeout(Duration::from_secs(10));
        drop(release);
        assert_eq!(exit, Ok(Exit::TimedOut));
    }
}
