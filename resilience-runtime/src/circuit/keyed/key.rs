use std::fmt::{self, Display, Write};

/// As long as a host name with a port can be, and half as much for what comes in front.
const SHORT: usize = 128;

/// A key's text, on the stack if it is short.
pub(super) enum KeyText {
    Short { bytes: [u8; SHORT], length: usize },
    Long(String),
}

impl KeyText {
    pub(super) fn of(key: &dyn Display) -> Self {
        let mut text = Self::Short { bytes: [0; SHORT], length: 0 };
        // A key that cannot be written stands for itself as far as it got: an error from `Display` is nothing that
        // could be reported.
        let _ = write!(text, "{key}");
        text
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            // Whole strings are appended, so this cannot fail; if it could, all such keys would be one.
            Self::Short { bytes, length } => std::str::from_utf8(&bytes[..*length]).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }
}

impl Write for KeyText {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        match self {
            Self::Short { bytes, length } => {
                if let Some(place) = bytes.get_mut(*length..*length + more.len()) {
                    place.copy_from_slice(more.as_bytes());
                    *length += more.len();
                } else {
                    let mut long = String::from(self.as_str());
                    long.push_str(more);
                    *self = Self::Long(long);
                }
            }
            Self::Long(text) => text.push_str(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_keys_read_as_they_were_written() {
        for length in [0, 1, 127, 128, 129, 1000] {
            let key = "é".repeat(length / 2) + &"x".repeat(length % 2);
            let text = KeyText::of(&format_args!("{key}7"));
            assert_eq!(text.as_str(), format!("{key}7"));
            assert_eq!(matches!(text, KeyText::Short { .. }), key.len() < SHORT);
        }
    }
}
