//! What a node sends.

use tokio::task::yield_now;
use tokio::time::Instant;

use super::{Node, Owner};
use crate::circuit::{Circuit, nonce};
use crate::exchange::Command;
use crate::live::LIVE;
use crate::order::Override;
use crate::pace::{BEAT, MOST_COMMANDS, SLICE};
use crate::scripts::Script;

/// How long the store keeps the nonce of a change.
const KEPT_MILLIS: &str = "600000";

impl Node {
    /// What there is to send: of all circuits in turn, as far as one batch takes it.
    pub(super) async fn commands(&mut self, now: Instant) -> Vec<Command> {
        let mut owners = Vec::new();
        let mut commands = Vec::new();
        if now >= self.beat_at {
            self.beat_at = now + BEAT.mul_f64(0.5 + fastrand::f64() / 2.0);
            let args = vec![self.id.clone(), LIVE.as_micros().to_string(), nonce(), KEPT_MILLIS.into()];
            let keys = vec![self.keys.nodes(), self.keys.changes()];
            owners.push(Owner::Beat);
            commands.push(Command { script: Script::Beat, keys, args });
        }
        self.drop_orders_without_waiter();
        for Override { circuit, args, answer } in self.orders.drain(..) {
            // An override is not part of the circuit, and has no times of its own.
            let common = [self.id.clone(), "0".into(), "0".into(), KEPT_MILLIS.into(), nonce()];
            let args = common.into_iter().chain(args).chain([self.id.clone()]).collect();
            owners.push(Owner::Order(answer));
            commands.push(Command {
                script: Script::Override,
                keys: self.keys.circuit(&circuit).into(),
                args,
            });
        }
        if std::mem::take(&mut self.asks_views) {
            self.circuits.iter_mut().for_each(Circuit::ask_view);
        }
        let mut left = self.circuits.len();
        while left > 0 && commands.len() < MOST_COMMANDS {
            let (first, mut seen) = (self.turn, 0);
            let (circuits, around) = self.circuits(now);
            for (index, circuit) in circuits.some(first, SLICE.min(left)) {
                seen += 1;
                for (purpose, command) in circuit.commands(around) {
                    owners.push(Owner::Circuit(index, purpose));
                    commands.push(command);
                }
            }
            // After the last one comes the first one.
            self.turn = if seen == 0 { 0 } else { first + seen };
            left -= seen;
            if seen == SLICE {
                yield_now().await;
            }
        }
        if let Some(answer) = self.leaving.take() {
            let (circuits, around) = self.circuits(now);
            for (index, circuit) in circuits.iter_mut().enumerate() {
                for (purpose, command) in circuit.leave(around) {
                    owners.push(Owner::Circuit(index, purpose));
                    commands.push(command);
                }
            }
            owners.push(Owner::Leave(answer));
            let (keys, args) = (vec![self.keys.nodes()], vec![self.id.clone()]);
            commands.push(Command { script: Script::Leave, keys, args });
        }
        self.owners = owners;
        commands
    }
}
