//! The rows: attributes, the results of the service, and the expected outcome of each call. `asked` and `waited`
//! (seconds) are sums, `counted` is the count of the circuit.

/// The rows that sync and async functions have in common.
macro_rules! rows {
    ($stamp:ident) => {
        $stamp! {
            mod retry, "xx+xxx" {
                Ok(7) => asked 3, waited 2;
                Err(Oops::Down(6)) => asked 6, waited 4;
            }
            #[resilience::retry(times = 3, interval = 1s)]
        }
        $stamp! {
            mod poll, "--+-x---" {
                Ok(7) => asked 3, waited 2;
                Err(Oops::Down(5)) => asked 5, waited 3;
                Err(Oops::TimedOut) => asked 8, waited 5;
            }
            #[resilience::poll(until = |answer| answer.is_good(), timeout = 2s, interval = 1s)]
        }
        $stamp! {
            mod circuit, "x+xx" {
                Err(Oops::Down(1)) => asked 1, waited 0, counted 1;
                Ok(7) => asked 2, waited 0, counted 0;
                Err(Oops::Down(3)) => asked 3, waited 0, counted 1;
                Err(Oops::Down(4)) => asked 4, waited 0, counted 2;
                Err(Oops::Refused) => asked 4, waited 0, counted 2;
            }
            #[resilience::circuit(failure_threshold = 2)]
        }
        $stamp! {
            mod retry_circuit, "x+xxx" {
                Ok(7) => asked 2, waited 1, counted 0;
                Err(Oops::Down(5)) => asked 5, waited 3, counted 3;
                Err(Oops::Refused) => asked 5, waited 3, counted 3;
            }
            #[resilience::retry(times = 5, interval = 1s)]
            #[resilience::circuit(failure_threshold = 3)]
        }
        $stamp! {
            mod circuit_retry, "x+xxxx" {
                Ok(7) => asked 2, waited 1, counted 0;
                Err(Oops::Down(4)) => asked 4, waited 2, counted 1;
                Err(Oops::Down(6)) => asked 6, waited 3, counted 2;
                Err(Oops::Refused) => asked 6, waited 3, counted 2;
            }
            #[resilience::circuit(failure_threshold = 2)]
            #[resilience::retry(times = 2, interval = 1s)]
        }
        $stamp! {
            mod poll_retry, "x-x+xx" {
                Ok(7) => asked 4, waited 5;
                Err(Oops::Down(6)) => asked 6, waited 6;
            }
            #[resilience::poll(until = |answer| answer.is_good(), timeout = 9s, interval = 3s)]
            #[resilience::retry(times = 2, interval = 1s)]
        }
        $stamp! {
            mod retry_poll, "-x-+--x-x" {
                Ok(7) => asked 4, waited 5;
                Err(Oops::TimedOut) => asked 6, waited 6;
                Err(Oops::Down(9)) => asked 9, waited 10;
            }
            #[resilience::retry(times = 2, interval = 3s, on(Oops::Down(_)))]
            #[resilience::poll(until = |answer| answer.is_good(), times = 2, interval = 1s)]
        }
        $stamp! {
            mod poll_circuit, "-x+xx" {
                Ok(7) => asked 3, waited 2, counted 0;
                Err(Oops::Down(5)) => asked 5, waited 3, counted 2;
                Err(Oops::Refused) => asked 5, waited 3, counted 2;
            }
            #[resilience::poll(until = |answer| answer.is_good(), ignore(Oops::Down(_)), timeout = 9s, interval = 1s)]
            #[resilience::circuit(failure_threshold = 2)]
        }
        $stamp! {
            mod circuit_poll, "-+x--" {
                Ok(7) => asked 2, waited 1, counted 0;
                Err(Oops::Down(3)) => asked 3, waited 1, counted 1;
                Err(Oops::TimedOut) => asked 5, waited 2, counted 2;
                Err(Oops::Refused) => asked 5, waited 2, counted 2;
            }
            #[resilience::circuit(failure_threshold = 2)]
            #[resilience::poll(until = |answer| answer.is_good(), times = 2, interval = 1s)]
        }
        $stamp! {
            mod retry_retry, "xxx+xxxx" {
                Ok(7) => asked 4, waited 5;
                Err(Oops::Down(8)) => asked 8, waited 10;
            }
            #[resilience::retry(times = 2, interval = 3s)]
            #[resilience::retry(times = 2, interval = 1s)]
        }
        $stamp! {
            mod retry_constants, "xx+x" {
                Ok(7) => asked 3, waited 2;
                Err(Oops::Down(4)) => asked 4, waited 2;
            }
            #[resilience::retry(times = 3, interval = 1s, on(crate::service::FIRST | Oops::SECOND))]
        }
        $stamp! {
            mod circuit_constants, "xxx" {
                Err(Oops::Down(1)) => asked 1, waited 0, counted 0;
                Err(Oops::Down(2)) => asked 2, waited 0, counted 1;
                Err(Oops::Down(3)) => asked 3, waited 0, counted 0;
            }
            #[resilience::circuit(failure_threshold = 2, ignore(crate::service::FIRST), on(Oops::SECOND))]
        }
    };
}

/// Those of async functions alone. An attempt that hangs lasts a second, which is in the sums.
macro_rules! async_rows {
    ($stamp:ident) => {
        $stamp! {
            mod asyncbackoff, "x.+xxx" {
                Ok(7) => asked 3, waited 3;
                Err(Oops::Down(6)) => asked 6, waited 5;
            }
            #[resilience::asyncbackoff(1s, 9s, 1s, on(Oops::Down(_)), max_tries = 3)]
        }
        $stamp! {
            mod asyncretry, "xx+xxx" {
                Ok(7) => asked 3, waited 0;
                Err(Oops::Down(6)) => asked 6, waited 0;
            }
            #[resilience::asyncretry(3)]
        }
        $stamp! {
            mod asyncbackoff_circuit, ".x+xxx" {
                Ok(7) => asked 3, waited 3, counted 0;
                Err(Oops::Down(6)) => asked 6, waited 5, counted 3;
                Err(Oops::Refused) => asked 6, waited 5, counted 3;
            }
            #[resilience::asyncbackoff(1s, 9s, 1s, on(Oops::Down(_)))]
            #[resilience::circuit(failure_threshold = 3)]
        }
        $stamp! {
            mod circuit_asyncbackoff, "x+.xxx" {
                Ok(7) => asked 2, waited 1, counted 0;
                Err(Oops::Down(4)) => asked 4, waited 3, counted 1;
                Err(Oops::Down(6)) => asked 6, waited 4, counted 2;
                Err(Oops::Refused) => asked 6, waited 4, counted 2;
            }
            #[resilience::circuit(failure_threshold = 2)]
            #[resilience::asyncbackoff(1s, 9s, 1s, on(Oops::Down(_)), max_tries = 2)]
        }
    };
}

/// What is expected, as a constant.
macro_rules! row {
    ($script:literal {
        $($result:expr => asked $asked:literal, waited $waited:literal $(, counted $counted:literal)?;)+
    }) => {
        Row {
            script: $script,
            calls: &[$(Call {
                result: $result,
                asked: $asked,
                waited: $waited,
                counted: row!(@$($counted)?),
            }),+],
        }
    };
    (@) => { None };
    (@$counted:literal) => { Some($counted) };
}
