use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

/// The name of a function: the one it was given, or its path.
///
/// A path is known as the name of a type inside the function, because only that includes the type of a method. It is not
/// a constant; it is put together when somebody asks for it.
#[derive(Clone, Copy)]
pub enum SiteName {
    /// `name = ".."`.
    Given(&'static str),
    /// The name of a type inside the function.
    Inside(fn() -> &'static str),
    /// A function form: the name of the operation's type, and the place that calls the form.
    Form(fn() -> &'static str, &'static Location<'static>),
    /// A place, as `file:line`.
    Place(&'static str),
}

impl SiteName {
    /// The path of the function that `marker`, a closure, stands in.
    pub const fn of<F>(_marker: &F) -> Self {
        Self::inside::<F>()
    }

    const fn inside<F>() -> Self {
        Self::Inside(type_name::<F>)
    }

    /// Of a form that is called there, for an operation of type `F`.
    pub(crate) const fn form<F>(location: &'static Location<'static>) -> Self {
        Self::Form(type_name::<F>, location)
    }

    /// Whether it was given, and is not a path.
    #[inline]
    pub(crate) const fn is_given(self) -> bool {
        matches!(self, Self::Given(_))
    }

    /// What errors call it. A form has the path of its operation, where that is a function or a closure in one.
    pub(crate) fn get(self) -> &'static str {
        match self {
            Self::Given(name) | Self::Place(name) => name,
            Self::Inside(type_name) => function_around(type_name()),
            Self::Form(type_name, location) => path_of(type_name()).unwrap_or(location.file()),
        }
    }

    /// What logs call it. A form is known by its place: a helper that calls one does so for any operation.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "nobody logs"))]
    pub(crate) fn of_site(self) -> Cow<'static, str> {
        match self {
            Self::Form(_, location) => place(location).into(),
            _ => self.get().into(),
        }
    }
}

/// What the site of an unnamed form is called.
pub(crate) fn place(location: &Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
}

/// The path of the function that an operation is, or in which it is a closure. A pointer has none.
fn path_of(type_name: &'static str) -> Option<&'static str> {
    let operation = type_name.trim_start_matches("&mut ").trim_start_matches('&');
    let path = function_around(operation);
    let is_closure = path.len() < operation.len();
    let is_path = path.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ':'));
    (is_closure || is_path).then_some(path)
}

/// Without what the function itself, or an expansion, has put around the type.
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
