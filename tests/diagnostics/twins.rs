//! One module per file of mistakes, with the same things written right.

use resilience::{
    Alarm, Attempt, Backoff, CircuitBreaker, CircuitConfig, Jitter, PollPolicy, RetryPolicy, TimedOut,
};
use resilience::{asyncbackoff, asyncretry, circuit, circuits, poll, retry};
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use tokio::task::yield_now;

const SECOND: Duration = Duration::from_secs(1);

mod imports {
    #![deny(unused_imports)]

    use super::*;

    #[retry(times = 3)]
    #[poll(until(1))]
    fn spelt_above_another() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[test]
    fn the_imports_of_attributes_below_are_in_use() {
        assert_eq!(spelt_above_another(), Ok(1));
    }
}

mod one_liners {
    use super::*;

    async fn inner(n: u8) -> Result<u8, TimedOut> {
        yield_now().await;
        Ok(n)
    }

    #[rustfmt::skip]
    #[retry] async fn retried(n: u8) -> Result<u8, TimedOut> { inner(n).await }

    #[rustfmt::skip]
    #[poll(until(_))] #[retry] async fn stacked(n: u8) -> Result<u8, TimedOut> { inner(n).await }

    #[tokio::test]
    async fn braces_around_one_expression_are_not_called_unnecessary() {
        assert_eq!((retried(1).await, stacked(2).await), (Ok(1), Ok(2)));
    }
}

mod unknown_option {
    use super::*;

    #[retry(
        on(TimedOut { .. }),
        giveup = |e| e.attempts() > 9,
        times = 3,
        backoff = exponential(1ms),
        jitter = full,
        deadline = 10s,
        retry_after = |_| None,
        on_error = |_, _| {},
        clone(a),
        name = "every option",
        crate = ::resilience
    )]
    fn every_option_of_retry(a: u8) -> Result<u8, TimedOut> {
        Ok(a)
    }

    #[poll(
        until(2),
        timeout = 1s,
        interval = 1ms,
        jitter = none,
        times = 20,
        alarm(3),
        ignore(_),
        max_ignored = 5,
        hold_for = 0s,
        on_error = |_, _| {},
        clone(a),
        name = "every option",
        crate = resilience
    )]
    fn every_option_of_poll(a: u8) -> io::Result<u8> {
        Ok(a)
    }

    #[asyncbackoff(
        attempt_timeout = 100ms,
        deadline = 1s,
        pause = 1ms,
        on(_),
        giveup = |_| false,
        max_tries = 3,
        jitter = 25%,
        retry_after = |_| None,
        on_error = |_, _| {},
        clone(a),
        name = "every option",
        crate = ::resilience
    )]
    async fn every_option_of_asyncbackoff(a: u8) -> Result<u8, TimedOut> {
        Ok(a)
    }

    #[asyncretry(
        max_tries = 5,
        on(_),
        giveup = |_| false,
        backoff = linear(1ms, max = 5ms),
        jitter = equal,
        retry_after = |_| None,
        on_error = |_, _| {},
        clone(a),
        name = "every option",
        crate = ::resilience
    )]
    async fn every_option_of_asyncretry(a: u8) -> Result<u8, TimedOut> {
        Ok(a)
    }

    #[tokio::test]
    async fn every_known_option_is_taken() {
        assert_eq!((every_option_of_retry(1), every_option_of_poll(2).unwrap()), (Ok(1), 2));
        assert_eq!(
            (every_option_of_asyncbackoff(3).await, every_option_of_asyncretry(4).await),
            (Ok(3), Ok(4))
        );
    }
}

mod option_value {
    use super::*;

