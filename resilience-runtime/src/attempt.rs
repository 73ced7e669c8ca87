use std::time::Duration;

use crate::site_name::SiteName;

/// A failed attempt, as passed to `on_error`.
///
/// ```
/// use resilience::retry;
/// use std::time::Duration;
///
/// let mut log = Vec::new();
/// let _ = retry(|| Err::<(), _>("busy"))
///     .times(2)
///     .interval(Duration::from_millis(1))
///     .on_error(|error, attempt| log.push((*error, attempt.number, attempt.wait)))
///     .call();
/// assert_eq!(log, [("busy", 1, Some(Duration::from_millis(1))), ("busy", 2, None)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The time since the call began.
    pub elapsed: Duration,
    /// The wait before the next attempt; `None` if this was the last.
    pub wait: Option<Duration>,
    pub(crate) site: SiteName,
}

impl Attempt {
    /// The name of the function: its `name = ".."`, or its path, which includes the type of a method.
    ///
    /// A method of a trait has the path `<client::Gateway as client::Charge>::charge`. A function form has the path
    /// of the function around its closure. The path is computed by this call, without an allocation.
    ///
    /// ```
    /// use resilience::{TimedOut, retry};
    ///
    /// struct Gateway;
    ///
    /// impl Gateway {
    ///     #[retry(times = 1, on_error = |_: &&str, attempt| names.push(attempt.name()))]
    ///     fn charge(&self, names: &mut Vec<&'static str>) -> Result<(), &'static str> {
    ///         Err("declined")
    ///     }
    /// }
    ///
    /// let mut names = Vec::new();
    /// assert!(Gateway.charge(&mut names).is_err());
    /// assert!(names[0].ends_with("::Gateway::charge"), "{names:?}");
    /// ```
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.site.get()
    }
}
