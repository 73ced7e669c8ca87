//! Log events, as a subscriber gets them. Nobody listens in this program.

mod calls;
mod circuits;
mod http;
mod log;
mod spans;
mod subscribers;
