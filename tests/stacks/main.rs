//! Stacks of up to three layers, with random options and scripts, against a model that knows nothing of how they are written:
//! who is called, told and counted, how long is waited, and what comes back.

mod functions;
mod model;
mod plan;
mod run;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::model::Model;
use crate::plan::{Kind, Layer, PATIENCE, Step, plan, secs};
use crate::run::{End, Run};

/// What differs is shown with the stack and the plan.
fn compare(
    kinds: &[Kind],
    found: &End,
    expected: &End,
    plan: &(Vec<Layer>, Vec<Step>),
) -> Result<(), TestCaseError> {
    prop_assert_eq!(found, expected, "{:?}\n{:?}", kinds, plan);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn async_stacks_do_what_the_model_says(plan in plan()) {
        for (kinds, function) in functions::ASYNC {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
            let found = runtime.block_on(async {
                let run = Run::prepare(kinds, &plan.0, &plan.1).await;
                let result = tokio::time::timeout(secs(PATIENCE), function(&run)).await.ok();
                run.end(result)
            });
            compare(kinds, &found, &Model::new(kinds, &plan.0, &plan.1, true).run(), &plan)?;
        }
    }

    #[test]
    fn sync_stacks_do_what_the_model_says(plan in plan()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        for (kinds, function) in functions::SYNC {
            let found = Run::under_a_clock_moved_by_hand(|| {
                let run = runtime.block_on(Run::prepare(kinds, &plan.0, &plan.1));
                let result = function(&run);
                run.end(Some(result))
            });
            compare(kinds, &found, &Model::new(kinds, &plan.0, &plan.1, false).run(), &plan)?;
        }
    }
}
