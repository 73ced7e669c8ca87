use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

/// The wait that an HTTP response requests with its `Retry-After` header (feature `retry-after`).
///
/// A number of seconds, or a date. A date is relative to the response's own `Date`, because the clocks of the client and
/// the server may differ. A date in the past is a wait of zero, and a number that no `Duration` holds is
/// [`Duration::MAX`].
///
/// ```
/// use http::{HeaderMap, HeaderValue, header};
/// use std::time::Duration;
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(resilience::retry_after(&headers), None);
/// headers.insert(header::RETRY_AFTER, HeaderValue::from_static("120"));
/// assert_eq!(resilience::retry_after(&headers), Some(Duration::from_secs(120)));
///
/// headers.insert(header::DATE, HeaderValue::from_static("Wed, 21 Oct 2015 07:28:00 GMT"));
/// headers.insert(header::RETRY_AFTER, HeaderValue::from_static("Wed, 21 Oct 2015 07:28:30 GMT"));
/// assert_eq!(resilience::retry_after(&headers), Some(Duration::from_secs(30)));
/// ```
///
/// `None` if there is no such header, if it is neither, or if it is a date and the response has no valid `Date`.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers, &RETRY_AFTER)?;
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let sent = httpdate::parse_http_date(self::text(headers, &DATE)?).ok()?;
    Some(until.duration_since(sent).unwrap_or_default())
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(HeaderName, &'static str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
        retry_after(&headers.collect())
    }

    const SENT: (HeaderName, &str) = (DATE, "Wed, 21 Oct 2015 07:28:00 GMT");

    #[test]
    fn seconds_are_read_whatever_their_number() {
        let seconds = |text| of(&[(RETRY_AFTER, text)]);
        assert_eq!(seconds("0"), Some(Duration::ZERO));
        assert_eq!(seconds(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(seconds("18446744073709551615"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(seconds("18446744073709551616"), Some(Duration::MAX));
        for invalid in ["", "-1", "1.5", "+1", "soon", "1s"] {
            assert_eq!(seconds(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn a_date_is_relative_to_the_date_of_the_response() {
        let date = |text| of(&[SENT, (RETRY_AFTER, text)]);
        assert_eq!(date("Wed, 21 Oct 2015 07:29:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(date("Wed, 21 Oct 2015 07:27:00 GMT"), Some(Duration::ZERO), "it has passed");
        assert_eq!(of(&[(RETRY_AFTER, "Wed, 21 Oct 2015 07:29:30 GMT")]), None, "nothing to compare with");
        assert_eq!(of(&[(DATE, "today"), (RETRY_AFTER, "Wed, 21 Oct 2015 07:29:30 GMT")]), None);
    }
}
