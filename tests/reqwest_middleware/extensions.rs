//! Extensions are fresh for each attempt.

use std::sync::{Arc, Mutex};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next, Result};
use resilience::reqwest_middleware::{ResendCount, ResilienceMiddleware};

use crate::proxy::Answer;
use crate::server::{Server, plain, times};

#[derive(Clone, Debug, PartialEq)]
struct FromCaller(u8);

#[derive(Clone, Debug, PartialEq)]
struct FromAttempt(usize);

/// What each attempt found.
type Found = Arc<Mutex<Vec<(Option<FromCaller>, Option<FromAttempt>, u32)>>>;

struct Inner(Found);

#[async_trait::async_trait]
impl Middleware for Inner {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let resends = extensions.get::<ResendCount>().map_or(0, |count| count.get());
        let number = {
            let mut found = self.0.lock().expect("it is not poisoned");
            found.push((extensions.get().cloned(), extensions.get().cloned(), resends));
            found.len()
        };
        extensions.insert(FromAttempt(number));
        extensions.insert(FromCaller(99));
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn an_attempt_does_not_see_what_an_earlier_one_has_left_and_the_caller_gets_the_last() {
    let found = Found::default();
    let server = Server::behind([Answer(503, ""), Answer(503, "")]).await;
    let client = ClientBuilder::new(plain())
        .with(ResilienceMiddleware::new(times(3)))
        .with(Inner(Arc::clone(&found)))
        .build();
    let mut extensions = Extensions::new();
    extensions.insert(FromCaller(1));
    let request = client.get(server.url()).build().unwrap();
    let response = client.execute_with_extensions(request, &mut extensions).await.unwrap();
    assert_eq!(response.status(), 200);
    let seen = |resends| (Some(FromCaller(1)), None, resends);
    assert_eq!(*found.lock().expect("it is not poisoned"), [seen(0), seen(1), seen(2)]);
    assert_eq!(extensions.get(), Some(&FromAttempt(3)));
    assert_eq!(extensions.get().map(|count: &ResendCount| count.get()), Some(2));
}
