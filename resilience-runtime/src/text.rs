//! The text of an error or a value: its first line, at most [`MAX_TEXT`] bytes.
//!
//! An attribute cannot require a bound that some error types lack, so the compiler selects the method: in
//! `(&&&Text(&error)).__resilience_text(&mut line)`, the method that needs the fewest dereferences is called.

use std::cell::Cell;
use std::fmt::{self, Debug, Display, Write};
use std::time::Duration;

/// The maximum length of the text of an error or a value, in bytes.
///
/// 512: enough for a message with its context, and small enough for every circuit of a large set.
pub(crate) const MAX_TEXT: usize = 512;

/// An error or a value whose text is needed.
#[derive(Debug)]
pub struct Text<'a, E>(pub &'a E);

/// First choice: `Display`.
pub trait ByDisplay {
    /// Writes its `Display`.
    fn __resilience_text(&self, line: &mut FirstLine);

    /// The error as a value with a text.
    fn __resilience_display(&self) -> Option<&dyn Display>;
}

/// Second choice: `Debug`.
pub trait ByDebug {
    /// Writes its `Debug`.
    fn __resilience_text(&self, line: &mut FirstLine);

    /// The error as a value with a text.
    fn __resilience_display(&self) -> Option<&dyn Display>;
}

/// Last choice: the name of the type.
pub trait ByType {
    /// Writes the name of its type.
    fn __resilience_text(&self, line: &mut FirstLine);

    /// `None`: it has no text.
    fn __resilience_display(&self) -> Option<&dyn Display>;
}

impl<E: Display> ByDisplay for &&Text<'_, E> {
    fn __resilience_text(&self, line: &mut FirstLine) {
        line.display(self.0);
    }

    fn __resilience_display(&self) -> Option<&dyn Display> {
        Some(self.0)
    }
}

impl<E: Debug> ByDebug for &Text<'_, E> {
    fn __resilience_text(&self, line: &mut FirstLine) {
        line.debug(self.0);
    }

    fn __resilience_display(&self) -> Option<&dyn Display> {
        Some(*self)
    }
}

impl<E> ByType for Text<'_, E> {
    fn __resilience_text(&self, line: &mut FirstLine) {
        line.display(std::any::type_name::<E>());
    }

    fn __resilience_display(&self) -> Option<&dyn Display> {
        None
    }
}

/// For an error that only implements `Debug`.
impl<E: Debug> Display for Text<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A buffer that keeps the first line of the text written to it, up to 512 bytes.
///
/// Further writes fail, so that an error report does not render a backtrace in vain.
#[derive(Debug, Default)]
pub struct FirstLine {
    text: String,
    has_ended: bool,
}

impl FirstLine {
    const fn new() -> Self {
        Self { text: String::new(), has_ended: false }
    }

    /// If the `Display` of an error fails, the text written so far is kept: `to_string` would panic.
    pub(crate) fn display(&mut self, text: impl Display) {
        let _ = write!(self, "{text}");
        if self.has_ended && self.text.ends_with('\r') {
            self.text.pop();
        }
    }

    /// The text for a call that was dropped because it took longer than `limit`.
    pub(super) fn timed_out(&mut self, limit: Duration) {
        self.display(format_args!("timed out after {limit:?}"));
    }

    /// Only the first line is kept, because report types write a whole chain and a backtrace. Strings are unquoted.
    pub(crate) fn debug(&mut self, error: &(impl Debug + ?Sized)) {
        self.display(format_args!("{error:?}"));
        let Some(unquoted) = self.text.strip_prefix('"') else { return };
        let is_closed = unquoted.ends_with('"');
        // The closing quote is missing if it was cut off.
        if is_closed || self.text.len() == MAX_TEXT && !unquoted.contains('"') {
            self.text.truncate(self.text.len() - usize::from(is_closed));
            self.text.remove(0);
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.has_ended = false;
    }

    /// Replaces a `kept` text in the same memory.
    pub(crate) fn rewrite(kept: &mut Option<String>, write: impl FnOnce(&mut Self)) {
        let mut line = Self { text: kept.take().unwrap_or_default(), has_ended: false };
        line.text.clear();
        write(&mut line);
        *kept = Some(line.text);
    }

    /// Writes the part that belongs to the first line and fits, unless the line has already ended.
    #[cold]
    fn write_last(&mut self, more: &str) -> fmt::Result {
        if !self.has_ended {
            let line = more.split('\n').next().unwrap_or_default();
            self.text.push_str(prefix(line, MAX_TEXT - self.text.len()));
            self.has_ended = true;
        }
        Err(fmt::Error)
    }
}

impl Write for FirstLine {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.has_ended || more.len() > MAX_TEXT - self.text.len() || more.as_bytes().contains(&b'\n') {
            return self.write_last(more);
        }
        self.text.push_str(more);
        Ok(())
    }
}

