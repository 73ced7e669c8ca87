use std::time::Duration;

/// When to poll again, as returned by the poll function. A new job and [`notify`](crate::PollExecutor::notify) cause an earlier poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollNext {
    /// After the `default_interval`.
    #[default]
    Default,
    /// After this delay.
    After(Duration),
}
