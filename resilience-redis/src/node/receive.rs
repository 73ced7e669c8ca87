//! What a node does with the answers of the store.

use std::time::Duration;

use redis::{FromRedisValue as _, Value};
use tokio::time::Instant;

use super::{Done, Node, Owner};
use crate::exchange::{Answer, Lost};
use crate::pace::{LEAST_BACKOFF, LONGEST_BACKOFF};

impl Node {
    pub(super) fn done(&mut self, done: Done) {
        let now = Instant::now();
        match done {
            Done::Connected(Ok(connection)) => {
                self.connection = Some(connection);
                self.asks_views = true;
            }
            Done::Connected(Err(error)) => {
                let error = self.servers.give_up(&error);
                self.lost(now, &error);
            }
            Done::Exchanged(Err(Lost::Connection(error))) => self.lost(now, &error),
            Done::Exchanged(Err(Lost::Moved { error, address })) => {
                self.lost(now, &error);
                self.servers.follow(address);
            }
            Done::Exchanged(Ok(answers)) => self.answered(now, answers),
        }
    }

    /// The connection is lost. What was under way may have been executed, and is sent again.
    pub(super) fn lost(&mut self, now: Instant, error: &str) {
        self.connection = None;
        self.under_way = None;
        for owner in std::mem::take(&mut self.owners) {
            match owner {
                Owner::Circuit(index, _) => {
                    if let Some(circuit) = self.circuits.get_mut(index) {
                        circuit.failed();
                    }
                }
                Owner::Order(answer) => _ = answer.send(Err(error.to_owned())),
                Owner::Beat => self.beat_at = now,
                Owner::Leave(answer) => _ = answer.send(()),
            }
        }
        self.backoff = (self.backoff * 2).clamp(LEAST_BACKOFF, LONGEST_BACKOFF);
        self.connect_at = now + self.backoff.mul_f64(fastrand::f64());
        self.error = Some(error.to_owned());
    }

    fn answered(&mut self, now: Instant, answers: Vec<(usize, Answer)>) {
        let sent = self.since;
        let mut owners: Vec<_> = std::mem::take(&mut self.owners).into_iter().map(Some).collect();
        self.backoff = Duration::ZERO;
        for (index, answer) in answers {
            let Some(owner) = owners.get_mut(index).and_then(Option::take) else { continue };
            match owner {
                Owner::Circuit(index, purpose) => {
                    let (circuits, around) = self.circuits(now);
                    let Some(circuit) = circuits.get_mut(index) else { continue };
                    if circuit.answered(purpose, answer, sent, around) {
                        self.status.update(|facts| facts.reports_dropped += 1);
                    }
                }
                Owner::Beat => match answer.and_then(beat) {
                    Ok((live, version)) => self.beaten(now, sent, live, version),
                    Err(error) => {
                        self.takes_beats = false;
                        self.error = Some(error);
                    }
                },
                Owner::Order(sender) => {
                    _ = sender.send(answer.map(drop));
                    self.asks_views = true;
                }
                Owner::Leave(sender) => _ = sender.send(()),
            }
        }
        self.note_alone();
    }

    /// The answer to a beat: views are only asked for if something has changed.
    fn beaten(&mut self, now: Instant, sent: Instant, live: u64, version: String) {
        self.live.note(now, live);
        self.takes_beats = true;
        self.beaten = sent;
        self.error = None;
        self.status.update(|facts| {
            facts.nodes = live;
            facts.answered = Some(sent);
        });
        if self.version.as_ref() == Some(&version) {
            let (circuits, around) = self.circuits(now);
            for circuit in circuits.iter_mut() {
                circuit.confirm(sent, around);
            }
        } else {
            self.version = Some(version);
            self.asks_views = true;
        }
    }
}

fn beat(answer: Value) -> Result<(u64, String), String> {
    <(u64, String)>::from_redis_value(answer).map_err(|error| format!("unexpected answer: {error}"))
}
