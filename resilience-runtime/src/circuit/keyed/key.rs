use std::cell::Cell;
use std::collections::hash_map::{DefaultHasher, RandomState};
use std::fmt::{self, Display, Write};
use std::hash::{BuildHasher, Hasher};
use std::mem;
use std::sync::OnceLock;

use crate::text::prefix;

/// The longest key that is kept unchanged, in bytes: enough for the longest host name with a port, with some room for a
/// prefix.
pub(super) const MAX_KEY_LENGTH: usize = 128;

/// The text of a key, of bounded length: the rest of a longer text is not stored.
///
/// A long key is replaced by its beginning and a hash of the whole. The result is longer than any short key, so it
/// differs from all of them.
pub(super) struct KeyText(String);

thread_local! {
    /// Reused, so that a known key needs no allocation.
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

impl KeyText {
    pub(super) fn of(key: &dyn Display) -> Self {
        // Taken out during the write: if a key's `Display` uses keyed circuits, they get another buffer. A thread
        // that is ending has no buffer.
        let mut text = BUFFER.try_with(Cell::take).unwrap_or_default();
        text.clear();
        let mut writer = KeyWriter { text, long: None };
        // If `Display` returns an error, the key is the text written so far: there is no way to report
        // the error.
        let _ = write!(writer, "{key}");
        let KeyWriter { mut text, long } = writer;
        if let Some(long) = long {
            long.finish(&mut text);
        }
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for KeyText {
    fn drop(&mut self) {
        let _ = BUFFER.try_with(|buffer| buffer.set(mem::take(&mut self.0)));
    }
}

struct KeyWriter {
    /// The longest beginning that fits, in whole characters.
    text: String,
    /// The hash of the whole text, once it is too long.
    long: Option<Box<Rest>>,
}

impl Write for KeyWriter {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.long.is_none() && more.len() <= MAX_KEY_LENGTH - self.text.len() {
            self.text.push_str(more);
        } else {
            self.write_long(more);
        }
        Ok(())
    }
}

impl KeyWriter {
    #[cold]
    fn write_long(&mut self, more: &str) {
        let room = if self.long.is_some() { 0 } else { MAX_KEY_LENGTH - self.text.len() };
        let fits = prefix(more, room);
        self.text.push_str(fits);
        let text = &self.text;
        let rest = self.long.get_or_insert_with(|| Box::new(Rest::after(text)));
        rest.write(&more.as_bytes()[fits.len()..]);
    }
}

/// Bytes on the stack.
#[derive(Clone, Copy)]
struct Block {
    bytes: [u8; MAX_KEY_LENGTH],
    length: usize,
}

impl Block {
    const EMPTY: Self = Self { bytes: [0; MAX_KEY_LENGTH], length: 0 };

    /// Takes as many bytes as fit, and returns the rest.
    fn fill<'a>(&mut self, more: &'a [u8]) -> &'a [u8] {
        let (fits, left) = more.split_at(more.len().min(MAX_KEY_LENGTH - self.length));
        self.bytes[self.length..][..fits.len()].copy_from_slice(fits);
        self.length += fits.len();
        left
    }
}

/// Hashes a long key in blocks while it is written. A hasher may treat two parts differently from the whole, and the
/// hash must not depend on how `Display` splits the text.
struct Rest {
    block: Block,
    hashers: [DefaultHasher; 2],
    length: u64,
}

impl Rest {
    fn after(beginning: &str) -> Self {
        let mut rest = Self { block: Block::EMPTY, hashers: hashers(), length: 0 };
        rest.write(beginning.as_bytes());
        rest
    }

    fn write(&mut self, mut more: &[u8]) {
        self.length = self.length.wrapping_add(more.len() as u64);
        loop {
            more = self.block.fill(more);
            if more.is_empty() {
                return;
            }
            self.hash_block();
        }
    }

    fn hash_block(&mut self) {
        let Block { bytes, length } = std::mem::replace(&mut self.block, Block::EMPTY);
        for hasher in &mut self.hashers {
            hasher.write(&bytes[..length]);
        }
    }

    /// Writes the hash after the beginning.
    fn finish(mut self: Box<Self>, beginning: &mut String) {
        self.hash_block();
        let length = self.length;
        let [one, other] = self.hashers.map(|mut hasher| {
            hasher.write_u64(length);
            hasher.finish()
        });
        let _ = write!(beginning, "…{one:016x}{other:016x}");
    }
}

/// Two keyed hashes, 128 bits in total. With 64 bits, two of some billion keys would share a circuit by chance. The
/// hash keys are random for each process, so that an attacker cannot search for collisions.
fn hashers() -> [DefaultHasher; 2] {
    static STATES: OnceLock<[RandomState; 2]> = OnceLock::new();
    let states = STATES.get_or_init(|| [RandomState::new(), RandomState::new()]);
    [states[0].build_hasher(), states[1].build_hasher()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text in pieces.
    struct Pieces<'a>(&'a str, Vec<usize>);

    impl Display for Pieces<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let mut left = self.0;
            for length in &self.1 {
                let piece = prefix(left, *length);
                f.write_str(piece)?;
                left = &left[piece.len()..];
            }
            f.write_str(left)
        }
    }

    #[test]
    fn short_keys_read_as_they_were_written_and_long_ones_are_longer_than_those_and_bounded() {
        for length in [0, 1, 127, 128, 129, 130, 1000, 1_000_000] {
            let key = "é".repeat(length / 2) + &"x".repeat(length % 2);
            let text = KeyText::of(&key);
            if length <= MAX_KEY_LENGTH {
                assert_eq!(text.as_str(), key);
                continue;
            }
            assert!(text.as_str().starts_with(&key[..126]), "{}", text.as_str());
            assert!((MAX_KEY_LENGTH + 1..=MAX_KEY_LENGTH + 35).contains(&text.as_str().len()));
        }
    }

    #[test]
    fn long_keys_differ_that_differ_anywhere() {
        let key = "x".repeat(1000);
        let mut texts: Vec<String> = (0..=1000)
            .map(|place| {
                let changed = format!("{}y{}", &key[..place], &key[place..]);
                KeyText::of(&changed).as_str().to_owned()
            })
            .chain([KeyText::of(&key).as_str().to_owned()])
            .collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 1002);
    }

    proptest! {
        #[test]
        fn a_key_is_the_same_however_it_is_written(
            key in "[a-zé€]{0,400}",
            pieces in prop::collection::vec(0..200_usize, 0..20),
        ) {
            let whole = KeyText::of(&key);
            let in_pieces = KeyText::of(&Pieces(&key, pieces));
            prop_assert_eq!(whole.as_str(), in_pieces.as_str());
        }
    }
}
