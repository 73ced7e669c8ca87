//! A server on loopback that sends scripted bytes and records its requests.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Over which connection, from 1.
    pub(crate) connection: usize,
    /// Which request it was, from 1.
    pub(crate) number: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    /// `name: value`, the name in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What is said.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes; the connection stays.
    Bytes(Vec<u8>),
    /// These bytes, and no more.
    Last(Vec<u8>),
    /// These bytes, and then nothing, for ever.
    Stall(Vec<u8>),
}

/// An answer with a status, and a body.
pub(crate) fn answer(status: u16, body: impl AsRef<[u8]>) -> Reply {
    with(status, "", body)
}

/// And with headers, each ended by `\r\n`.
pub(crate) fn with(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status} So\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Script = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A connection, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Accepts a connection: `None` if the handshake fails.
pub(crate) type Accept =
    Arc<dyn Fn(TcpStream) -> Pin<Box<dyn Future<Output = Option<Box<dyn Stream>>> + Send>> + Send + Sync>;

impl Server {
    pub(crate) async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let plain: Accept = Arc::new(|stream| Box::pin(async { Some(Box::new(stream) as Box<dyn Stream>) }));
        Self::over("http://127.0.0.1", plain, script).await
    }

    /// The answers in their order, the last one again and again.
    pub(crate) async fn saying(replies: impl Into<Vec<Reply>>) -> Self {
        let replies = replies.into();
        Self::start(move |asked| replies[(asked.number - 1).min(replies.len() - 1)].clone()).await
    }

    pub(crate) async fn over(
        origin: &str,
        accept: Accept,
        script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let url = format!("{origin}:{}", listener.local_addr().expect("an address").port());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (script, seen): (Script, _) = (Arc::new(script), Arc::clone(&asked));
        tokio::spawn(async move {
            for connection in 1.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (script, seen, accepted) = (Arc::clone(&script), Arc::clone(&seen), accept(stream));
                tokio::spawn(async move { serve(accepted.await?, connection, &script, &seen).await });
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn times(&self) -> usize {
        self.asked().len()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    script: &Script,
    seen: &Mutex<Vec<Asked>>,
) -> Option<()> {
    loop {
        let mut asked = read(&mut stream, connection).await?;
        {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            asked.number = seen.len() + 1;
            seen.push(asked.clone());
        }
        match script(&asked) {
            Reply::Bytes(bytes) => stream.write_all(&bytes).await.ok()?,
            Reply::Last(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.shutdown().await.ok()?;
                return None;
            }
            Reply::Stall(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.flush().await.ok()?;
                std::future::pending::<()>().await;
            }
        }
        stream.flush().await.ok()?;
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), connection: usize) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| format!("{}: {value}", name.to_lowercase()))
        .collect();
    let mut asked = Asked { connection, number: 0, method, path, headers, body: String::new() };
    let length = asked.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    asked.body = String::from_utf8(body).ok()?;
    Some(asked)
}
