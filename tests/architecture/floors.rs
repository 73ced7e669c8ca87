//! A module imports from the floors below it. Modules of one floor may stand on one another, but not in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::RUNTIME;
use crate::source::Source;

/// The floors, from the comments between the modules in `lib.rs`, and which re-exports stand for which module.
struct House {
    floor_of: BTreeMap<String, usize>,
    home_of: BTreeMap<String, String>,
}

impl House {
    fn read() -> Self {
        let text = fs::read_to_string(format!("{RUNTIME}/lib.rs")).expect("there is a lib.rs");
        let (mut floor, mut floors, mut homes) = (None, BTreeMap::new(), BTreeMap::new());
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("// Floor ") {
                let number = comment.split(':').next().and_then(|number| number.parse().ok());
                floor = Some(number.expect("a floor has a number"));
            } else if let Some(module) = module(line) {
                floors.insert(module.into(), floor.expect("every module stands on a floor"));
            } else if let Some((home, names)) = re_export(line) {
                homes.extend(names.into_iter().map(|name| (name, home.clone())));
            }
        }
        Self { floor_of: floors, home_of: homes }
    }

    /// The module that a path from the root leads to.
    fn module_of(&self, name: &str) -> Option<String> {
        if self.floor_of.contains_key(name) {
            return Some(name.into());
        }
        self.home_of.get(name).cloned()
    }
}

fn module(line: &str) -> Option<&str> {
    line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod "))?.strip_suffix(';')
}

/// `pub use home::{A, b};`
fn re_export(line: &str) -> Option<(String, Vec<String>)> {
    let (home, names) = line.strip_prefix("pub use ")?.strip_suffix(';')?.split_once("::")?;
    let names = names.trim_matches(['{', '}']).split(", ").map(String::from).collect();
    Some((home.into(), names))
}

/// The first names of all paths from the root of the crate in a file.
fn roots(source: &Source) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    for after in source.code.split("crate::").skip(1) {
        let names = match after.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => after,
        };
        for name in names.split(',') {
            let end = name.trim_start().find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = name.trim_start();
            roots.insert(name[..end.unwrap_or(name.len())].to_string());
            if !after.starts_with('{') {
                break;
            }
        }
    }
    roots
}

/// Module by module, what it imports from others.
fn imports(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in Source::all(RUNTIME).iter().filter(|source| source.path != "lib.rs") {
        let module = source.path.trim_end_matches(".rs").split('/').next().unwrap_or_default().to_string();
        assert!(house.floor_of.contains_key(&module), "{} stands on no floor", source.path);
        for root in roots(source) {
            let target = house.module_of(&root);
            let target = target.unwrap_or_else(|| panic!("{}: what is crate::{root}?", source.path));
            if target != module {
                imports.entry(module.clone()).or_default().insert(target);
            }
        }
    }
    imports
}

#[test]
fn the_floors_are_read() {
    let house = House::read();
    assert_eq!(house.floor_of["time"], 0);
    assert_eq!(house.floor_of["backoff"], 1);
    assert_eq!(house.floor_of["attempts"], 2);
    assert!(house.floor_of["clock"] < house.floor_of["retry"]);
    assert!(house.floor_of["retry"] < house.floor_of["__private"]);
    assert_eq!(house.module_of("RetryPolicy").as_deref(), Some("attempts"));
    assert!(imports(&house)["retry"].contains("attempts"), "imports are found");
}

#[test]
fn nothing_imports_from_a_floor_above_it() {
    let house = House::read();
    for (module, targets) in imports(&house) {
        for target in targets {
            assert!(
                house.floor_of[&target] <= house.floor_of[&module],
                "`{module}` on floor {} imports from `{target}` on floor {}",
                house.floor_of[&module],
                house.floor_of[&target],
            );
        }
    }
}

#[test]
fn modules_of_one_floor_do_not_stand_on_one_another_in_a_circle() {
    let house = House::read();
    let mut imports = imports(&house);
    // What stands on nothing that is left can be taken away; a circle cannot.
    while let Some(module) = imports
        .iter()
        .find(|(_, targets)| targets.iter().all(|target| !imports.contains_key(target)))
        .map(|(module, _)| module.clone())
    {
        imports.remove(&module);
    }
    assert!(imports.is_empty(), "a circle: {imports:?}");
}

#[test]
fn the_decisions_stand_on_nothing_that_knows_the_time() {
    let house = House::read();
    let imports = imports(&house);
    let mut below = BTreeSet::from([String::from("attempts")]);
    loop {
        let more: BTreeSet<String> =
            below.iter().filter_map(|module| imports.get(module)).flatten().cloned().collect();
        let before = below.len();
        below.extend(more);
        if below.len() == before {
            break;
        }
    }
    assert_eq!(below.into_iter().collect::<Vec<_>>(), ["attempts", "backoff", "error", "rng", "time"]);
}
