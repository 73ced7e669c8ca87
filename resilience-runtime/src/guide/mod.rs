//! The guide: one page for each question.
//!
//! | page | what it answers |
//! |---|---|
//! | [choosing](mod@choosing) | Which attribute or function do I need? |
//! | [retrying](mod@retrying) | How do I repeat a call that fails? Under which time limits? |
//! | [delays](mod@delays) | How long is the delay between attempts? What do backoff and jitter do? |
//! | [polling](mod@polling) | How do I wait until a value is good? |
//! | [circuits](mod@circuits) | How do I stop calling a service that is down? |
//! | [circuits_by_hand](mod@circuits_by_hand) | How do I list, watch and operate circuits, or use one without the attribute? |
//! | [stacking](mod@stacking) | How do I combine them on one function? With attributes of other crates? |
//! | [functions](mod@functions) | Which functions can be annotated? What may an attempt do with the arguments? |
//! | [batches](mod@batches) | How do I watch many jobs with one request per interval? |
//! | [http](mod@http) | How do I wait for an HTTP response? |
//! | [servers_and_clients](mod@servers_and_clients) | How do I retry and guard requests of `tower`, axum, tonic or `reqwest`? |
//! | [errors](mod@errors) | What does my function return when it gives up? |
//! | [configuration](mod@configuration) | How are options written? Where do settings come from? |
//! | [testing](mod@testing) | How do I test my code without waiting? |
//! | [in_production](mod@in_production) | What do I log, measure and alert on? |
//! | [recipes](mod@recipes) | How do I do this or that? |
//! | [coming_from](mod@coming_from) | How is what I know from another library written here? |

#[doc = include_str!("choosing.md")]
pub mod choosing {}

#[doc = include_str!("retrying.md")]
pub mod retrying {}

#[doc = include_str!("delays.md")]
#[doc = ""]
#[doc = include_str!("../../pictures/delays.svg")]
pub mod delays {}

#[doc = include_str!("polling.md")]
pub mod polling {}

#[doc = include_str!("circuits.md")]
#[doc = ""]
#[doc = include_str!("../../pictures/circuit.svg")]
pub mod circuits {}

#[doc = include_str!("circuits_by_hand.md")]
pub mod circuits_by_hand {}

#[doc = include_str!("stacking.md")]
#[doc = ""]
#[doc = include_str!("../../pictures/stacks.svg")]
pub mod stacking {}

#[doc = include_str!("functions.md")]
pub mod functions {}

#[doc = include_str!("batches.md")]
pub mod batches {}

#[doc = include_str!("http.md")]
pub mod http {}

#[doc = include_str!("servers_and_clients.md")]
pub mod servers_and_clients {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("in_production.md")]
pub mod in_production {}

#[doc = include_str!("recipes.md")]
pub mod recipes {}

#[doc = include_str!("coming_from.md")]
pub mod coming_from {}
