use super::*;

#[retry]
fn a_body_with_a_macro_of_its_own() -> Result<u8, TimedOut> {
    macro_rules! one {
        ($($anything:tt)*) => {
            1
        };
    }
    Ok(one!(let x = ; fn @ |))
}

#[test]
fn the_body_is_not_ours_to_understand() {
    assert_eq!(a_body_with_a_macro_of_its_own(), Ok(1));
}
