use std::error::Error;
use std::fmt::Display;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{
    CircuitBreaker, CircuitConfig, CircuitOpen, CircuitState, KeyedCircuits, circuit, circuits,
};

#[derive(Clone, Debug, PartialEq)]
enum PayError {
    Busy,
    BadCard,
    Open { failures: u32, retry_after: Option<Duration> },
}

impl From<CircuitOpen> for PayError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open { failures: open.failures(), retry_after: open.retry_after() }
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn open(failures: u32, seconds: u32) -> Result<u32, PayError> {
    Err(PayError::Open { failures, retry_after: Some(seconds * SECOND) })
}

#[circuit]
fn plain(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    let value = answer?;
    Ok(value + 1)
}

#[test]
fn by_itself_it_opens_after_five_failures_and_recovers_after_thirty_seconds() {
    let clock = ManualClock::install();
    let circuit = circuits().get("circuit::attribute::plain").expect("it is listed before its first call");
    assert_eq!(plain(Ok(1)), Ok(2));
    for failures in 1..=5 {
        assert_eq!(plain(Err(PayError::Busy)), Err(PayError::Busy));
        assert_eq!(circuit.failure_count(), failures);
    }
    assert_eq!(plain(Ok(1)), open(5, 30));
    clock.advance(10 * SECOND);
    assert_eq!(plain(Ok(1)), open(5, 20));
    clock.advance(20 * SECOND);
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    assert_eq!(plain(Err(PayError::Busy)), Err(PayError::Busy));
    assert_eq!(plain(Ok(1)), open(6, 30));
    clock.advance(30 * SECOND);
    assert_eq!(plain(Ok(7)), Ok(8));
    assert!(circuit.is_closed());
}

#[circuit(name = "payments", failure_threshold = 2, recovery_timeout = 1min)]
fn charge(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(name = "payments")]
async fn refund(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    tokio::task::yield_now().await;
    answer
}

#[tokio::test(start_paused = true)]
async fn functions_of_one_name_share_one_circuit_and_only_one_need_configure_it() {
    let circuit = circuits().get("payments").unwrap();
    assert_eq!(circuits().iter().filter(|circuit| circuit.name() == "payments").count(), 1);
    assert!(charge(Err(PayError::Busy)).is_err());
    assert_eq!(tokio::spawn(refund(Err(PayError::Busy))).await.unwrap(), Err(PayError::Busy));
    assert_eq!(charge(Ok(1)), open(2, 60));
    assert_eq!(refund(Ok(1)).await, open(2, 60));
    assert_eq!(circuit.last_failure().unwrap(), "Busy");
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(refund(Ok(1)).await, Ok(1));
    assert_eq!(charge(Ok(1)), Ok(1));
    circuits().verify().unwrap();
}

