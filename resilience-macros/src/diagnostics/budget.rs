use crate::attribute::Attribute;

super::faults! {
    /// Budgets that are not a `static`.
    BudgetFault {
        New =>
            "`budget` takes a reference to a `static`, which counts the calls and retries of the program, and this makes a new one",
            "write `budget = &BUDGET` for a `static BUDGET: RetryBudget`, or `budget = 20%` for a budget of the function's own";
        RunTime { name: String, attribute: Attribute } =>
            format!("a budget is a `static`, and `{name}` is known only when the function is called"),
            if attribute.knows("policy") {
                format!(
                    "write `budget = &BUDGET` for a `static BUDGET: RetryBudget`; for a `&'static RetryBudget` in `{name}`, write `policy = RetryPolicy::new().budget(..)`"
                )
            } else {
                "write `budget = &BUDGET` for a `static BUDGET: RetryBudget`".into()
            };
    }
}
