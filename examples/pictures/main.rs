//! Draws the pictures of the documentation, and writes them to `resilience-runtime/pictures`.
//!
//! ```text
//! cargo run --example pictures
//! ```

#[path = "pictures.rs"]
mod pictures;

use std::{fs, io};

fn main() -> io::Result<()> {
    fs::create_dir_all(pictures::FOLDER)?;
    for (name, text) in pictures::all() {
        let path = format!("{}/{name}.svg", pictures::FOLDER);
        fs::write(&path, &text)?;
        println!("{path}: {} KiB", text.len().div_ceil(1024));
    }
    Ok(())
}
