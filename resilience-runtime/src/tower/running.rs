use std::fmt::Display;
use std::time::Duration;

use crate::attempts::RetryPolicy;
use crate::error::TimedOut;
use crate::retry::{RetryRun, TimedRetryRun};
use crate::site::PolicySite;
use crate::sleep::{RejectionHint, Wait};
use crate::telemetry::{SiteEntry, UnderWay};
use crate::time::{Instant, Nanos};

/// A running call of a retry, with a clock only if the policy has limits.
pub(super) enum RunningRetry {
    Untimed(RetryRun),
    Timed(TimedRetryRun),
}

/// The failure of an attempt.
#[derive(Clone, Copy)]
pub(super) struct Failure {
    /// The result is retried.
    pub(super) again: bool,
    /// The wait that the server requested.
    pub(super) hint: Option<Duration>,
    /// What inner circuits reported about the next call.
    pub(super) told: RejectionHint,
    /// The time of the attempt was up.
    pub(super) cut: bool,
}

macro_rules! both {
    ($running:expr, $run:ident => $call:expr) => {
        match $running {
            RunningRetry::Untimed($run) => $call,
            RunningRetry::Timed($run) => $call,
        }
    };
}

impl RunningRetry {
    /// The call begins.
    pub(super) fn begin(entry: &'static SiteEntry, site: &PolicySite<RetryPolicy>) -> Self {
        site.counts_a_call();
        // A replacement of the policy never adds a limit.
        let mut running = if site.policy.limits() == (Nanos::NEVER, Nanos::NEVER) {
            Self::Untimed(RetryRun::new())
        } else {
            Self::Timed(TimedRetryRun::new())
        };
        both!(&mut running, run => run.begin(entry, site));
        running
    }

    pub(super) fn under_way<F>(&self, attempt: F) -> UnderWay<F> {
        both!(self, run => run.under_way(attempt))
    }

    /// The end of the attempt that begins now, and the limit for inner circuits: zero for a total limit.
    pub(super) fn until(&self, site: &PolicySite<RetryPolicy>) -> (Option<Instant>, Nanos) {
        match self {
            Self::Untimed(_) => (None, Nanos::ZERO),
            Self::Timed(run) => run.attempt_ends(site),
        }
    }

    pub(super) fn succeeded(&mut self) {
        both!(self, run => run.succeeded());
    }

    pub(super) fn goes_on(&mut self) {
        both!(self, run => run.goes_on());
    }

    pub(super) fn failed(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        failure: Failure,
        error: &dyn Display,
    ) -> Option<Wait> {
        let Failure { again, hint, told, cut } = failure;
        let open = told.map(|(time_left, _)| time_left);
        match self {
            Self::Untimed(run) => run.failed_below(site, again, hint, open, Some(error)),
            Self::Timed(run) => run.failed_below(site, again, hint, open, cut, Some(error)).into_wait(),
        }
    }

    /// An inner circuit rejected the call, which is not an attempt.
    pub(super) fn refused(
        &mut self,
        site: &PolicySite<RetryPolicy>,
        time_left: Option<Duration>,
    ) -> Option<Wait> {
        both!(self, run => run.refused(site, time_left))
    }

    /// The call ends with the result of an attempt before the last.
    pub(super) fn returns(&mut self, site: &PolicySite<RetryPolicy>, error: &dyn Display) {
        both!(self, run => run.returns(site, Some(error)));
    }

    pub(super) fn timed_out(&self, site: &PolicySite<RetryPolicy>) -> Option<TimedOut> {
        match self {
            Self::Untimed(_) => None,
            Self::Timed(run) => Some(run.timed_out(site)),
        }
    }
}