#[circuit(on(PayError::Busy), failure_threshold = 1)]
fn judges(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(ignore = |error| *error == PayError::BadCard, failure_threshold = 2)]
fn ignores(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[test]
fn errors_that_do_not_match_count_as_success_and_ignored_ones_as_nothing() {
    let _clock = ManualClock::install();
    assert!(judges(Err(PayError::BadCard)).is_err());
    assert!(judges(Err(PayError::Busy)).is_err());
    assert_eq!(judges(Ok(1)), open(1, 30));

    assert!(ignores(Err(PayError::Busy)).is_err());
    assert!(ignores(Err(PayError::BadCard)).is_err());
    assert!(ignores(Err(PayError::Busy)).is_err());
    assert_eq!(ignores(Ok(1)), open(2, 30), "the ignored error did not clear the count");
}

/// Neither `Clone` nor `Copy`: what the fallback gets was moved.
struct Card(u32);

fn queue_for_later(card: Card, cents: u32) -> Result<u32, io::Error> {
    Ok(1000 + card.0 + cents)
}

#[circuit(failure_threshold = 1, fallback = queue_for_later)]
fn falls_back(card: Card, cents: u32) -> Result<u32, io::Error> {
    let Card(_) = card;
    Err(io::Error::other(cents.to_string()))
}

#[circuit(failure_threshold = 1, fallback = |card, cents| Ok(card.0 + cents))]
async fn falls_back_to_a_closure(card: Card, cents: u32) -> Result<u32, io::Error> {
    let Card(_) = card;
    Err(io::Error::other(cents.to_string()))
}

async fn queue_slowly(card: Card, cents: u32) -> Result<u32, io::Error> {
    tokio::task::yield_now().await;
    queue_for_later(card, cents)
}

#[circuit(failure_threshold = 1, fallback = queue_slowly)]
async fn falls_back_slowly(card: Card, cents: u32) -> Result<u32, io::Error> {
    let Card(_) = card;
    Err(io::Error::other(cents.to_string()))
}

#[tokio::test]
async fn a_fallback_gets_the_same_arguments() {
    assert_eq!(falls_back(Card(7), 5).unwrap_err().to_string(), "5");
    assert_eq!(falls_back(Card(7), 5).unwrap(), 1012);
    assert!(falls_back_to_a_closure(Card(7), 5).await.is_err());
    assert_eq!(falls_back_to_a_closure(Card(7), 5).await.unwrap(), 12);
    assert!(tokio::spawn(falls_back_slowly(Card(7), 5)).await.unwrap().is_err());
    assert_eq!(tokio::spawn(falls_back_slowly(Card(7), 5)).await.unwrap().unwrap(), 1012);
}

/// Where an argument is not in every build, neither is it in the fallback's call.
mod conditional {
    use super::*;

    fn of_two(a: u32, b: u32) -> io::Result<u32> {
        Ok(10 * a + b)
    }

    #[circuit(failure_threshold = 1, fallback = of_two)]
    fn to_a_path(a: u32, #[cfg(not(test))] no: &str, #[cfg(test)] b: u32) -> io::Result<u32> {
        Err(io::Error::other((a + b).to_string()))
    }

    #[circuit(failure_threshold = 1, fallback = |a, b| Ok(10 * a + b))]
    async fn to_a_closure(#[cfg(not(test))] no: &str, a: u32, #[cfg(test)] b: u32) -> io::Result<u32> {
        Err(io::Error::other((a + b).to_string()))
    }

    #[circuit(failure_threshold = 1, fallback = |a, #[cfg(not(test))] no, b| Ok(10 * a + b))]
    fn to_a_closure_of_the_same_conditions(a: u32, #[cfg(not(test))] no: &str, b: u32) -> io::Result<u32> {
        Err(io::Error::other((a + b).to_string()))
    }

    #[tokio::test]
    async fn a_fallback_gets_the_arguments_that_are_in_this_build() {
        assert!(to_a_path(1, 2).is_err() && to_a_closure(1, 2).await.is_err());
        assert!(to_a_closure_of_the_same_conditions(1, 2).is_err());
        assert_eq!((to_a_path(1, 2).unwrap(), to_a_closure(1, 2).await.unwrap()), (12, 12));
        assert_eq!(to_a_closure_of_the_same_conditions(1, 2).unwrap(), 12);
    }
}

#[circuit(failure_threshold = 1, fallback = async |card, text| {
    if card.0 == 0 {
        return Err("no card".into());
    }
    Ok(Box::new(card.0 + text.parse::<u32>()?))
})]
async fn falls_back_to_what_is_coerced(card: &Card, text: &str) -> Result<Box<dyn Display>, Box<dyn Error>> {
    Err(format!("{} {text}", card.0).into())
}

#[tokio::test]
async fn the_result_of_an_async_closure_is_coerced_as_that_of_the_body_is() {
    assert!(falls_back_to_what_is_coerced(&Card(1), "2").await.is_err());
    assert_eq!(falls_back_to_what_is_coerced(&Card(1), "2").await.map(|sum| sum.to_string()).unwrap(), "3");
    for (card, text) in [(Card(0), "no card"), (Card(1), "invalid digit found in string")] {
        let failed = falls_back_to_what_is_coerced(&card, "a").await.map(drop);
        assert_eq!(failed.unwrap_err().to_string(), text);
    }
}

struct Client {
    breaker: CircuitBreaker,
    shared: Arc<CircuitBreaker>,
    calls: u32,
}

impl Client {
    #[circuit(breaker = &self.breaker, on_open = |open| open.to_string().into())]
    async fn fetch(&mut self, fail: bool) -> Result<u32, Rc<str>> {
        self.calls += 1;
        tokio::task::yield_now().await;
        if fail { Err("down".into()) } else { Ok(self.calls) }
    }

    #[circuit(breaker = self.shared, on_open = |open| open.to_string())]
    fn look(&self, fail: bool) -> Result<u32, String> {
        if fail { Err("blind".into()) } else { Ok(self.calls) }
    }
}

