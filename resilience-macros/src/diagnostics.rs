//! Everything that can be wrong, in one place and one style: what is wrong and why, then what to write instead.

use std::fmt;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use crate::attribute::Attribute;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Faults(Vec<(Location, String)>);

/// From the first to the last token of what is wrong: the two are joined only on nightly compilers.
struct Location {
    start: Span,
    end: Span,
}

impl Faults {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// `place` is wrong.
    pub(crate) fn at(&mut self, place: &impl ToTokens, fault: Fault<'_>) {
        let mut tokens = place.to_token_stream().into_iter();
        let start = tokens.next().map_or_else(Span::call_site, |first| first.span());
        let end = tokens.last().map_or(start, |last| last.span());
        self.0.push((Location { start, end }, fault.to_string()));
    }

    /// The same, of a place that is no tokens.
    pub(crate) fn at_span(&mut self, span: Span, fault: Fault<'_>) {
        self.0.push((Location { start: span, end: span }, fault.to_string()));
    }

    /// What the parser says.
    pub(crate) fn syntax(&mut self, error: &syn::Error) {
        for error in error.clone() {
            let fault = Fault::Syntax { message: &error.to_string() };
            self.0.push((Location { start: error.span(), end: error.span() }, fault.to_string()));
        }
    }
}

impl ToTokens for Faults {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for (Location { start, end }, message) in &self.0 {
            // rustc marks from the first token's span to the last one's.
            let path = quote_spanned!(*start=> ::core::compile_error!);
            tokens.extend(path);
            tokens.extend(quote_spanned!(*end=> { #message }));
        }
    }
}

/// One thing that can be wrong.
#[derive(Debug)]
pub(crate) enum Fault<'a> {
    // The function.
    NotAFunction { attribute: Attribute },
    NoBody { attribute: Attribute },
    ConstFn { attribute: Attribute },
    NotAsync { attribute: Attribute },
    NeedsTokio { attribute: Attribute },
    AlreadyRewritten { attribute: Attribute },
    MutableArgument { name: &'a str },
    MutableSelf,
    // The options.
    NotAList { attribute: Attribute },
    Syntax { message: &'a str },
    UnknownOption { attribute: Attribute, key: &'a str },
    TooManyPositional { attribute: Attribute },
    LateLeftOut { attribute: Attribute },
    Twice { key: &'a str },
    NoValue { key: &'a str },
    NotAnExpression { key: &'a str },
    EmptyPattern { key: &'a str },
    NoPattern { key: &'a str },
    Missing { attribute: Attribute, key: &'a str },
    // Times.
    NoUnit { number: &'a str },
    UnknownUnit { number: &'a str, unit: &'a str },
    QuotedDuration { text: &'a str },
    NotADuration { key: &'a str },
    NegativeDuration,
    FinerThanNanoseconds,
    DurationOverflow,
    ZeroDuration { key: &'a str },
    // Counts and ratios.
    ZeroCount { key: &'a str },
    CountOverflow { key: &'a str },
    NotACount { key: &'a str },
    NegativeCount { key: &'a str },
    NotARatio { key: &'a str },
    RatioOutOfRange,
    // Waits.
    UnknownShape { name: &'a str },
    ShapeWithoutBase { shape: &'a str },
    UnknownShapeOption { shape: &'a str, key: &'a str },
    ShapeArgument { shape: &'a str },
    NotAFactor,
    FactorBelowOne,
    CapBelowBase,
    UnknownJitter,
    JitterOfDecorrelated,
    DecorrelatedJitterOf { shape: &'a str },
    // Options against each other.
    Both { one: &'a str, other: &'a str },
    PolicyAnd { key: &'a str },
    LongerThan { key: &'a str, limit: &'a str },
    SyncAttemptTimeout,
    Without { key: &'a str, needs: &'a str },
    // Names.
    NotAnArgument { name: &'a str, arguments: &'a [String] },
    CloneSelf,
    NotAListOfArguments,
    NotAString { key: &'a str },
    NotAPath,
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, instead) = self.message();
        write!(f, "{what}\n= help: {instead}")
    }
}

impl Fault<'_> {
    /// What is wrong and why, and what to write instead.
    fn message(&self) -> (String, String) {
        match self {
            Self::NotAFunction { attribute } => (
                format!("{attribute} rewrites a function, and this is none"),
                "put it directly above an `fn` with a body".into(),
            ),
            Self::NoBody { attribute } => (
                format!("{attribute} rewrites the body of a function, and this one has none"),
                "put it above each implementation, or give the trait method a default body".into(),
            ),
            Self::ConstFn { attribute } => (
                format!("{attribute} waits and reads a clock, which a `const fn` cannot"),
                "remove `const`".into(),
            ),
            Self::NotAsync { attribute } => (
                format!("{attribute} drops attempts that take too long, which only async code allows"),
                "make it an `async fn`, or use `#[retry]`, which takes sync functions too".into(),
            ),
            Self::NeedsTokio { attribute } => (
                format!("{attribute} on an `async fn` waits by tokio's timer, and the feature `tokio` is off"),
                "enable the feature `tokio` of `resilience-runtime` (it is on by default)".into(),
            ),
            Self::AlreadyRewritten { attribute } => (
                format!(
                    "{attribute} finds the body already rewritten by another attribute of this crate, so the two \
                     would nest the wrong way round: the one that is written on top has to see the others below it"
                ),
                "write each under its own name (`#[retry]`, `#[resilience::poll]`, ..), not renamed by `use .. as ..`"
                    .into(),
            ),
            Self::MutableArgument { name } => (
                format!("the argument `{name}` is `mut`, so a later attempt would see what an earlier one did to it"),
                format!("add `clone({name})` to give each attempt its own, or take `{name}` without `mut`"),
            ),
            Self::MutableSelf => (
                "`mut self` would let a later attempt see what an earlier one did to it".into(),
                "take `&mut self` if the attempts are to share it".into(),
            ),
            Self::NotAList { attribute } => {
                (format!("{attribute} takes its options in parentheses"), format!("write `#[{}(..)]`", attribute.name()))
            }
            Self::Syntax { message } => (
                (*message).to_string(),
                "an option is `key = expression`, or `key(pattern)`; a duration is written `15s` or `500ms`".into(),
            ),
            Self::UnknownOption { attribute, key } => unknown_option(*attribute, key),
            Self::TooManyPositional { attribute } => match attribute.positional() {
                [] => (
                    format!("{attribute} takes no values by position"),
                    format!("write `key = value`; it knows {}", list(attribute.keys())),
                ),
                keys => (
                    format!("{attribute} takes {} by position, and no more", list(keys)),
                    "name the others: `key = value`".into(),
                ),
            },
            Self::LateLeftOut { attribute } => (
                "`_` leaves out a value given by position".into(),
                format!("{attribute} takes {} by position; name the others", list(attribute.positional())),
            ),
            Self::Twice { key } => (format!("`{key}` is given twice"), "remove one".into()),
            Self::NoValue { key } => (format!("`{key}` has no value"), example(key)),
            Self::NotAnExpression { key } => (format!("`{key}` takes a value, not a pattern"), example(key)),
            Self::EmptyPattern { key } => (
                format!("`{key}()` has no pattern in it"),
                format!("write `{key}(PATTERN)`, for instance `{key}(Error::Busy | Error::Timeout {{ .. }})`"),
            ),
            Self::NoPattern { key } => {
                (format!("`{key}` takes no pattern, and no arguments in parentheses"), example(key))
            }
            Self::Missing { attribute, key } => {
                (format!("{attribute} needs `{key}`, which has no default"), example(key))
            }
            Self::NoUnit { number } => (
                format!("`{number}` is a number, and a duration needs a unit"),
                format!("write `{number}s`, or another of `ns`, `us`, `ms`, `s`, `min`, `h`"),
            ),
            Self::UnknownUnit { number, unit } => (
                format!("`{unit}` is no unit of time"),
                match *unit {
                    "m" | "mins" | "minute" | "minutes" => format!("write `{number}min` (or `{number}ms`)"),
                    "sec" | "secs" | "second" | "seconds" => format!("write `{number}s`"),
                    "hr" | "hrs" | "hour" | "hours" => format!("write `{number}h`"),
                    "msec" | "millis" => format!("write `{number}ms`"),
                    "d" | "day" | "days" => "write it in hours: `24h`".into(),
                    _ => "the units are `ns`, `us`, `ms`, `s`, `min` and `h`".into(),
                },
            ),
            Self::QuotedDuration { text } => {
                (format!("`\"{text}\"` is a string, and a duration is a literal with a unit"), "write `15s`".into())
            }
            Self::NotADuration { key } => (
                format!("`{key}` is a duration"),
                format!("write `{key} = 15s`, or a `const` expression of the type `Duration`"),
            ),
            Self::NegativeDuration => ("a duration cannot be negative".into(), "remove the `-`".into()),
            Self::FinerThanNanoseconds => {
                ("a duration is a whole number of nanoseconds".into(), "round it".into())
            }
            Self::DurationOverflow => (
                "the duration is longer than 584 years, which is as far as the clock reaches".into(),
                "leave the option out if there is to be no limit (`timeout = forever` for `#[poll]`)".into(),
            ),
            Self::ZeroDuration { key } => (
                format!("`{key}` is zero, which leaves no time for an attempt"),
                format!("leave `{key}` out if there is to be no limit"),
            ),
            Self::ZeroCount { key } => match *key {
                "max_ignored" => (
                    "`max_ignored = 0` would ignore nothing".into(),
                    "leave `ignore` out to end at the first error, or write `max_ignored = 1` or more".into(),
                ),
                _ => (
                    format!("`{key} = 0` would never call the function: the first call counts as an attempt"),
                    format!("write `{key} = 1` or more{}", if *key == "times" { ", or `times = forever`" } else { "" }),
                ),
            },
            Self::CountOverflow { key } => (
                format!("`{key}` is more than a `u32` holds"),
                format!("write at most {}{}", u32::MAX, if *key == "times" { ", or `times = forever`" } else { "" }),
            ),
            Self::NotACount { key } => (
                format!("`{key}` is a whole number"),
                format!("write `{key} = 3`, or a `const` expression of the type `u32`"),
            ),
            Self::NegativeCount { key } => (format!("`{key}` cannot be negative"), format!("write `{key} = 3`")),
            Self::NotARatio { key } => {
                (format!("`{key}` is a ratio"), format!("write `{key} = 25%`, or `{key} = 0.25`"))
            }
            Self::RatioOutOfRange => {
                ("a ratio lies between 0 % and 100 %".into(), "write `25%`, or `0.25`".into())
            }
            Self::UnknownShape { name } => (
                format!("`{name}(..)` is no backoff"),
                "write `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)` or `decorrelated(d)`, or a `const` \
                 of the type `Backoff`"
                    .into(),
            ),
            Self::ShapeWithoutBase { shape } => {
                (format!("`{shape}` needs its first wait"), format!("write `{shape}(100ms)`"))
            }
            Self::UnknownShapeOption { shape, key } => (
                format!("`{shape}` has no option `{key}`"),
                if *shape == "exponential" {
                    "it knows `factor` and `max`: `exponential(100ms, factor = 2, max = 10s)`".into()
                } else {
                    format!("it knows `max`: `{shape}(100ms, max = 10s)`")
                },
            ),
            Self::ShapeArgument { shape } => (
                format!("`{shape}` takes one wait, and options by name"),
                format!("write `{shape}(100ms, max = 10s)`"),
            ),
            Self::NotAFactor => ("`factor` is a number".into(), "write `factor = 2`, or `factor = 1.5`".into()),
            Self::FactorBelowOne => {
                ("`factor` is below 1, and waits do not shrink".into(), "write `factor = 2`, or `factor = 1.5`".into())
            }
            Self::CapBelowBase => (
                "`max` is below the first wait, so the backoff would never grow".into(),
                "write a longer `max`, or a constant `interval`".into(),
            ),
            Self::UnknownJitter => (
                "this is no jitter".into(),
                "write `full`, `equal`, `none`, `decorrelated`, or a ratio such as `25%`".into(),
            ),
            Self::JitterOfDecorrelated => {
                ("a decorrelated backoff is random already".into(), "leave `jitter` out".into())
            }
            Self::DecorrelatedJitterOf { shape } => (
                format!("decorrelated jitter smooths an exponential backoff of factor 2, and this one is {shape}"),
                "write `backoff = exponential(100ms)`, or `jitter = full`".into(),
            ),
            Self::Both { one, other } => {
                (format!("`{one}` and `{other}` both say how long to wait"), format!("keep one of `{one}` and `{other}`"))
            }
            Self::PolicyAnd { key } => (
                format!("`policy` already says everything that `{key}` says"),
                format!("set `{key}` on the policy, or leave `policy` out"),
            ),
            Self::LongerThan { key, limit } => (
                format!("`{key}` is longer than `{limit}`, so it would never be reached"),
                format!("shorten `{key}`, or lengthen `{limit}`"),
            ),
            Self::SyncAttemptTimeout => (
                "`attempt_timeout` drops an attempt that takes too long, which a sync function does not allow".into(),
                "make it an `async fn`, or set a timeout on the client that it calls".into(),
            ),
            Self::Without { key, needs } => {
                (format!("`{key}` says nothing without `{needs}`"), format!("add `{needs}`, or remove `{key}`"))
            }
            Self::NotAnArgument { name, arguments } => (
                format!("`{name}` is no argument of this function"),
                if arguments.is_empty() {
                    "it has none that could be cloned by name".into()
                } else {
                    let quoted: Vec<_> = arguments.iter().map(String::as_str).collect();
                    format!("it has {}", list(&quoted))
                },
            ),
            Self::CloneSelf => (
                "`self` cannot be cloned for each attempt, because nothing else can be called `self`".into(),
                "clone it in the body: `let this = self.clone();`".into(),
            ),
            Self::NotAListOfArguments => {
                ("`clone` takes the names of arguments".into(), "write `clone(a, b)`".into())
            }
            Self::NotAString { key } => (format!("`{key}` is a string"), format!("write `{key} = \"db.fetch\"`")),
            Self::NotAPath => ("`crate` is a path".into(), "write `crate = ::resilience`".into()),
        }
    }
}

fn unknown_option(attribute: Attribute, key: &str) -> (String, String) {
    let keys = attribute.keys();
    let close = attribute.translate(key).or_else(|| nearest(key, keys));
    let what = format!("{attribute} has no option `{key}`");
    match close {
        Some(close) => (what, format!("did you mean `{close}`? {}", example(close))),
        None => (what, format!("it knows {}", list(keys))),
    }
}

/// How an option is written.
fn example(key: &str) -> String {
    let text = match key {
        "on" | "giveup" | "ignore" => {
            return format!(
                "write `{key}(Error::Busy | Error::Timeout {{ .. }})`, or `{key} = |error| error.is_transient()`"
            );
        }
        "until" | "alarm" => {
            return format!("write `{key}(Job::Done {{ .. }})`, or `{key} = |value| value.is_done()`");
        }
        "times" => "times = 3` or `times = forever",
        "max_tries" | "max_ignored" => return format!("write `{key} = 3`"),
        "backoff" => "backoff = exponential(100ms, factor = 2, max = 10s)",
        "jitter" => "jitter = full",
        "timeout" => "timeout = 15s` or `timeout = forever",
        "retry_after" => "retry_after = |error| error.retry_after()",
        "on_error" => "on_error = |error, attempt| log(error, attempt.number)",
        "clone" => "clone(a, b)",
        "policy" => "policy = POLICY",
        "name" => "name = \"db.fetch\"",
        "crate" => "crate = ::resilience",
        _ => return format!("write `{key} = 15s`"),
    };
    format!("write `{text}`")
}

/// The known key that a typing mistake leads to.
fn nearest<'a>(key: &str, keys: &[&'a str]) -> Option<&'a str> {
    let mistakes = (key.len() / 3).clamp(1, 3);
    keys.iter()
        .map(|known| (distance(key, known), *known))
        .filter(|(distance, _)| *distance <= mistakes)
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein's: insertions, deletions and substitutions from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// The span of something that may be several tokens, for what wants only one.
pub(crate) fn span_of(place: &impl Spanned) -> Span {
    place.span()
}
