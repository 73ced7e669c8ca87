//! The text beside a file of mistakes.

use super::message::Message;

/// The number of errors, and the messages.
pub(super) fn write(messages: &[Message]) -> String {
    let errors = messages.iter().filter(|message| message.kind.starts_with("error")).count();
    let messages = messages.iter().map(|message| format!("\n{message}\n"));
    format!("errors: {errors}\n{}", messages.collect::<String>())
}

/// The blocks that only one of the two texts has.
pub(super) fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let blocks = |text: &str| text.trim_end().split("\n\n").map(str::to_owned).collect::<Vec<_>>();
    let (expected, mut actual) = (blocks(expected), blocks(actual));
    let mut difference = String::new();
    for block in expected {
        if let Some(at) = actual.iter().position(|it| *it == block) {
            actual.remove(at);
        } else {
            difference += &format!("expected: {block}\n");
        }
    }
    difference.extend(actual.iter().map(|block| format!("found:    {block}\n")));
    Some(difference)
}
