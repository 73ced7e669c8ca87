//! The layers for `tower`: retries and circuits around a service that follows a script.

mod between_layers;
mod circuits;
mod mock;
mod readiness;
mod requests;
mod retrying;
mod sites;
mod stacks;
