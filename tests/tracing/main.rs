//! Log events, as a subscriber gets them. Nobody listens in this program.

mod calls;
mod circuits;
mod log;
mod subscribers;
