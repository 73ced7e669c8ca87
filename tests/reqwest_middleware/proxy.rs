//! A proxy between client and server that follows a script, one step for each connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a connection. Without a step, it passes.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The server answers.
    Pass,
    /// Closed once the request has arrived.
    Cut,
    /// Closed after the first bytes of a response.
    CutWithin,
    /// Nothing is answered.
    Stall,
    /// The proxy answers with this status and these header lines.
    Answer(u16, &'static str),
}

pub(crate) use Fault::{Answer, Cut, CutWithin, Pass, Stall};

#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    connections: usize,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr, faults: impl IntoIterator<Item = Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = State { faults: faults.into_iter().collect(), connections: 0 };
        let proxy = Self { address, state: Arc::new(Mutex::new(state)) };
        let running = proxy.clone();
        tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { return };
                let fault = running.next();
                tokio::spawn(async move { serve(client, server, fault).await });
            }
        });
        proxy
    }

    fn next(&self) -> Fault {
        let mut state = self.state.lock().expect("it is not poisoned");
        state.connections += 1;
        state.faults.pop_front().unwrap_or(Pass)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The connections so far: each attempt is one.
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().expect("it is not poisoned").connections
    }

    /// The key of its circuit.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }
}

async fn serve(mut client: TcpStream, server: SocketAddr, fault: Fault) {
    let mut buffer = [0; 4096];
    match fault {
        Pass => {
            let Ok(mut server) = TcpStream::connect(server).await else { return };
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
        Cut => _ = client.read(&mut buffer).await,
        CutWithin => {
            let _ = client.read(&mut buffer).await;
            let _ = client.write_all(b"HTTP/1.1").await;
        }
        // Until the client closes the connection.
        Stall => while client.read(&mut buffer).await.is_ok_and(|length| length > 0) {},
        Answer(status, headers) => {
            let _ = client.read(&mut buffer).await;
            let head =
                format!("HTTP/1.1 {status} from the proxy\r\ncontent-length: 0\r\nconnection: close\r\n");
            let _ = client.write_all(format!("{head}{headers}\r\n").as_bytes()).await;
        }
    }
}
