//! The cost of one hundred async functions in machine code and in `cargo check` time: small programs are generated,
//! built and compared with one whose functions are bare.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

const FUNCTIONS: usize = 100;

/// A way to write a function: the lines before it, and its body.
struct Style {
    name: &'static str,
    attribute: &'static str,
    body: &'static str,
}

const PLAIN: &str = "Ok(work(n, N).await? + 1)";

const STYLES: [Style; 4] = [
    Style { name: "bare", attribute: "", body: PLAIN },
    Style {
        name: "by hand",
        attribute: "",
        body: "let mut attempt = 0; loop { attempt += 1; \
               let error = match (async { Ok(work(n, N).await? + 1) }).await { Ok(v) => return Ok(v), Err(e) => e }; \
               if attempt == 3 { return Err(error); } tokio::time::sleep(std::time::Duration::from_secs(1)).await; }",
    },
    Style { name: "#[retry]", attribute: "#[resilience::retry]", body: PLAIN },
    Style {
        name: "backon-macros",
        attribute: "#[backon_macros::backon(backoff = backon::ConstantBuilder::default, sleep = tokio::time::sleep)]",
        body: PLAIN,
    },
];

pub(crate) fn print() {
    println!("\n{FUNCTIONS} async functions, each over a bare one");
    match measure() {
        Ok(()) => {}
        Err(error) => println!("  could not be measured: {error}"),
    }
}

fn measure() -> io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let folder = workspace.join("target").join("code-size");
    let mut bare: Option<(u64, Duration)> = None;
    println!("  {:<20} {:>14} {:>18}", "", "bytes each", "`cargo check`, all");
    for style in STYLES {
        let project = write_project(&folder, &workspace, &style)?;
        let (size, check) = (text_size(&project)?, check_time(&project)?);
        let (size_of_bare, check_of_bare) = *bare.get_or_insert((size, check));
        let each = size.saturating_sub(size_of_bare) / FUNCTIONS as u64;
        let longer = check.as_secs_f64() - check_of_bare.as_secs_f64();
        println!("  {:<20} {each:>14} {longer:>+16.2} s", style.name);
    }
    Ok(())
}

fn write_project(folder: &Path, workspace: &Path, style: &Style) -> io::Result<PathBuf> {
    let project = folder.join("project");
    fs::create_dir_all(project.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"measured\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         resilience-runtime = {{ path = \"{}\" }}\nbackon = \"1.6\"\nbackon-macros = \"1.0\"\n\
         tokio = {{ version = \"1\", features = [\"rt\", \"time\"] }}\n\
         [profile.release]\nlto = \"fat\"\ncodegen-units = 1\n",
        workspace.join("resilience-runtime").display(),
    );
    fs::write(project.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock"))?;
    let mut source = String::from(
        "#![allow(clippy::all)]\n#[derive(Debug)] pub struct Failure(pub u32);\n\
         #[inline(never)] async fn work(n: u32, m: u32) -> Result<u32, Failure> \
         { tokio::task::yield_now().await; if std::hint::black_box(n) == m { Err(Failure(n)) } else { Ok(n) } }\n",
    );
    for index in 0..FUNCTIONS {
        let body = style.body.replace('N', &index.to_string());
        let attribute = style.attribute;
        let _ = writeln!(
            source,
            "{attribute} pub async fn f{index}(n: u32) -> Result<u32, Failure> {{ {body} }}"
        );
    }
    source.push_str(
        "type Boxed = std::pin::Pin<Box<dyn Future<Output = Result<u32, Failure>>>>;\nfn main() { \
         let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(); rt.block_on(async {\n",
    );
    for index in 0..FUNCTIONS {
        let _ = writeln!(source, "std::hint::black_box::<Boxed>(Box::pin(f{index}(1))).await.ok();");
    }
    source.push_str("}) }\n");
    fs::write(project.join("src/main.rs"), source)?;
    Ok(project)
}

/// The `.text` of the release build.
fn text_size(project: &Path) -> io::Result<u64> {
    cargo(project, &["build", "--release", "--quiet"])?;
    let output = Command::new("size").arg("-A").arg(project.join("target/release/measured")).output()?;
    let report = String::from_utf8_lossy(&output.stdout);
    let text =
        report.lines().find_map(|line| line.strip_prefix(".text")?.split_whitespace().next()?.parse().ok());
    text.ok_or_else(|| io::Error::other("`size` did not show a .text section"))
}

/// The best of five, with everything but this program already checked.
fn check_time(project: &Path) -> io::Result<Duration> {
    let main = project.join("src/main.rs");
    let source = fs::read(&main)?;
    cargo(project, &["check", "--quiet"])?;
    let mut best = Duration::MAX;
    for _ in 0..5 {
        fs::write(&main, &source)?;
        let start = Instant::now();
        cargo(project, &["check", "--quiet"])?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn cargo(project: &Path, arguments: &[&str]) -> io::Result<()> {
    let status = Command::new(env!("CARGO")).args(arguments).current_dir(project).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("`cargo {arguments:?}` failed"))) }
}
