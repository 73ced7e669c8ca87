use std::process::ExitCode;

/// The end of the program, by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// A response matched, or the port is open.
    Reached = 0,
    /// A response matched an alarm, or a request failed with an error that is not ignored.
    Alarm = 1,
    /// The time is up.
    TimedOut = 2,
    /// The arguments or the configuration are invalid; nothing was sent.
    BadUsage = 3,
    /// Ctrl-C: 128 and the number of the signal, as shells have it.
    Interrupted = 130,
    /// `SIGTERM`.
    #[cfg_attr(not(unix), expect(dead_code, reason = "other systems have no such signal"))]
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
