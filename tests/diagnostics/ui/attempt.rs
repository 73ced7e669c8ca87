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

#[retry(attempt(a))]
fn shadows_a_part((a, b): (u8, u8)) -> Result<u8, TimedOut> {
    Ok(a + b)
}

struct Pair {
    one: u8,
    other: u8,
}

#[retry(attempt(value))]
fn shadows_a_field(Pair { one: value, other }: Pair) -> Result<u8, TimedOut> {
    Ok(value + other)
}

#[retry(attempt(a))]
#[resilience::circuit]
#[poll(until(1), attempt(a))]
fn twice() -> Result<u8, std::io::Error> {
    Ok(a.number() as u8)
}

#[retry(span = true)]
fn a_span_with_a_value() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = a_span_with_a_value;
    let _ = (shadows_a_part, shadows_a_field, twice);
    let _ = (shadows, two_names, a_value, a_string, not_used, unquoted, a_number, of_a_circuit);
}
