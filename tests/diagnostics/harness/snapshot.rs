//! The snapshot next to a file of mistakes.
//!
//! ```text
//! errors: 1
//!
//! error[E0631] 25:16+7
//! or error[E0277] 25:16+7
//!     expected a function ..
//! ```
//! The lines after `or` are the message of another version of the compiler at the same place.

use super::message::Message;

/// Between two forms of one message.
const OR: &str = "\nor ";

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Update {
    /// Messages that were not expected replace those that did not come.
    Overwrite,
    /// Messages that were not expected become further forms of those expected at the same place.
    Add,
}

#[derive(PartialEq)]
pub(super) struct Snapshot {
    errors: String,
    /// Each with its forms.
    messages: Vec<Vec<String>>,
}

impl Snapshot {
    pub(super) fn read(text: &str) -> Self {
        let mut blocks = text.trim_end().split("\n\n");
        let errors = blocks.next().unwrap_or_default().to_owned();
        Self { errors, messages: blocks.map(|block| block.split(OR).map(str::to_owned).collect()).collect() }
    }

    pub(super) fn of(messages: &[Message]) -> Self {
        let errors = messages.iter().filter(|message| message.kind.starts_with("error")).count();
        let messages = messages.iter().map(|message| vec![message.to_string()]).collect();
        Self { errors: format!("errors: {errors}"), messages }
    }

    pub(super) fn write(&self) -> String {
        let messages = self.messages.iter().map(|forms| format!("\n{}\n", forms.join(OR)));
        format!("{}\n{}", self.errors, messages.collect::<String>())
    }

    /// What only one of the two has.
    pub(super) fn difference(&self, found: &Self) -> String {
        let (missing, unexpected) = self.unmatched(found);
        let errors = [&self.errors, &found.errors];
        let errors = if errors[0] == errors[1] {
            String::new()
        } else {
            format!("expected {} found {}\n", errors[0], errors[1])
        };
        let missing = missing.iter().map(|at| format!("expected: {}\n", self.messages[*at].join(OR)));
        let unexpected = unexpected.iter().map(|at| format!("found:    {}\n", found.messages[*at].join(OR)));
        missing.chain(unexpected).fold(errors, |all, one| all + &one)
    }

    /// This snapshot, changed so that `found` is expected.
    pub(super) fn updated(&self, found: Self, update: Update) -> Self {
        let (missing, unexpected) = self.unmatched(&found);
        if update == Update::Add {
            let mut messages = self.messages.clone();
            let mut missing = missing;
            for at in unexpected {
                let forms = &found.messages[at];
                if let Some(same) = missing.iter().position(|it| place(&self.messages[*it]) == place(forms)) {
                    messages[missing.remove(same)].extend(forms.clone());
                }
            }
            return Self { errors: self.errors.clone(), messages };
        }
        let mut expected: Vec<_> = self.messages.iter().collect();
        let with_forms = found.messages.into_iter().map(|forms| {
            let known = expected.iter().position(|known| known.contains(&forms[0]));
            known.map_or(forms, |at| expected.remove(at).clone())
        });
        let messages = with_forms.collect();
        Self { errors: found.errors, messages }
    }

    /// The expected messages that were not found, and the found ones that were not expected.
    fn unmatched(&self, found: &Self) -> (Vec<usize>, Vec<usize>) {
        let mut missing: Vec<_> = (0..self.messages.len()).collect();
        let mut unexpected = Vec::new();
        for (at, forms) in found.messages.iter().enumerate() {
            match missing.iter().position(|it| self.messages[*it].contains(&forms[0])) {
                Some(known) => drop(missing.remove(known)),
                None => unexpected.push(at),
            }
        }
        (missing, unexpected)
    }
}

/// The line and the column.
fn place(forms: &[String]) -> Option<&str> {
    forms[0].split_whitespace().nth(1)?.split(['+', '.']).next()
}
