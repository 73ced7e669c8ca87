use std::fmt;
use std::sync::Arc;

/// A circuit's name: written in the source, or made from a key.
#[derive(Clone)]
pub(crate) enum Name {
    Written(&'static str),
    /// The first `set` bytes are the name of the set; the key follows in brackets.
    Made {
        name: Arc<str>,
        set: u32,
    },
}

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Written(name) => name,
            Self::Made { name, .. } => name,
        }
    }

    /// The name of the set that a circuit is one of.
    pub(crate) fn set(&self) -> Option<&str> {
        match self {
            Self::Written(_) => None,
            Self::Made { name, set } => name.get(..*set as usize),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
