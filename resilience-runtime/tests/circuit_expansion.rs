//! What `#[circuit]` is to write, written by hand: each function below is an expansion.
#![cfg(feature = "tokio")]
#![forbid(unsafe_code)]
#![allow(
    clippy::redundant_closure_call,
    clippy::let_and_return,
    clippy::needless_borrow,
    reason = "as generated code is"
)]

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, CircuitState, circuits};

#[derive(Clone, Debug, PartialEq)]
enum PayError {
    Busy,
    BadCard,
    Shop(String),
    Open(String),
}

impl From<CircuitOpen> for PayError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open.to_string())
    }
}

// (a) #[circuit(name = "stock", failure_threshold = 2)]
fn stock(answer: Result<u32, PayError>) -> Result<u32, PayError> {
    static __RESILIENCE_SITE: ::resilience::__private::CircuitSite =
        ::resilience::__private::CircuitSite::named(
            "stock",
            ::core::option::Option::Some(::resilience::CircuitConfig::new().failure_threshold(2)),
            ::resilience::__private::Place::new(module_path!(), file!(), line!(), column!()),
        );
    ::resilience::__private::list!(
        ::resilience,
        ::resilience::__private::CircuitEntry::Site(&__RESILIENCE_SITE)
    );
    match __RESILIENCE_SITE.of_its_name().try_acquire() {
        ::core::result::Result::Ok(__permit) => {
            let __out: Result<u32, PayError> = (|| -> Result<u32, PayError> {
                let value = answer?;
                assert!(value != 0, "an empty stock");
                Ok(value)
            })();
            {
                #[allow(unused_imports)]
                use ::resilience::__private::{ByDebug as _, ByDisplay as _, ByType as _};
                match ::resilience::__private::Outcome::look(&__out) {
                    ::core::result::Result::Ok(_) => __permit.success(),
                    ::core::result::Result::Err(__error) => {
                        __permit.failed(|| (&&&::resilience::__private::Text(__error)).text());
                    }
                }
            }
            __out
        }
        ::core::result::Result::Err(__open) => ::resilience::__private::Outcome::from_error(
            ::resilience::__private::HoldCircuitOpen::hold(__open),
        ),
    }
}

// Another function of that name, which inherits the configuration: #[circuit(name = "stock")]
fn restock() -> Result<(), PayError> {
    static __RESILIENCE_SITE: ::resilience::__private::CircuitSite =
        ::resilience::__private::CircuitSite::named(
            "stock",
            ::core::option::Option::None,
            ::resilience::__private::Place::new(module_path!(), file!(), line!(), column!()),
        );
    ::resilience::__private::list!(
        ::resilience,
        ::resilience::__private::CircuitEntry::Site(&__RESILIENCE_SITE)
    );
    match __RESILIENCE_SITE.of_its_name().try_acquire() {
        Ok(permit) => {
            permit.success();
            Ok(())
        }
        Err(open) => Err(::resilience::__private::HoldCircuitOpen::hold(open)),
    }
}

#[test]
fn a_named_circuit_is_listed_before_its_first_call_and_shared() {
    let listed = circuits().get("stock").expect("it is listed before the first call");
    assert_eq!((listed.closed(), listed.failure_count()), (true, 0));
    assert_eq!(circuits().iter().filter(|circuit| circuit.name() == "stock").count(), 1);
    assert_eq!(stock(Ok(3)), Ok(3));
    assert_eq!(stock(Err(PayError::Busy)), Err(PayError::Busy));
    assert!(std::panic::catch_unwind(|| stock(Ok(0))).is_err(), "a panic is a failure");
    assert_eq!(listed.state(), CircuitState::Open);
    assert!(matches!(restock(), Err(PayError::Open(text)) if text.starts_with("Circuit \"stock\" OPEN")));
    listed.reset();
    assert_eq!(restock(), Ok(()));
    circuits().verify().unwrap();
}