    #[retry()]
    fn no_options() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[retry(times = 3, interval = 1s,)]
    fn a_comma_at_the_end() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[rustfmt::skip]
    #[retry(
        /// Three is enough.
        times = 3,
        // So is a second.
        interval = 1s, /* yes */
        /// And that is all.
    )]
    fn comments_among_the_options() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[retry(r#on(1 | 2), r#times = 2)]
    fn raw_keys() -> Result<u8, u8> {
        Ok(1)
    }

    #[retry(clone(r#type, r#fn))]
    fn r#match(r#type: String, mut r#fn: Vec<u8>) -> Result<usize, TimedOut> {
        r#fn.push(1);
        Ok(drop_all(r#type) + r#fn.len())
    }

    fn drop_all(text: String) -> usize {
        text.into_bytes().len()
    }

    #[retry(on(e if e.attempts() > 1))]
    fn a_guard() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[retry(on(|1 | 2))]
    fn a_leading_bar() -> Result<u8, u8> {
        Ok(1)
    }

    #[retry(on(seen @ 1..=9 if *seen > 3))]
    fn a_binding_with_a_pattern() -> Result<u8, u8> {
        Ok(1)
    }

    #[retry(policy = RetryPolicy::new().times(tries).interval(Duration::ZERO))]
    fn what_varies(tries: u32) -> Result<u32, u32> {
        Err(tries)
    }

    struct Settings {
        tries: u32,
    }

    impl Settings {
        #[asyncbackoff(policy = RetryPolicy::new().times(self.tries))]
        async fn of_its_own(&self) -> Result<u32, TimedOut> {
            Ok(self.tries)
        }
    }

    /// A constant and an argument may share a word, where one of them is a field, a method or a path.
    #[retry(times = limits::times(), interval = limits::LIMITS.interval)]
    fn words_that_are_no_variables(times: u32, interval: u32) -> Result<u32, TimedOut> {
        Ok(times + interval)
    }

    mod limits {
        use super::Duration;

        pub(super) struct Limits {
            pub(super) interval: Duration,
        }
        pub(super) const LIMITS: Limits = Limits { interval: super::SECOND };
        pub(super) const fn times() -> u32 {
            3
        }
    }

    #[tokio::test]
    async fn values_are_read_in_every_form() {
        assert_eq!((no_options(), a_comma_at_the_end(), comments_among_the_options()), (Ok(1), Ok(1), Ok(1)));
        assert_eq!((raw_keys(), a_leading_bar(), a_binding_with_a_pattern()), (Ok(1), Ok(1), Ok(1)));
        assert_eq!((a_guard(), r#match("one".into(), vec![1])), (Ok(1), Ok(5)));
        assert_eq!((what_varies(2), words_that_are_no_variables(1, 2)), (Err(2), Ok(3)));
        assert_eq!(Settings { tries: 3 }.of_its_own().await, Ok(3));
    }
}

mod duration {
    use super::*;

    const HALF: Duration = Duration::from_millis(500);

    #[retry(interval = 1.5s, deadline = 2min)]
    fn literals() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[poll(until(2), timeout = forever, interval = 100us, hold_for = 0ns)]
    fn more_literals() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[asyncbackoff(HALF, SECOND, Duration::ZERO)]
    async fn constants() -> Result<u8, TimedOut> {
        Ok(3)
    }

    #[asyncretry(5, pause = Duration::from_millis(2 * 5))]
    async fn an_expression() -> Result<u8, TimedOut> {
        Ok(4)
    }

    #[retry(interval = const { if cfg!(test) { HALF } else { SECOND } })]
    fn a_block() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[tokio::test]
    async fn durations_have_units_or_are_constants() {
        assert_eq!((literals(), more_literals(), a_block()), (Ok(1), Ok(2), Ok(1)));
        assert_eq!((constants().await, an_expression().await), (Ok(3), Ok(4)));
    }
}

mod count {
    use super::*;

    const MANY: u32 = 7;

    #[retry(times = 1)]
    fn once() -> Result<u8, u8> {
        Err(1)
    }

    #[retry(times = MANY, interval = 0s)]
    fn many() -> Result<u8, u8> {
        Err(7)
    }

    #[asyncretry(forever)]
    async fn without_end() -> Result<u8, u8> {
        Ok(4)
    }

    #[poll(until(2), timeout = 0s, ignore(_), max_ignored = forever, times = forever)]
    fn bounded_by_time_alone() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[tokio::test]
    async fn counts_are_whole_numbers() {
        assert_eq!((once(), many(), without_end().await), (Err(1), Err(7), Ok(4)));
        assert_eq!(bounded_by_time_alone().unwrap_err().attempts(), 1);
    }
}

mod wait {
    use super::*;

    const PATIENT: Backoff = Backoff::fibonacci(SECOND);

    const fn patient() -> Backoff {
        PATIENT
    }

    #[retry(backoff = exponential(100ms, factor = 1.5, max = 10s), jitter = 25%)]
    fn spelt_out() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[poll(until(2), backoff = PATIENT, jitter = 0.5)]
    fn a_constant() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[asyncbackoff(1s, backoff = patient(), jitter = Jitter::Full)]
    async fn a_constant_function() -> Result<u8, TimedOut> {
        Ok(3)
    }

    #[asyncretry(5, backoff = exponential(100ms), jitter = decorrelated)]
    async fn smoothed() -> Result<u8, TimedOut> {
        Ok(4)
    }

    #[tokio::test]
    async fn waits_are_said_once() {
        assert_eq!((spelt_out(), a_constant()), (Ok(1), Ok(2)));
        assert_eq!((a_constant_function().await, smoothed().await), (Ok(3), Ok(4)));
    }
}

mod lending {
    use std::io;

    use resilience::{CircuitOpen, asyncretry, circuit, poll, retry};

    #[derive(Default)]
    struct Rows {
        rows: Vec<u8>,
        read: u32,
    }

    #[derive(Debug)]
    struct Rejected;

    impl From<CircuitOpen> for Rejected {
        fn from(_: CircuitOpen) -> Self {
            Self
        }
    }

    impl Rows {
        #[circuit]
        fn first(&mut self) -> Result<&mut u8, Rejected> {
            self.read += 1;
            Ok(&mut self.rows[0])
        }

        #[circuit]
        async fn first_asynchronously(&mut self) -> Result<&mut u8, Rejected> {
            self.read += 1;
            Ok(&mut self.rows[0])
        }

        #[asyncretry(3)]
        async fn of_another_lifetime<'a>(&mut self, other: &'a [u8]) -> Result<Option<&'a u8>, Rejected> {
            self.read += 1;
            Ok(other.first())
        }

        #[retry]
        fn an_index(&mut self) -> Result<usize, Rejected> {
            self.read += 1;
            Ok(self.rows.len() - 1)
        }

        #[poll(until(_))]
        fn what_is_not_changed(&mut self) -> io::Result<(&u8, &'static mut [u8])> {
            self.read += 1;
            Ok((&self.rows[0], &mut []))
        }
    }

    #[tokio::test]
    async fn a_body_that_runs_once_may_lend_and_others_return_what_leads_there() {
        let mut rows = Rows { rows: vec![1], ..Rows::default() };
        *rows.first().unwrap() += 1;
        *rows.first_asynchronously().await.unwrap() += 1;
        assert_eq!(rows.of_another_lifetime(&[7]).await.unwrap(), Some(&7));
        let index = rows.an_index().unwrap();
        assert_eq!(rows.what_is_not_changed().unwrap().0, &3);
        assert_eq!((rows.rows[index], rows.read), (3, 5));
    }
}

mod limit {
    use super::*;

    const RETRY: RetryPolicy = RetryPolicy::new().deadline(SECOND);
    const POLL: PollPolicy = PollPolicy::new().timeout(SECOND);

    #[retry(attempt_timeout = 1s, deadline = 1s)]
    async fn as_long_as_everything() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[poll(until(2), timeout = 0s, initial_delay = 0s)]
    fn no_delay() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[poll(until(2), timeout = 1min, hold_for = 0s, attempt_timeout = 1min)]
    async fn as_long_as_the_poll() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[poll(until(2), attempt_timeout = 20s)]
    async fn longer_than_the_default() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[retry(policy = RETRY)]
    fn by_policy() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[poll(until(2), policy = &POLL)]
    fn by_reference() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[tokio::test]
    async fn limits_can_be_reached() {
        assert_eq!((as_long_as_everything().await, as_long_as_the_poll().await), (Ok(1), Ok(2)));
        assert_eq!((by_policy(), by_reference()), (Ok(1), Ok(2)));
        assert_eq!((longer_than_the_default().await, no_delay()), (Ok(2), Ok(2)));
    }
}

mod function {
    use super::*;

    trait Fetch {
        #[retry]
        fn fetch(&self) -> Result<u8, TimedOut> {
            Ok(1)
        }
        fn look(&self) -> Result<u8, TimedOut>;
    }

    struct Nothing;

    impl Fetch for Nothing {
        #[poll(until(2))]
        fn look(&self) -> Result<u8, TimedOut> {
            Ok(2)
        }
    }

    #[retry(clone(n))]
    fn counting(mut n: u8) -> Result<u8, TimedOut> {
        n += 1;
        Ok(n)
    }

    #[poll(until = |sum| *sum > 1)]
    fn in_a_pattern((n, m): (u8, u8)) -> Result<u8, TimedOut> {
        let mut n = n;
        n += m;
        Ok(n)
    }

    #[poll(until(2))]
    #[retry]
    #[inline]
    fn with_others_below() -> Result<u8, TimedOut> {
        #![allow(unused_variables)]
        let unused = 3;
        Ok(2)
    }

    #[test]
    fn whatever_has_a_body_can_be_called_again() {
        assert_eq!((Nothing.fetch(), Nothing.look()), (Ok(1), Ok(2)));
        assert_eq!((counting(1), in_a_pattern((1, 2)), with_others_below()), (Ok(2), Ok(3), Ok(2)));
    }
}

mod pattern {
    use resilience::{CircuitOpen, TimedOut, circuit, poll, retry};

    #[derive(Debug, PartialEq)]
    enum Oops {
        Busy,
        Down(u8),
    }

    impl From<CircuitOpen> for Oops {
        fn from(_: CircuitOpen) -> Self {
            Self::Busy
        }
    }

    use Oops::Busy;

    const MAXIMUM: u8 = 9;

    #[retry(on(Busy))]
    fn imported() -> Result<u8, Oops> {
        Ok(1)
    }

    #[circuit(ignore(Busy | Oops::Down(MAXIMUM)))]
    fn among_others() -> Result<u8, Oops> {
        Ok(2)
    }

    const DONE: u8 = 3;

    #[poll(until(Some(DONE)))]
    fn inside_of_another() -> Result<Option<u8>, TimedOut> {
        Ok(Some(3))
    }

    #[retry(on(Oops::Down(maximum) if *maximum > MAXIMUM))]
    fn with_a_guard() -> Result<u8, Oops> {
        Err(Oops::Down(4))
    }

    const TEXT: &str = "text";

    #[retry(on("busy" | TEXT))]
    fn of_the_same_type() -> Result<u8, &'static str> {
        Ok(5)
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Like(u8);

    const LIKE: Like = Like(6);

    #[poll(until(LIKE))]
    fn of_a_type_with_equality() -> Result<Like, TimedOut> {
        Ok(Like(6))
    }

    #[test]
    fn names_in_patterns_are_those_of_constants() {
        assert_eq!((imported(), among_others(), with_a_guard()), (Ok(1), Ok(2), Err(Oops::Down(4))));
        assert_eq!((inside_of_another().unwrap(), of_the_same_type()), (Some(3), Ok(5)));
        assert_eq!(of_a_type_with_equality().unwrap(), LIKE);
    }
}

mod position {
    use super::*;

    #[asyncbackoff(_, 2s, _, max_tries = 3)]
    async fn two_left_out() -> Result<u8, TimedOut> {
        Ok(3)
    }

    #[asyncbackoff(1s, 2s, 100ms, on(_))]
    async fn three() -> Result<u8, TimedOut> {
        Ok(3)
    }

    #[asyncretry(forever)]
    async fn without_end() -> Result<u8, TimedOut> {
        Ok(4)
    }

    #[tokio::test]
    async fn values_are_given_by_position() {
        assert_eq!((two_left_out().await, three().await, without_end().await), (Ok(3), Ok(3), Ok(4)));
    }
}

mod several {
    use super::*;

    #[retry(times = 2, interval = 5ms, jitter = 50%, on(_))]
    fn all_right() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[test]
    fn several_options_stand_side_by_side() {
        assert_eq!(all_right(), Ok(1));
    }
}

mod constant {
    use super::*;

    const TRIES: u32 = 3;
    const HALF: f64 = 0.5;

    #[retry(
        times = TRIES,
        backoff = exponential(SECOND, factor = HALF + 1.0, max = SECOND),
        jitter = Jitter::Ratio(HALF),
        deadline = SECOND,
        attempt_timeout = SECOND
    )]
    async fn in_range() -> Result<u8, TimedOut> {
        Ok(1)
    }

    struct Tries<const N: u32>;

    #[expect(clippy::unused_self, reason = "the receiver brings the parameter")]
    impl<const N: u32> Tries<N> {
        #[retry(times = N)]
        fn of_the_impl(&self) -> Result<u32, TimedOut> {
            Ok(N)
        }
    }

    #[poll(until = |n| *n == N, times = N)]
    fn of_the_function<const N: u32>() -> Result<u32, TimedOut> {
        Ok(N)
    }

    #[tokio::test]
    async fn constants_in_range_are_taken() {
        assert_eq!(
            (in_range().await, Tries::<2>.of_the_impl(), of_the_function::<3>()),
            (Ok(1), Ok(2), Ok(3))
        );
    }
}

