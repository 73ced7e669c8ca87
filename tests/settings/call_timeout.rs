//! `call_timeout` belongs to the functions of a circuit: an override applies to those that have one.

use std::time::Duration;

use resilience::settings::{self, Overrides};
use resilience::{CircuitConfig, CircuitOpen, TimedOut, circuit};
use tokio::time::{Instant, sleep};

use crate::{alone, apply, errors};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Error {
    TimedOut(TimedOut),
    Open,
}

impl From<TimedOut> for Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<CircuitOpen> for Error {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

#[circuit(name = "limit shared", failure_threshold = 99, call_timeout = 2s)]
async fn quick() -> Result<(), Error> {
    sleep(100 * SECOND).await;
    Ok(())
}

const LONG: Duration = Duration::from_secs(9);

#[circuit(name = "limit shared", call_timeout = LONG)]
async fn patient() -> Result<(), Error> {
    sleep(100 * SECOND).await;
    Ok(())
}

#[circuit(name = "limit shared")]
async fn unlimited() -> Result<(), Error> {
    sleep(100 * SECOND).await;
    Ok(())
}

#[circuit(name = "limit of keys", key = host, call_timeout = 2s)]
async fn of_host(host: &str) -> Result<usize, Error> {
    sleep(100 * SECOND).await;
    Ok(host.len())
}

#[circuit(name = "limit absent")]
async fn without() -> Result<(), Error> {
    Ok(())
}

#[circuit(name = "limit generic", call_timeout = Duration::from_secs(N))]
async fn generic<const N: u64>() -> Result<(), Error> {
    sleep(100 * SECOND).await;
    Ok(())
}

/// How long a call takes, and whether its error says so.
async fn time<T>(call: impl Future<Output = Result<T, Error>>) -> Duration {
    let started = Instant::now();
    match call.await {
        Err(Error::TimedOut(timed_out)) => {
            let limit = format!("the call took longer than {:?}", started.elapsed());
            assert!(timed_out.to_string().contains(&limit), "{timed_out}");
        }
        Err(Error::Open) => panic!("it is closed"),
        Ok(_) => {}
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn the_functions_of_a_circuit_that_have_a_call_timeout_follow_its_override() {
    let _alone = alone();
    assert_eq!((time(quick()).await, time(patient()).await), (2 * SECOND, 9 * SECOND));
    apply("[circuit.'limit shared']\ncall_timeout = '5s'\n[circuit.'limit of keys']\ncall_timeout = '3s'");
    assert_eq!((time(quick()).await, time(patient()).await), (5 * SECOND, 5 * SECOND));
    assert_eq!(time(unlimited()).await, 100 * SECOND, "it has no limit, and an override does not add one");
    assert_eq!(time(of_host("a")).await, 3 * SECOND);
    apply("[circuit.'limit shared']\ncall_timeout = 'forever'");
    assert_eq!((time(quick()).await, time(of_host("a")).await), (100 * SECOND, 2 * SECOND));
    apply("[circuit.'limit shared']\nfailure_threshold = 98");
    assert_eq!(time(patient()).await, 9 * SECOND, "what is not overridden any more goes back to the code");
    let variables = [("MY__CIRCUIT__LIMIT_SHARED__CALL_TIMEOUT", "7s")];
    Overrides::from_vars("MY", variables).unwrap().apply().unwrap();
    assert_eq!((time(quick()).await, time(patient()).await), (7 * SECOND, 7 * SECOND));
    apply("");
    assert_eq!((time(quick()).await, time(patient()).await), (2 * SECOND, 9 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_running_call_keeps_the_call_timeout_that_it_began_with() {
    let _alone = alone();
    let change = async {
        sleep(SECOND).await;
        apply("[circuit.'limit shared']\ncall_timeout = '50s'");
    };
    let (took, ()) = tokio::join!(time(quick()), change);
    assert_eq!((took, time(quick()).await), (2 * SECOND, 50 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_override_does_not_add_a_call_timeout() {
    let _alone = alone();
    without().await.unwrap();
    assert_eq!(time(generic::<4>()).await, 4 * SECOND);
    for name in ["limit absent", "limit generic"] {
        assert_eq!(
            errors(&format!("[circuit.'{name}']\ncall_timeout = '5s'")),
            format!(
                "circuit.\"{name}\".call_timeout: no function of this circuit has a constant `call_timeout`, and an override \
                 does not add one; write a long one in the attribute to allow one, such as `call_timeout = 1h`"
            ),
        );
    }
    assert_eq!(
        errors("[circuit.'limit shared']\ncall_timeout = '0s'"),
        "circuit.\"limit shared\".call_timeout: `call_timeout` is zero: no call could finish in time (found \
         `call_timeout = 0s`)",
    );
    let config = toml::from_str::<CircuitConfig>("call_timeout = '1s'").unwrap_err().to_string();
    assert!(config.contains("unknown option `call_timeout`"), "{config}");
}

#[test]
fn a_call_timeout_is_listed_with_its_source() {
    let _alone = alone();
    let listed = || {
        let text = settings::effective().to_string();
        let block = text.split("\n\n").find(|block| block.contains("limit shared")).expect(&text).to_owned();
        block.lines().find(|line| line.starts_with("call_timeout")).expect(&block).to_owned()
    };
    assert_eq!(listed(), "call_timeout = \"2s\"  # code, 9s for other functions of the circuit");
    apply("[circuit.'limit shared']\ncall_timeout = '5s'");
    assert_eq!(listed(), "call_timeout = \"5s\"  # override");
    apply("[circuit.'limit of keys']\ncall_timeout = '5s'");
    let text = settings::effective().to_string();
    assert!(text.contains("call_timeout = \"5s\"  # override, \"2s\" in the code"), "{text}");
}
