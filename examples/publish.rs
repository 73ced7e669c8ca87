//! A web service that publishes objects in tasks, and a client that watches forty tasks with one request per interval: `cargo run --example publish`.
//!
//! The service is real, over loopback: `POST /object/:id/publish` creates a task, `POST /tasks/search` returns the state of many,
//! `DELETE /tasks/:id` cancels one. At most four requests that create a task run at once. One task fails, and one is
//! cancelled. The table fills in as tasks finish; without a terminal, it prints a line for each. A wrong outcome makes the program fail.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::io::{self, IsTerminal, Write, stdout};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, post};
use resilience::{Batch, PollExecutor, PollFailure, PollNext};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::sleep;

const OBJECTS: u32 = 40;
/// The object whose task fails, and the one whose task is cancelled.
const BROKEN: u32 = 13;
const UNWANTED: u32 = 29;

#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the service responded {0:?}")]
    Words(String),
    #[error("task {0} failed")]
    Task(u32),
}

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    service: SocketAddr,
}

impl Client {
    fn new(service: SocketAddr) -> Result<Self, ApiError> {
        // The service is on this machine: no proxy.
        Ok(Self { http: reqwest::Client::builder().no_proxy().build()?, service })
    }

    /// Creates a task and returns its number.
    async fn publish(self, object: u32) -> Result<u32, ApiError> {
        let url = format!("http://{}/object/{object}/publish", self.service);
        let text = self.http.post(url).send().await?.error_for_status()?.text().await?;
        text.parse().map_err(|_| ApiError::Words(text))
    }

    /// The states of these tasks.
    async fn search(&self, tasks: Vec<String>) -> Result<HashMap<u32, String>, ApiError> {
        let url = format!("http://{}/tasks/search", self.service);
        let text = self.http.post(url).body(tasks.join(" ")).send().await?.error_for_status()?.text().await?;
        let state = |line: &str| {
            let (task, state) = line.split_once(' ')?;
            Some((task.parse().ok()?, state.to_owned()))
        };
        text.lines().map(|line| state(line).ok_or_else(|| ApiError::Words(line.to_owned()))).collect()
    }

    /// Cancels a task; `false`: it was finished.
    async fn delete(&self, task: u32) -> bool {
        let url = format!("http://{}/tasks/{task}", self.service);
        self.http.delete(url).send().await.is_ok_and(|response| response.status().is_success())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Arc::new(Service::default());
    let client = Client::new(start(Arc::clone(&service)).await?)?;
    let (search, cancel) = (client.clone(), client.clone());

    let executor = PollExecutor::builder()
        .name("publish")
        .max_in_flight(4)
        .default_interval(Duration::from_millis(100))
        .batch_window(Duration::from_millis(30))
        .cancel_with(move |task: u32| {
            let client = cancel.clone();
            async move { client.delete(task).await }
        })
        .start(move |batch: Batch<u32, u32, ApiError>| {
            let client = search.clone();
            async move {
                // If this request fails, every outstanding job fails.
                let tasks = batch.iter().map(|task| task.result().to_string()).collect();
                let states = client.search(tasks).await?;
                for task in batch {
                    match states.get(task.result()).map(String::as_str) {
                        Some("finished") => task.yield_result(*task.result()),
                        Some("error") => task.yield_error(ApiError::Task(*task.result())),
                        _ => {} // polled again
                    }
                }
                Ok(PollNext::Default)
            }
        });

    let (tell, mut told) = mpsc::unbounded_channel();
    let mut table = Table::new();
    for object in 1..=OBJECTS {
        let handle = executor.submit(client.clone().publish(object));
        let (tell, service) = (tell.clone(), Arc::clone(&service));
        tokio::spawn(async move {
            if object == UNWANTED {
                // The service must have a task to delete.
                for _ in 0..5_000 {
                    if handle.is_polling() {
                        break;
                    }
                    sleep(Duration::from_millis(1)).await;
                }
                assert!(handle.cancel().await, "the service deletes a running task");
                assert_eq!(service.locked().deleted.len(), 1, "once");
            }
            let _ = tell.send((object, handle.await));
        });
    }
    drop(tell);

    let mut outcomes = BTreeMap::new();
    while let Some((object, outcome)) = told.recv().await {
        table.fill(object, &outcome);
        outcomes.insert(object, outcome);
    }
    let metrics = executor.metrics();
    executor.shutdown().await;
    table.end(&format!(
        "{} published, {} failed, {} cancelled; {} searches, where a loop for each would have made {}",
        metrics.resolved,
        metrics.failed,
        metrics.cancelled,
        metrics.polls,
        service.locked().shown
    ));

    expect("every job has an outcome", outcomes.len() == OBJECTS as usize)?;
    for (object, outcome) in &outcomes {
        let as_expected = match *object {
            BROKEN => matches!(outcome, Err(PollFailure::Yielded(ApiError::Task(_)))),
            UNWANTED => matches!(outcome, Err(PollFailure::Cancelled)),
            _ => outcome.is_ok(),
        };
        expect("one fails, one is cancelled, all others are published", as_expected)?;
    }
    let served = service.locked();
    expect("four requests at a time create a task", (1..=4).contains(&served.most_at_once))?;
    expect("one request returns the states of many tasks", served.shown > 2 * metrics.polls)
}

fn expect(what: &str, holds: bool) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err(format!("expected otherwise: {what}").into()) }
}