mod type_of_value {
    use super::*;

    enum Error {
        Busy,
        Gone,
    }

    #[retry(on(Error::Busy), interval = 0s)]
    fn a_pattern_of_the_error(first: bool) -> Result<u8, Error> {
        Err(if first { Error::Busy } else { Error::Gone })
    }

    #[poll(until(&"done"))]
    fn a_pattern_of_the_value() -> Result<&'static str, TimedOut> {
        Ok("done")
    }

    #[test]
    fn values_have_the_type_that_is_asked_for() {
        assert!(matches!(a_pattern_of_the_error(true), Err(Error::Busy)));
        assert!(matches!(a_pattern_of_the_error(false), Err(Error::Gone)));
        assert_eq!(a_pattern_of_the_value(), Ok("done"));
    }
}

mod predicate {
    use super::*;

    struct Page {
        length: usize,
    }

    fn is_even(page: &Page) -> bool {
        page.length % 2 == 0
    }

    fn tell(_: &TimedOut, _: &Attempt) {}

    #[poll(until = is_even, on_error = tell)]
    fn by_reference() -> Result<Page, TimedOut> {
        Ok(Page { length: 2 })
    }

    #[retry(on = TimedOut::is_short, retry_after = |_| Some(SECOND), on_error = |_, _| {})]
    fn a_method() -> Result<u8, TimedOut> {
        Ok(1)
    }

    trait Short {
        fn is_short(&self) -> bool;
    }

    impl Short for TimedOut {
        fn is_short(&self) -> bool {
            self.attempts() < 3
        }
    }

    #[test]
    fn predicates_are_paths_and_closures() {
        assert_eq!((by_reference().map(|page| page.length), a_method()), (Ok(2), Ok(1)));
    }
}

mod return_type {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Roomy {
        Late(TimedOut),
        Rang(Alarm<u8>),
    }

    impl From<TimedOut> for Roomy {
        fn from(timed_out: TimedOut) -> Self {
            Self::Late(timed_out)
        }
    }

    impl From<Alarm<u8>> for Roomy {
        fn from(alarm: Alarm<u8>) -> Self {
            Self::Rang(alarm)
        }
    }

    type Outcome<T> = Result<T, Roomy>;

    #[poll(until(2), alarm(3), times = 1)]
    fn room_for_all(n: u8) -> Outcome<u8> {
        Ok(n)
    }

    #[derive(Debug, PartialEq)]
    enum Narrow {
        Busy,
    }

    /// Without a time limit, nothing but the function's own errors has to be held.
    #[retry(times = 1)]
    async fn no_need_for_room() -> Result<u8, Narrow> {
        Err(Narrow::Busy)
    }

    #[tokio::test]
    async fn results_of_every_name_are_taken() {
        assert_eq!(room_for_all(2), Ok(2));
        assert!(matches!(room_for_all(3), Err(Roomy::Rang(_))));
        assert!(matches!(room_for_all(4), Err(Roomy::Late(_))));
        assert_eq!(no_need_for_room().await, Err(Narrow::Busy));
    }
}

mod lints {
    #![deny(unused_variables, unused_mut, unused_must_use, dead_code, unreachable_code, unused_assignments)]

    use super::*;

    #[retry(clone(text))]
    fn cloned_and_changed(mut text: String) -> Result<String, TimedOut> {
        text.push('a');
        Ok(text)
    }

    #[circuit]
    #[asyncretry(2, clone(text))]
    async fn cloned_and_changed_in_time(mut text: String) -> Result<String, resilience::CircuitOpen> {
        yield_now().await;
        text.push('a');
        Ok(text)
    }

