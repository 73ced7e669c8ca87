//! What listeners are told: each way a call can end, in each form.

mod ending;
mod listening;
mod script;
mod sites;
mod stacks;
mod statistics;
