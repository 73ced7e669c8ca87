//! The expected behaviour of a stack: a simulation in whole seconds, layer by layer.
//!
//! Before a delay, a loop queries the circuits directly for their decision about its next call. Time limits end the
//! layers below them like exceptions.

use resilience::{CircuitState, Limit};

use crate::plan::{CALL_TIMEOUT, END, FALLBACK, Kind, Layer, Operation, Plan, Start, Step, Time, secs};
use crate::run::{End, Error, Event, Read};

pub(crate) struct Model<'a> {
    kinds: &'a [Kind],
    layers: &'a [Layer],
    script: std::slice::Iter<'a, Step>,
    /// The caller drops the future then.
    patience: Option<Time>,
    is_async: bool,
    now: Time,
    /// From the outermost, which is the caller's patience, to the innermost one.
    limits: Vec<TimeLimit>,
    circuits: Vec<Circuit>,
    events: Vec<Event>,
}

/// What it limits is dropped then.
#[derive(Clone, Copy)]
struct TimeLimit {
    at: Option<Time>,
    /// It limits a single attempt, and not everything together.
    of_attempt: bool,
}

struct Circuit {
    state: State,
    generation: u32,
    late: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Closed(u32),
    Open { until: Time },
    HalfOpen { taken: bool },
    ForcedOpen,
    Disabled,
    MetricsOnly(u32),
}

/// A limit has dropped what is below it.
struct Dropped {
    limit: usize,
    of_attempt: bool,
    /// The innermost circuit that had a call under way: those above it had one too.
    seen: Option<usize>,
}

/// An attempt failed.
struct Failure {
    error: Error,
    /// The error is a circuit's rejection.
    is_rejection: bool,
    /// The innermost circuit that has had a say: those above it had one too.
    seen: Option<usize>,
}

/// A call would be rejected, for this time if it is known.
#[derive(Clone, Copy)]
struct Rejects {
    left: Option<Time>,
}

type Outcome = Result<u8, Failure>;

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Success,
    Failure,
    Nothing,
}

impl<'a> Model<'a> {
    pub(crate) fn new(kinds: &'a [Kind], plan: &'a Plan, is_async: bool) -> Self {
        let circuit = |layer: &Layer| Circuit {
            state: match layer.start {
                Start::Closed => State::Closed(0),
                Start::Open => State::Open { until: layer.recovery },
                Start::Probing => State::HalfOpen { taken: true },
                Start::ForcedOpen => State::ForcedOpen,
                Start::Disabled => State::Disabled,
                Start::MetricsOnly => State::MetricsOnly(0),
            },
            generation: 0,
            late: 0,
        };
        Self {
            kinds,
            layers: &plan.layers,
            script: plan.script.iter(),
            patience: is_async.then_some(plan.patience),
            is_async,
            now: 0,
            limits: Vec::new(),
            circuits: plan.layers.iter().map(circuit).collect(),
            events: Vec::new(),
        }
    }

    pub(crate) fn run(mut self) -> End {
        let result = self.attempt(self.patience, false, |model| model.call(0));
        let result = result.ok().and_then(Result::ok);
        let result = result.map(|outcome| outcome.map_err(|failure| failure.error));
        let circuits = (0..self.kinds.len())
            .map(|at| self.kinds[at].is_circuit().then(|| self.circuits[at].read(self.now)))
            .collect();
        End { result, at: self.now, events: self.events, circuits }
    }

    /// Calls the layer at this depth, or the body.
    fn call(&mut self, at: usize) -> Result<Outcome, Dropped> {
        let Some(kind) = self.kinds.get(at) else { return self.body() };
        match kind {
            Kind::Retry | Kind::Untimed | Kind::Backoff => self.retry(at),
            Kind::Poll => self.poll(at),
            Kind::Circuit | Kind::Limited | Kind::Fallback => self.circuit(at),
        }
    }

    fn body(&mut self) -> Result<Outcome, Dropped> {
        self.events.push(Event::Called { at: self.now });
        let end = Step { takes: Some(0), outcome: Ok(END), operation: None };
        let step = self.script.next().unwrap_or(&end);
        if let Some((at, operation)) = step.operation {
            let state = match operation {
                Operation::ForceOpen => State::ForcedOpen,
                Operation::Reset => State::Closed(0),
                Operation::Disable => State::Disabled,
            };
            self.circuits[at].turn(state);
        }
        match step.takes {
            Some(0) => {}
            Some(time) => self.wait_until(Some(self.now + time))?,
            // A sync body cannot hang.
            None if self.is_async => self.wait_until(None)?,
            None => {}
        }
        let seen = Some(self.kinds.len());
        Ok(step.outcome.map_err(|number| Failure { error: Error::Down(number), is_rejection: false, seen }))
    }

