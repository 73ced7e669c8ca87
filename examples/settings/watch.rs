use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file, with its last known modification time and length.
pub(crate) struct Watched {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
}

impl Watched {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: None }
    }

    /// Whether the file has changed since the last call. Some file systems have coarse times, so the length counts as well.
    pub(crate) fn has_changed(&mut self) -> bool {
        let Ok(data) = fs::metadata(&self.path) else { return false };
        let now = data.modified().ok().map(|modified| (modified, data.len()));
        let has_changed = now != self.seen;
        self.seen = now;
        has_changed
    }
}
