//! The only run of cargo.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Output;
use super::message::Message;
use super::ours::Ours;

/// Builds all examples of a package: some messages come only with the generated code.
pub(super) fn run(manifest: &Path) -> Output {
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder in the target directory");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells this test about its package would have some build scripts run again, and everything above them.
    env::vars_os().map(|(name, _)| name).filter(|name| is_of_this_package(name)).for_each(|name| {
        cargo.env_remove(name);
    });
    let output = cargo
        .args([
            "build",
            "--examples",
            "--keep-going",
            "--offline",
            "--message-format=json",
            "--manifest-path",
        ])
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .current_dir(manifest.parent().expect("a manifest is in a folder"))
        .output()
        .expect("cargo can be started, as it has started this test");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours = Ours::read();
    let mut messages = BTreeMap::<String, Vec<Message>>::new();
    let mut executables = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}\n{log}"));
        let example = &event["target"];
        if example["kind"][0] != "example" {
            continue;
        }
        let name = example["name"].as_str().expect("targets have names").to_owned();
        if event["reason"] == "compiler-message" {
            messages.entry(name).or_default().extend(Message::read(&event["message"], &ours));
        } else if let Some(path) = event["executable"].as_str() {
            executables.insert(name, PathBuf::from(path));
        }
    }
    for of_file in messages.values_mut() {
        of_file.sort();
    }
    Output { messages, executables, log }
}

fn is_of_this_package(variable: &OsStr) -> bool {
    let prefixes =
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE"];
    variable.to_str().is_some_and(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
}