#[tokio::test]
async fn a_breaker_of_the_callers_guards_a_method() {
    let config = CircuitConfig::new().failure_threshold(1);
    let breaker = CircuitBreaker::new("client", config);
    let shared = Arc::new(CircuitBreaker::new("eyes", config));
    let mut client = Client { breaker, shared, calls: 0 };
    assert_eq!(client.fetch(false).await, Ok(1));
    assert_eq!(client.fetch(true).await, Err("down".into()));
    let refused = client.fetch(false).await.unwrap_err();
    assert_eq!(&*refused, "Circuit \"client\" OPEN (1 failure, 30 sec remaining) (last_failure: down)");
    assert_eq!(client.calls, 2);
    assert_eq!(client.look(false), Ok(2));
    assert_eq!(client.look(true), Err("blind".into()));
    assert!(client.look(false).unwrap_err().starts_with("Circuit \"eyes\" OPEN"));
}

static STATIC: CircuitBreaker = CircuitBreaker::new("static", CircuitConfig::new().failure_threshold(1));

#[circuit(breaker = STATIC)]
fn by_static(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[test]
fn a_static_is_given_by_its_name() {
    let _clock = ManualClock::install();
    assert!(by_static(Err(PayError::Busy)).is_err());
    assert_eq!(by_static(Ok(1)), open(1, 30));
    assert_eq!(STATIC.failure_count(), 1);
}

#[circuit(key = host, max_keys = 8, failure_threshold = 1)]
async fn ping(host: &str, up: bool) -> Result<(), io::Error> {
    tokio::task::yield_now().await;
    if up { Ok(()) } else { Err(io::Error::other("unplugged")) }
}

#[tokio::test]
async fn every_key_has_a_circuit_of_its_own() {
    assert!(tokio::spawn(ping("a", false)).await.unwrap().is_err());
    let refused = tokio::spawn(ping("a", true)).await.unwrap().unwrap_err();
    assert!(refused.get_ref().unwrap().is::<CircuitOpen>());
    assert!(ping("b", true).await.is_ok());
    assert_eq!(circuits().get("circuit::attribute::ping[a]").unwrap().last_failure().unwrap(), "unplugged");
    assert_eq!(KeyedCircuits::DEFAULT_MAX_KEYS, 1024);
}

#[circuit(name = "hosts", key = host, max_keys = 8, failure_threshold = 2)]
fn reads(host: &str, answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer.map(|value| value + u32::from(host.is_empty()))
}

#[circuit(name = "hosts", key = port)]
async fn writes(port: u16, answer: Result<u32, PayError>) -> Result<u32, PayError> {
    tokio::task::yield_now().await;
    answer.map(|value| value + u32::from(port == 0))
}

#[tokio::test]
async fn functions_of_one_name_share_the_circuit_of_each_key() {
    let _clock = ManualClock::install();
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    circuits().keyed("hosts").expect("it is listed before its first call").listen({
        let heard = heard.clone();
        move |event| heard.lock().unwrap().push(event.name().to_owned())
    });
    assert_eq!(writes(80, Err(PayError::Busy)).await, Err(PayError::Busy));
    assert_eq!(reads("80", Err(PayError::Busy)), Err(PayError::Busy));
    assert_eq!(writes(80, Ok(1)).await, open(2, 30), "the other function's configuration, and its failure");
    assert_eq!(reads("80", Ok(1)), open(2, 30));
    assert_eq!(writes(81, Ok(1)).await, Ok(1));
    assert_eq!(circuits().iter().filter(|circuit| circuit.name() == "hosts[80]").count(), 1);
    assert_eq!(*heard.lock().unwrap(), ["hosts[80]"; 3], "it opened, and refused two calls");
    circuits().verify().unwrap();
}

const CAUTIOUS: CircuitConfig =
    CircuitConfig::new().failure_threshold(1).recovery_timeout(Duration::from_secs(5));
const WINDOW: Duration = Duration::from_secs(10);

#[circuit(config = CAUTIOUS, recovery_timeout = 7s)]
fn configured(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(failure_rate = 50%, window = 4, min_calls = 2)]
fn rated_by_calls(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(failure_rate = 0.5, window = WINDOW, min_calls = 2, slow_call = 2s, slow_rate = 100%)]
fn rated_by_time(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(failure_threshold = 2, within = 60s)]
fn leaky(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[test]
fn configurations_windows_and_rates_are_what_the_options_say() {
    let clock = ManualClock::install();
    assert!(configured(Err(PayError::Busy)).is_err());
    assert_eq!(configured(Ok(1)), open(1, 7), "a single option overrides the configuration");

    for guarded in [rated_by_calls, rated_by_time] {
        assert!(guarded(Ok(1)).is_ok());
        assert!(guarded(Err(PayError::Busy)).is_err());
        assert_eq!(guarded(Ok(1)), open(1, 30));
    }

    assert!(leaky(Err(PayError::Busy)).is_err());
    clock.advance(59 * SECOND);
    assert!(leaky(Ok(1)).is_ok(), "a success does not clear it");
    assert!(leaky(Err(PayError::Busy)).is_err());
    assert_eq!(leaky(Ok(1)), open(2, 30));
}

const RATED: CircuitConfig = CircuitConfig::new().failure_rate(0.5).window_calls(4).min_calls(2);
const COUNTED: CircuitConfig = CircuitConfig::new().failure_threshold(2).within(WINDOW);

#[circuit(config = RATED, window = 10s)]
fn by_time_over_calls(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(config = RATED.window_calls(9), window = 4)]
fn by_calls_over_calls(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(config = CircuitConfig::new().failure_rate(0.5).window_time(WINDOW), window = 4, min_calls = 2)]
fn by_calls_over_time(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(config = RATED.slow_call(SECOND).slow_rate(0.9), failure_threshold = 2)]
fn by_count_over_rate(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(config = RATED, within = WINDOW)]
fn within_over_rate(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(config = COUNTED, failure_rate = 50%, window = 4, min_calls = 2)]
fn by_rate_over_count(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[test]
fn an_option_replaces_what_the_configuration_says_in_another_way() {
    type Guarded = fn(Result<u32, PayError>) -> Result<u32, PayError>;
    let _clock = ManualClock::install();
    let timed = CircuitConfig::new().failure_rate(0.5).window_time(WINDOW).min_calls(2);
    let cases: [(&str, Guarded, CircuitConfig); 6] = [
        ("by_time_over_calls", by_time_over_calls, timed),
        ("by_calls_over_calls", by_calls_over_calls, RATED),
        ("by_calls_over_time", by_calls_over_time, RATED),
        (
            "by_count_over_rate",
            by_count_over_rate,
            CircuitConfig::new().failure_threshold(2).slow_call(SECOND),
        ),
        ("within_over_rate", within_over_rate, CircuitConfig::new().within(WINDOW)),
        ("by_rate_over_count", by_rate_over_count, RATED),
    ];
    for (name, guarded, config) in cases {
        let circuit = circuits().get(&format!("circuit::attribute::{name}")).unwrap();
        assert_eq!(guarded(Ok(1)), Ok(1));
        assert_eq!(circuit.config(), config, "{name}");
    }
}

#[circuit(failure_threshold = 1)]
fn panics(really: bool) -> Result<u32, PayError> {
    assert!(!really, "as it must");
    Ok(1)
}

#[circuit(failure_threshold = 1, recovery_timeout = 10s)]
async fn hangs(really: bool) -> Result<u32, PayError> {
    if really {
        std::future::pending::<()>().await;
    }
    Err(PayError::Busy)
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_a_dropped_future_is_nothing() {
    assert!(std::panic::catch_unwind(|| panics(true)).is_err());
    assert!(matches!(panics(false), Err(PayError::Open { failures: 1, .. })));

    let circuit = circuits().get("circuit::attribute::hangs").unwrap();
    let hung = tokio::spawn(hangs(true));
    tokio::task::yield_now().await;
    hung.abort();
    assert!(hung.await.unwrap_err().is_cancelled());
    assert_eq!(circuit.failure_count(), 0);
    assert!(hangs(false).await.is_err());
    tokio::time::sleep(10 * SECOND).await;
    let trial = tokio::spawn(hangs(true));
    tokio::task::yield_now().await;
    assert!(matches!(hangs(false).await, Err(PayError::Open { .. })), "its place is taken");
    trial.abort();
    assert!(trial.await.unwrap_err().is_cancelled());
    assert_eq!(hangs(false).await, Err(PayError::Busy), "its place was free again");
}

struct Shop;

trait Counter {
    #[circuit(failure_threshold = 3)]
    fn serve(&self) -> Result<u32, PayError> {
        Ok(1)
    }
    async fn wait(&mut self, people: Vec<u32>) -> Result<u32, PayError>;
}

impl Counter for Shop {
    #[circuit]
    async fn wait(&mut self, mut people: Vec<u32>) -> Result<u32, PayError> {
        people.push(1);
        tokio::task::yield_now().await;
        Ok(people.into_iter().sum())
    }
}

#[circuit]
fn generic<T: Clone, const N: usize>(value: &T) -> Result<[T; N], PayError> {
    Ok(std::array::from_fn(|_| value.clone()))
}

#[tokio::test]
async fn methods_generics_and_consumed_or_mutable_arguments_work() {
    assert_eq!(Shop.serve(), Ok(1));
    assert_eq!(Shop.wait(vec![2, 3]).await, Ok(6));
    assert_eq!(generic::<_, 2>(&"a"), Ok(["a", "a"]));
    assert_eq!(generic::<_, 1>(&7), Ok([7]));
}

#[circuit(name = "agreed", failure_threshold = 5)]
fn says_the_default(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[circuit(name = "agreed", recovery_timeout = 30s, probe_timeout = 30s)]
fn says_another_default(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

#[test]
fn configurations_that_mean_the_same_agree() {
    assert_eq!(says_the_default(Ok(1)), Ok(1));
    assert_eq!(says_another_default(Ok(2)), Ok(2));
    circuits().verify().unwrap();
}

struct Fallible {
    breaker: CircuitBreaker,
    fallbacks: u32,
}

impl Fallible {
    #[circuit(breaker = &self.breaker, fallback = Self::stand_in)]
    fn ask(&mut self, answer: Result<u32, PayError>) -> Result<u32, PayError> {
        answer
    }

    #[circuit(breaker = &self.breaker, fallback = Self::stand_in_later)]
    async fn ask_async(&mut self, answer: Result<u32, PayError>) -> Result<u32, PayError> {
        tokio::task::yield_now().await;
        answer
    }

    fn stand_in(&mut self, answer: Result<u32, PayError>) -> Result<u32, PayError> {
        self.fallbacks += 1;
        answer.or(Ok(9))
    }

    async fn stand_in_later(&mut self, answer: Result<u32, PayError>) -> Result<u32, PayError> {
        tokio::task::yield_now().await;
        self.stand_in(answer)
    }
}

#[tokio::test]
async fn a_fallback_may_change_what_the_breaker_was_borrowed_from() {
    let breaker = CircuitBreaker::new("fallible", CircuitConfig::new().failure_threshold(1));
    let mut fallible = Fallible { breaker, fallbacks: 0 };
    assert_eq!(fallible.ask(Err(PayError::Busy)), Err(PayError::Busy));
    assert_eq!(fallible.ask(Err(PayError::Busy)), Ok(9));
    assert_eq!(fallible.ask_async(Ok(3)).await, Ok(3));
    assert_eq!(fallible.fallbacks, 2);
}

#[circuit(failure_threshold = 1)]
#[circuit(failure_threshold = 2)]
fn guarded_twice(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    answer
}

struct Reader;
struct Writer;

#[expect(clippy::unused_self, reason = "two methods of one path")]
impl Reader {
    #[circuit(failure_threshold = 1)]
    fn open(&self, answer: Result<u32, PayError>) -> Result<u32, PayError> {
        answer
    }
}

#[expect(clippy::unused_self, reason = "two methods of one path")]
impl Writer {
    #[circuit(failure_threshold = 2)]
    fn open(&self, answer: Result<u32, PayError>) -> Result<u32, PayError> {
        answer
    }
}

#[test]
fn of_circuits_with_one_default_name_the_first_is_found() {
    assert_eq!((guarded_twice(Ok(1)), Reader.open(Ok(2)), Writer.open(Ok(3))), (Ok(1), Ok(2), Ok(3)));
    let named = |name| circuits().iter().filter(move |circuit| circuit.name() == name);
    assert_eq!(named("circuit::attribute::guarded_twice").count(), 2);
    let listed: Vec<_> = named("circuit::attribute::open").map(|circuit| circuit.config()).collect();
    let expected = [1, 2].map(|failures| CircuitConfig::new().failure_threshold(failures));
    assert_eq!(listed, expected);
    assert_eq!(circuits().get("circuit::attribute::open").unwrap().config(), expected[0]);
}
