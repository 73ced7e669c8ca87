use crate::attribute::Attribute;
use crate::tables::Row;

/// The option of this name. It means the same in all attributes that have it.
pub(super) fn option(key: &str) -> Option<&'static Row> {
    Attribute::ALL.into_iter().find_map(|attribute| attribute.option(key))
}

/// How an option is written.
pub(super) fn example(key: &str) -> String {
    format!("write `{}`", option(key).map_or_else(|| format!("{key} = 15s"), Row::example))
}

/// The known word that is most similar to a misspelt one.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let mistakes = (word.len() / 3).clamp(1, 3);
    known
        .iter()
        .map(|known| (distance(word, known), *known))
        .filter(|(distance, _)| *distance <= mistakes)
        .min()
        .map(|(_, known)| known)
}

/// The Damerau distance between two words: insertions, deletions, substitutions and swapped neighbours.
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let substituted = row[j] + usize::from(a != b);
            let mut best = substituted.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && from[i - 1] == *b && *a == to[j - 1] {
                best = best.min(above[j - 1] + 1);
            }
            next.push(best);
        }
        above = row;
        row = next;
    }
    row[to.len()]
}

/// "`a`, `b` and `c`".
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_leads_to_the_word_that_was_meant() {
        let known = ["times", "until", "interval", "deadline", "on"];
        for (slip, meant) in [
            ("tmies", Some("times")),
            ("untli", Some("until")),
            ("intervall", Some("interval")),
            ("intreval", Some("interval")),
            ("dedline", Some("deadline")),
            ("no", Some("on")),
            ("frobnicate", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, &known), meant, "{slip}");
        }
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
