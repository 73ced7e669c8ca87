//! The circuit that a layer names at run time. One that no attribute has is listed, and lives as long as the program.

use std::panic::Location;

use super::list;
use super::registered::Registered;
use crate::circuit::config::CircuitConfig;
use crate::circuit::origin::CircuitOrigin;
use crate::circuit::{CircuitBreaker, Name};

/// The circuit of this name: that of the attributes, a registered one, or else one in the default configuration.
pub(crate) fn circuit_of_layer(
    name: &'static str,
    location: &'static Location<'static>,
) -> &'static CircuitBreaker {
    if let Some(site) = list::sharing::<CircuitBreaker>(name).into_iter().next() {
        return site.of_its_name();
    }
    let circuit = Registered::lock().get_or_add(name, || {
        let origin = CircuitOrigin::Attribute { file: location.file(), line: location.line() };
        CircuitBreaker::of(Name::Written(name), CircuitConfig::new(), origin)
    });
    #[cfg(feature = "serde")]
    super::named::follow(circuit);
    circuit
}
