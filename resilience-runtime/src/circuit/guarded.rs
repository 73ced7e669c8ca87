use super::CircuitOpen;

/// What a layer of circuit brings to the layer around it: an output, or the news that there was no call.
///
/// It is how a retry tells a refusal from a failure, without a guess at the error's value: a refusal is not an attempt.
#[derive(Debug)]
#[must_use]
pub enum Guarded<R> {
    /// The function was called, or its fallback.
    Ran(R),
    /// The circuit refused, and nobody stood in.
    Refused(CircuitOpen),
}