    /// Time passes, unless a limit is reached before. Where several things happen at one moment, the innermost is first.
    fn wait_until(&mut self, until: Option<Time>) -> Result<(), Dropped> {
        let reached = |limits: &[TimeLimit], now| {
            let limit = limits.iter().rposition(|limit| limit.at.is_some_and(|at| at <= now))?;
            Some(Dropped { limit, of_attempt: limits[limit].of_attempt, seen: None })
        };
        if let Some(dropped) = reached(&self.limits, self.now) {
            return Err(dropped);
        }
        let first = self.limits.iter().filter_map(|limit| limit.at).chain(until).min();
        self.now = first.expect("the caller's patience ends");
        if until == Some(self.now) { Ok(()) } else { reached(&self.limits, self.now).map_or(Ok(()), Err) }
    }

    /// A loop waits: for no time at all, it lets others run.
    fn pause(&mut self, wait: Time) -> Result<(), Dropped> {
        if self.is_async || wait > 0 { self.wait_until(Some(self.now + wait)) } else { Ok(()) }
    }

    /// Does something under a limit, unless one above it drops that too.
    fn attempt<T>(
        &mut self,
        at: Option<Time>,
        of_attempt: bool,
        f: impl FnOnce(&mut Self) -> Result<T, Dropped>,
    ) -> Result<Result<T, Dropped>, Dropped> {
        let limit = self.limits.len();
        self.limits.push(TimeLimit { at: at.filter(|_| self.is_async), of_attempt });
        let result = f(self);
        self.limits.truncate(limit);
        match result {
            Err(dropped) if dropped.limit < limit => Err(dropped),
            result => Ok(result),
        }
    }

    /// Whether one of the circuits below that have been `seen` would reject the next call, and the time left if it is known.
    fn rejects(&self, at: usize, seen: Option<usize>) -> Option<Rejects> {
        let mut rejects: Option<Rejects> = None;
        for below in at + 1..self.kinds.len() {
            if !self.kinds[below].is_circuit() || seen.is_none_or(|seen| below > seen) {
                continue;
            }
            let Some(Rejects { left }) = self.circuits[below].rejects(self.now) else { continue };
            if self.kinds[below] == Kind::Fallback {
                // It answers, and nothing below it is called.
                break;
            }
            let longest = |above: Rejects| left.zip(above.left).map(|(left, above)| left.max(above));
            rejects = Some(Rejects { left: rejects.map_or(left, longest) });
        }
        rejects
    }

    fn told(&mut self, layer: usize, error: &Error, number: u32, elapsed: Time, wait: Option<Time>) {
        if self.kinds[layer] != Kind::Untimed {
            self.events.push(Event::Told { layer, error: error.clone(), number, elapsed, wait });
        }
    }

    fn retry(&mut self, at: usize) -> Result<Outcome, Dropped> {
        let layer = &self.layers[at];
        let (times, interval, deadline, attempt_timeout) = match self.kinds[at] {
            Kind::Untimed => (3, 2, None, None),
            _ => (layer.times, layer.interval, layer.deadline, layer.attempt_timeout),
        };
        let (start, mut number, mut last) = (self.now, 0, None);
        let in_time = |elapsed: Time, wait: Time| deadline.is_none_or(|deadline| elapsed + wait < deadline);
        loop {
            let (total, own) =
                (deadline.map(|time| start + time), attempt_timeout.map(|time| self.now + time));
            let of_attempt = own.is_some_and(|own| total.is_none_or(|total| own < total));
            let ended =
                self.attempt(if of_attempt { own } else { total }, of_attempt, |model| model.call(at + 1))?;
            let elapsed = self.now - start;
            let (failure, is_cut) = match ended {
                Ok(Ok(value)) => return Ok(Ok(value)),
                Ok(Err(failure)) => (failure, false),
                Err(dropped) => {
                    let limit = match (attempt_timeout, deadline) {
                        (Some(timeout), None) => Limit::AttemptTimeout(secs(timeout)),
                        (Some(timeout), Some(deadline)) if elapsed < deadline => {
                            Limit::AttemptTimeout(secs(timeout))
                        }
                        (_, deadline) => Limit::Deadline(secs(deadline.expect("one of the two was reached"))),
                    };
                    let error = Error::TimedOut { limit, attempts: number + 1, elapsed: secs(elapsed) };
                    (Failure { error, is_rejection: false, seen: dropped.seen }, true)
                }
            };
            let rejects = self.rejects(at, failure.seen);
            // The wait for a circuit that rejects, if there is a deadline and that leaves time for it.
            let recovery = rejects
                .and_then(|rejects| rejects.left)
                .filter(|left| deadline.is_some() && in_time(elapsed, *left));
            let wait = if failure.is_rejection {
                recovery
            } else {
                number += 1;
                let again = is_cut || self.kinds[at] != Kind::Backoff && layer.on[failure.error.number()];
                let wait = (again && number < times)
                    .then(|| interval.max(recovery.unwrap_or(0)))
                    .filter(|_| rejects.is_none() || recovery.is_some())
                    .filter(|wait| in_time(elapsed, *wait));
                self.told(at, &failure.error, number, elapsed, wait);
                wait
            };
            let is_own = !failure.is_rejection && !is_cut;
            let Some(wait) = wait else {
                // An error of its own comes before a rejection or a time limit.
                return Ok(Err(match last {
                    Some(error) if !is_own => Failure { error, is_rejection: false, seen: failure.seen },
                    _ => failure,
                }));
            };
            if is_own {
                last = Some(failure.error);
            }
            self.pause(wait)?;
        }
    }