async fn queue_for_later(card: String, cents: u64) -> Result<String, PayError> {
    tokio::task::yield_now().await;
    Ok(format!("{card} later: {cents}"))
}

static GATEWAY: AtomicU32 = AtomicU32::new(0);

async fn gateway(card: String, cents: u64) -> Result<String, PayError> {
    tokio::task::yield_now().await;
    match GATEWAY.load(Ordering::SeqCst) {
        0 => Ok(format!("{card}: {cents}")),
        1 => Err(PayError::Busy),
        2 => Err(PayError::BadCard),
        3 => Err(PayError::Shop("closed".into())),
        4 => std::future::pending().await,
        _ => panic!("the gateway panics"),
    }
}

// (b) #[circuit(on(PayError::Busy | PayError::Shop(_)), ignore(PayError::Shop(_)), failure_threshold = 2,
//     recovery_timeout = 60s, fallback = queue_for_later)]
async fn charge(card: String, cents: u64) -> Result<String, PayError> {
    static __RESILIENCE_SITE: ::resilience::__private::CircuitSite =
        ::resilience::__private::CircuitSite::own(
            concat!(module_path!(), "::", "charge"),
            ::resilience::CircuitConfig::new()
                .failure_threshold(2)
                .recovery_timeout(::core::time::Duration::from_secs(60)),
            ::resilience::__private::Place::new(module_path!(), file!(), line!(), column!()),
        );
    ::resilience::__private::list!(
        ::resilience,
        ::resilience::__private::CircuitEntry::Site(&__RESILIENCE_SITE)
    );
    match __RESILIENCE_SITE.of_its_own().acquire_async() {
        ::core::result::Result::Ok(__permit) => {
            let __out: Result<String, PayError> = {
                let mut __body = ::core::pin::pin!(async { gateway(card, cents).await });
                ::core::future::poll_fn(|__cx| __permit.poll(__body.as_mut(), __cx)).await
            };
            {
                #[allow(unused_imports)]
                use ::resilience::__private::{ByDebug as _, ByDisplay as _, ByType as _};
                let __permit = __permit.ended();
                match ::resilience::__private::Outcome::look(&__out) {
                    ::core::result::Result::Ok(_) => __permit.success(),
                    ::core::result::Result::Err(__error) => {
                        if ::resilience::__private::ask(__error, |__error| {
                            ::core::matches!(__error, PayError::Shop(_))
                        }) {
                            __permit.ignore();
                        } else if ::resilience::__private::ask(__error, |__error| {
                            ::core::matches!(__error, PayError::Busy | PayError::Shop(_))
                        }) {
                            __permit.failed(|| (&&&::resilience::__private::Text(__error)).text());
                        } else {
                            __permit.success();
                        }
                    }
                }
            }
            __out
        }
        ::core::result::Result::Err(_) => queue_for_later(card, cents).await,
    }
}

#[tokio::test(start_paused = true)]
async fn an_async_function_judges_its_errors_and_falls_back() {
    let call = || tokio::spawn(charge("visa".into(), 5));
    let circuit = circuits().iter().find(|circuit| circuit.name().ends_with("::charge")).unwrap();
    let answer = |number| GATEWAY.store(number, Ordering::SeqCst);

    assert_eq!(call().await.unwrap().unwrap(), "visa: 5");
    answer(1);
    assert_eq!(call().await.unwrap(), Err(PayError::Busy));
    assert_eq!(circuit.failure_count(), 1);
    answer(3);
    assert_eq!(call().await.unwrap(), Err(PayError::Shop("closed".into())));
    assert_eq!(circuit.failure_count(), 1, "an ignored error is nothing");
    answer(2);
    assert_eq!(call().await.unwrap(), Err(PayError::BadCard));
    assert_eq!(circuit.failure_count(), 0, "another error is a success");
    answer(4);
    let hung = call();
    tokio::task::yield_now().await;
    hung.abort();
    assert!(hung.await.unwrap_err().is_cancelled());
    assert_eq!(circuit.failure_count(), 0, "a dropped future is nothing");
    answer(1);
    assert!(call().await.unwrap().is_err());
    answer(5);
    assert!(call().await.unwrap_err().is_panic());
    assert_eq!(circuit.last_failure().unwrap(), "the call panicked");
    assert_eq!(call().await.unwrap().unwrap(), "visa later: 5");

    tokio::time::sleep(Duration::from_secs(60)).await;
    answer(0);
    assert_eq!(call().await.unwrap().unwrap(), "visa: 5");
    assert!(circuit.closed());
}

