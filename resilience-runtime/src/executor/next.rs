use std::time::Duration;

/// When to poll again, as returned by the poll function. A new job and [`notify`](crate::PollExecutor::notify) cause an earlier poll.
/// ```
/// use resilience::PollNext;
/// use std::time::Duration;
///
/// fn next(busy: bool) -> PollNext {
///     if busy { PollNext::After(Duration::from_secs(60)) } else { PollNext::Default }
/// }
/// assert_eq!(next(false), PollNext::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollNext {
    /// After the `default_interval`.
    #[default]
    Default,
    /// After this delay.
    After(Duration),
}