    #[tokio::test]
    async fn what_is_used_and_changed_is_not_called_unused() {
        assert_eq!(cloned_and_changed(String::new()), Ok("a".to_owned()));
        assert_eq!(cloned_and_changed_in_time(String::new()).await.ok().as_deref(), Some("a"));
    }
}

mod body {
    use super::*;

    #[asyncbackoff(1s)]
    async fn converted() -> Result<u8, Box<dyn StdError + Send + Sync>> {
        Ok("3".parse()?)
    }

    #[retry]
    fn early(n: u8) -> Result<u8, TimedOut> {
        if n > 1 {
            return Ok(1);
        }
        Ok(n)
    }

    // The user's own braces are not superfluous, on one line either.
    #[rustfmt::skip]
    #[retry]
    async fn of_one_line() -> Result<u8, TimedOut> { Ok(1) }

    #[rustfmt::skip]
    #[retry]
    fn of_one_sync_line() -> Result<u8, TimedOut> { Ok(1) }

    #[tokio::test]
    async fn question_marks_and_early_returns_end_the_attempt() {
        assert_eq!((converted().await.unwrap(), early(2)), (3, Ok(1)));
        assert_eq!((of_one_line().await, of_one_sync_line()), (Ok(1), Ok(1)));
    }
}

mod ownership {
    use super::*;

    #[derive(Clone)]
    struct Query(String);

    fn send(query: Query) -> usize {
        query.0.into_bytes().len()
    }

    #[retry(clone(query))]
    fn cloned(query: Query) -> Result<usize, TimedOut> {
        Ok(send(query))
    }

    #[poll(until(6), clone(query))]
    async fn cloned_asynchronously(query: Query) -> Result<usize, TimedOut> {
        Ok(send(query))
    }

    #[asyncbackoff(1s, 2s)]
    async fn borrowed(query: &Query) -> Result<usize, TimedOut> {
        Ok(send(query.clone()))
    }

    #[tokio::test]
    async fn each_attempt_gets_its_own() {
        let query = Query("select".into());
        assert_eq!((cloned(query.clone()), borrowed(&query).await), (Ok(6), Ok(6)));
        assert_eq!(cloned_asynchronously(query).await, Ok(6));
    }
}

mod other_crates {
    use super::*;
    use resilience::retry as again;
    use tracing::instrument as traced;

    mod theirs {
        pub(super) use tracing::instrument as circuit;
    }

    #[poll(until(2))]
    #[traced]
    fn imported() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[theirs::circuit(skip_all)]
    #[poll(until(2))]
    #[again]
    async fn by_path() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[theirs::circuit(skip_all)]
    #[again(times = 3)]
    #[traced]
    #[poll(until(2), timeout = 3s)]
    fn with_other_options() -> Result<u8, TimedOut> {
        Ok(2)
    }

    struct Client(u8);

    impl Client {
        #[theirs::circuit(skip_all)]
        #[again]
        fn method(&self) -> Result<u8, TimedOut> {
            Ok(self.0)
        }
    }

    #[again]
    #[asyncretry(2)]
    async fn imported_from_this_crate() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[tokio::test]
    async fn other_crates_attributes_stand_above_or_have_other_names() {
        assert_eq!((imported(), by_path().await), (Ok(2), Ok(2)));
        assert_eq!(imported_from_this_crate().await, Ok(2));
        assert_eq!((with_other_options(), Client(2).method()), (Ok(2), Ok(2)));
    }
}

/// `matrix/pass/paths.rs` is compiled in that edition.
mod edition_2015 {
    use super::*;
    use resilience::retry as again;
    use tracing::instrument;

    #[retry(times = 1, interval = 5s)]
    fn alone() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[again(times = 1, clone(number))]
    #[instrument]
    #[poll(until(2), timeout = 3s, clone(number))]
    fn stacked(mut number: u8) -> Result<u8, TimedOut> {
        number += 1;
        Ok(number)
    }

    #[test]
    fn the_same_is_taken_in_every_edition() {
        assert_eq!((alone(), stacked(1)), (Ok(1), Ok(2)));
    }
}

mod stacks {
    use super::*;
    use resilience::{circuit as guarded, retry as again};
    use tracing::instrument;

    #[retry(times = 1)]
    #[poll(until(2), clone(number))]
    #[circuit(failure_threshold = 3, on_open = |open| panic!("{open}"))]
    fn by_name(mut number: u8) -> Result<u8, TimedOut> {
        number += 1;
        Ok(number)
    }

    #[again(times = 1)]
    #[poll(until(2), timeout = 3s)]
    #[guarded(failure_threshold = 3, on_open = |open| panic!("{open}"))]
    fn renamed() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[retry(times = 1)]
    #[instrument]
    #[guarded(failure_threshold = 3, on_open = |open| panic!("{open}"))]
    #[poll(until(2), timeout = 3s, clone(number))]
    async fn with_others_between(mut number: u8) -> Result<u8, TimedOut> {
        number += 1;
        Ok(number)
    }

    #[again]
    #[poll(until(2))]
    fn with_parentheses() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[tokio::test]
    async fn layers_may_have_any_names() {
        assert_eq!((by_name(1), renamed()), (Ok(2), Ok(2)));
        assert_eq!((with_others_between(1).await, with_parentheses()), (Ok(2), Ok(2)));
    }
}

mod half_written {
    use super::*;

    #[retry]
    fn a_body_with_a_macro_of_its_own() -> Result<u8, TimedOut> {
        macro_rules! one {
            ($($anything:tt)*) => {
                1
            };
        }
        Ok(one!(let x = ; fn @ |))
    }

    #[test]
    fn the_body_is_not_ours_to_understand() {
        assert_eq!(a_body_with_a_macro_of_its_own(), Ok(1));
    }
}

mod circuit_option {
    use super::*;

    fn spare(a: u8) -> io::Result<u8> {
        a.checked_add(1).ok_or_else(|| io::Error::other("too much"))
    }

    #[circuit(
        name = "every option",
        failure_threshold = 3,
        within = 1min,
        slow_call = 2s,
        recovery_timeout = 10s,
        max_recovery_timeout = 5min,
        half_open_calls = 2,
        success_threshold = 3,
        probe_timeout = 5s,
        on = |e| e.kind() != io::ErrorKind::NotFound,
        ignore(_),
        fallback = spare,
        crate = ::resilience
    )]
    fn every_option_of_a_count(a: u8) -> io::Result<u8> {
        Ok(a)
    }

    #[circuit(
        key = a,
        max_keys = 8,
        config = CircuitConfig::new(),
        failure_rate = 0.5,
        window = 100,
        min_calls = 10,
        slow_call = 2s,
        slow_rate = 80%,
        on_open = io::Error::other,
        crate = resilience
    )]
    async fn every_option_of_a_rate(a: u8) -> io::Result<u8> {
        Ok(a)
    }

    const NAME: &str = "a name that is a constant";

    #[circuit(name = NAME, failure_rate = 100%, window = 30s)]
    fn a_name_and_a_window_of_time() -> io::Result<u8> {
        Ok(3)
    }

    #[circuit(recovery_timeout = Duration::MAX, half_open_calls = 1u32)]
    fn until_it_is_reset() -> io::Result<u8> {
        Ok(4)
    }

    #[tokio::test]
    async fn every_known_option_is_taken() {
        assert_eq!((every_option_of_a_count(1).unwrap(), every_option_of_a_rate(2).await.unwrap()), (1, 2));
        assert_eq!((a_name_and_a_window_of_time().unwrap(), until_it_is_reset().unwrap()), (3, 4));
        assert!(circuits().get(NAME).is_some());
    }
}

