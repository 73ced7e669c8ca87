use super::CircuitConfig;

/// `config = CONST` of an attribute that says more: what its options are to replace is taken away first, so that they
/// do not contradict the constant. What they contradict of each other is found as without a constant.
#[derive(Clone, Copy, Debug)]
pub struct Over(pub CircuitConfig);

impl Over {
    /// For a `window`: either of the constant's.
    pub const fn window(self) -> CircuitConfig {
        let Self(mut config) = self;
        config.window_calls = None;
        config.window_time = None;
        config
    }

    /// For a `failure_rate` or a `slow_rate`: the constant's count of failures.
    pub const fn rate(self) -> CircuitConfig {
        let Self(mut config) = self;
        config.failure_threshold = None;
        config.within = None;
        config
    }

    /// For a `failure_threshold` or a `within`: the constant's rates, and what means nothing without one. Its
    /// `slow_call` stays: a slow call is then a failure.
    pub const fn count(self) -> CircuitConfig {
        let mut config = self.window();
        config.failure_rate = None;
        config.slow_rate = None;
        config.min_calls = None;
        config
    }
}
