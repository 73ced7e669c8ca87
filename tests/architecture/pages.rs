//! The front page and the guide: their length, their contents and their links.

use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FRONT_PAGE: &str = include_str!("../../README.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");
const ONLINE_GUIDE: &str = "https://docs.rs/resilience-runtime/latest/resilience/guide/";
const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience-runtime/src/guide");
const MOST_LINES: usize = 200;

/// The guide's pages: name and text.
fn pages() -> Vec<(String, String)> {
    let files = fs::read_dir(GUIDE).expect("the folder of the guide");
    let mut pages: Vec<(String, String)> = files
        .map(|file| {
            let path = file.expect("an entry").path();
            let name = path.file_stem().expect("a file").to_str().expect("a plain name").to_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    pages.sort();
    pages
}

/// The lines of Rust snippets that rustdoc compiles but does not show.
fn hidden_lines(text: &str) -> Vec<&str> {
    let snippets = text.split("```").skip(1).step_by(2).filter(|snippet| snippet.starts_with("rust"));
    snippets.flat_map(str::lines).filter(|line| *line == "#" || line.starts_with("# ")).collect()
}

#[test]
fn the_readme_has_at_most_200_lines() {
    assert!(FRONT_PAGE.lines().count() <= MOST_LINES, "{} lines", FRONT_PAGE.lines().count());
}

#[test]
fn the_readme_shows_every_line_of_its_snippets() {
    assert_eq!(hidden_lines(FRONT_PAGE), [""; 0]);
    assert_eq!(hidden_lines("```rust\n# use a;\nb\n```\n# c\n```toml\n# d\n```"), ["# use a;"]);
}

#[test]
fn each_page_of_the_guide_has_at_most_200_lines() {
    for (name, text) in pages() {
        assert!(text.lines().count() <= MOST_LINES, "{name} has {} lines", text.lines().count());
    }
}

#[test]
fn the_guide_lists_every_page() {
    let pages = pages();
    let (_, contents) = pages.iter().find(|(name, _)| name == "mod").expect("the first page");
    for (name, _) in pages.iter().filter(|(name, _)| name != "mod") {
        assert!(contents.contains(&format!("(mod@{name})")), "no link to {name}");
        assert!(contents.contains(&format!("pub mod {name}")), "no module {name}");
    }
    assert!(pages.len() > 5, "the pages are found");
}

/// The addresses that a page links to: `[..](address)` and `[..]: address`.
fn links(text: &str) -> Vec<&str> {
    let inside = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let below =
        text.lines().filter(|line| line.starts_with('[')).filter_map(|line| Some(line.split_once("]: ")?.1));
    inside.chain(below).collect()
}

#[test]
fn every_link_of_the_readme_and_of_contributing_leads_somewhere() {
    let pages = pages();
    let mut seen = 0;
    for link in links(FRONT_PAGE).into_iter().chain(links(CONTRIBUTING)) {
        if let Some(page) = link.strip_prefix(ONLINE_GUIDE) {
            let page = page.trim_end_matches("index.html").trim_end_matches('/');
            assert!(pages.iter().any(|(name, _)| name == page), "no page {page}");
            seen += 1;
        } else if !link.starts_with("https://") {
            assert!(Path::new(ROOT).join(link).exists(), "no file {link}");
            seen += 1;
        }
    }
    assert!(seen > 15, "the links are found");
}

/// Types without an example of their own, each for a reason.
const WITHOUT_EXAMPLE: [(&str, &[&str]); 6] = [
    ("it is for expansions alone", &["InjectedFault", "SiteEntry", "StatsCell"]),
    (
        "it reaches a listener, in the example of `telemetry`",
        &[
            "Event",
            "AttemptEvent",
            "CallEvent",
            "BatchEvent",
            "NestedEvent",
            "CircuitCallEvent",
            "CircuitCallOutcome",
            "CallOutcome",
            "GiveUpReason",
            "SiteKind",
        ],
    ),
    (
        "the example is that of the method that makes it",
        &[
            "CancelledPolicy",
            "GuardedIter",
            "GuardedStream",
            "SubmitAll",
            "Iter",
            "IntoIter",
            "Snapshot",
            "SiteSnapshot",
        ],
    ),
    ("it is passed to a closure, in the example of its type", &["DescriptorRef", "CancelFunction"]),
    (
        "it stands in signatures alone",
        &[
            "Operation",
            "Blocking",
            "Asynchronous",
            "Hooks",
            "PollHooks",
            "PollCondition",
            "NoCondition",
            "CancelledBy",
            "NotCancelled",
            "TimeLimit",
            "Timed",
            "Untimed",
            "Unset",
            "Retry",
            "Poll",
        ],
    ),
    ("it is in the example of its module", &["PollFailure"]),
];

#[test]
fn every_public_type_has_an_example_or_a_reason() {
    let source =
        |path: &str| fs::read_to_string(format!("{ROOT}/resilience-runtime/src/{path}")).expect("a source");
    let lists =
        ["batch.rs", "breaker.rs", "functions.rs", "http/mod.rs", "lib.rs", "telemetry/mod.rs"].map(source);
    let public = |name: &str| {
        let words =
            |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        lists.iter().any(|list| {
            list.split("\npub use ").skip(1).any(|rest| words(rest.split(';').next().unwrap_or("")))
        })
    };
    let reasons: Vec<&str> = WITHOUT_EXAMPLE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let (mut missing, mut examples) = (Vec::new(), 0);
    for path in crate::source::Source::all(crate::RUNTIME).into_iter().map(|source| source.path) {
        let text = source(&path);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let item =
                ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|item| line.strip_prefix(item));
            let Some(name) = item.and_then(|item| item.split(|c: char| !c.is_alphanumeric()).next()) else {
                continue;
            };
            let above = lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("//") || line.starts_with('#') || line.starts_with(' '));
            let has_example = above.into_iter().any(|line| line.starts_with("/// ```"));
            examples += usize::from(has_example);
            if public(name) && !has_example && !reasons.contains(&name) {
                missing.push(format!("{name} in {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "no example: {missing:#?}");
    assert!(examples > 30, "examples are found");
}
