//! Functions and options produced by `macro_rules!`, fragment by fragment.

use std::time::Duration;

use resilience::{TimedOut, asyncbackoff, poll, retry};

use crate::flaky::{Flaky, Oops};

macro_rules! forward {
    ($(#[$meta:meta])* $visibility:vis async fn $name:ident($argument:ident: $type:ty) -> $result:ty $body:block) => {
        $(#[$meta])*
        $visibility async fn $name($argument: $type) -> $result $body
    };
    ($(#[$meta:meta])* $visibility:vis fn $name:ident($argument:ident: $type:ty) -> $result:ty $body:block) => {
        $(#[$meta])*
        $visibility fn $name($argument: $type) -> $result $body
    };
}

forward! {
    #[retry(interval = 0s)]
    pub(crate) fn forwarded(flaky: &Flaky) -> Result<u32, Oops> {
        flaky.ask()
    }
}

forward! {
    #[retry(interval = 0s)]
    async fn forwarded_async(flaky: &Flaky) -> Result<u32, Oops> {
        flaky.ask_async().await
    }
}

macro_rules! configured {
    ($wait:expr, $limit:literal, $times:expr, $jitter:expr, $backoff:expr, $name:literal, $runtime:path) => {
        #[retry(interval = $wait, times = $times, jitter = $jitter, name = $name, crate = $runtime)]
        fn by_fragments(flaky: &Flaky) -> Result<u32, Oops> {
            flaky.ask()
        }

        #[asyncbackoff($limit, max_tries = 1, backoff = $backoff)]
        async fn too_slow() -> Result<u32, TimedOut> {
            std::future::pending().await
        }
    };
}

configured!(10ms, 20ms, forever, 0.25, exponential(1ms, max = 2ms), "by fragments", ::resilience);

const NAME: &str = concat!("a ", "constant");

#[poll(until(2), name = NAME, timeout = 0s)]
fn named() -> Result<u32, TimedOut> {
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn what_a_macro_captured_is_read_as_it_was_written() {
    let _clock = resilience::testing::ManualClock::install();
    assert_eq!(forwarded(&Flaky::default()), Ok(3));
    assert_eq!(forwarded_async(&Flaky::default()).await, Ok(3));
    assert_eq!(by_fragments(&Flaky::default()), Ok(3));
    assert_eq!(named().expect_err("it is never 2").function(), NAME);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_a_macro_captured_cuts_the_attempt() {
    let timed_out = too_slow().await.expect_err("it never ends");
    assert_eq!(timed_out.elapsed(), Duration::from_millis(20));
}
