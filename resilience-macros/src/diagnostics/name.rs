use super::suggestions::list;

super::faults! {
    /// Names and paths.
    NameFault {
        NotAnArgument { name: String, arguments: Vec<String> } =>
            format!("`{name}` is no argument of this function"),
            match arguments.as_slice() {
                [] => "it has none that could be cloned by name".into(),
                arguments => format!("it has {}", list(&arguments.iter().map(String::as_str).collect::<Vec<_>>())),
            };
        CloneSelf =>
            "`self` cannot be cloned for each attempt, because nothing else can be called `self`",
            "clone it in the body: `let this = self.clone();`";
        NotAListOfArguments =>
            "`clone` takes the names of arguments",
            "write `clone(a, b)`";
        NotAName =>
            "`attempt` takes the name that the body gives to its attempt",
            "write `attempt(a)`, and in the body `a.number()`";
        SecondAttempt { name: String } =>
            "an attempt has one name",
            format!("write `attempt({name})`");
        AttemptShadows { name: String } =>
            format!("the function has an argument called `{name}` already"),
            format!("give the attempt another name: `attempt({name}_attempt)`");
        AttemptTwice { name: String } =>
            format!("another attribute of this function calls its attempt `{name}` already"),
            format!("give one of them another name: `attempt(inner_{name})`");
        NotAString { key: &'static str } =>
            format!("`{key}` is a string, and this is none"),
            format!("write `{key} = \"db.fetch\"`");
        Unquoted { key: &'static str, text: String } =>
            format!("`{key}` is a string, and `{text}` without quotes is none"),
            format!("quote it: `{key} = \"{text}\"`");
        Formatted { key: &'static str } =>
            format!("`{key}` is a constant, and `format!` makes a `String` when the function is called"),
            format!("write `{key} = \"db.fetch\"`, or `concat!(..)` of literals");
        NotAPath =>
            "`crate` is a path, and this is none",
            "write `crate = ::resilience`";
    }
}
