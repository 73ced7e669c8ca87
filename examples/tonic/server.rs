//! A real gRPC server whose answers follow a script. With `tonic-build`, most of this would be generated.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::net::TcpListener;
use tokio_stream::Stream;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::metadata::MetadataValue;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::messages::{OrderReply, OrderRequest};

/// What the server does with a call.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Works,
    Fails(Code),
    /// The code, and `grpc-retry-pushback-ms`.
    PushesBack(Code, &'static str),
}

#[derive(Clone, Default)]
pub(crate) struct Shop(Arc<Mutex<Vec<Answer>>>);

impl Shop {
    /// The answers to the next calls. Afterwards, it works.
    pub(crate) fn will(&self, answers: &[Answer]) {
        *self.0.lock().expect("no call panics") = answers.iter().rev().copied().collect();
    }

    fn answer(&self) -> Result<OrderReply, Status> {
        let answer = self.0.lock().expect("no call panics").pop().unwrap_or(Answer::Works);
        match answer {
            Answer::Works => Ok(OrderReply { state: "paid".into() }),
            Answer::Fails(code) => Err(Status::new(code, "by the script")),
            Answer::PushesBack(code, wait) => {
                let mut status = Status::new(code, "busy");
                status.metadata_mut().insert("grpc-retry-pushback-ms", MetadataValue::from_static(wait));
                Err(status)
            }
        }
    }

    /// Serves on a free port.
    pub(crate) async fn serve(&self) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tonic::transport::Server::builder().add_service(self.clone());
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(address)
    }
}

impl UnaryService<OrderRequest> for Shop {
    type Response = OrderReply;
    type Future = BoxFuture<Response<OrderReply>, Status>;

    fn call(&mut self, _: Request<OrderRequest>) -> Self::Future {
        let answer = self.answer();
        Box::pin(async move { answer.map(Response::new) })
    }
}

impl ServerStreamingService<OrderRequest> for Shop {
    type Response = OrderReply;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<OrderReply, Status>> + Send>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    /// Two states of the order, one for each answer of the script.
    fn call(&mut self, _: Request<OrderRequest>) -> Self::Future {
        let states = [self.answer(), self.answer()];
        Box::pin(
            async move { Ok(Response::new(Box::pin(tokio_stream::iter(states)) as Self::ResponseStream)) },
        )
    }
}

impl NamedService for Shop {
    const NAME: &'static str = "shop.Shop";
}

impl Service<http::Request<Body>> for Shop {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let shop = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<OrderReply, OrderRequest>::default());
            Ok(match request.uri().path() {
                "/shop.Shop/Order" => grpc.unary(shop, request).await,
                "/shop.Shop/Watch" => grpc.server_streaming(shop, request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}
