//! The number of live nodes, as this node has seen it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A node lives for this time after its last beat.
pub(crate) const LIVE: Duration = Duration::from_secs(5);

/// The answers to the beats of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct LiveNodes(VecDeque<(Instant, u64)>);

impl LiveNodes {
    /// Notes the answer to a beat.
    pub(crate) fn note(&mut self, now: Instant, live: u64) {
        if let Some(&(at, before)) = self.0.back()
            && now.saturating_duration_since(at) > LIVE / 2
        {
            // After a silence, the node that beats first is not alone: the others beat again in this time.
            self.0.push_back((now, before));
        }
        self.0.push_back((now, live));
        while self.0.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) > LIVE) {
            self.0.pop_front();
        }
    }

    /// The number of other nodes that live: the most of the last seconds, so that a store that has forgotten its nodes
    /// makes nobody alone.
    pub(crate) fn others(&self) -> u64 {
        self.0.iter().map(|(_, live)| live.saturating_sub(1)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: &[(u64, u64)]) -> u64 {
        let (began, mut nodes) = (Instant::now(), LiveNodes::default());
        for (second, live) in seconds {
            nodes.note(began + Duration::from_secs(*second), *live);
        }
        nodes.others()
    }

    #[test]
    fn a_node_that_beats_first_after_a_silence_is_not_alone_for_some_seconds() {
        for silence in [3, 5, 6, 60, 3600] {
            assert_eq!(after(&[(0, 4), (1, 4), (1 + silence, 1)]), 3, "{silence} s");
            assert_eq!(after(&[(0, 4), (1 + silence, 1), (5 + silence, 1)]), 3, "{silence} s, 4 s ago");
        }
    }

    #[test]
    fn nodes_that_are_gone_are_forgotten_after_some_seconds_also_if_beats_are_slow() {
        assert_eq!(after(&[(0, 4), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1)]), 0);
        assert_eq!(after(&[(0, 4), (60, 1), (62, 1), (64, 1), (66, 1)]), 0);
        assert_eq!(after(&[(0, 4), (3, 1), (6, 1), (9, 1)]), 0);
        assert_eq!(after(&[]), 0);
    }
}
