//! Settings from outside the program.

// Floor 0: values of any format.
mod suggestions;
mod tree;
// Floor 2: options, as the attributes spell them.
mod form;
mod serialize;
mod tables;