/// The longest prefix of at most `most` bytes that ends at a character boundary.
pub(crate) fn prefix(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

thread_local! {
    /// Reused, so that a failure needs no allocation once the buffer has grown. Boxed, because it is taken out and
    /// put back.
    static LINE: Cell<Option<Box<FirstLine>>> = const { Cell::new(None) };
}

/// Writes a text to a buffer that the thread reuses, and passes it on.
#[inline]
pub(crate) fn written<T>(write: impl FnOnce(&mut FirstLine), read: impl FnOnce(&str) -> T) -> T {
    // Taken out during the write: an error whose text uses a circuit gets another buffer. A thread that is ending has
    // none.
    let mut line = LINE.try_with(Cell::take).ok().flatten().unwrap_or_default();
    line.clear();
    write(&mut line);
    let answer = read(&line.text);
    let _ = LINE.try_with(|kept| kept.set(Some(line)));
    answer
}

/// The text of the last failure, in a reused buffer.
#[derive(Debug, Default)]
pub(crate) struct LastFailure {
    line: FirstLine,
    is_known: bool,
}

impl LastFailure {
    pub(crate) const fn new() -> Self {
        Self { line: FirstLine::new(), is_known: false }
    }

    /// Sets a text that is already truncated.
    pub(crate) fn set(&mut self, text: &str) {
        self.line.clear();
        // Exact capacity, because every circuit keeps a text.
        self.line.text.reserve_exact(text.len());
        self.line.text.push_str(text);
        self.is_known = true;
    }

    /// Sets a text of the library.
    pub(crate) fn write(&mut self, text: fmt::Arguments<'_>) {
        self.line.clear();
        self.line.display(text);
        self.is_known = true;
    }

    pub(crate) fn clear(&mut self) {
        self.is_known = false;
    }

    pub(crate) fn get(&self) -> Option<&str> {
        self.is_known.then_some(&self.line.text)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

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

    /// Writes this number of lines, and counts the lines that were requested.
    struct Report<'a>(&'a Cell<u32>, u32);
    impl Display for Report<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for number in 0..self.1 {
                self.0.set(self.0.get() + 1);
                writeln!(f, "line {number}")?;
            }
            Ok(())
        }
    }
    impl Debug for Report<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            Display::fmt(self, f)
        }
    }

    #[test]
    fn a_text_is_cut_to_its_first_line_and_the_rest_is_not_rendered() {
        let rendered = Cell::new(0);
        let report = Report(&rendered, 1000);
        assert_eq!(line(|line| line.display(&report)), "line 0");
        assert_eq!(line(|line| line.debug(&report)), "line 0");
        assert_eq!(rendered.get(), 2);
        assert_eq!(line(|line| line.debug("a \"b\"")), "a \\\"b\\\"");
        assert_eq!(line(|line| line.display("a\r\nb")), "a");
        assert_eq!(line(|line| line.display("a\rb")), "a\rb");
        assert_eq!(line(|line| line.display("\nb")), "");
    }

    #[test]
    fn a_text_is_cut_to_512_bytes_between_two_characters() {
        for length in [511, 512, 513, 5000] {
            let text = "x".repeat(length);
            let cut = &text[..length.min(512)];
            assert_eq!(line(|line| line.display(&text)), cut);
            assert_eq!(line(|line| line.display(format_args!("{}{}", &text[..9], &text[9..]))), cut);
            assert_eq!(line(|line| line.debug(&*text)), text[..length.min(511)], "a quote has been cut off");
        }
        let text = format!("x{}", "é".repeat(300));
        assert_eq!(line(|line| line.display(&text)), text[..511]);
    }

    #[test]
    fn an_error_that_goes_on_after_its_text_is_full_is_cut_nevertheless() {
        struct Deaf;
        impl Display for Deaf {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for line in ["a", "b\n", "c"] {
                    let _ = f.write_str(line);
                }
                Ok(())
            }
        }
        assert_eq!(line(|line| line.display(Deaf)), "ab");
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
        last.write(format_args!("first"));
        last.set("second");
        assert_eq!(last.get(), Some("second"));
        last.clear();
        assert_eq!(last.get(), None);
    }
}