mod circuit_conflict {
    use super::*;

    static BREAKER: CircuitBreaker = CircuitBreaker::new("breaker", CircuitConfig::new());

    #[circuit(slow_rate = 50%, slow_call = 2s, window = 30s, min_calls = 100)]
    fn a_rate_of_slow_calls() -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(failure_rate = 50%, window = 100, min_calls = 100)]
    fn a_minimum_of_the_whole_window() -> io::Result<u8> {
        Ok(2)
    }

    #[circuit(failure_threshold = 1048576, within = 1min)]
    fn as_many_as_are_remembered() -> io::Result<u8> {
        Ok(3)
    }

    #[circuit(failure_threshold = 2000000)]
    fn in_a_row_there_is_no_bound() -> io::Result<u8> {
        Ok(4)
    }

    #[circuit(max_recovery_timeout = 30s)]
    fn bounded_at_the_default() -> io::Result<u8> {
        Ok(5)
    }

    #[circuit(breaker = BREAKER, on(_), fallback = || Ok(0))]
    fn a_breaker_with_opinions() -> io::Result<u8> {
        Ok(6)
    }

    #[circuit(name = "named", key = 1, max_keys = 1)]
    fn a_name_for_the_keys() -> io::Result<u8> {
        Ok(7)
    }

    #[test]
    fn settings_that_agree_are_taken() {
        let counts = (as_many_as_are_remembered().unwrap(), in_a_row_there_is_no_bound().unwrap());
        let rates = (a_rate_of_slow_calls().unwrap(), a_minimum_of_the_whole_window().unwrap());
        assert_eq!((rates, counts), ((1, 2), (3, 4)));
        let others = (a_breaker_with_opinions().unwrap(), a_name_for_the_keys().unwrap());
        assert_eq!((bounded_at_the_default().unwrap(), others), (5, (6, 7)));
        assert!(circuits().get("named[1]").is_some());
    }
}

mod circuit_constant {
    use super::*;

    const MANY: u32 = 200;
    const HALF: f64 = 0.5;
    /// Of one letter, as generic parameters often are.
    const N: u32 = 3;
    const RATED: CircuitConfig = CircuitConfig::new().failure_rate(HALF).window_calls(MANY);

    #[circuit(failure_threshold = N, within = SECOND.saturating_mul(60), recovery_timeout = SECOND, max_recovery_timeout = SECOND)]
    fn counted() -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(failure_rate = HALF, window = MANY, min_calls = MANY)]
    fn rated() -> io::Result<u8> {
        Ok(2)
    }

    #[circuit(config = RATED, min_calls = N + 1, slow_call = SECOND, slow_rate = HALF / 2.0)]
    fn configured() -> io::Result<u8> {
        Ok(3)
    }

    #[circuit(failure_rate = HALF, window = SECOND)]
    fn rated_by_time() -> io::Result<u8> {
        Ok(4)
    }

    #[circuit(key = "k", max_keys = N)]
    fn keyed() -> io::Result<u8> {
        Ok(5)
    }

    #[test]
    fn constants_that_agree_are_taken() {
        assert_eq!((counted().unwrap(), rated().unwrap(), configured().unwrap()), (1, 2, 3));
        assert_eq!((rated_by_time().unwrap(), keyed().unwrap()), (4, 5));
        let expected = RATED.min_calls(4).slow_call(SECOND).slow_rate(0.25);
        let name = concat!(module_path!(), "::configured");
        assert_eq!(circuits().get(name).map(|circuit| circuit.config()), Some(expected));
    }
}

mod circuit_calls {
    use super::*;

    #[circuit(call_timeout = 1s, on_error = |_| ())]
    async fn limited() -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(call_timeout = SECOND.saturating_mul(2), on_error = log)]
    async fn limited_by_a_constant() -> io::Result<u8> {
        Ok(2)
    }

    #[circuit(call_timeout = Duration::MAX, on_open = io::Error::other, on_error = |error| *heard = error.to_string())]
    async fn limited_by_never(heard: &mut String) -> io::Result<u8> {
        Err(io::Error::other("down"))
    }

    #[circuit(on_error = |error: &io::Error| drop(error.to_string()))]
    fn of_a_sync_function() -> io::Result<u8> {
        Ok(4)
    }

    fn log(_: &io::Error) {}

    #[tokio::test]
    async fn a_limit_is_a_constant_and_a_failure_is_passed_to_a_function_of_one_argument() {
        let mut heard = String::new();
        assert_eq!((limited().await.unwrap(), limited_by_a_constant().await.unwrap()), (1, 2));
        assert!(limited_by_never(&mut heard).await.is_err());
        assert_eq!((heard.as_str(), of_a_sync_function().unwrap()), ("down", 4));
    }
}

mod circuit_function {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Plain {
        Broken,
    }

    fn sum(a: u8, b: u8) -> io::Result<u8> {
        a.checked_add(b).ok_or_else(|| io::Error::other("too much"))
    }

    async fn slow_sum(a: u8, b: u8) -> io::Result<u8> {
        yield_now().await;
        sum(a, b)
    }

    #[circuit(fallback = |_| Err(Plain::Broken))]
    fn an_error_of_any_kind(a: u8) -> Result<u8, Plain> {
        Ok(a)
    }

    #[circuit(on_open = |_| Plain::Broken)]
    async fn an_error_that_is_made(a: u8) -> Result<u8, Plain> {
        Ok(a)
    }

    #[circuit(fallback = sum)]
    fn a_fallback_of_the_same_arguments(a: u8, b: u8) -> io::Result<u8> {
        Ok(a + b)
    }

    #[circuit(fallback = slow_sum)]
    async fn an_async_fallback(a: u8, b: u8) -> io::Result<u8> {
        Ok(a + b)
    }

    #[circuit(fallback = |pair, c| Ok(pair.0 + c))]
    fn taken_apart_in_the_body(pair: (u8, u8), c: u8) -> io::Result<u8> {
        let (a, b) = pair;
        Ok(a + b + c)
    }

    #[circuit(key = format_args!("{host}:{port}"), max_keys = 16)]
    fn a_key_of_arguments(host: &str, port: u16) -> io::Result<usize> {
        Ok(host.len() + usize::from(port))
    }

    struct Client {
        breaker: CircuitBreaker,
    }

    impl Client {
        #[circuit(breaker = self.breaker)]
        fn of_self(&self, generous: bool) -> io::Result<u8> {
            Ok(u8::from(generous))
        }
    }

