//! The list of sites.

use resilience::telemetry::{self, Site, SiteKind};
use resilience::{CircuitBreaker, CircuitConfig};

type Outcome = Result<u8, std::io::Error>;

#[resilience::retry]
#[resilience::circuit]
fn stacked() -> Outcome {
    Ok(1)
}

#[resilience::poll(until(1), name = "named poll")]
async fn polled() -> Outcome {
    Ok(1)
}

#[resilience::asyncbackoff(1s)]
async fn backed_off<T: Copy + Send>(value: T) -> Result<T, std::io::Error> {
    Ok(value)
}

#[resilience::asyncretry(3)]
async fn retried() -> Outcome {
    Ok(1)
}

static BREAKER: CircuitBreaker = CircuitBreaker::new("given", CircuitConfig::new());

#[resilience::retry]
#[resilience::circuit(breaker = BREAKER)]
fn over_a_given_circuit() -> Outcome {
    Ok(1)
}

struct Client(CircuitBreaker);

impl Client {
    #[resilience::circuit(breaker = &self.0)]
    async fn send(&self) -> Outcome {
        Ok(1)
    }
}

fn of_name(name: &str) -> Vec<Site> {
    telemetry::sites().filter(|site| site.name() == name).collect()
}

#[test]
fn every_layer_of_an_annotated_function_is_listed_before_its_first_call() {
    for (name, kinds) in [
        ("telemetry::sites::stacked", &[SiteKind::Circuit, SiteKind::Retry][..]),
        ("telemetry::sites::over_a_given_circuit", &[SiteKind::Circuit, SiteKind::Retry]),
        ("telemetry::sites::Client::send", &[SiteKind::Circuit]),
        ("named poll", &[SiteKind::Poll]),
        ("telemetry::sites::backed_off", &[SiteKind::AsyncBackoff]),
        ("telemetry::sites::retried", &[SiteKind::AsyncRetry]),
    ] {
        let sites = of_name(name);
        let found: Vec<_> = sites.iter().map(|site| site.kind()).collect();
        assert_eq!(found, kinds, "{name}");
        assert!(sites.iter().all(|site| site.file().ends_with("sites.rs") && site.line() > 1), "{sites:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_generic_function_is_one_site_for_all_its_instances() {
    backed_off(1_u8).await.unwrap();
    backed_off("one").await.unwrap();
    assert_eq!(of_name("telemetry::sites::backed_off").len(), 1);
    // Never called: it is listed nevertheless.
    let _ = (polled, retried, stacked, over_a_given_circuit, Client::send);
}

#[test]
fn a_function_form_is_listed_from_its_first_call_on_once_for_each_place() {
    let call = || resilience::retry(|| Ok::<_, ()>(1)).name("listed form").call().unwrap();
    assert_eq!(of_name("listed form"), []);
    call();
    call();
    let sites = of_name("listed form");
    assert_eq!(sites.len(), 1);
    assert_eq!((sites[0].kind(), sites[0].file()), (SiteKind::Function, file!()));
}

/// For any operation.
fn helper<F: FnMut() -> Outcome>(operation: F) -> u32 {
    assert!(resilience::retry(operation).call().is_ok());
    line!() - 1
}

#[test]
fn a_form_without_a_name_is_called_as_its_place_whatever_it_runs() {
    fn pointer() -> Outcome {
        "1".parse().map_err(std::io::Error::other)
    }
    let line = helper(|| Ok(1));
    helper(pointer as fn() -> Outcome);
    helper(|| Ok(2));
    let name = format!("{}:{line}", file!());
    assert_eq!(of_name(&name).len(), 1, "{:?}", telemetry::sites().collect::<Vec<_>>());
    assert_eq!(
        of_name("telemetry::sites::a_form_without_a_name_is_called_as_its_place_whatever_it_runs"),
        []
    );
    assert_eq!((of_name(&name)[0].file(), of_name(&name)[0].line()), (file!(), line));
}

#[test]
fn the_error_of_a_form_has_the_path_of_the_operation_and_of_a_pointer_the_file() {
    fn pointer() -> Outcome {
        Err(std::io::Error::other("by script"))
    }
    fn told<F: FnMut() -> Outcome>(operation: F) -> &'static str {
        let mut name = "";
        let form = resilience::retry(operation).times(1).on_error(|_, attempt| name = attempt.name());
        assert!(form.call().is_err());
        name
    }
    assert!(
        told(|| Err(std::io::Error::other("by script")))
            .ends_with("::the_error_of_a_form_has_the_path_of_the_operation_and_of_a_pointer_the_file")
    );
    assert!(told(pointer).ends_with("_the_file::pointer"));
    assert_eq!(told(pointer as fn() -> Outcome), file!());
}
