//! The program on a terminal.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};

/// The exit code, and everything that the terminal received.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).expect("a pseudo-terminal");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wait-for"));
    command.args(arguments).env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(terminal.slave);
    let mut child = command.spawn().expect("the program starts");
    // The command holds the other end of the terminal; without it, the reader ends with the program.
    drop(command);
    let mut shown = Vec::new();
    // Linux reports an error instead of the end.
    let _ = File::from(terminal.master).read_to_end(&mut shown);
    let code = child.wait().expect("it ends").code();
    (code, String::from_utf8_lossy(&shown).into_owned())
}
