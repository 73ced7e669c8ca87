//! Stacks of up to three layers, with random options and scripts, against a model that is independent of the
//! implementation: calls, callbacks, counts, delays and results.

mod functions;
mod model;
mod plan;
mod run;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::model::Model;
use crate::plan::{Kind, Plan, plan, secs};
use crate::run::{End, Run};

/// What differs is shown with the stack and the plan.
fn compare(kinds: &[Kind], found: &End, plan: &Plan, is_async: bool) -> Result<(), TestCaseError> {
    let expected = Model::new(kinds, plan, is_async).run();
    prop_assert_eq!(found, &expected, "{:?}\n{:?}", kinds, plan);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn async_stacks_do_what_the_model_says(plan in plan()) {
        for (kinds, function) in functions::ASYNC {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
            let found = runtime.block_on(async {
                let run = Run::prepare(kinds, &plan).await;
                let result = tokio::time::timeout(secs(plan.patience), function(&run)).await.ok();
                run.end(result)
            });
            compare(kinds, &found, &plan, true)?;
        }
    }

    #[test]
    fn sync_stacks_do_what_the_model_says(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        for (kinds, function) in functions::SYNC {
            let found = Run::under_a_clock_moved_by_hand(|| {
                let run = runtime.block_on(Run::prepare(kinds, &plan));
                let result = function(&run);
                run.end(Some(result))
            });
            compare(kinds, &found, &plan, false)?;
        }
    }
}
