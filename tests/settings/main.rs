//! Settings from files and from the environment.

mod round_trips;
mod spelling;