struct Client {
    breaker: CircuitBreaker,
    calls: u32,
}

impl Client {
    // (c) #[circuit(breaker = &self.breaker, on_open = |open| open.to_string().into())], on a method that changes
    // another field, with an error that is not `Send`.
    async fn fetch(&mut self, fail: bool) -> Result<u32, Rc<str>> {
        match ::resilience::CircuitBreaker::acquire_async(&self.breaker) {
            Ok(__permit) => {
                let __out: Result<u32, Rc<str>> = {
                    let mut __body = ::core::pin::pin!(async {
                        self.calls += 1;
                        tokio::task::yield_now().await;
                        if fail { Err("down".into()) } else { Ok(self.calls) }
                    });
                    ::core::future::poll_fn(|__cx| __permit.poll(__body.as_mut(), __cx)).await
                };
                {
                    #[allow(unused_imports)]
                    use ::resilience::__private::{ByDebug as _, ByDisplay as _, ByType as _};
                    let __permit = __permit.ended();
                    match ::resilience::__private::Outcome::look(&__out) {
                        Ok(_) => __permit.success(),
                        Err(__error) => {
                            __permit.failed(|| (&&&::resilience::__private::Text(__error)).text());
                        }
                    }
                }
                __out
            }
            Err(__open) => Err(::resilience::__private::ask_open(__open, |open| open.to_string().into())),
        }
    }
}

#[tokio::test]
async fn a_breaker_of_the_callers_guards_a_method() {
    let breaker = CircuitBreaker::new("client", CircuitConfig::new().failure_threshold(1));
    let mut client = Client { breaker, calls: 0 };
    assert_eq!(client.fetch(false).await, Ok(1));
    assert_eq!(client.fetch(true).await, Err("down".into()));
    let refused = client.fetch(false).await.unwrap_err();
    assert_eq!(&*refused, "Circuit \"client\" OPEN (1 failure, 30 sec remaining) (last_failure: down)");
    assert_eq!(client.calls, 2);
}

// (d) #[circuit(key = host, max_keys = 8, failure_threshold = 1)]
async fn ping(host: &str, up: bool) -> Result<(), std::io::Error> {
    static __RESILIENCE_KEYED: ::resilience::KeyedCircuits = ::resilience::KeyedCircuits::new(
        concat!(module_path!(), "::", "ping"),
        ::resilience::CircuitConfig::new().failure_threshold(1),
        8,
    );
    ::resilience::__private::list!(
        ::resilience,
        ::resilience::__private::CircuitEntry::Keyed(&__RESILIENCE_KEYED)
    );
    let __circuit = __RESILIENCE_KEYED.of_key(host);
    match __circuit.acquire_async() {
        Ok(__permit) => {
            let __out: Result<(), std::io::Error> = {
                let mut __body = ::core::pin::pin!(async {
                    tokio::task::yield_now().await;
                    if up { Ok(()) } else { Err(std::io::Error::other("unplugged")) }
                });
                ::core::future::poll_fn(|__cx| __permit.poll(__body.as_mut(), __cx)).await
            };
            {
                #[allow(unused_imports)]
                use ::resilience::__private::{ByDebug as _, ByDisplay as _, ByType as _};
                let __permit = __permit.ended();
                match ::resilience::__private::Outcome::look(&__out) {
                    Ok(()) => __permit.success(),
                    Err(__error) => {
                        __permit.failed(|| (&&&::resilience::__private::Text(__error)).text());
                    }
                }
            }
            __out
        }
        Err(__open) => Err(::resilience::__private::HoldCircuitOpen::hold(__open)),
    }
}

