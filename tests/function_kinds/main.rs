//! Every kind of function an attribute may stand on, each of them run, the async ones also as tasks of their own.

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
