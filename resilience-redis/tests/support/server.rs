//! A private `redis-server` on a free port.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) struct Server {
    pub(crate) port: u16,
    /// The name of the circuit of the nodes that tests start with it.
    pub(crate) circuit: &'static str,
    options: Vec<String>,
    directory: PathBuf,
    child: Mutex<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    pub(crate) fn with(options: &[&str]) -> Self {
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        for _ in 0..20 {
            // Another process may take the port in between: the server then ends, and another port is tried.
            let port = TcpListener::bind("127.0.0.1:0")
                .and_then(|port| port.local_addr())
                .expect("a free port")
                .port();
            let directory =
                std::env::temp_dir().join(format!("resilience-redis-{}-{port}", std::process::id()));
            std::fs::create_dir_all(&directory).expect("a temporary directory");
            let mut child = spawn(port, &directory, &options);
            if answers(port, &mut child) {
                let child = Mutex::new(child);
                return Self { port, circuit: "payments", options, directory, child };
            }
        }
        panic!("redis-server does not start");
    }

    /// Gives the circuit a name that no other test has, so that its events are told apart.
    pub(crate) fn apart(mut self) -> Self {
        self.circuit = Box::leak(format!("payments-{}", self.port).into_boxed_str());
        self
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn connection(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).expect("a URL");
        client.get_connection_with_timeout(Duration::from_secs(5)).expect("the server listens")
    }

    /// Sends a command, and expects no error.
    pub(crate) fn send(&self, words: &[&str]) -> redis::Value {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut self.connection()).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().expect("not poisoned");
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Starts it again on the same port.
    pub(crate) fn restart(&self) {
        let mut child = self.child.lock().expect("not poisoned");
        *child = spawn(self.port, &self.directory, &self.options);
        assert!(answers(self.port, &mut child), "redis-server does not start again");
    }

    /// Sends a signal to the server: `STOP` or `CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.lock().expect("not poisoned").id().to_string();
        let done = Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("kill is there");
        assert!(done.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn spawn(port: u16, directory: &PathBuf, options: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(directory).args(options);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|_| panic!("redis-server is missing: install the package `redis-server`"))
}

fn answers(port: u16, child: &mut Child) -> bool {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).expect("a URL");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        let connection = client.get_connection_with_timeout(Duration::from_millis(200));
        if connection.is_ok_and(|mut connection| redis::cmd("PING").query::<String>(&mut connection).is_ok())
        {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}