    #[tokio::test]
    async fn functions_of_every_kind_are_taken() {
        assert_eq!((an_error_of_any_kind(1), an_error_that_is_made(2).await), (Ok(1), Ok(2)));
        assert_eq!(a_fallback_of_the_same_arguments(1, 2).unwrap(), 3);
        assert_eq!(an_async_fallback(1, 3).await.unwrap(), 4);
        assert_eq!(taken_apart_in_the_body((1, 1), 3).unwrap(), 5);
        assert_eq!(a_key_of_arguments("a", 5).unwrap(), 6);
        let config = CircuitConfig::new().try_failure_threshold(7).unwrap();
        let client = Client { breaker: CircuitBreaker::try_new("client", config).unwrap() };
        assert_eq!(client.of_self(true).unwrap(), 1);
    }
}

/// `ui/leaves.rs`
mod leaves {
    use std::io;

    use resilience::{CircuitBreaker, CircuitConfig, RetryPolicy, circuit, retry};

    #[circuit(key = host)]
    fn a_key_that_is_passed_on(host: &str) -> io::Result<usize> {
        Ok(host.len())
    }

    fn host_of(url: &str) -> io::Result<usize> {
        a_key_that_is_passed_on(url.split('/').nth(2).ok_or(io::ErrorKind::InvalidInput)?)
    }

    #[circuit(breaker = breaker)]
    async fn a_breaker_that_is_passed_on(breaker: &CircuitBreaker) -> io::Result<u8> {
        Ok(1)
    }

    #[retry(policy = policy.unwrap_or_default())]
    fn a_policy_or_the_default(policy: Option<RetryPolicy>) -> io::Result<u8> {
        Ok(2)
    }

    #[tokio::test]
    async fn what_fails_is_done_before() {
        assert_eq!(host_of("http://example/").unwrap(), 7);
        assert!(host_of("example").is_err());
        let breaker = CircuitBreaker::new("passed on", CircuitConfig::new());
        assert_eq!(a_breaker_that_is_passed_on(&breaker).await.unwrap(), 1);
        assert_eq!(a_policy_or_the_default(None).unwrap(), 2);
    }
}

mod control_flow {
    use super::*;

    fn check<E>(_: &E) -> io::Result<bool> {
        "true".parse().map_err(io::Error::other)
    }

    #[retry(on(error if check(error).unwrap_or(false)))]
    fn a_guard_that_handles_its_error() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[retry(giveup = |error| {
        if error.attempts() > 9 {
            return true;
        }
        let checked = || Ok::<bool, io::Error>(!check(error)?);
        checked().is_ok_and(|flag| flag)
    })]
    fn a_closure_that_returns() -> Result<u8, TimedOut> {
        Ok(2)
    }

    #[poll(
        until(n if {
            let mut half = *n;
            while half > 3 {
                half /= 2;
                if half == 1 {
                    break;
                }
            }
            half == 3
        }),
        alarm(n if 'found: { break 'found *n > 3 })
    )]
    fn a_guard_with_a_loop_of_its_own() -> io::Result<u8> {
        Ok(3)
    }

    #[asyncbackoff(on_error = {
        fn written(_: &TimedOut, _: &Attempt) {
            drop(async { Some(yield_now().await)?; None::<()> });
        }
        written
    })]
    async fn a_hook_with_an_async_block() -> Result<u8, TimedOut> {
        Ok(4)
    }

    #[circuit(key = host.split('.').next().unwrap_or_default(), fallback = async |_| yielded().await)]
    async fn a_key_with_a_default_and_an_async_fallback(host: &str) -> Result<u8, TimedOut> {
        Ok(5)
    }

    async fn yielded() -> Result<u8, TimedOut> {
        yield_now().await;
        Ok(6)
    }

    #[tokio::test]
    async fn control_flow_that_stays_within_an_option_is_allowed() {
        assert_eq!(a_guard_that_handles_its_error(), Ok(1));
        assert_eq!(a_closure_that_returns(), Ok(2));
        assert_eq!(a_guard_with_a_loop_of_its_own().unwrap(), 3);
        assert_eq!(a_hook_with_an_async_block().await, Ok(4));
        assert_eq!(a_key_with_a_default_and_an_async_fallback("a.example").await, Ok(5));
    }
}

mod control_flow_in_macro {
    use super::*;

    macro_rules! check {
        ($value:expr) => {
            Err::<bool, _>($value).is_ok()
        };
    }

    macro_rules! choose {
        ($value:expr) => {
            if true { $value } else { return $value }
        };
    }

    #[retry(on(error if check!(error.clone())))]
    fn a_macro_in_a_guard() -> Result<u8, TimedOut> {
        Ok(1)
    }

    macro_rules! more_than {
        ($attempts:literal) => {
            |error| error.attempts() > $attempts
        };
    }

    #[retry(on = more_than!(1), policy = choose!(RetryPolicy::new()))]
    fn a_macro_that_is_a_predicate_and_one_that_is_a_policy() -> Result<u8, TimedOut> {
        Ok(2)
    }

    static CIRCUIT: CircuitBreaker = CircuitBreaker::new("chosen", CircuitConfig::new());

    #[circuit(key = format!("{host}:80"))]
    #[circuit(breaker = choose!(&CIRCUIT))]
    fn a_macro_that_is_a_key_and_one_that_is_a_breaker(host: &str) -> io::Result<usize> {
        Ok(host.len())
    }

    #[test]
    fn macros_in_options_expand_to_values() {
        assert_eq!(a_macro_in_a_guard(), Ok(1));
        assert_eq!(a_macro_that_is_a_predicate_and_one_that_is_a_policy(), Ok(2));
        assert_eq!(a_macro_that_is_a_key_and_one_that_is_a_breaker("host").unwrap(), 4);
    }
}

mod circuit_given {
    use super::*;
    use resilience::KeyedCircuits;
    use std::path::Path;
    use std::sync::{Arc, LazyLock, Mutex};

