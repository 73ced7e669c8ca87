//! Every form of a call, written once: a case is a policy, hooks, a script, and the expected outcome.

/// The forms of retry that block.
macro_rules! blocking_retry {
    ({
        policy { $($key:ident = $value:expr),* $(,)? }
        hooks { $($hook:ident = $ask:expr),* $(,)? }
        script [$($step:expr),* $(,)?]
        starts $starts:tt
        waits $waits:tt
        ends $result:expr, $end:literal
    }) => {
        use crate::script::*;

        const STEPS: &[Step] = &[$($step),*];

        fn expected() -> Expected {
            Expected { starts: &$starts, waits: &$waits, result: $result, end: $end }
        }

        #[test]
        fn by_function() {
            let script = Script::by_hand(STEPS);
            let result = resilience::retry(|| script.attempt())
                $(.$key($value))*
                $(.$hook($ask))*
                .on_error(|error, attempt| script.told(error, attempt))
                .call();
            script.check_told(&result, &expected(), true);
        }

        #[resilience::retry(
            $($key = $value,)* $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute() {
            let script = Script::by_hand(STEPS);
            script.check_told(&annotated(&script), &expected(), true);
        }

        // Without `on_error` the expansion may leave out the clock.
        #[resilience::retry($($key = $value,)* $($hook = $ask),*)]
        fn silent(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute_without_on_error() {
            let script = Script::by_hand(STEPS);
            script.check(&silent(&script), &expected());
        }

        #[resilience::retry(
            policy = resilience::RetryPolicy::new()$(.$key($value))*,
            $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        fn governed(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute_with_a_policy() {
            let script = Script::by_hand(STEPS);
            script.check_told(&governed(&script), &expected(), true);
        }
    };
}

/// The forms of retry that do not block.
macro_rules! asynchronous_retry {
    ({
        policy { $($key:ident = $value:expr),* $(,)? }
        hooks { $($hook:ident = $ask:expr),* $(,)? }
        script [$($step:expr),* $(,)?]
        starts $starts:tt
        waits $waits:tt
        ends $result:expr, $end:literal
    }) => {
        use crate::script::*;

        const STEPS: &[Step] = &[$($step),*];

        fn expected() -> Expected {
            Expected { starts: &$starts, waits: &$waits, result: $result, end: $end }
        }

        #[tokio::test(start_paused = true)]
        async fn by_function() {
            let script = Script::by_tokio(STEPS);
            let result = resilience::retry(async || script.attempt_async().await)
                $(.$key($value))*
                $(.$hook($ask))*
                .on_error(|error, attempt| script.told(error, attempt))
                .run()
                .await;
            script.check_told(&result, &expected(), true);
        }

        #[tokio::test(start_paused = true)]
        async fn by_function_for_sending() {
            let script = Script::by_tokio(STEPS);
            let result = resilience::retry(|| script.attempt_async())
                $(.$key($value))*
                $(.$hook($ask))*
                .on_error(|error, attempt| script.told(error, attempt))
                .run_send()
                .await;
            script.check_told(&result, &expected(), true);
        }

        #[resilience::retry(
            $($key = $value,)* $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        async fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_attribute() {
            let script = Script::by_tokio(STEPS);
            script.check_told(&annotated(&script).await, &expected(), true);
        }

        #[resilience::retry($($key = $value,)* $($hook = $ask),*)]
        async fn silent(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_attribute_without_on_error() {
            let script = Script::by_tokio(STEPS);
            script.check(&silent(&script).await, &expected());
        }

        #[resilience::retry(
            policy = resilience::RetryPolicy::new()$(.$key($value))*,
            $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        async fn governed(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_attribute_with_a_policy() {
            let script = Script::by_tokio(STEPS);
            script.check_told(&governed(&script).await, &expected(), true);
        }

        #[resilience::asyncbackoff(
            policy = resilience::RetryPolicy::new()$(.$key($value))*,
            $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        async fn backed_off(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_asyncbackoff() {
            let script = Script::by_tokio(STEPS);
            script.check_told(&backed_off(&script).await, &expected(), true);
        }
    };
}

macro_rules! retry_laws {
    ($($name:ident $case:tt)*) => {$(
        mod $name {
            mod blocking { blocking_retry! { $case } }
            mod asynchronous { asynchronous_retry! { $case } }
        }
    )*};
}

/// A blocking attempt cannot be interrupted: these have no sync form.
macro_rules! async_retry_laws {
    ($($name:ident $case:tt)*) => {$(
        mod $name { asynchronous_retry! { $case } }
    )*};
}

/// The forms of poll that block.
macro_rules! blocking_poll {
    ({
        policy { $($key:ident = $value:expr),* $(,)? }
        hooks { $($hook:ident = $ask:expr),* $(,)? }
        script [$($step:expr),* $(,)?]
        starts $starts:tt
        waits $waits:tt
        ends $result:expr, $end:literal
    }) => {
        use crate::script::*;

        const STEPS: &[Step] = &[$($step),*];

        fn expected() -> Expected {
            Expected { starts: &$starts, waits: &$waits, result: $result, end: $end }
        }

        #[test]
        fn by_function() {
            let script = Script::by_hand(STEPS);
            let result = resilience::poll(|| script.attempt())
                $(.$key($value))*
                $(.$hook($ask))*
                .on_error(|error, attempt| script.told(error, attempt))
                .call();
            script.check_told(&result.map_err(Error::from), &expected(), false);
        }

        #[resilience::poll(
            $($key = $value,)* $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute() {
            let script = Script::by_hand(STEPS);
            script.check_told(&annotated(&script), &expected(), false);
        }

        #[resilience::poll(
            policy = resilience::PollPolicy::new()$(.$key($value))*,
            $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        fn governed(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute_with_a_policy() {
            let script = Script::by_hand(STEPS);
            script.check_told(&governed(&script), &expected(), false);
        }
    };
}

/// The forms of poll that do not block.
macro_rules! asynchronous_poll {
    ({
        policy { $($key:ident = $value:expr),* $(,)? }
        hooks { $($hook:ident = $ask:expr),* $(,)? }
        script [$($step:expr),* $(,)?]
        starts $starts:tt
        waits $waits:tt
        ends $result:expr, $end:literal
    }) => {
        use crate::script::*;

        const STEPS: &[Step] = &[$($step),*];

        fn expected() -> Expected {
            Expected { starts: &$starts, waits: &$waits, result: $result, end: $end }
        }

        #[tokio::test(start_paused = true)]
        async fn by_function() {
            let script = Script::by_tokio(STEPS);
            let result = resilience::poll(async || script.attempt_async().await)
                $(.$key($value))*
                $(.$hook($ask))*
                .on_error(|error, attempt| script.told(error, attempt))
                .run()
                .await;
            script.check_told(&result.map_err(Error::from), &expected(), false);
        }

        #[tokio::test(start_paused = true)]
        async fn by_function_for_sending() {
            let script = Script::by_tokio(STEPS);
            let result = resilience::poll(|| script.attempt_async())
                $(.$key($value))*
                $(.$hook($ask))*
                .on_error(|error, attempt| script.told(error, attempt))
                .run_send()
                .await;
            script.check_told(&result.map_err(Error::from), &expected(), false);
        }

        #[resilience::poll(
            $($key = $value,)* $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        async fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_attribute() {
            let script = Script::by_tokio(STEPS);
            script.check_told(&annotated(&script).await, &expected(), false);
        }

        #[resilience::poll(
            policy = resilience::PollPolicy::new()$(.$key($value))*,
            $($hook = $ask,)* on_error = |error, attempt| script.told(error, attempt)
        )]
        async fn governed(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_attribute_with_a_policy() {
            let script = Script::by_tokio(STEPS);
            script.check_told(&governed(&script).await, &expected(), false);
        }
    };
}

macro_rules! poll_laws {
    ($($name:ident $case:tt)*) => {$(
        mod $name {
            mod blocking { blocking_poll! { $case } }
            mod asynchronous { asynchronous_poll! { $case } }
        }
    )*};
}

macro_rules! async_poll_laws {
    ($($name:ident $case:tt)*) => {$(
        mod $name { asynchronous_poll! { $case } }
    )*};
}
