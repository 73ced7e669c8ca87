//! Names in the user's code that could conflict with an expansion.

mod colliding_arguments {
    #![expect(clippy::too_many_arguments, reason = "each has a name that is tested")]

    use resilience::{TimedOut, asyncbackoff, poll, retry};

    use crate::flaky::{Flaky, Oops};

    #[retry(interval = 0s, on_error = |_, _| assert_eq!((__out, __attempt), (1, 16)))]
    async fn retried(
        flaky: &Flaky,
        __out: u32,
        __run: u32,
        __wait: u32,
        __error: u32,
        __attempt: u32,
        __outcome: u32,
        __last: u32,
        __value: u32,
        __next: u32,
        __timed_out: u32,
        e: u32,
        run: u32,
        site: u32,
    ) -> Result<u32, Oops> {
        let sum = __out + __run + __wait + __error + __attempt + __outcome + __last + __value;
        let __error = flaky.ask_async().await;
        __error.map(|answer| answer + sum + __next + __timed_out + e + run + site)
    }

    #[retry(interval = 0s, deadline = 1h, on = |_| __error == 8)]
    async fn limited(
        flaky: &Flaky,
        __out: u32,
        __run: u32,
        __wait: u32,
        __error: u32,
        __attempt: u32,
        __outcome: u32,
        __last: u32,
        __value: u32,
        __next: u32,
        __timed_out: u32,
        e: u32,
        run: u32,
        site: u32,
    ) -> Result<u32, Oops> {
        let sum = __out + __run + __wait + __error + __attempt + __outcome + __last + __value;
        let __error = flaky.ask_async().await;
        __error.map(|answer| answer + sum + __next + __timed_out + e + run + site)
    }

    #[poll(until = |_| __value == 128, ignore = |_| __run == 2, interval = 0s)]
    async fn polled(
        flaky: &Flaky,
        __out: u32,
        __run: u32,
        __wait: u32,
        __error: u32,
        __attempt: u32,
        __outcome: u32,
        __last: u32,
        __value: u32,
        __next: u32,
        __timed_out: u32,
        e: u32,
        run: u32,
        site: u32,
    ) -> Result<u32, Oops> {
        let sum = __out + __run + __wait + __error + __attempt + __outcome + __last + __value;
        let __error = flaky.ask_async().await;
        __error.map(|answer| answer + sum + __next + __timed_out + e + run + site)
    }

    #[asyncbackoff(1h, on = |_| __last == 64)]
    async fn backed_off(
        flaky: &Flaky,
        __out: u32,
        __run: u32,
        __wait: u32,
        __error: u32,
        __attempt: u32,
        __outcome: u32,
        __last: u32,
        __value: u32,
        __next: u32,
        __timed_out: u32,
        e: u32,
        run: u32,
        site: u32,
    ) -> Result<u32, Oops> {
        let sum = __out + __run + __wait + __error + __attempt + __outcome + __last + __value;
        let __error = flaky.ask_async().await;
        __error.map(|answer| answer + sum + __next + __timed_out + e + run + site)
    }

    #[retry(interval = 0s, on = |error| error.0 > __error - 8, on_error = |_, _| __seen.push(__out))]
    fn by_hand(
        flaky: &Flaky,
        __out: u32,
        __error: u32,
        __seen: &mut Vec<u32>,
        __run: u32,
        __attempt: u32,
        __wait: u32,
        e: u32,
        run: u32,
    ) -> Result<u32, Oops> {
        flaky.ask().map(|answer| answer + __out + __run + __attempt + __wait + e + run)
    }

    #[poll(until = |value| *value > __value, ignore = |_| __error, interval = 0s)]
    async fn by_hand_async(
        flaky: &Flaky,
        __out: u32,
        __error: bool,
        __value: u32,
        __run: u32,
        __next: u32,
        __outcome: u32,
        __wait: u32,
    ) -> Result<u32, Oops> {
        flaky.ask().map(|answer| answer + __out + __run + __next + __outcome + __wait)
    }

    #[tokio::test]
    async fn arguments_may_be_called_what_the_expansion_calls_its_own() {
        let flaky = Flaky::default();
        let sum = Ok(3 + 8191);
        assert_eq!(retried(&flaky, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096).await, sum);
        assert_eq!(limited(&flaky, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096).await, sum);
        assert_eq!(polled(&flaky, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096).await, sum);
        assert_eq!(backed_off(&flaky, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096).await, sum);
        let mut seen = Vec::new();
        assert_eq!(by_hand(&flaky, 7, 8, &mut seen, 1, 1, 1, 1, 1), Ok(15));
        assert_eq!(seen, [7, 7]);
        assert_eq!(by_hand_async(&flaky, 1, true, 5, 1, 1, 1, 1).await, Ok(8));
        let spawned = tokio::spawn(async { by_hand_async(&Flaky::default(), 1, true, 5, 1, 1, 1, 1).await });
        assert_eq!(spawned.await.expect("no panic"), Ok(8));
    }

