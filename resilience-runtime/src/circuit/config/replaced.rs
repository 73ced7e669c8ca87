use super::CircuitConfig;

/// `config = CONST` of an attribute that sets more options. What these options replace is removed first, so that they
/// do not contradict the constant. Contradictions among the options are found as they are without a constant.
impl CircuitConfig {
    /// For a `window`: removes both windows of the constant.
    #[doc(hidden)]
    pub const fn __without_window(mut self) -> Self {
        self.window_calls = None;
        self.window_time = None;
        self
    }

    /// For a `failure_rate` or a `slow_rate`: removes the constant's failure count.
    #[doc(hidden)]
    pub const fn __without_count(mut self) -> Self {
        self.failure_threshold = None;
        self.within = None;
        self
    }

    /// For a `failure_threshold` or a `within`: removes the constant's rates, and the options that need a rate. Its
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
