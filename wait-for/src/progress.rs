//! What is shown while the program waits, and why it ended.

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::Exit;

/// Shows attempts on stderr: on a terminal as one line that is redrawn, elsewhere as a line for each change.
pub(crate) struct Progress {
    shown: Shown,
    quiet: bool,
}

enum Shown {
    Nothing,
    Line(ProgressBar),
    /// The last outcome.
    Changes(Mutex<String>),
}

impl Progress {
    pub(crate) fn start(quiet: bool) -> Self {
        let shown = if quiet {
            Shown::Nothing
        } else if stderr().is_terminal() {
            Shown::Line(line())
        } else {
            Shown::Changes(Mutex::default())
        };
        Self { shown, quiet }
    }

    /// Shows how an attempt ended.
    pub(crate) fn attempt(&self, number: u32, outcome: &str) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Line(line) => line.set_message(format!("attempt {number}: {outcome}")),
            Shown::Changes(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if *last != outcome {
                    tell(&format!("attempt {number}: {outcome}"));
                    outcome.clone_into(&mut last);
                }
            }
        }
    }

    pub(crate) fn end(&self, outcome: Result<(), (Exit, String)>) -> Exit {
        if let Shown::Line(line) = &self.shown {
            line.finish_and_clear();
        }
        let Err((exit, message)) = outcome else { return Exit::Reached };
        // Wrong arguments are reported in any case.
        if !self.quiet || exit == Exit::BadUsage {
            tell(&message);
        }
        exit
    }
}

fn line() -> ProgressBar {
    let line = ProgressBar::new_spinner();
    let template =
        if in_colour() { "{spinner:.cyan} {elapsed} {wide_msg}" } else { "{spinner} {elapsed} {wide_msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        line.set_style(style);
    }
    line.enable_steady_tick(Duration::from_millis(100));
    line
}

/// Writes a message to stderr. A closed stderr does not change the exit code.
pub(crate) fn tell(message: &str) {
    let name = if in_colour() { "\u{1b}[1mwait-for:\u{1b}[0m" } else { "wait-for:" };
    let _ = writeln!(stderr(), "{name} {message}");
}

/// Colours are for terminals, unless `NO_COLOR` is set: <https://no-color.org>.
fn in_colour() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
