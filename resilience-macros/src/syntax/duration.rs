use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{BinOp, Expr, ExprBinary, ExprCall, ExprLit, ExprUnary, Lit, UnOp};

use super::constant::{Nanos, Time, is_forever};
use super::tokens::find_literal;
use crate::diagnostics::{Faults, TimeFault, is_almost_a_unit, span_of};

/// The range of the runtime's clock.
const LONGEST: u64 = u64::MAX - 1;

impl Time {
    pub(super) fn read(key: &'static str, expr: &Expr, faults: &mut Faults) -> Option<Self> {
        let fault = match expr {
            Expr::Lit(ExprLit { lit, .. }) => match parse(key, lit) {
                Ok(nanos) => return Some(Self::Literal(Nanos(nanos), span_of(lit))),
                Err(fault) => fault,
            },
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => TimeFault::Negative,
            Expr::Call(ExprCall { func, .. }) if is_some(func) => TimeFault::Optional { key },
            _ if is_forever(expr) => TimeFault::NotForever { key },
            _ if literal_in(expr).is_some() => TimeFault::Part { key, whole: evaluated(expr).map(spelled) },
            Expr::Path(_)
            | Expr::Call(_)
            | Expr::MethodCall(_)
            | Expr::Binary(_)
            | Expr::Block(_)
            | Expr::Const(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Field(_)
            | Expr::Index(_)
            | Expr::Macro(_) => return Some(Self::Expr(expr.clone())),
            _ => TimeFault::NotADuration { key },
        };
        faults.at(expr, &fault);
        None
    }
}

fn parse(key: &'static str, literal: &Lit) -> Result<u64, TimeFault> {
    let (number, unit) = match literal {
        Lit::Int(int) => (int.base10_digits().to_string(), int.suffix().to_string()),
        Lit::Float(float) => (float.base10_digits().to_string(), float.suffix().to_string()),
        Lit::Str(text) => return Err(TimeFault::Quoted { text: text.value() }),
        _ => return Err(TimeFault::NotADuration { key }),
    };
    if number.starts_with('-') {
        return Err(TimeFault::Negative);
    }
    if unit.is_empty() || is_type(&unit) {
        return Err(TimeFault::NoUnit { number, found: literal.to_token_stream().to_string() });
    }
    let Some(scale) = nanos_in(&unit) else { return Err(TimeFault::UnknownUnit { number, unit }) };
    if number.contains(['e', 'E']) {
        return Err(TimeFault::Exponent { unit: unit.clone(), number: without_exponent(&number) });
    }
    match decimal(&number, scale) {
        Decimal::Exact(nanos) => match u64::try_from(nanos) {
            Ok(nanos) if nanos <= LONGEST => Ok(nanos),
            _ => Err(TimeFault::Overflow { key }),
        },
        Decimal::TooFine => Err(TimeFault::FinerThanNanoseconds),
        Decimal::TooLong => Err(TimeFault::Overflow { key }),
    }
}

/// The suffix of a Rust number, as in `1u64`.
pub(super) fn is_type(suffix: &str) -> bool {
    let digits = suffix.trim_start_matches(['u', 'i', 'f']);
    digits.len() + 1 == suffix.len() && matches!(digits, "8" | "16" | "32" | "64" | "128" | "size")
}

/// `1.5e1` as `15`, if the duration is of a usual length.
fn without_exponent(number: &str) -> Option<String> {
    let (digits, exponent) = number.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= 12)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let all = format!("{whole}{fraction}");
    let written = if let Ok(point) = usize::try_from(point) {
        let padded = format!("{all:0<point$}");
        let (whole, fraction) = padded.split_at(point);
        format!("{}.{fraction}", if whole.is_empty() { "0" } else { whole })
    } else {
        format!("0.{}{all}", "0".repeat(usize::try_from(-point).ok()?))
    };
    let written = written.trim_end_matches('0').trim_end_matches('.').trim_start_matches('0');
    Some(if written.starts_with('.') { format!("0{written}") } else { written.to_owned() })
}

/// `Some`: an absent limit is left out rather than set to `None`.
fn is_some(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Some"))
}

/// A literal with a unit, inside an expression.
pub(super) fn literal_in(expr: &impl ToTokens) -> Option<Literal> {
    find_literal(expr.to_token_stream(), &|literal| is_time(literal).then(|| literal.clone()))
}

fn is_time(literal: &Literal) -> bool {
    match Lit::new(literal.clone()) {
        Lit::Int(int) => nanos_in(int.suffix()).is_some(),
        Lit::Float(float) => nanos_in(float.suffix()).is_some(),
        _ => false,
    }
}

/// The value of a sum of literals, in nanoseconds.
fn evaluated(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => parse("", lit).ok(),
        Expr::Paren(inside) => evaluated(&inside.expr),
        Expr::Group(inside) => evaluated(&inside.expr),
        Expr::Binary(ExprBinary { left, op: BinOp::Add(_), right, .. }) => {
            evaluated(left)?.checked_add(evaluated(right)?)
        }
        Expr::Binary(ExprBinary { left, op: BinOp::Sub(_), right, .. }) => {
            evaluated(left)?.checked_sub(evaluated(right)?)
        }
        _ => None,
    }
}

/// In the longest unit that needs no decimal point.
fn spelled(nanos: u64) -> String {
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
    let fitting = units.into_iter().find(|(_, scale)| nanos % scale == 0);
    let (unit, scale) = fitting.unwrap_or(("ns", 1));
    format!("{}{unit}", nanos / scale)
}