    fn poll(&mut self, at: usize) -> Result<Outcome, Dropped> {
        let layer = &self.layers[at];
        let (start, mut number, mut ignored, mut last, mut planned) = (self.now, 0, 0, None, 0);
        loop {
            let began = self.now - start;
            let own = layer.attempt_timeout.map(|time| began + time);
            let (end, of_attempt) = match (layer.deadline, own) {
                // The attempt at the very end has its own time, or else that of a wait.
                (Some(timeout), Some(own)) if began >= timeout => (Some(own), true),
                (Some(timeout), None) if began >= timeout => (Some(began + planned.min(timeout)), false),
                (Some(timeout), Some(own)) if own < timeout => (Some(own), true),
                (Some(timeout), _) => (Some(timeout), false),
                (None, own) => (own, own.is_some()),
            };
            let ended = self.attempt(end.map(|end| start + end), of_attempt, |model| model.call(at + 1))?;
            let elapsed = self.now - start;
            let (failure, seen) = match ended {
                Ok(Ok(value)) if value == END || layer.until[usize::from(value)] => return Ok(Ok(value)),
                Ok(Ok(_)) => {
                    ignored = 0;
                    (None, None)
                }
                Ok(Err(failure)) => (Some((failure.error, failure.is_rejection)), failure.seen),
                Err(dropped) => (None, dropped.seen),
            };
            let rejects = self.rejects(at, seen);
            let fits = |left: &Time| layer.deadline.is_some_and(|timeout| elapsed + left <= timeout);
            let recovery = rejects.and_then(|rejects| rejects.left).filter(fits);
            if let Some((error, true)) = failure {
                let Some(wait) = recovery else {
                    let (error, is_rejection) = last.map_or((error, true), |last| (last, false));
                    return Ok(Err(Failure { error, is_rejection, seen }));
                };
                self.pause(wait)?;
                continue;
            }
            number += 1;
            if let Some((error, _)) = &failure {
                let is_ignored = layer.ignore[error.number()];
                ignored += u32::from(is_ignored);
                if !is_ignored || layer.max_ignored.is_some_and(|most| ignored >= most) {
                    self.told(at, error, number, elapsed, None);
                    return Ok(Err(Failure { error: error.clone(), is_rejection: false, seen }));
                }
            }
            let left = layer.deadline.map(|timeout| timeout.saturating_sub(elapsed));
            let over = match left {
                _ if number >= layer.times => Some(Limit::Times(number)),
                Some(0) => layer.deadline.map(|timeout| Limit::Timeout(secs(timeout))),
                _ => None,
            };
            planned = layer.interval;
            let own = left.map_or(planned, |left| planned.min(left));
            let wait = (over.is_none() && (rejects.is_none() || recovery.is_some()))
                .then(|| own.max(recovery.unwrap_or(0)));
            if let Some((error, _)) = &failure {
                self.told(at, error, number, elapsed, wait);
            }
            let error = failure.map(|(error, _)| error);
            let Some(wait) = wait else {
                let timed_out = |limit| Error::TimedOut { limit, attempts: number, elapsed: secs(elapsed) };
                let cut =
                    || timed_out(Limit::AttemptTimeout(secs(layer.attempt_timeout.expect("it was reached"))));
                let error = over.map(timed_out).or(error).or(last).unwrap_or_else(cut);
                return Ok(Err(Failure { error, is_rejection: false, seen }));
            };
            last = error.or(last);
            self.pause(wait)?;
        }
    }

