//! Compares the pictures of the documentation with those that the example draws.

use std::fs;

#[path = "../../examples/pictures/pictures.rs"]
mod drawn;

#[test]
fn the_pictures_are_those_that_the_example_draws() {
    for (name, text) in drawn::all() {
        let path = format!("{}/{name}.svg", drawn::FOLDER);
        let found = fs::read_to_string(&path).expect("the picture is committed");
        assert!(found == text, "{path} differs; `cargo run --example pictures` draws it again");
    }
}

/// In the documentation, a picture stands inside Markdown, where a blank line ends it.
#[test]
fn a_picture_has_no_blank_line_and_one_element() {
    for (name, text) in drawn::all() {
        assert!(!text.contains("\n\n") && text.starts_with("<svg ") && text.ends_with("</svg>\n"), "{name}");
        assert_eq!(text.matches("<svg").count(), 1, "{name}");
    }
}
