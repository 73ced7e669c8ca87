//! The messages, as a `.proto` file would declare them.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OrderRequest {
    #[prost(uint64, tag = "1")]
    pub(crate) id: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OrderReply {
    #[prost(string, tag = "1")]
    pub(crate) state: String,
}