fn nanos_in(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

enum Decimal {
    Exact(u128),
    TooFine,
    TooLong,
}

/// `digits` times `scale`, exactly; `digits` may have a decimal point.
fn decimal(digits: &str, scale: u128) -> Decimal {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let Ok(places) = u32::try_from(fraction.len()) else { return Decimal::TooFine };
    let (Ok(numerator), Some(denominator)) =
        (format!("{whole}{fraction}").parse::<u128>(), 10_u128.checked_pow(places))
    else {
        return if places > 20 { Decimal::TooFine } else { Decimal::TooLong };
    };
    match numerator.checked_mul(scale) {
        None => Decimal::TooLong,
        Some(product) if product % denominator != 0 => Decimal::TooFine,
        Some(product) => Decimal::Exact(product / denominator),
    }
}

/// `30 s` with its two tokens joined: the mistake is reported here, and does not hide others.
pub(super) fn join_units(tokens: TokenStream, faults: &mut Faults) -> TokenStream {
    let mut joined: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let token = match token {
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), join_units(group.stream(), faults));
                inside.set_span(group.span());
                TokenTree::Group(inside)
            }
            other => other,
        };
        match (joined.last(), &token) {
            (Some(TokenTree::Literal(number)), TokenTree::Ident(unit)) => match join(number, unit) {
                Some(time) => {
                    // An unknown unit has its own fault.
                    if nanos_in(&unit.to_string()).is_some() {
                        let (number, unit) = (number.to_string(), unit.to_string());
                        faults.at_span(token.span(), &TimeFault::Apart { number, unit });
                    }
                    joined.pop();
                    joined.push(time.into());
                }
                None => joined.push(token),
            },
            _ => joined.push(token),
        }
    }
    joined.into_iter().collect()
}

fn join(number: &Literal, unit: &Ident) -> Option<Literal> {
    let place = number.span();
    let (number, unit) = (number.to_string(), unit.to_string());
    let is_number =
        number.starts_with(|c: char| c.is_ascii_digit()) && number.ends_with(|c: char| c.is_ascii_digit());
    let is_unit = is_number && (nanos_in(&unit).is_some() || is_almost_a_unit(&unit));
    if !is_unit {
        return None;
    }
    let mut joined: Literal = format!("{number}{unit}").parse().ok()?;
    joined.set_span(place);
    Some(joined)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn nanos(literal: &Lit) -> Option<u64> {
        parse("interval", literal).ok()
    }

    #[test]
    fn durations_are_read_exactly_in_every_unit() {
        let table: [(Lit, u64); 9] = [
            (parse_quote!(7ns), 7),
            (parse_quote!(100us), 100_000),
            (parse_quote!(500ms), 500_000_000),
            (parse_quote!(15s), 15_000_000_000),
            (parse_quote!(1.5s), 1_500_000_000),
            (parse_quote!(0.001us), 1),
            (parse_quote!(2min), 120_000_000_000),
            (parse_quote!(1h), 3_600_000_000_000),
            (parse_quote!(1_000s), 1_000_000_000_000),
        ];
        for (literal, expected) in table {
            assert_eq!(nanos(&literal), Some(expected), "{}", literal.to_token_stream());
        }
    }

    #[test]
    fn a_unit_behind_a_space_belongs_to_its_number() {
        let table = [
            ("interval = 30 s", 1, "interval = 30s"),
            ("backoff = exponential(100 ms, max = 1.5 min)", 2, "backoff = exponential(100ms, max = 1.5min)"),
            ("interval = 30 seconds", 0, "interval = 30seconds"),
            ("times = 3 as u32, interval = 30s", 0, "times = 3 as u32, interval = 30s"),
            ("times = 3 y", 0, "times = 3 y"),
            ("on(\"a\" s)", 0, "on(\"a\" s)"),
        ];
        for (apart, slips, together) in table {
            let mut faults = Faults::default();
            let joined = join_units(apart.parse().unwrap(), &mut faults);
            let expected: TokenStream = together.parse().unwrap();
            assert_eq!((joined.to_string(), faults.count()), (expected.to_string(), slips));
        }
    }

    #[test]
    fn an_exponent_is_written_out() {
        for (number, expected) in [
            ("1.5e1", Some("15")),
            ("15e-1", Some("1.5")),
            ("1e3", Some("1000")),
            ("2e-3", Some("0.002")),
            ("0.5e-1", Some("0.05")),
            ("1.25E1", Some("12.5")),
            ("1e99", None),
        ] {
            assert_eq!(without_exponent(number).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn a_sum_of_durations_is_one_duration() {
        for (sum, expected) in
            [("(1s)", Some("1s")), ("1s + 500ms", Some("1500ms")), ("1min - (2s + 1us)", Some("57999999us"))]
        {
            let expr: Expr = syn::parse_str(sum).expect("it is an expression");
            assert_eq!(evaluated(&expr).map(spelled).as_deref(), expected, "{sum}");
        }
        assert_eq!(evaluated(&parse_quote!(2 * 1s)), None);
    }

    #[test]
    fn what_is_no_duration_is_none() {
        let table: [Lit; 9] = [
            parse_quote!(15),
            parse_quote!(1.5),
            parse_quote!(15m),
            parse_quote!("15s"),
            parse_quote!(true),
            parse_quote!(0.5ns),
            parse_quote!(1e3ms),
            parse_quote!(18446744074s),
            parse_quote!(99999999999999999999999999999999999999h),
        ];
        for literal in table {
            assert_eq!(nanos(&literal), None, "{}", literal.to_token_stream());
        }
        assert!(nanos(&parse_quote!(18446744073s)).is_some());
    }
}
