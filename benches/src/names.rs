//! The program with a thousand named circuits, `src/bin/named.rs`: built and counted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::instructions::per_call_of;

/// Half of the number of names in the program.
const FIRST_CALLS: u64 = 400;
/// Enough calls to hide the index, whose hashes differ in every process.
const CALLS: u64 = 100_000;

/// Instructions over the bare function.
pub(crate) struct Names {
    pub(crate) first_call: i64,
    pub(crate) allocations: u64,
    /// A later call of a healthy circuit.
    pub(crate) closed: i64,
}

/// `None` if it cannot be built, or valgrind cannot be run.
pub(crate) fn count() -> Option<Names> {
    let program = build()?;
    let per_call =
        |what, calls| per_call_of(&program, &[what], calls).and_then(|count| i64::try_from(count).ok());
    let bare = per_call("bare", CALLS)?;
    let output = Command::new(&program).arg("allocations").output().ok()?;
    Some(Names {
        first_call: per_call("first", FIRST_CALLS)? - bare,
        allocations: String::from_utf8_lossy(&output.stdout).trim().parse().ok()?,
        closed: per_call("again", CALLS)? - bare,
    })
}

/// Next to this program, with its build artifacts.
fn build() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--bin", "named"])
        .current_dir(folder)
        .status()
        .ok()?;
    let program = std::env::current_exe().ok()?.with_file_name("named");
    (status.success() && program.exists()).then_some(program)
}
