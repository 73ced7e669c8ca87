//! Annotated functions: stacks of up to three layers. Their options are read when they are called.

use std::pin::Pin;

use resilience::{asyncbackoff, circuit, poll, retry};

use crate::plan::{FALLBACK, Kind};
use crate::run::{Error, Run};

pub(crate) type Async = for<'a> fn(&'a Run) -> Pin<Box<dyn Future<Output = Result<u8, Error>> + Send + 'a>>;
pub(crate) type Sync = fn(&Run) -> Result<u8, Error>;

/// One function for each list of kinds, and the table of them.
macro_rules! stacks {
    ($table:ident: $type:ty, $async:tt; $($name:ident: $($kind:ident)+;)+) => {
        pub(crate) const $table: &[(&[Kind], $type)] = &[$((&[$(Kind::$kind),+], stack!(@value $async $name))),+];
        $(stack!(@layer $async $name run [] [0 1 2] $($kind)+);)+
    };
}

macro_rules! stack {
    (@value async $name:ident) => { |run| Box::pin($name(run)) };
    (@value sync $name:ident) => { $name };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Retry $($below:ident)*) => {
        stack!(@layer $async $name $run [$($above)* #[retry(
            policy = $run.layer($at).retry(),
            on = |error| $run.on($at, error),
            on_error = |error, attempt| $run.told($at, error, attempt)
        )]] [$($next)*] $($below)*);
    };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Untimed $($below:ident)*) => {
        stack!(@layer $async $name $run [$($above)* #[retry(
            times = 3,
            interval = 2s,
            on = |error| $run.on($at, error)
        )]] [$($next)*] $($below)*);
    };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Backoff $($below:ident)*) => {
        stack!(@layer $async $name $run [$($above)* #[asyncbackoff(
            policy = $run.layer($at).retry(),
            on_error = |error, attempt| $run.told($at, error, attempt)
        )]] [$($next)*] $($below)*);
    };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Poll $($below:ident)*) => {
        stack!(@layer $async $name $run [$($above)* #[poll(
            policy = $run.layer($at).poll(),
            until = |value| $run.is_good($at, *value),
            ignore = |error| $run.ignores($at, error),
            on_error = |error, attempt| $run.told($at, error, attempt)
        )]] [$($next)*] $($below)*);
    };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Circuit $($below:ident)*) => {
        stack!(@circuit () $async $name $run [$($above)*] [$at $($next)*] $($below)*);
    };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Limited $($below:ident)*) => {
        stack!(@circuit (call_timeout = 3s,) $async $name $run [$($above)*] [$at $($next)*] $($below)*);
    };
    (@layer $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] Fallback $($below:ident)*) => {
        stack!(@circuit (fallback = |_| Ok(FALLBACK),) $async $name $run [$($above)*] [$at $($next)*] $($below)*);
    };
    (@circuit ($($option:tt)*) $async:tt $name:ident $run:ident [$($above:tt)*] [$at:tt $($next:tt)*] $($below:ident)*) => {
        stack!(@layer $async $name $run [$($above)* #[circuit(
            breaker = $run.breaker($at),
            $($option)*
            on = |error| $run.on($at, error),
            ignore = |error| $run.ignores($at, error),
            on_error = |error| $run.counted($at, error)
        )]] [$($next)*] $($below)*);
    };
    (@layer async $name:ident $run:ident [$($above:tt)*] [$($next:tt)*]) => {
        $($above)*
        async fn $name($run: &Run) -> Result<u8, Error> {
            $run.body_async().await
        }
    };
    (@layer sync $name:ident $run:ident [$($above:tt)*] [$($next:tt)*]) => {
        $($above)*
        fn $name($run: &Run) -> Result<u8, Error> {
            $run.body()
        }
    };
}

stacks! {
    ASYNC: Async, async;
    retry_circuit: Retry Circuit;
    untimed_circuit: Untimed Circuit;
    backoff_circuit: Backoff Circuit;
    poll_circuit: Poll Circuit;
    retry_limited: Retry Limited;
    backoff_limited: Backoff Limited;
    poll_limited: Poll Limited;
    retry_fallback: Retry Fallback;
    poll_fallback: Poll Fallback;
    circuit_retry: Circuit Retry;
    limited_poll: Limited Poll;
    limited_circuit: Limited Circuit;
    limited: Limited;
    retry_retry: Retry Retry;
    retry_poll_circuit: Retry Poll Circuit;
    poll_retry_circuit: Poll Retry Circuit;
    retry_retry_circuit: Retry Retry Circuit;
    poll_poll_circuit: Poll Poll Circuit;
    backoff_poll_circuit: Backoff Poll Circuit;
    backoff_untimed_circuit: Backoff Untimed Circuit;
    untimed_retry_circuit: Untimed Retry Circuit;
    untimed_poll_limited: Untimed Poll Limited;
    retry_poll_fallback: Retry Poll Fallback;
    poll_backoff_limited: Poll Backoff Limited;
    retry_backoff_limited: Retry Backoff Limited;
    retry_circuit_poll: Retry Circuit Poll;
    retry_circuit_retry: Retry Circuit Retry;
    poll_circuit_backoff: Poll Circuit Backoff;
    poll_limited_retry: Poll Limited Retry;
    untimed_limited_poll: Untimed Limited Poll;
    retry_fallback_poll: Retry Fallback Poll;
    retry_circuit_circuit: Retry Circuit Circuit;
    poll_circuit_circuit: Poll Circuit Circuit;
    backoff_circuit_circuit: Backoff Circuit Circuit;
    retry_limited_circuit: Retry Limited Circuit;
    untimed_limited_circuit: Untimed Limited Circuit;
    poll_limited_limited: Poll Limited Limited;
    retry_fallback_circuit: Retry Fallback Circuit;
    poll_fallback_circuit: Poll Fallback Circuit;
    retry_circuit_fallback: Retry Circuit Fallback;
    circuit_retry_circuit: Circuit Retry Circuit;
    circuit_poll_circuit: Circuit Poll Circuit;
    limited_retry_circuit: Limited Retry Circuit;
    limited_poll_fallback: Limited Poll Fallback;
    fallback_retry_circuit: Fallback Retry Circuit;
    circuit_retry_poll: Circuit Retry Poll;
    retry_retry_retry: Retry Retry Retry;
    poll_retry_poll: Poll Retry Poll;
}

stacks! {
    SYNC: Sync, sync;
    sync_retry_circuit: Retry Circuit;
    sync_untimed_circuit: Untimed Circuit;
    sync_poll_circuit: Poll Circuit;
    sync_poll_fallback: Poll Fallback;
    sync_circuit_poll: Circuit Poll;
    sync_retry_poll_circuit: Retry Poll Circuit;
    sync_poll_retry_circuit: Poll Retry Circuit;
    sync_retry_untimed_circuit: Retry Untimed Circuit;
    sync_untimed_poll_circuit: Untimed Poll Circuit;
    sync_retry_circuit_poll: Retry Circuit Poll;
    sync_retry_circuit_circuit: Retry Circuit Circuit;
    sync_poll_fallback_circuit: Poll Fallback Circuit;
    sync_retry_circuit_fallback: Retry Circuit Fallback;
    sync_circuit_retry_circuit: Circuit Retry Circuit;
}
