//! The scripts that run in the store. Each is in a file of its own, with a comment for each branch.

use std::sync::LazyLock;

/// A script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Script {
    /// A node's window, and the decision to open.
    Report,
    /// A place for a trial.
    Acquire,
    /// A call has taken a place.
    Start,
    /// The outcome of a trial.
    Settle,
    /// The state.
    View,
    /// An operator's override.
    Override,
    /// A node lives.
    Beat,
    /// A node shuts down.
    Leave,
}

impl Script {
    /// All scripts.
    pub const ALL: [Self; 8] = [
        Self::Report,
        Self::Acquire,
        Self::Start,
        Self::Settle,
        Self::View,
        Self::Override,
        Self::Beat,
        Self::Leave,
    ];

    pub(crate) fn loaded(self) -> &'static redis::Script {
        static LOADED: LazyLock<Vec<redis::Script>> =
            LazyLock::new(|| Script::ALL.iter().map(|script| redis::Script::new(&text(*script))).collect());
        &LOADED[self as usize]
    }
}

/// The text of a script as it is sent.
#[must_use]
pub fn text(script: Script) -> String {
    let own = match script {
        Script::Report => include_str!("../scripts/report.lua"),
        Script::Acquire => include_str!("../scripts/acquire.lua"),
        Script::Start => include_str!("../scripts/start.lua"),
        Script::Settle => include_str!("../scripts/settle.lua"),
        Script::View => include_str!("../scripts/view.lua"),
        Script::Override => include_str!("../scripts/override.lua"),
        Script::Beat => include_str!("../scripts/beat.lua"),
        Script::Leave => include_str!("../scripts/leave.lua"),
    };
    let clock = include_str!("../scripts/clock.lua");
    match script {
        Script::Beat | Script::Leave => format!("{clock}{own}"),
        _ => format!("{clock}{}{own}", include_str!("../scripts/prelude.lua")),
    }
}
