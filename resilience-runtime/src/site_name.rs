use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

/// The name of a function: an explicit one, or its path.
///
/// The path is derived from the name of a type inside the function, because only that includes the type of a method.
/// It is not a constant, but computed on request.
#[derive(Clone, Copy)]
pub enum SiteName {
    /// `name = ".."`.
    Given(&'static str),
    /// The name of a type inside the function.
    Inside(fn() -> &'static str),
    /// A function form: the name of the operation's type, and the place of the form's call.
    Form(fn() -> &'static str, &'static Location<'static>),
    /// A place, as `file:line`.
    Place(&'static str),
}

impl SiteName {
    /// The path of the function that contains `marker`, a closure.
    pub const fn of<F>(_marker: &F) -> Self {
        Self::inside::<F>()
    }

    const fn inside<F>() -> Self {
        Self::Inside(type_name::<F>)
    }

    /// A form called at `location`, for an operation of type `F`.
    pub(crate) const fn form<F>(location: &'static Location<'static>) -> Self {
        Self::Form(type_name::<F>, location)
    }

    /// Whether it is explicit, not a path.
    #[inline]
    pub(crate) const fn is_given(self) -> bool {
        matches!(self, Self::Given(_))
    }

    /// The name in errors. For a form, the path of its operation, if that is a function or a closure in one.
    pub(crate) fn get(self) -> &'static str {
        match self {
            Self::Given(name) | Self::Place(name) => name,
            Self::Inside(type_name) => function_around(type_name()),
            Self::Form(type_name, location) => path_of(type_name()).unwrap_or(location.file()),
        }
    }

    /// The name in logs. For a form, its place: a helper that calls a form may do so for different operations.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "nobody logs"))]
    pub(crate) fn of_site(self) -> Cow<'static, str> {
        match self {
            Self::Form(_, location) => place(location).into(),
            _ => self.get().into(),
        }
    }
}

/// The name of the site of an unnamed form.
pub(crate) fn place(location: &Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
}

/// The path of the operation if it is a function, or of the function around it if it is a closure. A pointer has no
/// path.
fn path_of(type_name: &'static str) -> Option<&'static str> {
    let operation = type_name.trim_start_matches("&mut ").trim_start_matches('&');
    let path = function_around(operation);
    let is_closure = path.len() < operation.len();
    let is_path = path.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':'));
    (is_closure || is_path).then_some(path)
}

/// Removes the suffixes that the function and expansions have added to the type's name.
fn function_around(mut path: &'static str) -> &'static str {
    const INNER: [&str; 7] = [
        "::{{closure}}",
        "::{{constant}}",
        "::__RESILIENCE_ENTRY",
        "::__RESILIENCE_SITE",
        "::__RESILIENCE_BUDGETED",
        "::__RESILIENCE_CALL",
        "::__RESILIENCE_CIRCUIT",
    ];
    while let Some(outer) = INNER.iter().find_map(|inner| path.strip_suffix(inner)) {
        path = outer;
    }
    path
}

impl fmt::Debug for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl PartialEq for SiteName {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for SiteName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_function_is_read_off_a_closure_in_it() {
        const __RESILIENCE_SITE: &SiteName = &SiteName::of(&|| ());
        let here = concat!(module_path!(), "::the_name_of_a_function_is_read_off_a_closure_in_it");
        assert_eq!(__RESILIENCE_SITE.get(), here);
        assert_eq!(const { SiteName::of(&|| ()) }.get(), here);
        let inside_a_closure = || SiteName::of(&|| ());
        assert_eq!(inside_a_closure().get(), here);
        assert_eq!(SiteName::Given("payments").get(), "payments");
    }

    #[test]
    fn an_operation_is_called_as_its_function_and_a_pointer_as_the_file() {
        fn operation() {}
        fn name_of<F>(_: F) -> &'static str {
            SiteName::form::<F>(Location::caller()).get()
        }
        let here =
            concat!(module_path!(), "::an_operation_is_called_as_its_function_and_a_pointer_as_the_file");
        assert_eq!(name_of(operation), format!("{here}::operation"));
        assert_eq!(name_of(|| ()), here);
        assert_eq!(name_of(&mut || ()), here);
        assert_eq!(name_of(operation as fn()), file!());
        assert_eq!(name_of(Box::new(operation) as Box<dyn Fn()>), file!());
    }
}
