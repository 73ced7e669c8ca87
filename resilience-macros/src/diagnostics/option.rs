use super::suggestions::{example, list, nearest, option};
use crate::attribute::Attribute;
use crate::tables::OptionKind;

super::faults! {
    /// Options in general.
    OptionFault {
        Syntax { message: String } =>
            message.clone(),
            "an option is `key = expression`, or `key(pattern)`; a duration is written `15s` or `500ms`";
        Value { key: String, message: String } =>
            format!("the value of `{key}` cannot be read: {message}"),
            example(key);
        Attributes =>
            "options take no attributes",
            "move it above the function";
        NoComma =>
            "options are separated by `,`",
            "put a `,` before this";
        NoOption =>
            "there is no option before this `,`",
            "remove it";
        NoEquals { key: String } =>
            format!("`{key}` takes its value behind a `=`"),
            example(key);
        Unknown { attribute: Attribute, key: String } =>
            format!("{attribute} has no option `{key}`"),
            unknown(*attribute, key);
        ByPosition { attribute: Attribute, key: &'static str } =>
            format!("{attribute} takes {} by position", by_position(*attribute)),
            format!("name it: `{key} = ..`");
        LeftOut { attribute: Attribute } =>
            format!("`_` leaves out a value given by position, and {attribute} takes {}", by_position(*attribute)),
            "remove the `_`";
        LeftOutByName { key: String } =>
            format!("`_` leaves out a value given by position, and `{key}` is given by name"),
            if is(key, OptionKind::is_predicate) {
                format!("write `{key}(_)` to match everything")
            } else {
                format!("remove `{key} = _`")
            };
        Twice { key: String } =>
            format!("`{key}` is given twice"),
            "remove one of the two";
        Exit { key: &'static str, exit: &'static str } =>
            format!("`{exit}` is not allowed in `{key}`: {}", reason(key, exit)),
            instead_of_exit(key, exit);
        NoValue { key: &'static str } =>
            format!("`{key}` has no value"),
            example(key);
        Flag { key: &'static str } =>
            format!("`{key}` takes no value"),
            format!("write `{key}`");
        Parentheses { key: &'static str } =>
            format!("`{key}` takes its value behind a `=`, not in parentheses"),
            example(key);
        Ratio { key: &'static str } =>
            format!("`{key}` is no ratio"),
            example(key);
        Missing { attribute: Attribute, key: &'static str } =>
            format!("{attribute} needs `{key}`, which has no default"),
            match attribute.positional().first() {
                Some(first) if first.key == *key => {
                    let name = attribute.name();
                    format!("write `#[{name}(5)]`, or `#[{name}(forever)]` to go on until it succeeds")
                }
                _ => example(key),
            };
        EmptyPattern { key: &'static str } =>
            format!("`{key}()` has no pattern in it"),
            example(key);
        CommaInPattern { key: &'static str } =>
            format!("`{key}(..)` takes one pattern, whose alternatives are separated by `|`"),
            format!("write `{key}(A | B)`");
        NotAPattern { key: &'static str, message: String } =>
            format!("`{key}(..)` takes a pattern, and this is none: {message}"),
            example(key);
        ClosureForPattern { key: &'static str } =>
            format!("`{key}(..)` takes a pattern, and this is a closure"),
            match *key {
                "until" | "alarm" => format!("a closure goes behind `=`: `{key} = |value| ..`"),
                _ => format!("a closure goes behind `=`: `{key} = |e| ..`"),
            };
        ValueForPredicate { key: &'static str, pattern: String } =>
            format!("`{key} = ..` takes a function that is asked, and this is a value"),
            match pattern.as_str() {
                "true" => format!("a pattern goes in parentheses: `{key}(_)` matches everything"),
                pattern if pattern.len() > 40 => format!("a pattern goes in parentheses: `{key}(..)`"),
                pattern => format!("a pattern goes in parentheses: `{key}({pattern})`"),
            };
        ValueForFunction { key: &'static str } =>
            format!("`{key}` takes a function that is called, and this is a value"),
            example(key);
        BindingForPattern { key: &'static str, name: String } =>
            format!("`{key}({name})` is a pattern that matches everything, because `{name}` is a new name in it"),
            format!("write `{key} = {name}` if it is a function, or `{key}(_)` to match everything");
    }
}

/// Suggests the intended option for an unknown key.
pub(crate) fn suggestion(attribute: Attribute, key: &str) -> Option<&'static str> {
    let keys = attribute.keys();
    let begins = || keys.iter().copied().find(|known| key.len() > 1 && known.starts_with(key));
    attribute.translate(key).or_else(|| nearest(key, &keys)).or_else(begins)
}

fn unknown(attribute: Attribute, key: &str) -> String {
    if let Some(meant) = suggestion(attribute, key) {
        return format!("did you mean `{meant}`? {}", example(meant));
    }
    if let (Attribute::Circuit, Some(way)) = (attribute, way_without_an_option(key)) {
        return way.into();
    }
    let known = list(&attribute.keys());
    match attribute.owner_of(key) {
        Some(owner) => format!("it belongs to {owner}; {attribute} knows {known}"),
        None => format!("it knows {known}"),
    }
}

/// Suggests alternatives to options that a circuit does not have.
fn way_without_an_option(key: &str) -> Option<&'static str> {
    Some(match key {
        "timeout" | "timeout_duration" => {
            "`call_timeout = 1s` drops an async call that takes longer, and counts it as a failure; how long the circuit \
             stays open is `recovery_timeout = 30s`"
        }
        "on_close" | "on_closed" | "on_half_open" | "on_half_opened" | "on_opened" | "on_reset"
        | "on_break" | "on_transition" | "on_state_change" | "on_state_changed" | "listener"
        | "listeners" | "on_event" | "on_success" => {
            "a listener hears of every change: `circuits().listen(|event| ..)`, or `listen` of a `CircuitBreaker`"
        }
        _ => return None,
    })
}

/// The reason why control flow cannot leave an option.
fn reason(key: &str, exit: &str) -> &'static str {
    match exit {
        _ if !is(key, OptionKind::is_evaluated) => "its value is a constant expression",
        ".await" => "options are evaluated synchronously",
        "break" | "continue" => "it does not belong to a loop inside the option",
        _ => "it would return from the function, past this attribute and the ones above it",
    }
}

fn instead_of_exit(key: &str, exit: &str) -> String {
    let closure = match key {
        "on" | "giveup" | "ignore" | "retry_after" => "|error| ..",
        "until" | "alarm" => "|value| ..",
        "on_error" => "|error, ..| ..",
        "on_open" => "|open| ..",
        "breaker" | "key" | "policy" => {
            return format!(
                "do this in a function that calls this one, and pass the result as an argument that `{key}` uses"
            );
        }
        "fallback" if exit == ".await" => {
            return "write `fallback = path::to::function`, or an async closure: both are awaited".into();
        }
        _ => return example(key),
    };
    match exit {
        ".await" => "await in the body of the function, before it returns the error or the value".into(),
        "?" => format!("handle the error inside a closure: `{key} = {closure}`"),
        _ => format!("move it into a closure: `{key} = {closure}`"),
    }
}

/// Whether the option has this kind in any attribute.
fn is(key: &str, kind: fn(OptionKind) -> bool) -> bool {
    option(key).is_some_and(|option| kind(option.kind))
}

fn by_position(attribute: Attribute) -> String {
    let keys: Vec<_> = attribute.positional().iter().map(|option| option.key).collect();
    if keys.is_empty() { "nothing".into() } else { format!("only {}", list(&keys)) }
}
