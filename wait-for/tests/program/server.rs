//! A server on loopback that sends scripted responses.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A response with a status and a body.
pub(crate) fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} \r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Requests>,
}

/// The paths of the requests.
#[derive(Default)]
struct Requests(Mutex<Vec<String>>, Condvar);

impl Server {
    /// The responses in this order; the last one is repeated.
    pub(crate) fn replying<const N: usize>(replies: [String; N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Requests>::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let reply = &replies[number.min(N - 1)];
                // A client that went away is no concern of the server's.
                let _ = stream.and_then(|stream| serve(stream, reply, &seen));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until there was a request, for at most 30 s.
    pub(crate) fn wait_for_request(&self) {
        let Requests(paths, changed) = &*self.requests;
        let paths = paths.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = Duration::from_secs(30);
        let (paths, _) = changed
            .wait_timeout_while(paths, limit, |paths| paths.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!paths.is_empty(), "there was no request");
    }
}

fn serve(mut stream: TcpStream, reply: &str, seen: &Requests) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|header| !header.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    seen.1.notify_all();
    stream.write_all(reply.as_bytes())
}
