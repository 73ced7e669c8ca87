//! A process of a fleet: this test program, started again. Orders and reports are lines.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::server::Server;

/// What a process is like.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) circuits: usize,
    /// For each circuit.
    pub(crate) calls_per_second: f64,
    pub(crate) recovery: Duration,
    pub(crate) probe: Duration,
}

/// The prefix of the lines of a process among those of the test program.
pub(super) const REPORT: &str = "report ";

/// What a process tells of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// Circuits that are closed.
    pub(crate) closed: u64,
    /// Circuits that were not closed at some time.
    pub(crate) opened: u64,
    pub(crate) asked: u64,
    pub(crate) calls: u64,
    /// Calls that have begun and not ended.
    pub(crate) running: u64,
    /// The 99th percentile of admissions, and the longest, in nanoseconds. Zero unless measured.
    pub(crate) p99: u64,
    pub(crate) longest: u64,
    /// Events.
    pub(crate) degraded: u64,
    pub(crate) recovered: u64,
    /// The nodes that live, and whether the store answers.
    pub(crate) nodes: u64,
    pub(crate) connected: u64,
    /// Seconds since 1970, by the clock of the process.
    pub(crate) clock: u64,
}

impl Report {
    fn fields(&mut self) -> [&mut u64; 12] {
        [
            &mut self.closed,
            &mut self.opened,
            &mut self.asked,
            &mut self.calls,
            &mut self.running,
            &mut self.p99,
            &mut self.longest,
            &mut self.degraded,
            &mut self.recovered,
            &mut self.nodes,
            &mut self.connected,
            &mut self.clock,
        ]
    }

    pub(super) fn line(mut self) -> String {
        REPORT.to_owned() + &self.fields().map(|field| field.to_string()).join(" ")
    }

    fn read(line: &str) -> Self {
        let mut report = Self::default();
        for (field, text) in report.fields().into_iter().zip(line.split(' ')) {
            *field = text.parse().expect("a number");
        }
        report
    }
}

/// The seconds since 1970.
pub(crate) fn wall_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

pub(crate) struct Process {
    child: Child,
    orders: ChildStdin,
    reports: Receiver<String>,
}

impl Process {
    /// `test` is the name of the test that runs a process if it is told to.
    pub(crate) fn start(test: &str, server: &Server, setup: &Setup) -> Self {
        Self::start_with(test, server, setup, &[])
    }

    /// With these variables of the environment.
    pub(crate) fn start_with(test: &str, server: &Server, setup: &Setup, variables: &[(&str, &str)]) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
        command.env("FLEET_URL", server.url()).env("FLEET_SETUP", setup.to_text());
        command.envs(variables.iter().copied());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program starts again");
        let orders = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, reports) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(report) = line.strip_prefix(REPORT) {
                    _ = sender.send(report.to_owned());
                }
            }
        });
        Self { child, orders, reports }
    }

    /// `fail`, `work`, or `take` and the milliseconds that a call takes.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("the process runs");
    }

    pub(crate) fn report(&mut self) -> Report {
        self.ask("report")
    }

    /// With the times of admissions.
    pub(crate) fn measure(&mut self) -> Report {
        self.ask("measure")
    }

    fn ask(&mut self, order: &str) -> Report {
        self.order(order);
        let line = self.reports.recv_timeout(Duration::from_secs(10)).expect("the process answers");
        Report::read(&line)
    }

    /// Ends it with a signal that it cannot handle.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it has ended");
    }

    /// Closes its orders, and waits until it has ended. Returns whether it succeeded.
    pub(crate) fn ends(mut self) -> bool {
        self.order("end");
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(10) {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Setup {
    fn to_text(&self) -> String {
        let Self { circuits, calls_per_second, recovery, probe } = self;
        format!("{circuits} {calls_per_second} {} {}", recovery.as_millis(), probe.as_millis())
    }

    pub(super) fn from_text(text: &str) -> Self {
        let mut parts = text.split(' ');
        let mut next = || parts.next().expect("four parts");
        Self {
            circuits: next().parse().expect("a number"),
            calls_per_second: next().parse().expect("a number"),
            recovery: Duration::from_millis(next().parse().expect("a number")),
            probe: Duration::from_millis(next().parse().expect("a number")),
        }
    }
}