    fn circuit(&mut self, at: usize) -> Result<Outcome, Dropped> {
        let (layer, kind) = (&self.layers[at], self.kinds[at]);
        let Some(generation) = self.circuits[at].enter(self.now) else {
            if kind == Kind::Fallback {
                return Ok(Ok(FALLBACK));
            }
            let left = self.circuits[at].rejects(self.now).and_then(|rejects| rejects.left);
            let error = Error::Rejected(left.map(secs));
            return Ok(Err(Failure { error, is_rejection: true, seen: Some(at) }));
        };
        let ended = if kind == Kind::Limited {
            self.attempt(Some(self.now + CALL_TIMEOUT), true, |model| model.call(at + 1))
        } else {
            self.call(at + 1).map(Ok)
        };
        let failed = |failure: &Failure| {
            let number = failure.error.number();
            match () {
                () if failure.is_rejection || layer.ignore[number] => Verdict::Nothing,
                () if layer.on[number] => Verdict::Failure,
                () => Verdict::Success,
            }
        };
        let (outcome, verdict) = match ended {
            // A limit above this circuit.
            Err(dropped) => {
                let verdict = if dropped.of_attempt { Verdict::Failure } else { Verdict::Nothing };
                self.circuits[at].exit(generation, verdict, layer, self.now);
                let seen = dropped.seen.or(Some(at)).filter(|_| dropped.of_attempt);
                return Err(Dropped { seen, ..dropped });
            }
            Ok(Err(dropped)) => {
                let limit = Limit::CallTimeout(secs(CALL_TIMEOUT));
                let error = Error::TimedOut { limit, attempts: 1, elapsed: secs(CALL_TIMEOUT) };
                (Err(Failure { error, is_rejection: false, seen: dropped.seen }), Verdict::Failure)
            }
            Ok(Ok(Ok(value))) => (Ok(value), Verdict::Success),
            Ok(Ok(Err(failure))) => {
                let verdict = failed(&failure);
                (Err(failure), verdict)
            }
        };
        let is_counted = self.circuits[at].exit(generation, verdict, layer, self.now);
        Ok(outcome.map_err(|failure| {
            if is_counted && verdict == Verdict::Failure {
                let failures = self.circuits[at].failures();
                self.events.push(Event::Counted { layer: at, error: failure.error.clone(), failures });
            }
            Failure { seen: failure.seen.max(Some(at)), ..failure }
        }))
    }
}

impl Circuit {
    fn turn(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }

    /// Whether a call would be rejected, and the time left if it is known.
    fn rejects(&self, now: Time) -> Option<Rejects> {
        match self.state {
            State::Open { until } if now < until => Some(Rejects { left: Some(until - now) }),
            State::ForcedOpen | State::HalfOpen { taken: true } => Some(Rejects { left: None }),
            _ => None,
        }
    }

    /// The generation that the call belongs to, unless it is rejected.
    fn enter(&mut self, now: Time) -> Option<u32> {
        if self.rejects(now).is_some() {
            return None;
        }
        match self.state {
            State::Open { .. } => self.turn(State::HalfOpen { taken: true }),
            State::HalfOpen { .. } => self.state = State::HalfOpen { taken: true },
            _ => {}
        }
        Some(self.generation)
    }

    /// Whether it counted.
    fn exit(&mut self, generation: u32, verdict: Verdict, layer: &Layer, now: Time) -> bool {
        if generation != self.generation {
            self.late += u64::from(verdict != Verdict::Nothing);
            return false;
        }
        let open = State::Open { until: now + layer.recovery };
        match (self.state, verdict) {
            (State::Disabled, _) => return false,
            (State::HalfOpen { .. }, Verdict::Nothing) => self.state = State::HalfOpen { taken: false },
            (State::HalfOpen { .. }, Verdict::Success) => self.turn(State::Closed(0)),
            (State::HalfOpen { .. }, Verdict::Failure) => self.turn(open),
            (State::Closed(failures), Verdict::Failure) if failures + 1 >= layer.threshold => self.turn(open),
            (State::Closed(failures), Verdict::Failure) => self.state = State::Closed(failures + 1),
            (State::MetricsOnly(failures), Verdict::Failure) => self.state = State::MetricsOnly(failures + 1),
            (State::Closed(_), Verdict::Success) => self.state = State::Closed(0),
            (State::MetricsOnly(_), Verdict::Success) => self.state = State::MetricsOnly(0),
            _ => {}
        }
        true
    }

    fn failures(&self) -> Option<u32> {
        match self.state {
            State::Closed(failures) | State::MetricsOnly(failures) => Some(failures),
            _ => None,
        }
    }

    fn read(&self, now: Time) -> Read {
        let (state, left) = match self.state {
            State::Closed(_) => (CircuitState::Closed, None),
            State::Open { until } if now < until => (CircuitState::Open, Some(until - now)),
            State::Open { .. } | State::HalfOpen { .. } => (CircuitState::HalfOpen, None),
            State::ForcedOpen => (CircuitState::ForcedOpen, None),
            State::Disabled => (CircuitState::Disabled, None),
            State::MetricsOnly(_) => (CircuitState::MetricsOnly, None),
        };
        Read { state, left, failures: self.failures(), late: self.late }
    }
}
