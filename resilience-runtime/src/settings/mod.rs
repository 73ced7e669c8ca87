//! Settings from outside the program: files, and the environment.
//!
//! ```
//! use resilience::circuit;
//! use resilience::settings::{self, Overrides};
//!
//! #[circuit(name = "shipping", failure_threshold = 3)]
//! fn ship() -> std::io::Result<()> {
//!     Ok(())
//! }
//!
//! let overrides: Overrides = toml::from_str(
//!     r#"
//!     [circuit.shipping]
//!     failure_threshold = 10
//!     recovery_timeout = "1min"
//!     "#,
//! )?;
//! overrides.apply()?;
//! println!("{}", settings::effective());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [Configuration](mod@crate::guide::configuration) in the guide shows the file, the environment, and the test that a
//! committed file needs.

// Floor 0: values of any format.
mod problem;
mod suggestions;
mod tree;
// Floor 2: options, as the attributes spell them.
mod form;
mod overrides;
mod serialize;
mod tables;
mod unquoted;
// Floor 3: the policies in the code.
mod overridable;
// Floor 5: the program's names, and what is in force.
mod applied;
mod apply;
mod effective;
mod environment;
mod known;
mod plan;

pub use effective::{EffectiveOption, EffectiveSettings, EffectiveSite, SettingSource, effective};
#[doc(hidden)]
pub use overridable::{OVERRIDABLE, OverridableSite, PolicyInCode};
pub use overrides::Overrides;
pub use problem::{OverrideErrors, OverrideProblem, OverrideWarnings};
