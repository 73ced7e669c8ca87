//! For each file of mistakes, the same code without them, which must compile and work.

mod attempt;
mod body;
mod cancel;
mod cancel_with;
mod circuit_calls;
mod circuit_conflict;
mod circuit_constant;
mod circuit_function;
mod circuit_given;
mod circuit_option;
mod constant;
mod control_flow;
mod control_flow_in_macro;
mod count;
mod duration;
mod edition_2015;
mod error_type;
mod function;
mod function_forms;
mod future;
mod half_written;
mod imports;
mod leaves;
mod lending;
mod limit;
mod lints;
mod meant;
mod one_liners;
mod option_value;
mod other_crates;
mod ownership;
mod pattern;
mod position;
mod predicate;
mod return_type;
mod runtime;
mod several;
mod stacks;
mod type_of_value;
mod unknown_option;
mod wait;

use resilience::{
    Alarm, Attempt, Backoff, CircuitBreaker, CircuitConfig, Jitter, PollPolicy, RetryPolicy, TimedOut,
};
use resilience::{asyncbackoff, asyncretry, circuit, circuits, poll, retry};
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use tokio::task::yield_now;

const SECOND: Duration = Duration::from_secs(1);
