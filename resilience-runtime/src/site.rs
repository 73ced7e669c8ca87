/// What all calls of one function have in common: one constant beside its code.
#[derive(Clone, Copy, Debug)]
pub struct Site<P> {
    pub(crate) name: &'static str,
    pub(crate) policy: P,
}

impl<P> Site<P> {
    /// `name` is the function's, for telemetry and errors.
    pub const fn new(name: &'static str, policy: P) -> Self {
        Self { name, policy }
    }
}

/// The name of a function form that was given none: where its closure stands.
pub(crate) fn name_of<F>() -> &'static str {
    let mut name = std::any::type_name::<F>();
    while let Some(outer) = name.strip_suffix("::{{closure}}") {
        name = outer;
    }
    name
}
