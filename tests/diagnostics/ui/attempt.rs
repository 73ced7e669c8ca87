use resilience::{TimedOut, poll, retry};

#[retry(attempt(path))]
fn shadows(path: &str) -> Result<u8, TimedOut> {
    Ok(path.len() as u8)
}

#[retry(attempt(a, b))]
fn two_names() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(attempt = a)]
fn a_value() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(1), attempt("a"))]
fn a_string() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(attempt(unused))]
fn not_used() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(stats = db)]
fn unquoted() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(stats = 3)]
fn a_number() -> Result<u8, TimedOut> {
    Ok(1)
}

#[resilience::circuit(stats = "db", attempt(a))]
fn of_a_circuit() -> Result<u8, resilience::CircuitOpen> {
    Ok(1)
}

fn main() {
    let _ = (shadows, two_names, a_value, a_string, not_used, unquoted, a_number, of_a_circuit);
}
