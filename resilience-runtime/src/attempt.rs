use std::time::Duration;

/// A failed attempt, as `on_error` is told of it.
///
/// ```
/// use resilience::retry;
/// use std::time::Duration;
///
/// let mut log = Vec::new();
/// let _ = retry(|| Err::<(), _>("busy"))
///     .times(2)
///     .interval(Duration::from_millis(1))
///     .on_error(|error, attempt| log.push((*error, attempt.number, attempt.wait)))
///     .call();
/// assert_eq!(log, [("busy", 1, Some(Duration::from_millis(1))), ("busy", 2, None)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Which attempt it was, from 1.
    pub number: u32,
    /// The time since the first attempt began.
    pub elapsed: Duration,
    /// The wait before the next attempt; `None` if this was the last.
    pub wait: Option<Duration>,
}
