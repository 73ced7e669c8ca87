//! Fleets of several processes: this test program, started again for each of them.

use std::time::{Duration, Instant};

use crate::ONE;
use crate::support::nodes::field_of;
use crate::support::process::{Process, Report, Setup};
use crate::support::server::Server;
use crate::support::worker::{self, name};
use crate::support::{ms, secs, wait_until};

/// The name of the test that is a process if it is told to.
pub(crate) const PROCESS: &str = "processes::a_process_of_a_fleet_ends_when_its_orders_end";

#[test]
fn a_process_of_a_fleet_ends_when_its_orders_end() {
    if worker::run() {
        return;
    }
    let server = Server::start();
    let mut process = Process::start(PROCESS, &server, &one_circuit());
    assert_eq!(process.report().closed, 1);
    assert!(process.ends());
}

pub(crate) fn one_circuit() -> Setup {
    Setup { circuits: 1, calls_per_second: 20.0, recovery: secs(1), probe: ms(1500) }
}

/// Processes that see one another.
pub(crate) fn start(server: &Server, count: u64, setup: &Setup) -> Vec<Process> {
    let mut processes: Vec<_> = (0..count).map(|_| Process::start(PROCESS, server, setup)).collect();
    see_one_another(&mut processes);
    processes
}

pub(crate) fn see_one_another(processes: &mut [Process]) {
    let count = processes.len() as u64;
    wait_until("all see one another", secs(10), || reports(processes).iter().all(|told| told.nodes == count));
}

/// Waits until each process has asked for this number of further calls.
pub(crate) fn go_on(processes: &mut [Process], calls: u64) {
    let asked =
        |processes: &mut [Process]| reports(processes).iter().map(|told| told.asked).collect::<Vec<_>>();
    let before = asked(processes);
    wait_until("all go on", secs(20), || {
        asked(processes).iter().zip(&before).all(|(now, before)| *now >= before + calls)
    });
}

pub(crate) fn reports(processes: &mut [Process]) -> Vec<Report> {
    processes.iter_mut().map(Process::report).collect()
}

pub(crate) fn order(processes: &mut [Process], order: &str) {
    for process in processes {
        process.order(order);
    }
}

/// The states of these circuits in the store.
fn states(server: &Server, circuits: usize) -> Vec<Option<String>> {
    let mut store = server.connection();
    (0..circuits).map(|index| field_of(&mut store, name(index), "state")).collect()
}

/// A fleet of four processes with fifty circuits.
struct Soak {
    server: Server,
    processes: Vec<Process>,
    /// The longest time until all were open, and until all were closed.
    opening: Duration,
    closing: Duration,
    /// How often the store was away for longer than `max_staleness`.
    silences: u64,
}

/// Waits until all reports are as they should be. Panics with the last ones.
fn wait_for(
    processes: &mut [Process],
    what: &str,
    limit: Duration,
    mut is_so: impl FnMut(usize, &Report) -> bool,
) {
    let began = Instant::now();
    loop {
        let reports = reports(processes);
        if reports.iter().enumerate().all(|(index, told)| is_so(index, told)) {
            return;
        }
        assert!(began.elapsed() < limit, "after {limit:?}: {what}: {reports:#?}");
        std::thread::sleep(ms(20));
    }
}

const CIRCUITS: usize = 50;

impl Soak {
    /// Waits until all circuits of all processes, and the store, are closed or are not.
    fn agree(&mut self, closed: bool) -> Duration {
        let what = if closed { "all are closed, and the store" } else { "all are open, and the store" };
        let Self { server, processes, .. } = self;
        wait_until(what, secs(20), || {
            let agrees =
                |told: &Report| if closed { told.closed == CIRCUITS as u64 } else { told.closed == 0 };
            let in_store = |state: &Option<String>| state.as_deref().is_some_and(|is| (is == "c") == closed);
            reports(processes).iter().all(agrees) && states(server, CIRCUITS).iter().all(in_store)
        })
    }

    /// The dependency fails for all, then it works again.
    fn outage_of_the_dependency(&mut self) {
        order(&mut self.processes, "fail");
        self.opening = self.opening.max(self.agree(false));
        go_on(&mut self.processes, 5 * CIRCUITS as u64);
        order(&mut self.processes, "work");
        self.closing = self.closing.max(self.agree(true));
    }

    /// The store is killed and is away until all are degraded. Meanwhile the dependency fails.
    fn outage_of_both(&mut self) {
        let before = reports(&mut self.processes);
        self.server.kill();
        self.silences += 1;
        let all = CIRCUITS as u64;
        wait_for(
            &mut self.processes,
            "every circuit is told to be degraded, once",
            secs(6),
            |index, told| told.degraded == before[index].degraded + all && told.connected == 0,
        );
        order(&mut self.processes, "fail");
        wait_for(&mut self.processes, "all open alone", secs(8), |_, told| told.closed == 0);
        self.server.restart();
        order(&mut self.processes, "work");
        wait_for(
            &mut self.processes,
            "every circuit is told to have recovered, once",
            secs(6),
            |index, told| told.recovered == before[index].recovered + all && told.connected == 1,
        );
        // A store that was restarted empty knows only circuits of which somebody has told it.
        let began = Instant::now();
        wait_for(&mut self.processes, "all are closed", secs(20), |_, told| told.closed == all);
        self.closing = self.closing.max(began.elapsed());
        let degraded = |told: &Report, before: &Report| told.degraded == before.degraded + all;
        let reports = reports(&mut self.processes);
        assert!(reports.iter().zip(&before).all(|(told, before)| degraded(told, before)), "{reports:#?}");
    }
}