    const CONFIG: CircuitConfig = CircuitConfig::new();
    static STATIC: CircuitBreaker = CircuitBreaker::new("static", CONFIG);
    static LATER: LazyLock<CircuitBreaker> = LazyLock::new(|| CircuitBreaker::new("later", CONFIG));
    static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CONFIG, 8);

    #[circuit(breaker = STATIC)]
    fn a_static() -> io::Result<u8> {
        Ok(1)
    }

    #[circuit(breaker = &STATIC)]
    async fn a_reference() -> io::Result<u8> {
        Ok(2)
    }

    #[circuit(breaker = LATER)]
    fn a_lazy_static() -> io::Result<u8> {
        Ok(3)
    }

    #[circuit(breaker = HOSTS.circuit(host))]
    async fn a_lookup(host: &str) -> io::Result<usize> {
        Ok(host.len())
    }

    #[circuit(breaker = breaker)]
    fn an_argument<B: AsRef<CircuitBreaker>>(breaker: &Arc<CircuitBreaker>, other: B) -> io::Result<usize> {
        Ok(breaker.name().len() + other.as_ref().name().len())
    }

    struct Client {
        shared: Arc<CircuitBreaker>,
        boxed: Box<CircuitBreaker>,
        guarded: Mutex<Arc<CircuitBreaker>>,
        maybe: Option<CircuitBreaker>,
    }

    impl Client {
        #[circuit(breaker = self.shared)]
        fn of_an_arc(&self) -> io::Result<u8> {
            Ok(1)
        }

        #[circuit(breaker = &self.shared)]
        async fn of_a_reference_to_an_arc(&self) -> io::Result<u8> {
            Ok(2)
        }

        #[circuit(breaker = self.boxed, fallback = Self::spare)]
        fn of_a_box(&self, a: u8) -> io::Result<u8> {
            Ok(a)
        }

        #[circuit(breaker = self.guarded.lock().expect("it is not poisoned").clone(), fallback = |this, _| this.spare(9))]
        fn of_a_temporary(&self, a: u8) -> io::Result<u8> {
            Ok(a)
        }

        #[circuit(breaker = self.maybe.as_ref().unwrap_or(&STATIC))]
        async fn of_an_option(&self) -> io::Result<u8> {
            Ok(5)
        }

        fn spare(&self, a: u8) -> io::Result<u8> {
            self.of_an_arc().map(|b| a + b)
        }
    }

    #[circuit(fallback = |_, pair| Ok(pair.0.into()))]
    fn arguments_with_names(name: &str, pair: (u8, u8)) -> io::Result<usize> {
        Ok(name.len() + usize::from(pair.1))
    }

    #[circuit(fallback = async |_| Ok(3))]
    async fn an_async_closure(a: u8) -> io::Result<u8> {
        Ok(a)
    }

    /// The arguments are converted as in every call.
    #[circuit(fallback = longer)]
    fn a_fallback_of_what_is_borrowed(name: &String) -> io::Result<usize> {
        Ok(name.capacity())
    }

    fn longer(name: &str) -> io::Result<usize> {
        name.len().checked_add(1).ok_or_else(|| io::Error::other("too much"))
    }

    #[circuit(key = path.display())]
    fn a_path_for_a_key(path: &Path) -> io::Result<bool> {
        Ok(path.exists())
    }

    #[circuit(key = tenant.map_or(0, u32::from))]
    async fn a_key_with_a_default(tenant: Option<u8>) -> io::Result<bool> {
        Ok(tenant.is_some())
    }

    #[tokio::test]
    async fn whatever_leads_to_a_circuit_is_one() {
        assert_eq!((a_static().unwrap(), a_reference().await.unwrap(), a_lazy_static().unwrap()), (1, 2, 3));
        let hosts = tokio::spawn(a_lookup("a.example")).await.unwrap();
        assert_eq!((hosts.unwrap(), an_argument(&HOSTS.circuit("b"), HOSTS.circuit("c")).unwrap()), (9, 16));
        let breaker = |name: &'static str| CircuitBreaker::try_new(name, CONFIG).unwrap();
        let client = Client {
            shared: breaker("shared").into(),
            boxed: breaker("boxed").into(),
            guarded: Mutex::new(breaker("guarded").into()),
            maybe: None,
        };
        assert_eq!((client.of_an_arc().unwrap(), client.of_a_reference_to_an_arc().await.unwrap()), (1, 2));
        assert_eq!((client.of_a_box(3).unwrap(), client.of_a_temporary(4).unwrap()), (3, 4));
        assert_eq!(client.of_an_option().await.unwrap(), 5);
        client.boxed.force_open();
        assert_eq!(client.of_a_box(3).unwrap(), 4);
    }

    #[tokio::test]
    async fn fallbacks_and_keys_of_every_kind_are_taken() {
        assert_eq!((arguments_with_names("a", (1, 2)).unwrap(), an_async_closure(3).await.unwrap()), (3, 3));
        assert!(a_fallback_of_what_is_borrowed(&"a".into()).is_ok());
        assert!(a_path_for_a_key(Path::new("/")).unwrap() && a_key_with_a_default(Some(1)).await.unwrap());
    }
}

mod error_type {
    use super::*;
    use resilience::CircuitOpen;
    use std::num::ParseIntError;

    #[circuit(on_open = |open| open.to_string())]
    fn a_string() -> Result<u8, String> {
        Ok(1)
    }

    #[circuit(fallback = || Err(()))]
    async fn nothing() -> Result<u8, ()> {
        Ok(1)
    }

    #[poll(until(1))]
    fn of_the_standard_library() -> Result<u8, Box<dyn StdError + Send + Sync>> {
        Ok("1".parse()?)
    }

    #[circuit]
    fn a_parameter<E: From<ParseIntError> + From<CircuitOpen>>(text: &str) -> Result<u8, E> {
        Ok(text.parse()?)
    }

    #[retry(attempt_timeout = 1s)]
    async fn an_async_parameter<E: From<TimedOut>>() -> Result<u8, E> {
        Ok(1)
    }

    struct Client<E>(E);

    impl<E: Clone + From<TimedOut>> Client<E> {
        #[asyncbackoff(1s)]
        async fn a_parameter_of_the_impl(&self) -> Result<u8, E> {
            Err(self.0.clone())
        }
    }

    #[poll(until(Some(_)))]
    fn an_option() -> Result<Option<u8>, TimedOut> {
        Ok(Some(1))
    }

    #[poll(until(7))]
    async fn a_value() -> Result<u8, TimedOut> {
        Ok(7)
    }

    #[derive(Clone, Debug)]
    enum Failed {
        Parsed,
        Refused,
        Late,
    }

    impl From<ParseIntError> for Failed {
        fn from(_: ParseIntError) -> Self {
            Self::Parsed
        }
    }

    impl From<CircuitOpen> for Failed {
        fn from(_: CircuitOpen) -> Self {
            Self::Refused
        }
    }

    impl From<TimedOut> for Failed {
        fn from(_: TimedOut) -> Self {
            Self::Late
        }
    }

    #[tokio::test]
    async fn errors_of_every_type_are_taken() {
        assert_eq!((a_string(), nothing().await, of_the_standard_library().unwrap()), (Ok(1), Ok(1), 1));
        assert!(matches!(a_parameter::<Failed>("x"), Err(Failed::Parsed)));
        assert!(an_async_parameter::<Failed>().await.is_ok());
        assert!(matches!(Client(Failed::Late).a_parameter_of_the_impl().await, Err(Failed::Late)));
        assert_eq!((an_option(), a_value().await), (Ok(Some(1)), Ok(7)));
        let name = concat!(module_path!(), "::a_parameter");
        circuits().get(name).unwrap().force_open();
        assert!(matches!(a_parameter::<Failed>("1"), Err(Failed::Refused)));
    }
}

mod future {
    use super::*;
    use std::future::{Future, ready};
    use std::pin::Pin;

    async fn other() -> Result<u8, TimedOut> {
        yield_now().await;
        Ok(1)
    }

