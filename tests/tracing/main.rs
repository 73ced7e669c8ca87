//! Log events, as a subscriber receives them. There are no listeners in this program.

mod calls;
mod circuits;
mod http;
mod log;
mod spans;
mod subscribers;
