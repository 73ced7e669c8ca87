/// How an option is written.
pub(super) fn example(key: &str) -> String {
    let text = match key {
        "on" | "giveup" | "ignore" => {
            return format!(
                "write `{key}(Error::Busy | Error::Timeout {{ .. }})`, or `{key} = |error| error.is_transient()`"
            );
        }
        "until" => return "write `until(Job::Done { .. })`, or `until = |value| value.is_done()`".into(),
        "alarm" => {
            return "write `alarm(Job::Failed { .. })`, or `alarm = |value| value.has_failed()`".into();
        }
        "times" | "max_tries" => return format!("write `{key} = 3` or `{key} = forever`"),
        "max_ignored" => "max_ignored = 3",
        "backoff" => "backoff = exponential(100ms, factor = 2, max = 10s)",
        "jitter" => "jitter = full",
        "timeout" => "timeout = 15s` or `timeout = forever",
        "retry_after" => "retry_after = |error| error.retry_after()",
        "on_error" => {
            "on_error = |error, attempt| log(error, attempt.number)`, or on a circuit `on_error = |error| log(error)"
        }
        "failure_threshold" | "min_calls" | "half_open_calls" | "success_threshold" | "max_keys" => {
            return format!("write `{key} = 5`");
        }
        "failure_rate" | "slow_rate" => return format!("write `{key} = 50%`"),
        "window" => "window = 100` for calls, or `window = 30s",
        "recovery_timeout" | "max_recovery_timeout" | "probe_timeout" | "within" => {
            return format!("write `{key} = 30s`");
        }
        "slow_call" => "slow_call = 2s",
        "call_timeout" => "call_timeout = 1s",
        "breaker" => "breaker = &self.breaker",
        "key" => "key = host",
        "config" => "config = CONFIG",
        "fallback" => "fallback = path::to::function",
        "on_open" => "on_open = |open| Error::from(open)",
        "clone" => "clone(a, b)",
        "policy" => "policy = POLICY",
        "name" => "name = \"db.fetch\"",
        "crate" => "crate = ::resilience",
        _ => return format!("write `{key} = 15s`"),
    };
    format!("write `{text}`")
}

/// The known word that a typing mistake leads to.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let mistakes = (word.len() / 3).clamp(1, 3);
    known
        .iter()
        .map(|known| (distance(word, known), *known))
        .filter(|(distance, _)| *distance <= mistakes)
        .min()
        .map(|(_, known)| known)
}

/// Damerau's: insertions, deletions, substitutions and swapped neighbours, from one word to the other.
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
