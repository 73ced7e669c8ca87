//! Settings in a file that is reloaded while the program runs: `cargo run --example settings [FILE]`.
//!
//! With a file, the program watches it until it is stopped. Without one, it writes a temporary file, changes it, and ends.

mod watch;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

use resilience::settings::{self, Overrides};
use resilience::{circuit, retry};
use watch::Watched;

#[retry(times = 3, interval = 1ms, name = "db.query")]
fn query(calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("connection refused")
}

#[circuit(name = "payments", failure_threshold = 5)]
fn pay() -> std::io::Result<()> {
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    pay()?;
    match env::args().nth(1) {
        Some(path) => watch_file(Path::new(&path)),
        None => demonstrate(),
    }
}

fn watch_file(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = Watched::new(path);
    loop {
        if file.has_changed() {
            reload(path);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Applies the file. A file with an error changes nothing.
fn reload(path: &Path) {
    let before = settings::effective().to_string();
    match read(path).and_then(|overrides| Ok(overrides.apply()?)) {
        Ok(warnings) if warnings.is_empty() => println!("{} is applied", path.display()),
        Ok(warnings) => println!("{} is applied; {warnings}", path.display()),
        Err(error) => println!("{} is not applied:\n{error}", path.display()),
    }
    let after = settings::effective().to_string();
    for line in after.lines().filter(|line| !before.contains(line)) {
        println!("    {line}");
    }
}

/// The file, with the environment over it: `RESILIENCE__RETRY__DB_QUERY__TIMES=9`.
fn read(path: &Path) -> Result<Overrides, Box<dyn Error>> {
    let file: Overrides = toml::from_str(&fs::read_to_string(path)?)?;
    Ok(file.merge(Overrides::from_env("RESILIENCE")?))
}

fn demonstrate() -> Result<(), Box<dyn Error>> {
    let path: PathBuf = env::temp_dir().join(format!("settings-{}.toml", process::id()));
    let mut file = Watched::new(&path);
    for text in [
        "[retry.'db.query']\ntimes = 5\n",
        "[retry.'db.query']\ntimes = 2\nbackoff = { exponential = '1ms', max = '10ms' }\n\n\
         [circuit.payments]\nfailure_threshold = 10\nstate = 'forced_open'\n",
        "[retry.'db.qurey']\ntimes = 9\n\n[circuit.payments]\nfailure_treshold = 1\n",
        "",
    ] {
        fs::write(&path, text)?;
        while !file.has_changed() {
            std::thread::sleep(Duration::from_millis(1));
        }
        reload(&path);
        let mut calls = 0;
        let result = query(&mut calls);
        println!("    the query makes {calls} calls: {result:?}");
    }
    fs::remove_file(&path)?;
    Ok(())
}
