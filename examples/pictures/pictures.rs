//! The pictures, by name.

mod circuit;
mod delays;
mod stacks;
mod svg;

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience-runtime/pictures");

pub(crate) fn all() -> [(&'static str, String); 3] {
    [("delays", delays::draw()), ("circuit", circuit::draw()), ("stacks", stacks::draw())]
}
