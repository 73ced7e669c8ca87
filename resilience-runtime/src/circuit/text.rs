//! The text of a failure: its first line, at most [`MAX_BYTES`], written before any lock is taken.
//!
//! An attribute cannot ask for a bound that some error type does not meet, so it lets the compiler choose: in
//! `(&&&Text(&error)).__resilience_text(&mut line)`, the method that needs the fewest dereferences wins.

use std::cell::Cell;
use std::fmt::{self, Debug, Display, Write};

/// Long enough for a sentence and a path, short enough to keep one for each of thousands of circuits.
pub(super) const MAX_BYTES: usize = 512;

/// An error whose text is wanted.
#[derive(Debug)]
pub struct Text<'a, E: ?Sized>(pub &'a E);

/// First choice: what the error says.
pub trait ByDisplay {
    /// Writes its `Display`.
    fn __resilience_text(&self, line: &mut FirstLine);
}

/// Second choice: what the error looks like.
pub trait ByDebug {
    /// Writes its `Debug`.
    fn __resilience_text(&self, line: &mut FirstLine);
}

/// Last choice: what the error is.
pub trait ByType {
    /// Writes the name of its type.
    fn __resilience_text(&self, line: &mut FirstLine);
}

impl<E: Display + ?Sized> ByDisplay for &&Text<'_, E> {
    fn __resilience_text(&self, line: &mut FirstLine) {
        line.display(self.0);
    }
}

impl<E: Debug + ?Sized> ByDebug for &Text<'_, E> {
    fn __resilience_text(&self, line: &mut FirstLine) {
        line.debug(self.0);
    }
}

impl<E: ?Sized> ByType for Text<'_, E> {
    fn __resilience_text(&self, line: &mut FirstLine) {
        line.display(std::any::type_name::<E>());
    }
}

/// A buffer that keeps the first line of what is written to it, cut to [`MAX_BYTES`] at a character.
#[derive(Debug, Default)]
pub struct FirstLine {
    line: String,
    is_full: bool,
}

impl FirstLine {
    const fn new() -> Self {
        Self { line: String::new(), is_full: false }
    }

    /// An error that cannot be written is cut where it fails: `to_string` would panic.
    pub(super) fn display(&mut self, text: impl Display) {
        let _ = write!(self, "{text}");
    }

    /// Report types write a whole chain and a backtrace; the first line names the error. A string loses its quotes.
    pub(super) fn debug(&mut self, error: &(impl Debug + ?Sized)) {
        let _ = write!(self, "{error:?}");
        let is_closed = self.line.len() > 1 && self.line.ends_with('"');
        if self.line.starts_with('"') && (is_closed || self.is_full) {
            self.line.truncate(self.line.len() - usize::from(is_closed));
            self.line.remove(0);
        }
    }

    fn clear(&mut self) {
        self.line.clear();
        self.is_full = false;
    }
}

impl Write for FirstLine {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_full {
            // The rest is dropped, and its writer is not told: an error would only be the user's to handle.
            return Ok(());
        }
        let line = text.split('\n').next().unwrap_or_default();
        let room = MAX_BYTES - self.line.len();
        self.is_full = line.len() < text.len() || line.len() > room;
        let mut end = line.len().min(room);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        self.line.push_str(&line[..end]);
        Ok(())
    }
}

thread_local! {
    /// Reused, so that a failure allocates nothing once it has grown.
    static LINE: Cell<FirstLine> = const { Cell::new(FirstLine::new()) };
}

/// Writes a text and passes it on, in a buffer that the thread reuses.
///
/// The buffer is taken out of its place meanwhile: an error whose text uses a circuit gets another one.
pub(super) fn written<T>(write: impl FnOnce(&mut FirstLine), read: impl FnOnce(&str) -> T) -> T {
    // A thread that is ending has no buffer any more.
    let mut line = LINE.try_with(Cell::take).unwrap_or_default();
    line.clear();
    write(&mut line);
    let answer = read(&line.line);
    let _ = LINE.try_with(|place| place.set(line));
    answer
}

/// What the last failure said, in a buffer that is reused.
#[derive(Debug, Default)]
pub(super) struct LastFailure {
    line: FirstLine,
    is_known: bool,
}

impl LastFailure {
    pub(super) const fn new() -> Self {
        Self { line: FirstLine::new(), is_known: false }
    }

    pub(super) fn set(&mut self, text: fmt::Arguments<'_>) {
        self.line.clear();
        self.line.display(text);
        self.is_known = true;
    }

    pub(super) fn clear(&mut self) {
        self.is_known = false;
    }

    pub(super) fn get(&self) -> Option<&str> {
        self.is_known.then_some(&self.line.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Code {
        Busy,
    }
    struct Opaque;

    fn line(write: impl FnOnce(&mut FirstLine)) -> String {
        written(write, str::to_owned)
    }

    #[test]
    fn an_error_that_cannot_be_written_is_cut_where_it_fails() {
        struct Unwritable;
        impl Display for Unwritable {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(line(|line| line.display(Unwritable)), "half");
    }

    #[test]
    #[expect(clippy::needless_borrow, reason = "an expansion does not know how many it needs")]
    fn an_error_is_written_by_display_or_debug_or_the_name_of_its_type() {
        assert_eq!(line(|line| (&&&Text(&"down")).__resilience_text(line)), "down");
        assert_eq!(line(|line| (&&&Text(&std::io::Error::other("disk"))).__resilience_text(line)), "disk");
        assert_eq!(line(|line| (&&&Text(&Code::Busy)).__resilience_text(line)), "Busy");
        assert!(line(|line| (&&&Text(&Opaque)).__resilience_text(line)).ends_with("Opaque"));
        let boxed: Box<dyn std::error::Error + Send + Sync> = "boxed".into();
        assert_eq!(line(|line| (&&&Text(&boxed)).__resilience_text(line)), "boxed");
    }

    #[test]
    fn only_the_first_line_is_kept() {
        assert_eq!(line(|line| line.debug(&format_args!("a\nb"))), "a");
        assert_eq!(line(|line| line.display("a\nb")), "a");
        assert_eq!(line(|line| line.debug("a \"b\"")), "a \\\"b\\\"");
        let in_parts = line(|line| {
            line.display("a");
            line.display("b\n");
            line.display("c");
        });
        assert_eq!(in_parts, "ab");
    }

    #[test]
    fn a_long_line_is_cut_between_two_characters() {
        for (text, expected) in [("x".repeat(600), 512), ("é".repeat(300), 512), ("€".repeat(300), 510)] {
            let cut = line(|line| line.display(&text));
            assert_eq!(cut.len(), expected);
            assert!(text.starts_with(&cut));
        }
        let twice = line(|line| {
            line.display("€".repeat(300));
            line.display("x");
        });
        assert_eq!(twice.len(), 510, "nothing is written behind a cut");
    }

    #[test]
    fn a_text_that_writes_another_one_meanwhile_stays_whole() {
        let outer = line(|outer| {
            outer.display("a");
            assert_eq!(line(|inner| inner.display("inner")), "inner");
            outer.display("b");
        });
        assert_eq!(outer, "ab");
    }

    #[test]
    fn a_last_failure_is_unknown_until_it_is_set_and_after_it_is_cleared() {
        let mut last = LastFailure::new();
        assert_eq!(last.get(), None);
        last.set(format_args!("first"));
        last.set(format_args!("second"));
        assert_eq!(last.get(), Some("second"));
        last.clear();
        assert_eq!(last.get(), None);
    }
}
