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
        std::any::type_name::<E>().into()
    }
}

/// What an error that cannot be written has said until then: `to_string` would panic, and the error would be lost.
pub(super) fn written(text: fmt::Arguments<'_>) -> String {
    let mut written = String::new();
    let _ = written.write_fmt(text);
    written
}

/// The first line of an error's `Debug`: report types write a whole chain and a backtrace. A string is written without
/// its quotes.
pub(super) fn first_line(error: &(impl Debug + ?Sized)) -> String {
    let text = written(format_args!("{error:?}"));
    let line = text.lines().next().unwrap_or_default();
    let unquoted = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
    unquoted.unwrap_or(line).to_owned()
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
}
