//! Circuit breakers of `resilience`, shared by every process that talks to one Redis or Valkey.
