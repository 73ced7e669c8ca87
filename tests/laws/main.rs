//! The laws of attempts: each is one case of one table, run through the functions and the attributes, sync and async.

#[macro_use]
mod forms;
mod script;

mod asynchronous;
mod budget;
mod cancelling;
mod causes;
mod extremes;
mod names;
mod polling;
mod retrying;
