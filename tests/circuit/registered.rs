//! Circuits that are created at run time and added to the list of the program.

use std::sync::Barrier;

use resilience::breaker::{CircuitBreaker, CircuitConfig, NameTaken, circuits};
use resilience::circuit;

fn breaker(name: impl Into<String>, threshold: u32) -> CircuitBreaker {
    let config = CircuitConfig::new().try_failure_threshold(threshold).expect("it is not zero");
    CircuitBreaker::try_new(name.into(), config).expect("the configuration is valid")
}

#[circuit(name = "registered.blocking")]
fn blocking(result: Result<u32, std::io::ErrorKind>) -> std::io::Result<u32> {
    Ok(result?)
}

#[circuit(name = "registered.asynchronous")]
async fn asynchronous(result: Result<u32, std::io::ErrorKind>) -> std::io::Result<u32> {
    Ok(result?)
}

#[tokio::test(start_paused = true)]
async fn a_registered_circuit_is_that_of_every_attribute_of_its_name_that_configures_nothing() {
    let of_blocking = circuits().register(breaker("registered.blocking", 2)).expect("the name is free");
    let of_asynchronous =
        circuits().register(breaker("registered.asynchronous", 2)).expect("the name is free");
    for _ in 0..2 {
        assert!(blocking(Err(std::io::ErrorKind::TimedOut)).is_err());
        assert!(asynchronous(Err(std::io::ErrorKind::TimedOut)).await.is_err());
    }
    for registered in [of_blocking, of_asynchronous] {
        assert!(registered.is_open(), "{registered:?}");
        assert_eq!(registered.failure_count(), 2, "the attribute would have waited for 5");
        let found = circuits().get(registered.name()).expect("it is listed");
        assert!(std::ptr::eq::<CircuitBreaker>(&raw const *found, registered));
        let of_its_name = circuits().iter().filter(|circuit| circuit.name() == registered.name());
        assert_eq!(of_its_name.count(), 1, "{registered:?}");
    }
    let snapshot = resilience::telemetry::snapshot();
    assert!(snapshot.circuits().iter().any(|circuit| circuit.name() == "registered.blocking"));
}

#[circuit(name = "registered.configured", failure_threshold = 3)]
fn configured() -> std::io::Result<()> {
    Ok(())
}

#[circuit(name = "registered.called")]
fn called() -> std::io::Result<()> {
    Ok(())
}

#[circuit(name = "registered.keyed", key = host)]
fn keyed(host: &str) -> std::io::Result<usize> {
    Ok(host.len())
}

#[test]
fn a_name_is_taken_by_a_registered_circuit_a_configured_or_called_attribute_and_a_keyed_one() {
    assert!(called().is_ok() && configured().is_ok() && keyed("a").is_ok());
    circuits().register(breaker("registered.twice", 1)).expect("the name is free");
    let rows = [
        ("registered.twice", "another registered circuit has this name"),
        ("registered.configured", "has this name, and configures it or was already called"),
        ("registered.called", "has this name, and configures it or was already called"),
        ("registered.keyed", "has this name"),
    ];
    for (name, why) in rows {
        let taken: NameTaken = circuits().register(breaker(name, 1)).expect_err(name);
        assert_eq!(taken.name(), name);
        let message = taken.to_string();
        assert!(message.starts_with(&format!("the circuit `{name}` was not registered: ")), "{message}");
        assert!(message.ends_with(why), "{message}");
        assert_eq!(message.contains("registered.rs:"), name != "registered.twice", "{message}");
        assert_eq!(taken.into_breaker().name(), name, "the circuit is not lost");
    }
}

#[test]
fn a_registration_that_meets_the_first_call_is_used_by_it_or_fails() {
    macro_rules! functions {
        ($($name:ident)*) => {
            [$({
                #[circuit(name = concat!("registered.race.", stringify!($name)))]
                fn $name() -> std::io::Result<()> {
                    Err(std::io::ErrorKind::TimedOut.into())
                }
                (concat!("registered.race.", stringify!($name)), $name as fn() -> std::io::Result<()>)
            }),*]
        };
    }
    let functions = functions! { a b c d e f g h i j k l m n o p q r s t u v w x };
    let start = Barrier::new(2);
    for (name, function) in functions {
        let made = breaker(name, 1);
        let registered = std::thread::scope(|threads| {
            threads.spawn(|| {
                start.wait();
                assert!(function().is_err());
            });
            start.wait();
            circuits().register(made)
        });
        let found = circuits().get(name).expect("it is listed");
        // The one failure was counted by the circuit that the list shows.
        assert_eq!(found.failure_count(), 1, "{name}: {registered:?}");
        assert_eq!(
            found.is_open(),
            registered.is_ok(),
            "{name}: the registered circuit opens at one failure"
        );
    }
}
