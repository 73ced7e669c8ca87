//! What listeners are told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::telemetry::{self, Event};
use resilience::{TimedOut, retry};

#[retry(times = 3, interval = 0s)]
fn scripted(script: &mut Vec<Result<u32, &'static str>>) -> Result<u32, &'static str> {
    script.remove(0)
}

#[test]
fn slice() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = log.clone();
    let id = telemetry::listen(move |event| kept.lock().unwrap().push(match event {
        Event::Attempt(a) => format!("{:?} {:?} {}", a.number(), a.wait(), a.error().unwrap()),
        Event::Call(c) => format!("{:?} {} {:?}", c.outcome(), c.attempts(), c.error().map(ToString::to_string)),
        _ => unreachable!(),
    }));
    assert_eq!(scripted(&mut vec![Err("a"), Ok(1)]), Ok(1));
    assert_eq!(scripted(&mut vec![Ok(1)]), Ok(1));
    assert_eq!(scripted(&mut vec![Err("a"), Err("b"), Err("c")]), Err("c"));
    let _ = std::panic::catch_unwind(|| scripted(&mut vec![Err("a")]));
    assert!(retry(|| Err::<(), _>("x")).times(1).call().is_err());
    telemetry::unlisten(id);
    println!("{:#?}", log.lock().unwrap());
    println!("{:#?}", telemetry::sites().collect::<Vec<_>>());
}
