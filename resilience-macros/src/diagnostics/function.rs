use crate::attribute::Attribute;

super::faults! {
    /// The function under the attribute.
    FunctionFault {
        NotAFunction { attribute: Attribute } =>
            format!("{attribute} rewrites a function, and this is none"),
            "put it directly above an `fn` with a body";
        Signature { message: String } =>
            format!("this signature cannot be read: {message}"),
            "write it as `fn name(arguments) -> Result<T, E> { .. }`";
        NoBody { attribute: Attribute } =>
            format!("{attribute} rewrites the body of a function, and this one has none"),
            "put it above a function with a body: each implementation of a trait's method, or a wrapper around a \
             foreign function";
        ConstFn { attribute: Attribute } =>
            match attribute {
                Attribute::Circuit => format!("{attribute} remembers calls and reads a clock, which a `const fn` cannot"),
                Attribute::Retry | Attribute::Poll | Attribute::AsyncBackoff | Attribute::AsyncRetry => {
                    format!("{attribute} waits and reads a clock, which a `const fn` cannot")
                }
            },
            "remove `const`";
        NotAsync { attribute: Attribute } =>
            format!("{attribute} can drop an attempt and wait without blocking, which only async code allows"),
            "make it an `async fn`, or use `#[retry]`, which takes sync functions too";
        NeedsTokio { attribute: Attribute } =>
            format!("{attribute} on an `async fn` waits by tokio's timer, and the feature `tokio` is off"),
            "enable the feature `tokio` of `resilience-runtime` (it is on by default)";
        OutOfReach { attribute: Attribute } =>
            format!(
                "{attribute} stands below another attribute of this crate, but an attribute between them has changed the \
                 function, so the two cannot be nested in the order of their lines"
            ),
            format!("write them on adjacent lines, and {attribute} without `use .. as ..`");
        AnotherCrates { attribute: Attribute, above: Attribute } =>
            format!(
                "this {attribute} is not the attribute of this crate, so it would be expanded around {above}, which is \
                 written above it"
            ),
            format!(
                "import `{}` from this crate; if another crate's attribute is meant, write it above {above}, or import it \
                 under another name",
                attribute.name()
            );
        BelowARuntime { attribute: Attribute, runtime: String } =>
            format!(
                "`#[{runtime}]` above has made a function of this one that runs a whole runtime, which {attribute} \
                 would rewrite in place of its body"
            ),
            format!("put {attribute} above `#[{runtime}]`");
        FutureOfSomethingElse { attribute: Attribute } =>
            format!(
                "{attribute} on a function that returns a future rewrites the async block that makes it, and this body \
                 is not one such block at its end, with nothing before it that returns"
            ),
            "make it an `async fn`, or end it with `async move { .. }`, `Box::pin(async move { .. })` or \
             `async move { .. }.boxed()`";
        TrackCaller { attribute: Attribute } =>
            format!("what {attribute} runs is a closure, which `#[track_caller]` does not reach into"),
            "put `#[track_caller]` on a function around this one, and pass `Location::caller()` on";
        MutableArgument { name: String } =>
            format!("the argument `{name}` is `mut`, so a later attempt would see what an earlier one did to it"),
            format!("add `clone({name})` to give each attempt its own, or take a `&mut` reference that they share");
        MovedArgument { name: String } =>
            format!("the first attempt moves the argument `{name}`, and a later one would need it again"),
            format!("add `clone({name})` to give each attempt its own, or borrow it here: `&{name}`");
        MutablePart { name: String } =>
            format!("`{name}` is a `mut` part of an argument, so a later attempt would see what an earlier one did"),
            format!("take it without `mut`, and begin the body with `let mut {name} = {name}.clone();`");
        MutableSelf =>
            "`mut self` would let a later attempt see what an earlier one did to it",
            "take `&mut self` if the attempts are to share it, or `&self`, and clone it in the body";
        LendsExclusively { attribute: Attribute, name: String } =>
            format!(
                "{attribute} may call the body again, and each call borrows `{name}` for itself: a `&mut` out of it cannot \
                 be returned"
            ),
            "return an index or a key, and borrow where the function is called; `#[circuit]` alone calls the body at most \
             once, and may return it";
        ReturnsItems { attribute: Attribute, guard: &'static str } =>
            format!(
                "{attribute} guards one call, and this one ends before the first item: the circuit would never see an \
                 error item"
            ),
            format!(
                "guard the items in the body, with a `static FEED: CircuitBreaker`: `FEED.{guard}(|| items)` returns a \
                 `Result`"
            );
        NotAList { attribute: Attribute } =>
            format!("{attribute} takes its options in parentheses"),
            format!("write `#[{}(..)]`", attribute.name());
    }
}