/// The output: a cell for each object, filled in when its task ends; without a terminal, lines.
struct Table {
    cells: Vec<String>,
    drawn: bool,
    start: Instant,
}

const COLUMNS: usize = 5;

impl Table {
    fn new() -> Self {
        Self { cells: vec!["..".to_owned(); OBJECTS as usize], drawn: false, start: Instant::now() }
    }

    fn fill(&mut self, object: u32, outcome: &Result<u32, PollFailure<ApiError>>) {
        let text = match outcome {
            Ok(task) => format!("task {task}"),
            Err(PollFailure::Yielded(_)) => "failed".to_owned(),
            Err(PollFailure::Cancelled) => "cancelled".to_owned(),
            Err(failure) => failure.to_string(),
        };
        if !stdout().is_terminal() {
            println!("{:>5} ms  object {object:>2}  {text}", self.start.elapsed().as_millis());
        }
        if let Some(cell) = self.cells.get_mut(object as usize - 1) {
            *cell = text;
        }
        if stdout().is_terminal() {
            self.draw();
        }
    }

    fn draw(&mut self) {
        if std::mem::replace(&mut self.drawn, true) {
            // Back to its first line.
            print!("\x1b[{}A", self.cells.len().div_ceil(COLUMNS));
        }
        for (row, cells) in self.cells.chunks(COLUMNS).enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                print!("{:>4} {cell:<10}", row * COLUMNS + column + 1);
            }
            println!();
        }
        // A closed pipe does not end the program.
        let _ = stdout().flush();
    }

    fn end(&self, sum: &str) {
        println!("{:>5} ms  {sum}", self.start.elapsed().as_millis());
    }
}

/// The service: tasks that take a while.
#[derive(Default)]
struct Service(Mutex<Tasks>);

#[derive(Default)]
struct Tasks {
    /// By number: the object, and when its task was created.
    all: HashMap<u32, (u32, Instant)>,
    deleted: HashSet<u32>,
    at_once: u32,
    most_at_once: u32,
    /// The number of states returned, in all searches.
    shown: u64,
}

impl Service {
    fn locked(&self) -> MutexGuard<'_, Tasks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tasks {
    fn state(&self, task: u32) -> &'static str {
        match self.all.get(&task) {
            _ if self.deleted.contains(&task) => "deleted",
            None => "unknown",
            Some((UNWANTED, _)) => "running",
            Some((object, since))
                if since.elapsed() < Duration::from_millis(100 + u64::from(object % 7) * 50) =>
            {
                "running"
            }
            Some((BROKEN, _)) => "error",
            Some(_) => "finished",
        }
    }
}

/// Serves on a free port until the program ends.
async fn start(service: Arc<Service>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/object/{id}/publish", post(create))
        .route("/tasks/search", post(search))
        .route("/tasks/{id}", delete(remove))
        .with_state(service);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn create(State(service): State<Arc<Service>>, Path(object): Path<String>) -> (StatusCode, String) {
    let Ok(object) = object.parse() else { return (StatusCode::NOT_FOUND, String::new()) };
    {
        let mut tasks = service.locked();
        tasks.at_once += 1;
        tasks.most_at_once = tasks.most_at_once.max(tasks.at_once);
    }
    sleep(Duration::from_millis(20)).await;
    let mut tasks = service.locked();
    tasks.at_once -= 1;
    let task = 100 + object;
    tasks.all.insert(task, (object, Instant::now()));
    (StatusCode::CREATED, task.to_string())
}

/// A line for each requested task.
async fn search(State(service): State<Arc<Service>>, body: String) -> String {
    let mut tasks = service.locked();
    let asked: Vec<u32> = body.split_whitespace().filter_map(|task| task.parse().ok()).collect();
    tasks.shown += asked.len() as u64;
    let lines: Vec<String> = asked.iter().map(|task| format!("{task} {}", tasks.state(*task))).collect();
    lines.join("\n")
}

async fn remove(State(service): State<Arc<Service>>, Path(task): Path<String>) -> StatusCode {
    let mut tasks = service.locked();
    match task.parse() {
        Ok(task) if tasks.state(task) == "running" => {
            tasks.deleted.insert(task);
            StatusCode::OK
        }
        // It is finished.
        _ => StatusCode::CONFLICT,
    }
}
