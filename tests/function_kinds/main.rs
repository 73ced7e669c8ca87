//! Every kind of function that an attribute supports. Each is run, the async ones also as spawned tasks.

mod asynchronous;
mod blocking;
mod consumed;
mod control_flow;
mod flaky;
mod foreign;
mod fragments;
mod functions;
mod futures;
mod generics;
mod lending;
mod names;
mod owned;
mod patterns;
mod returns;
mod stacks;
