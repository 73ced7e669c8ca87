//! The client. With `tonic-build`, it would be generated.

use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codegen::{Body as HttpBody, StdError};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::messages::{OrderReply, OrderRequest};

#[derive(Clone)]
pub(crate) struct ShopClient<T>(Grpc<T>);

impl<T> ShopClient<T>
where
    T: GrpcService<Body>,
    T::ResponseBody: HttpBody<Data = tonic::codegen::Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    /// `inner` sends the requests: a `Channel`, or a stack of layers around one.
    pub(crate) fn new(inner: T, origin: http::Uri) -> Self {
        Self(Grpc::with_origin(inner, origin))
    }

    pub(crate) async fn order(&mut self, request: OrderRequest) -> Result<Response<OrderReply>, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static("/shop.Shop/Order");
        let codec = ProstCodec::<OrderRequest, OrderReply>::default();
        self.0.unary(Request::new(request), path, codec).await
    }

    pub(crate) async fn watch(&mut self, request: OrderRequest) -> Result<Streaming<OrderReply>, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static("/shop.Shop/Watch");
        let codec = ProstCodec::<OrderRequest, OrderReply>::default();
        Ok(self.0.server_streaming(Request::new(request), path, codec).await?.into_inner())
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.0.ready().await.map_err(|error| Status::unknown(error.into().to_string()))
    }
}