    #[retry(times = 3)]
    #[allow(clippy::manual_async_fn)]
    fn a_call() -> impl Future<Output = Result<u8, TimedOut>> {
        async { other().await }
    }

    #[retry]
    fn one_of_two(first: bool) -> Pin<Box<dyn Future<Output = Result<u8, TimedOut>> + Send>> {
        Box::pin(async move { if first { Ok(1) } else { Ok(2) } })
    }

    #[circuit]
    async fn of_another_library(a: u8) -> io::Result<u8> {
        ready(Ok(a)).await
    }

    #[tokio::test]
    async fn futures_are_made_of_one_async_block() {
        assert_eq!((a_call().await, one_of_two(false).await), (Ok(1), Ok(2)));
        assert_eq!(of_another_library(3).await.unwrap(), 3);
    }
}

mod meant {
    use super::*;
    use resilience::{CircuitConfig, CircuitOpen, CircuitState};

    #[derive(Debug, PartialEq)]
    enum Error {
        Down,
        Status(u16),
        Refused { name: String },
        Late(TimedOut),
        Open(CircuitOpen),
    }

    impl From<TimedOut> for Error {
        fn from(timed_out: TimedOut) -> Self {
            Self::Late(timed_out)
        }
    }

    impl From<CircuitOpen> for Error {
        fn from(open: CircuitOpen) -> Self {
            Self::Refused { name: open.name().into() }
        }
    }

    const IS_DOWN: fn(&Error) -> bool = |error| *error == Error::Down;
    const PAYMENTS: &str = "payments";

    #[retry(on(Error::Down | Error::Status(500..=599)), giveup(Error::Refused { .. }), times = 1)]
    fn patterns() -> Result<u8, Error> {
        Err(Error::Status(500))
    }

    #[retry(on = IS_DOWN, times = 1)]
    fn a_constant_that_is_a_function() -> Result<u8, Error> {
        Err(Error::Down)
    }

    #[poll(until(7), ignore(_), alarm(-1))]
    fn literals() -> io::Result<i8> {
        Ok(7)
    }

    #[circuit(name = "meant", on = |_| true, ignore = |e| *e == Error::Down, on_open = Error::Open)]
    fn a_variant_that_makes_an_error() -> Result<u8, Error> {
        Ok(1)
    }

    #[circuit(name = PAYMENTS, recovery_timeout = 30s, half_open_calls = 3, probe_timeout = 1s)]
    fn named_by_a_constant() -> Result<u8, Error> {
        Ok(1)
    }

    #[asyncbackoff(1s, 1.5min, backoff = exponential(100ms, max = 2s))]
    async fn durations() -> Result<u8, Error> {
        Ok(1)
    }

    #[tokio::test]
    async fn what_was_meant_is_taken() {
        assert_eq!(
            (patterns(), a_constant_that_is_a_function()),
            (Err(Error::Status(500)), Err(Error::Down))
        );
        assert_eq!((literals().unwrap(), durations().await), (7, Ok(1)));
        circuits().get("meant").unwrap().force_open();
        assert!(matches!(
            a_variant_that_makes_an_error(),
            Err(Error::Open(open)) if open.state() == CircuitState::ForcedOpen
        ));
        let config = CircuitConfig::new().half_open_calls(3).probe_timeout(SECOND);
        assert_eq!(circuits().get(PAYMENTS).unwrap().config(), config);
        circuits().get(PAYMENTS).unwrap().force_open();
        assert_eq!(named_by_a_constant(), Err(Error::Refused { name: PAYMENTS.into() }));
    }
}

mod runtime {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    static RUNS: AtomicU8 = AtomicU8::new(0);

    #[retry(times = 3, interval = 0s)]
    #[tokio::test]
    async fn above_a_test() -> Result<(), String> {
        match RUNS.fetch_add(1, Ordering::Relaxed) {
            0 => Err("not yet".into()),
            _ => Ok(()),
        }
    }

    #[poll(until(()))]
    #[tokio::test(start_paused = true)]
    async fn above_a_test_with_options() -> Result<(), TimedOut> {
        yield_now().await;
        Ok(())
    }

    #[retry]
    #[tokio::main(flavor = "current_thread")]
    async fn start() -> Result<u8, TimedOut> {
        Ok(1)
    }

    #[test]
    fn above_a_main() {
        assert_eq!(start(), Ok(1));
    }
}

mod cancel_with {
    use super::*;
    use resilience::{Batch, PollExecutor, PollFailure, PollNext};

    #[derive(Clone)]
    struct Client(u32);

    impl Client {
        async fn delete(&self, task: u32) -> bool {
            yield_now().await;
            self.0 == task
        }
    }

    async fn poll(_batch: Batch<u32, (), ()>) -> Result<PollNext, ()> {
        Ok(PollNext::Default)
    }

    #[tokio::test]
    async fn futures_that_own_what_they_use_are_taken() {
        let client = Client(1);
        let builder = PollExecutor::<u32, (), ()>::builder();
        let clones = builder.cancel_with(move |task| {
            let client = client.clone();
            async move { client.delete(task).await }
        });
        // An async closure that uses nothing from outside has nothing to lend.
        let captures_nothing = PollExecutor::<u32, (), ()>::builder().cancel_with(async |task| task == 1);
        for executor in [clones.start(poll), captures_nothing.start(poll)] {
            let handle = executor.submit(async { Ok(1) });
            while !handle.is_polling() {
                yield_now().await;
            }
            assert!(handle.cancel().await);
            assert_eq!(handle.await, Err(PollFailure::Cancelled));
        }
    }
}

mod attempt {
    use resilience::{TimedOut, poll, retry, telemetry};

    const STATS: &str = "diagnostics: attempt";

    #[retry(attempt(now), stats = STATS)]
    fn named(path: &str) -> Result<u32, TimedOut> {
        Ok(now.number() + u32::from(path.is_empty()))
    }

    // A body of one line has braces of its own.
    #[poll(until(1), attempt(a), stats = "diagnostics: poll")]
    fn polled() -> Result<u32, TimedOut> {
        Ok(a.number())
    }

    #[test]
    fn an_attempt_has_a_name_of_its_own_and_statistics_have_a_string() {
        assert_eq!((named(""), polled()), (Ok(2), Ok(1)));
        assert_eq!(telemetry::stats(STATS).map(|stats| stats.calls()), Some(1));
    }
}

mod function_forms {
    use super::*;

    async fn get() -> io::Result<u8> {
        Ok(1)
    }

    fn read() -> io::Result<u8> {
        Ok(1)
    }

    #[tokio::test]
    async fn a_form_ends_as_its_operation_does() -> Result<(), Box<dyn StdError>> {
        let forms = retry(async || get().await).times(3).run();
        assert_eq!((forms.await?, retry(get).run().await?), (1, 1));
        assert_eq!(poll(async || get().await).until(|value| *value == 1).run().await?, 1);
        assert_eq!(retry(|| read()).call()?, 1);
        assert_eq!(poll(read).until(|value| *value == 1).call()?, 1);
        Ok(())
    }
}
