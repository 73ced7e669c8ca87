//! The text of whatever error a function has: its `Display`, else its `Debug`, else the name of its type.
//!
//! An attribute cannot ask for a bound that some error type does not meet, so it lets the compiler choose: in
//! `(&&&Text(&error)).__resilience_text()`, the method that needs the fewest dereferences wins.

use std::fmt::{self, Debug, Display, Write as _};
use std::sync::Arc;

/// An error that is to be written.
#[derive(Debug)]
pub struct Text<'a, E: ?Sized>(pub &'a E);

/// First choice.
pub trait ByDisplay {
    /// What the error says.
    fn __resilience_text(&self) -> Arc<str>;
}

/// Second choice.
pub trait ByDebug {
    /// What the error looks like.
    fn __resilience_text(&self) -> Arc<str>;
}

/// Last choice.
pub trait ByType {
    /// What the error is.
    fn __resilience_text(&self) -> Arc<str>;
}

impl<E: Display + ?Sized> ByDisplay for &&Text<'_, E> {
    fn __resilience_text(&self) -> Arc<str> {
        written(format_args!("{}", self.0)).into()
    }
}

impl<E: Debug + ?Sized> ByDebug for &Text<'_, E> {
    fn __resilience_text(&self) -> Arc<str> {
        first_line(self.0).into()
    }
}

impl<E: ?Sized> ByType for Text<'_, E> {
    fn __resilience_text(&self) -> Arc<str> {
        prefix(std::any::type_name::<E>(), MAX_TEXT).into()
    }
}

/// The longest text that is kept of an error, in bytes.
///
/// 512: a message and its context fit, and every circuit of a large set can keep one.
pub(super) const MAX_TEXT: usize = 512;

/// The first line of a text, up to [`MAX_TEXT`] bytes.
///
/// Unlike with `to_string`, an error whose `Display` fails does not panic. It keeps what it has written.
pub(super) fn written(text: fmt::Arguments<'_>) -> String {
    let mut line = FirstLine::default();
    let _ = line.write_fmt(text);
    line.into_text()
}

/// The first line of an error's `Debug`: report types write a whole chain and a backtrace. A string is written without
/// its quotes.
pub(super) fn first_line(error: &(impl Debug + ?Sized)) -> String {
    let mut line = FirstLine::default();
    let _ = write!(line, "{error:?}");
    let full = line.text.len() == MAX_TEXT;
    let text = line.into_text();
    let Some(unquoted) = text.strip_prefix('"') else { return text };
    match unquoted.strip_suffix('"') {
        Some(unquoted) => unquoted.to_owned(),
        // The closing quote has been cut off.
        None if full && !unquoted.contains('"') => unquoted.to_owned(),
        None => text,
    }
}

/// Keeps a bounded first line. Afterwards it fails, so that a report does not go on to render a backtrace for nothing.
#[derive(Default)]
struct FirstLine {
    text: String,
    ended: bool,
}

impl FirstLine {
    fn into_text(mut self) -> String {
        if self.ended && self.text.ends_with('\r') {
            self.text.pop();
        }
        self.text
    }
}

impl fmt::Write for FirstLine {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.ended {
            return Err(fmt::Error);
        }
        let line = more.split('\n').next().unwrap_or_default();
        let fits = prefix(line, MAX_TEXT - self.text.len());
        self.text.push_str(fits);
        self.ended = fits.len() < more.len();
        if self.ended { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The longest prefix of at most `most` bytes that ends between two characters.
pub(super) fn prefix(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Code {
        Busy,
    }
    struct Opaque;

    #[test]
    fn an_error_that_cannot_be_written_is_cut_where_it_fails() {
        struct Unwritable;
        impl Display for Unwritable {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(written(format_args!("{Unwritable}")), "half");
    }

    #[test]
    #[expect(clippy::needless_borrow, reason = "an expansion does not know how many it needs")]
    fn an_error_is_written_as_well_as_it_can_be() {
        assert_eq!(&*(&&&Text(&"down")).__resilience_text(), "down");
        assert_eq!(&*(&&&Text(&std::io::Error::other("disk"))).__resilience_text(), "disk");
        assert_eq!(&*(&&&Text(&Code::Busy)).__resilience_text(), "Busy");
        assert!((&&&Text(&Opaque)).__resilience_text().ends_with("Opaque"));
        let boxed: Box<dyn std::error::Error + Send + Sync> = "boxed".into();
        assert_eq!(&*(&&&Text(&boxed)).__resilience_text(), "boxed");
    }

    #[test]
    fn a_debugged_error_is_cut_to_its_first_line() {
        assert_eq!(first_line(&format_args!("a\nb")), "a");
        assert_eq!(first_line("a \"b\""), "a \\\"b\\\"");
    }

    /// Writes so many lines, and counts those that were asked of it.
    struct Report<'a>(&'a std::cell::Cell<u32>, u32);
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
        let rendered = std::cell::Cell::new(0);
        let report = Report(&rendered, 1000);
        assert_eq!(written(format_args!("{report}")), "line 0");
        assert_eq!(first_line(&report), "line 0");
        assert_eq!(rendered.get(), 2);
        assert_eq!(written(format_args!("a\r\nb")), "a");
        assert_eq!(written(format_args!("a\rb")), "a\rb");
        assert_eq!(written(format_args!("\nb")), "");
    }

    #[test]
    fn a_text_is_cut_to_512_bytes_between_two_characters() {
        for length in [511, 512, 513, 5000] {
            let text = "x".repeat(length);
            assert_eq!(written(format_args!("{text}")), text[..length.min(512)]);
            assert_eq!(written(format_args!("{}{}", &text[..9], &text[9..])), text[..length.min(512)]);
            assert_eq!(first_line(&*text), text[..length.min(511)], "a quote has been cut off");
        }
        let text = format!("x{}", "é".repeat(300));
        assert_eq!(written(format_args!("{text}")), text[..511]);
        assert_eq!(written(format_args!("{}{}", "x".repeat(512), "y")), "x".repeat(512));
    }

    #[test]
    fn an_error_that_goes_on_after_its_text_is_full_is_cut_all_the_same() {
        struct Deaf;
        impl Display for Deaf {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for line in ["a", "b\n", "c"] {
                    let _ = f.write_str(line);
                }
                Ok(())
            }
        }
        assert_eq!(written(format_args!("{Deaf}")), "ab");
    }
}
