use std::any::type_name;
use std::fmt;

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
}

impl SiteName {
    /// The path of the function that `marker`, a closure, stands in.
    pub const fn of<F>(_marker: &F) -> Self {
        Self::inside::<F>()
    }

    pub(crate) const fn inside<F>() -> Self {
        Self::Inside(type_name::<F>)
    }

    /// Whether it was given, and is not a path.
    #[inline]
    pub(crate) const fn is_given(self) -> bool {
        matches!(self, Self::Given(_))
    }

    pub(crate) fn get(self) -> &'static str {
        match self {
            Self::Given(name) => name,
            Self::Inside(type_name) => function_around(type_name()),
        }
    }
}

/// Without what the function itself, or an expansion, has put around the type.
fn function_around(mut path: &'static str) -> &'static str {
    const INNER: [&str; 6] = [
        "::{{closure}}",
        "::{{constant}}",
        "::__RESILIENCE_ENTRY",
        "::__RESILIENCE_SITE",
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
}
