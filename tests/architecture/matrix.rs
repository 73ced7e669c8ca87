//! Compares the failure matrix of `resilience-redis` with its tests.

use std::fs;
use std::path::Path;

const README: &str = include_str!("../../resilience-redis/README.md");
const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience-redis/tests/matrix");

/// The cells of the rows of the first table after a heading.
fn rows(heading: &str) -> Vec<Vec<&str>> {
    let (_, text) = README.split_once(heading).expect("the heading");
    let table =
        text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |row: &'static str| row.trim_matches('|').split(" | ").map(str::trim).collect();
    table.skip(2).map(cells).collect()
}

/// The names of tests in a cell.
fn names(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split('`').filter_map(|part| part.split_once("::"))
}

#[test]
fn every_cell_of_the_failure_matrix_is_filled_and_names_a_test_that_exists() {
    let (matrix, tests) = (rows("\n## The failure matrix\n"), rows("\n### The tests of the matrix\n"));
    let failures = |rows: &[Vec<&'static str>]| rows.iter().map(|row| row[0]).collect::<Vec<_>>();
    assert_eq!(failures(&matrix), failures(&tests));
    for row in &matrix {
        assert!(row.len() == 5 && row.iter().all(|cell| !cell.is_empty()), "an empty cell: {row:?}");
    }
    for row in &tests {
        assert!(names(row[1]).next().is_some(), "no test: {row:?}");
        for (file, name) in names(row[1]) {
            let path = Path::new(TESTS).join(file).with_extension("rs");
            let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no file {}", path.display()));
            assert!(source.contains(&format!("fn {name}()")), "no test `{name}` in {}", path.display());
        }
    }
    assert!(matrix.len() > 25, "the table is read");
}