#[tokio::test]
async fn every_key_has_a_circuit_of_its_own() {
    assert!(tokio::spawn(ping("a", false)).await.unwrap().is_err());
    let refused = tokio::spawn(ping("a", true)).await.unwrap().unwrap_err();
    assert!(refused.get_ref().unwrap().is::<CircuitOpen>());
    assert!(ping("b", true).await.is_ok());
    let circuit = circuits().get("circuit_expansion::ping[a]").unwrap();
    assert_eq!(circuit.last_failure().unwrap(), "unplugged");
}

/// The circuit as an inner layer: what it brings says by its type whether there was a call.
///
/// `#[retry(times = 5, interval = ..)]` above `#[circuit(name = "flaky", failure_threshold = 2)]`
fn flaky(calls: &mut u32) -> Result<(), PayError> {
    static __RESILIENCE_SITE: ::resilience::__private::CircuitSite =
        ::resilience::__private::CircuitSite::named(
            "flaky",
            ::core::option::Option::Some(::resilience::CircuitConfig::new().failure_threshold(2)),
            ::resilience::__private::Place::new(module_path!(), file!(), line!(), column!()),
        );
    ::resilience::__private::list!(
        ::resilience,
        ::resilience::__private::CircuitEntry::Site(&__RESILIENCE_SITE)
    );
    const __POLICY: ::resilience::__private::Site<::resilience::RetryPolicy> =
        ::resilience::__private::Site::new(
            "flaky",
            ::resilience::RetryPolicy::new().times(5).interval(Duration::ZERO),
        );
    let mut __run = ::resilience::__private::RetryRun::new();
    let mut __last = ::core::option::Option::None;
    loop {
        let __layer = match __RESILIENCE_SITE.of_its_name().try_acquire() {
            Err(__open) => ::resilience::__private::Guarded::Refused(__open),
            Ok(__permit) => {
                let __out = (|| -> Result<(), PayError> {
                    *calls += 1;
                    Err(PayError::Shop(format!("attempt {calls}")))
                })();
                {
                    #[allow(unused_imports)]
                    use ::resilience::__private::{ByDebug as _, ByDisplay as _, ByType as _};
                    match ::resilience::__private::Outcome::look(&__out) {
                        Ok(()) => __permit.success(),
                        Err(__error) => {
                            __permit.failed(|| (&&&::resilience::__private::Text(__error)).text());
                        }
                    }
                }
                ::resilience::__private::Guarded::Ran(__out)
            }
        };
        let __out = match __layer {
            ::resilience::__private::Guarded::Ran(__out) => __out,
            // Not an attempt: the last real error, or the refusal if there was none.
            ::resilience::__private::Guarded::Refused(__open) => {
                return match __last {
                    Some(__out) => __out,
                    None => Err(::resilience::__private::HoldCircuitOpen::hold(__open)),
                };
            }
        };
        if __out.is_ok() {
            return __out;
        }
        match __run.failed(&__POLICY, true, None) {
            Some(__wait) => {
                __last = Some(__out);
                __wait.block();
            }
            None => return __out,
        }
    }
}

#[test]
fn a_refusal_is_no_attempt_of_an_outer_retry() {
    let mut calls = 0;
    assert_eq!(flaky(&mut calls), Err(PayError::Shop("attempt 2".into())), "the last real error");
    assert_eq!(calls, 2, "of five");
    assert!(matches!(flaky(&mut calls), Err(PayError::Open(_))), "there was no real error");
    assert_eq!(calls, 2);
}
