use super::CircuitConfig;

/// `config = CONST` of an attribute that sets more: what its options replace is taken away first, so that they do not
/// contradict the constant. What they contradict of each other is found as without a constant.
impl CircuitConfig {
    /// For a `window`: without either window of the constant.
    #[doc(hidden)]
    pub const fn __without_window(mut self) -> Self {
        self.window_calls = None;
        self.window_time = None;
        self
    }

    /// For a `failure_rate` or a `slow_rate`: without the constant's count of failures.
    #[doc(hidden)]
    pub const fn __without_count(mut self) -> Self {
        self.failure_threshold = None;
        self.within = None;
        self
    }

    /// For a `failure_threshold` or a `within`: without the constant's rates, and what means nothing without one. Its
    /// `slow_call` stays: a slow call is then a failure.
    #[doc(hidden)]
    pub const fn __without_rates(self) -> Self {
        let mut config = self.__without_window();
        config.failure_rate = None;
        config.slow_rate = None;
        config.min_calls = None;
        config
    }
}
