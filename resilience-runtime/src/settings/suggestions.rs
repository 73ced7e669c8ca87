/// The known name that is most similar to a misspelt one. Case and the separators `.`, `-` and `_` are ignored.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = folded(name);
    let mistakes = (name.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(&folded, &self::folded(known)), known))
        .filter(|(distance, _)| *distance <= mistakes)
        .min()
        .map(|(_, known)| known)
}

/// A name as in an environment variable: upper case, and `_` for everything but letters and digits.
pub(super) fn folded(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_name_is_found_across_case_and_separators() {
        let known = ["payments", "db.query", "report"];
        for (name, found) in [
            ("payment", Some("payments")),
            ("db_query", Some("db.query")),
            ("db.qurey", Some("db.query")),
            ("REPORT", Some("report")),
            ("frobnicate", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), found, "{name}");
        }
    }

    #[test]
    fn a_name_is_folded_as_in_an_environment_variable() {
        assert_eq!(folded("db.query-Fast 2"), "DB_QUERY_FAST_2");
    }
}
