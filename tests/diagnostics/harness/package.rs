//! The scratch package.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Example, FACADE, ROOT};

/// Writes a package with these examples, and returns its manifest's path.
///
/// It is the workspace's own package with other examples and without its lints: so the lock file fits, and the
/// dependencies have the features they were built with for this test.
pub(super) fn write(examples: &BTreeMap<String, Example>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagnostics");
    fs::create_dir_all(&folder).expect("cargo's folder for tests can be written");
    fs::copy(Path::new(ROOT).join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file is there");
    let manifest = folder.join("Cargo.toml");
    let text = manifest_with(examples).to_string();
    // An unchanged file stays untouched: cargo compares the time of its last change.
    if fs::read_to_string(&manifest).ok().as_ref() != Some(&text) {
        fs::write(&manifest, text).expect("cargo's folder for tests can be written");
    }
    manifest
}

fn manifest_with(examples: &BTreeMap<String, Example>) -> Table {
    let text = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("the manifest is there");
    let mut manifest: Table = text.parse().expect("cargo has read it as well");
    manifest.remove("lints");
    let workspace = manifest["workspace"].as_table_mut().expect("the manifest is a workspace's");
    workspace.insert("members".into(), Value::Array(Vec::new()));
    workspace.remove("default-members");
    let dependencies = workspace["dependencies"].as_table_mut().expect("dependencies are a table");
    for (_, dependency) in dependencies {
        if let Some(Value::String(path)) = dependency.get_mut("path") {
            *path = format!("{ROOT}/{path}");
        }
    }
    let target = |name: &str, path: &Path, edition: &str| {
        let path = path.to_str().expect("paths are UTF-8");
        Table::from_iter(
            [("name", name), ("path", path), ("edition", edition)].map(|(k, v)| (k.into(), v.into())),
        )
    };
    let examples =
        examples.iter().map(|(name, Example { path, edition })| Value::Table(target(name, path, edition)));
    // They name dependencies of other tests.
    manifest.remove("features");
    // The library needs what the examples need.
    let of_tests = manifest.remove("dev-dependencies").expect("the tests have dependencies");
    manifest.insert("dependencies".into(), of_tests);
    let facade = target("facade", &Path::new(ROOT).join(FACADE), "2024");
    manifest.insert("lib".into(), Value::Table(facade));
    manifest.insert("example".into(), Value::Array(examples.collect()));
    manifest
}
