use std::time::Duration;

/// When to poll again, as the poll function says. A new job, and [`notify`](crate::PollExecutor::notify), come before that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollNext {
    /// After the executor's interval.
    #[default]
    Default,
    /// After so long.
    After(Duration),
}
