//! The events that listeners receive: for each way in which a call can end, in each form.

#[macro_use]
mod forms;

mod adding_up;
mod batches;
mod circuits;
mod ending;
mod exchange;
mod listening;
mod nesting;
mod script;
mod sites;
mod slice;
mod stacks;
mod statistics;