/// `RESILIENCE_SOAK_SECONDS` sets the time.
#[tokio::test]
async fn fifty_circuits_of_four_processes_agree_after_many_outages() {
    let _one = ONE.share().await;
    let seconds = std::env::var("RESILIENCE_SOAK_SECONDS").map_or(15, |text| text.parse().expect("a number"));
    let server = Server::start();
    let setup = Setup { circuits: CIRCUITS, calls_per_second: 5.0, ..one_circuit() };
    let processes = start(&server, 4, &setup);
    let mut soak = Soak { server, processes, opening: secs(0), closing: secs(0), silences: 0 };
    let asked = |processes: &mut [Process]| reports(processes).iter().map(|told| told.asked).sum::<u64>();
    let (before, began) = (asked(&mut soak.processes), Instant::now());
    let mut outages = 0;
    while began.elapsed() < secs(seconds) {
        soak.outage_of_the_dependency();
        soak.outage_of_both();
        outages += 1;
    }
    // What the calls of a circuit do in between does not depend on the store: a call that waits would be missing.
    let asked = asked(&mut soak.processes) - before;
    let expected = 4.0 * 50.0 * setup.calls_per_second * began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "few calls")]
    let share = asked as f64 / expected;
    assert!(share > 0.8, "{asked} calls of {expected:.0}");
    soak.outage_of_the_dependency();
    let measured: Vec<_> = soak.processes.iter_mut().map(Process::measure).collect();
    assert!(measured.iter().all(|told| told.opened == CIRCUITS as u64), "all were open in between");
    for told in &measured {
        assert_eq!((told.degraded, told.connected, told.nodes), (told.recovered, 1, 4), "{told:?}");
    }
    // A machine with too much to do may delay answers as well.
    let told: u64 = measured.iter().map(|told| told.degraded).sum();
    let others = told - 4 * soak.silences * CIRCUITS as u64;
    let micros = |time: fn(&Report) -> u64| measured.iter().map(time).max().expect("four") / 1000;
    println!(
        "50 circuits of 4 processes, {:.0} s, {outages} outages of both kinds, {others} other degradations: all open within {:.0?}, all closed within {:.0?}; \
         p99 of an admission {} µs, the longest {} µs, of {asked} calls",
        began.elapsed().as_secs_f64(),
        soak.opening,
        soak.closing,
        micros(|told| told.p99),
        micros(|told| told.longest),
    );
    assert!(soak.processes.into_iter().all(Process::ends));
}

#[tokio::test]
async fn a_process_that_is_killed_during_its_trial_does_not_wedge_the_fleet() {
    let _one = ONE.share().await;
    let server = Server::start();
    let mut processes = start(&server, 4, &one_circuit());
    order(&mut processes, "fail");
    let state = || states(&server, 1).remove(0);
    wait_until("the fleet opens", secs(5), || state().as_deref() == Some("o"));
    let is_quiet = |_, told: &Report| told.closed == 0 && told.running == 0;
    wait_for(&mut processes, "all are open, and their calls have ended", secs(5), is_quiet);
    order(&mut processes, "work");
    order(&mut processes, "take 60000");
    let holder = |processes: &mut [Process]| reports(processes).iter().position(|told| told.running == 1);
    wait_until("a trial", secs(5), || holder(&mut processes).is_some());
    let keys = resilience_redis::__testing::Keys::new("tests").circuit(name(0));
    let leases = || -> Vec<String> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(&keys[6]).arg(0).arg(-1).query(&mut server.connection()).expect("an answer")
    };
    wait_until("the store knows of it", secs(2), || leases().iter().any(|lease| lease.starts_with("s/")));
    let running: u64 = reports(&mut processes).iter().map(|told| told.running).sum();
    assert_eq!(running, 1, "there is one trial in the fleet");
    let generation = field_of(&mut server.connection(), name(0), "gen").expect("half-open");
    let holder = holder(&mut processes).expect("it runs");
    processes.remove(holder).kill();
    order(&mut processes, "take 2");
    let closed = |processes: &mut [Process]| reports(processes).iter().all(|told| told.closed == 1);
    let took = wait_until("the others close", secs(8), || closed(&mut processes));
    println!("holder of a trial killed (probe_timeout 1.5 s, recovery 1 s): closed after {took:.0?}");
    // Half-open, then open because the trial is silent, half-open, and closed.
    let generations = generation.parse::<u64>().expect("a number") + 3;
    assert_eq!(field_of(&mut server.connection(), name(0), "gen"), Some(generations.to_string()));
    assert_eq!((state().as_deref(), leases().len()), (Some("c"), 0));
}
