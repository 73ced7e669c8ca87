//! Changes of circuits by settings from outside.

use super::CircuitState;
use super::config::CircuitConfig;
use super::machine::OperatorCommand;

/// The settings of a circuit that replace those in the code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CircuitOverride {
    pub(crate) config: CircuitConfig,
    /// The state that an operator's settings ask for, before and now.
    pub(crate) state: (Option<CircuitState>, Option<CircuitState>),
}

impl CircuitOverride {
    /// What turns a circuit in this state to the required one. A required state that has not changed is left alone, so
    /// that a reload resets nothing.
    pub(super) fn command(&self, state: CircuitState) -> Option<OperatorCommand> {
        let (before, now) = self.state;
        if before == now || now == Some(state) {
            return None;
        }
        match now {
            Some(CircuitState::Closed) => Some(OperatorCommand::Reset),
            Some(CircuitState::ForcedOpen) => Some(OperatorCommand::ForceOpen),
            Some(CircuitState::Disabled) => Some(OperatorCommand::Disable),
            Some(CircuitState::MetricsOnly) => Some(OperatorCommand::MetricsOnly),
            // These cannot be required.
            Some(CircuitState::Open | CircuitState::HalfOpen) => None,
            None => {
                (before == Some(state) && state != CircuitState::Closed).then_some(OperatorCommand::Reset)
            }
        }
    }
}
