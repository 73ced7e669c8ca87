//! The attributes' pages against their tables. `PAGES=overwrite cargo test -p resilience-macros` rewrites the tables of
//! options in them.

use std::fs;

use super::Table;
use crate::attribute::Attribute;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages");
const BEGIN: &str = "<!-- options -->\n";
const END: &str = "<!-- end -->\n";

/// The page's table of options.
fn options(table: &Table) -> String {
    let rows = table.options.iter().map(|option| format!("|{} |\n", option.doc));
    format!("| option | default | meaning |\n|---|---|---|\n{}\n", rows.collect::<String>())
}

fn page(attribute: Attribute) -> (String, String) {
    let path = format!("{FOLDER}/{}.md", attribute.name());
    let text = fs::read_to_string(&path).expect("every attribute has a page");
    (path, text)
}

#[test]
fn every_page_lists_the_options_of_its_table() {
    for attribute in Attribute::ALL {
        let (path, text) = page(attribute);
        let (before, rest) = text.split_once(BEGIN).expect("the page has a place for the options");
        let (found, after) = rest.split_once(END).expect("the place has an end");
        let expected = options(attribute.table());
        if std::env::var("PAGES").is_ok_and(|pages| pages == "overwrite") {
            let text = format!("{before}{BEGIN}{expected}{END}{after}");
            fs::write(path, text).expect("the page can be written");
        } else {
            assert!(found == expected, "{path} differs from its table; `PAGES=overwrite` rewrites it");
        }
    }
}

#[test]
fn every_page_has_five_examples_and_what_not_to_do_and_its_links_lead_somewhere() {
    for attribute in Attribute::ALL {
        let (path, text) = page(attribute);
        let (_, examples) = text.split_once("# Examples\n").expect("examples");
        let (examples, traps) = examples.split_once("# DON'T\n").expect("what not to do");
        assert!(examples.matches("\n```\n").count() >= 10, "{path}: five examples");
        assert!(traps.matches("\n- **Don't").count() >= 3, "{path}");
        for link in text.split("[`").skip(1).filter_map(|rest| rest.split_once("`]")).map(|(link, _)| link) {
            // A link with its address beside it ends with a parenthesis.
            let defined =
                text.contains(&format!("\n[`{link}`]: https://")) || text.contains(&format!("[`{link}`]("));
            assert!(defined, "{path}: `{link}` has no address");
        }
    }
}
