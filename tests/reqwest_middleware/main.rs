//! The middleware for `reqwest`, against an axum server behind a proxy that cuts, stalls and answers itself.

mod circuits;
mod extensions;
mod limits;
mod proxy;
mod repeating;
mod server;
mod statuses;
mod tracing_spans;
