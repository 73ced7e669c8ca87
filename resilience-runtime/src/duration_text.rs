//! Durations as text, spelled as in the attributes: `15s`, `1.5s`, `2min`, `500ms`.

use std::fmt;

use crate::time::Nanos;

/// The reason why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DurationTextError<'t> {
    NoUnit(&'t str),
    UnknownUnit(&'t str),
    NotADuration(&'t str),
    TooFine(&'t str),
    TooLong(&'t str),
}

impl fmt::Display for DurationTextError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUnit(number) => {
                write!(
                    f,
                    "expected a duration with a unit, found `{number}`; write `{number}s` or `{number}ms`"
                )
            }
            Self::UnknownUnit(unit) => {
                write!(f, "unknown time unit `{unit}`; write `ns`, `us`, `ms`, `s`, `min` or `h`")
            }
            Self::NotADuration(text) => {
                write!(f, "expected a duration, found `{text}`; write `15s`, `1.5s`, `500ms` or `2min`")
            }
            Self::TooFine(text) => write!(f, "`{text}` is finer than a nanosecond"),
            Self::TooLong(text) => write!(f, "`{text}` is longer than 584 years; write `forever`"),
        }
    }
}

/// Reads a duration exactly. `forever` is [`Nanos::NEVER`].
pub(crate) fn parse(text: &str) -> Result<Nanos, DurationTextError<'_>> {
    if text == "forever" {
        return Ok(Nanos::NEVER);
    }
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(DurationTextError::NotADuration(text));
    }
    if unit.is_empty() {
        return Err(DurationTextError::NoUnit(number));
    }
    let scale = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ if unit.chars().all(char::is_alphabetic) => return Err(DurationTextError::UnknownUnit(unit)),
        _ => return Err(DurationTextError::NotADuration(text)),
    };
    let whole: u128 = whole.parse().map_err(|_| DurationTextError::TooLong(text))?;
    let nanos = whole.checked_mul(scale).ok_or(DurationTextError::TooLong(text))?;
    let nanos = nanos + part(fraction, scale).ok_or(DurationTextError::TooFine(text))?;
    match u64::try_from(nanos).map(Nanos::new) {
        Ok(nanos) if !nanos.is_never() => Ok(nanos),
        _ => Err(DurationTextError::TooLong(text)),
    }
}

/// The digits after the decimal point, times `scale`. `None` if that is not a whole number.
fn part(digits: &str, scale: u128) -> Option<u128> {
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let denominator = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let product = digits.parse::<u128>().ok()?.checked_mul(scale)?;
    (product % denominator == 0).then(|| product / denominator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_exactly_in_every_unit() {
        for (text, nanos) in [
            ("7ns", 7),
            ("1.5us", 1_500),
            ("500ms", 500_000_000),
            ("1.000000001s", 1_000_000_001),
            ("1.5s", 1_500_000_000),
            ("2min", 120_000_000_000),
            ("0.5h", 1_800_000_000_000),
            ("0s", 0),
            ("18446744073709551614ns", u64::MAX - 1),
        ] {
            assert_eq!(parse(text), Ok(Nanos::new(nanos)), "{text}");
        }
        assert_eq!(parse("forever"), Ok(Nanos::NEVER));
    }

    #[test]
    fn an_error_says_what_to_write() {
        for (text, error) in [
            ("100", "expected a duration with a unit, found `100`; write `100s` or `100ms`"),
            ("3m", "unknown time unit `m`; write `ns`, `us`, `ms`, `s`, `min` or `h`"),
            ("soon", "expected a duration, found `soon`; write `15s`, `1.5s`, `500ms` or `2min`"),
            ("", "expected a duration, found ``; write `15s`, `1.5s`, `500ms` or `2min`"),
            ("-1s", "expected a duration, found `-1s`; write `15s`, `1.5s`, `500ms` or `2min`"),
            ("1.s", "expected a duration, found `1.s`; write `15s`, `1.5s`, `500ms` or `2min`"),
            ("1.2.3s", "expected a duration, found `1.2.3s`; write `15s`, `1.5s`, `500ms` or `2min`"),
            ("1 s", "expected a duration, found `1 s`; write `15s`, `1.5s`, `500ms` or `2min`"),
            ("0.5ns", "`0.5ns` is finer than a nanosecond"),
            ("99999999999h", "`99999999999h` is longer than 584 years; write `forever`"),
            ("18446744073709551615ns", "`18446744073709551615ns` is longer than 584 years; write `forever`"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), error);
        }
    }

    proptest! {
        #[test]
        fn what_a_duration_prints_is_read_back(nanos in any::<u64>()) {
            let nanos = Nanos::new(nanos);
            prop_assert_eq!(parse(&format!("{nanos:?}")), Ok(nanos));
        }

        #[test]
        fn no_text_panics(text in ".{0,12}", digits in "[0-9.]{0,50}(ns|s|h|x)?") {
            let _ = (parse(&text), parse(&digits));
        }
    }
}
