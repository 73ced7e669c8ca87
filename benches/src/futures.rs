//! The size of the future of an async function with a tiny body.

use crate::subjects::{
    backed_off, backon_async, backon_macro_async, bare_async, by_hand_async, closed_async, form_async,
    polled_async, retried_async, tokio_retry, tryhard_async, with_failsafe_async, with_recloser_async,
    with_seatbelt, with_tower,
};

pub(crate) fn print() {
    println!("\nbytes of an async function's future, tiny body");
    let sizes = [
        ("bare", size_of_val(&bare_async(1))),
        ("by hand", size_of_val(&by_hand_async(1))),
        ("#[retry]", size_of_val(&retried_async(1))),
        ("#[asyncbackoff]", size_of_val(&backed_off(1))),
        ("#[poll]", size_of_val(&polled_async(1))),
        ("#[circuit]", size_of_val(&closed_async(1))),
        ("retry()", size_of_val(&form_async(1))),
        ("backon", size_of_val(&backon_async(1))),
        ("backon-macros", size_of_val(&backon_macro_async(1))),
        ("tokio-retry2", size_of_val(&tokio_retry(1))),
        ("tryhard", size_of_val(&tryhard_async(1))),
        ("recloser", size_of_val(&with_recloser_async(1))),
        ("failsafe", size_of_val(&with_failsafe_async(1))),
        ("tower-resilience", size_of_val(&with_tower(1))),
        ("seatbelt", size_of_val(&with_seatbelt(1))),
    ];
    for (name, size) in sizes {
        println!("  {name:<30} {size:>6}");
    }
}
