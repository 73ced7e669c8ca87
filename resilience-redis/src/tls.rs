//! TLS, if a feature is enabled.

use crate::error::FleetError;

/// Connections panic without a provider of cryptography where the program's dependencies bring several or none.
#[cfg(feature = "rustls")]
#[expect(clippy::unnecessary_wraps, reason = "the same without a feature")]
pub(crate) fn prepare() -> Result<(), FleetError> {
    use rustls::crypto::{CryptoProvider, ring};
    if CryptoProvider::get_default().is_none() {
        // Another thread may have installed one just now.
        _ = ring::default_provider().install_default();
    }
    Ok(())
}

#[cfg(not(feature = "rustls"))]
pub(crate) const fn prepare() -> Result<(), FleetError> {
    if cfg!(feature = "native-tls") { Ok(()) } else { Err(FleetError::NoTls) }
}
