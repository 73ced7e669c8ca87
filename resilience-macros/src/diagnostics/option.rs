use super::words::{example, list, nearest};
use crate::attribute::Attribute;

super::faults! {
    /// The options, whatever they mean.
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
            format!("remove `{key} = _`");
        Twice { key: String } =>
            format!("`{key}` is given twice"),
            "remove one of the two";
        Leaves { key: &'static str, way_out: String } =>
            format!("`{way_out}` in `{key}` would leave the function past this attribute and those above it"),
            format!("do that in a function around this one, and pass the value on as an argument that `{key}` names");
        NoValue { key: &'static str } =>
            format!("`{key}` has no value"),
            example(key);
        Parentheses { key: &'static str } =>
            format!("`{key}` takes its value behind a `=`, not in parentheses"),
            example(key);
        Ratio { key: &'static str } =>
            format!("`{key}` is no ratio"),
            example(key);
        Missing { attribute: Attribute, key: &'static str } =>
            format!("{attribute} needs `{key}`, which has no default"),
            example(key);
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
            format!("write `{key} = |..| ..`");
        BindingForPattern { key: &'static str, name: String } =>
            format!("`{key}({name})` is a pattern that matches everything, because `{name}` is a new name in it"),
            format!("write `{key} = {name}` if it is a function, or `{key}(_)` to match everything");
    }
}

/// What the key of an option was meant to be.
pub(crate) fn suggestion(attribute: Attribute, key: &str) -> Option<&'static str> {
    attribute.translate(key).or_else(|| nearest(key, attribute.keys()))
}

fn unknown(attribute: Attribute, key: &str) -> String {
    if let Some(meant) = suggestion(attribute, key) {
        return format!("did you mean `{meant}`? {}", example(meant));
    }
    let known = list(attribute.keys());
    match attribute.owner_of(key) {
        Some(owner) => format!("it belongs to {owner}; {attribute} knows {known}"),
        None => format!("it knows {known}"),
    }
}

fn by_position(attribute: Attribute) -> String {
    match attribute.positional() {
        [] => "nothing".into(),
        keys => format!("only {}", list(keys)),
    }
}