    #[retry(interval = 0s, clone(r#type))]
    async fn r#match(r#type: String, r#fn: &Flaky) -> Result<String, TimedOutOrOops> {
        let r#loop = r#type;
        r#fn.ask_async().await?;
        Ok(r#loop)
    }

    #[poll(until = |_| false, times = 1)]
    fn r#while(r#true: u32) -> Result<u32, TimedOut> {
        Ok(r#true)
    }

    type TimedOutOrOops = Oops;

    #[tokio::test]
    async fn raw_names_are_names() {
        assert_eq!(r#match("a".into(), &Flaky::default()).await, Ok("a".into()));
        let timed_out = r#while(1).expect_err("it gives up");
        assert_eq!(timed_out.function(), concat!(module_path!(), "::while"));
    }
}

/// Modules and types that shadow everything an expansion might reach for.
mod shadows {
    #![allow(dead_code, reason = "they are there to be in the way")]

    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod alloc {}
    pub(crate) mod resilience {}
    pub(crate) mod tokio {}

    pub(crate) struct Option;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Box;
    pub(crate) trait From {}
    pub(crate) trait Into {}
    pub(crate) trait Clone {}
    pub(crate) trait Send {}
    pub(crate) trait Future {}
    pub(crate) trait Drop {}
    pub(crate) type Result<T> = ::core::result::Result<T, crate::flaky::Oops>;

    #[allow(unused_macros, reason = "they are there to be in the way")]
    macro_rules! matches {
        () => {};
    }
    #[allow(unused_macros, reason = "they are there to be in the way")]
    macro_rules! concat {
        () => {};
    }
    #[allow(unused_macros, reason = "they are there to be in the way")]
    macro_rules! module_path {
        () => {};
    }

    use crate::flaky::Flaky;

    #[::resilience::retry(interval = 0s, on(_), giveup(crate::flaky::Oops(9)), on_error = |_, _| {}, clone(text))]
    pub(crate) fn retried(flaky: &Flaky, text: ::std::string::String) -> Result<u32> {
        drop(text);
        flaky.ask()
    }

    #[::resilience::retry(interval = 0s, deadline = 1h, retry_after = |_| ::core::option::Option::None)]
    pub(crate) async fn limited(flaky: &Flaky) -> Result<u32> {
        flaky.ask_async().await
    }

    #[::resilience::poll(until(3), ignore(_), interval = 0s, retry_after = |_| ::core::option::Option::None)]
    pub(crate) fn polled(flaky: &Flaky) -> Result<u32> {
        flaky.ask()
    }

    #[::resilience::poll(until(3), ignore(_), interval = 0s, backoff = constant(0s))]
    #[cfg(any())]
    pub(crate) fn left_out() {}

    #[::resilience::poll(until = |n| *n == 3, ignore(_), backoff = exponential(0s), jitter = 50%, on_error = |_, _| {})]
    pub(crate) async fn polled_async(flaky: &Flaky) -> Result<u32> {
        flaky.ask_async().await
    }

    #[::resilience::asyncbackoff(1h, 1h, on(_))]
    pub(crate) async fn backed_off(flaky: &Flaky) -> Result<u32> {
        flaky.ask_async().await
    }

    #[::resilience::retry(interval = 0s)]
    #[::resilience::poll(until(3), ignore(_), interval = 0s)]
    pub(crate) async fn both(flaky: &Flaky) -> Result<u32> {
        flaky.ask_async().await
    }
}

#[tokio::test]
async fn names_of_the_users_own_may_shadow_everything() {
    use crate::flaky::Flaky;
    assert_eq!(shadows::retried(&Flaky::default(), String::new()), Ok(3));
    assert_eq!(shadows::limited(&Flaky::default()).await, Ok(3));
    assert_eq!(shadows::polled(&Flaky::default()), Ok(3));
    assert_eq!(shadows::polled_async(&Flaky::default()).await, Ok(3));
    assert_eq!(shadows::backed_off(&Flaky::default()).await, Ok(3));
    assert_eq!(shadows::both(&Flaky::default()).await, Ok(3));
}

/// The runtime under another name.
mod renamed {
    pub(crate) mod vendor {
        pub(crate) use ::resilience as patience;
    }

    use crate::flaky::{Flaky, Oops};

    #[vendor::patience::retry(interval = 0s, crate = crate::names::renamed::vendor::patience)]
    fn retried(flaky: &Flaky) -> Result<u32, Oops> {
        flaky.ask()
    }

    #[vendor::patience::poll(until(3), ignore(_), interval = 0s, crate = vendor::patience)]
    async fn polled(flaky: &Flaky) -> Result<u32, Oops> {
        flaky.ask_async().await
    }

    #[tokio::test]
    async fn the_runtime_may_be_found_elsewhere() {
        assert_eq!(retried(&Flaky::default()), Ok(3));
        assert_eq!(polled(&Flaky::default()).await, Ok(3));
    }
}
