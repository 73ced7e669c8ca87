//! The span of each attempt.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use resilience::reqwest_middleware::ResilienceMiddleware;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::proxy::Answer;
use crate::server::{Server, client, times};

/// The fields of the spans, in the order in which they are recorded.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl Visit for Spans {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().expect("it is not poisoned").push(format!("{} = {value:?}", field.name()));
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.name() == "http.request"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn each_attempt_has_a_span_and_a_resend_its_number() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    // With a single subscriber, tests on other threads would switch the span off: tokio-rs/tracing#3611.
    let _second = tracing::Dispatch::new(Spans::default());
    let server = Server::behind([Answer(503, "")]).await;
    let middleware = ResilienceMiddleware::new(times(2)).name("traced");
    let response = client(middleware).get(format!("{}?token=secret", server.url())).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (host, port) =
        server.proxy.host().split_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
    let attempt = |resend: &[&str], status: &str| {
        let mut fields = vec![
            String::from("resilience.name = \"traced\""),
            "http.request.method = \"GET\"".into(),
            format!("server.address = {host:?}"),
            format!("server.port = {port}"),
        ];
        fields.extend(resend.iter().map(ToString::to_string));
        fields.push(format!("http.response.status_code = {status}"));
        fields
    };
    let expected = [attempt(&[], "503"), attempt(&["http.request.resend_count = 1"], "200")].concat();
    assert_eq!(*spans.0.lock().expect("it is not poisoned"), expected);
}
