//! Waits for an HTTP response, from the command line:
//!
//! ```text
//! cargo run --example wait_for -- --until-jsonpath '$.status=OK' --alarm status=500 --timeout 60s http://server/job
//! ```
//!
//! Without arguments, it runs a demonstration against a small server: busy twice, then working, then done.

mod program;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

#[tokio::main]
async fn main() -> ExitCode {
    let code = if std::env::args_os().len() > 1 {
        program::wait_for(std::env::args_os()).await
    } else {
        demonstrate().await.unwrap_or_else(|error| {
            eprintln!("cannot start the server: {error}");
            program::BAD_USAGE
        })
    };
    ExitCode::from(code)
}

async fn demonstrate() -> std::io::Result<u8> {
    static ASKED: AtomicU32 = AtomicU32::new(0);

    let job = || async {
        let requests = ASKED.fetch_add(1, Ordering::Relaxed) + 1;
        println!("the server gets request {requests}");
        match requests {
            1 | 2 => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            3 => (StatusCode::OK, r#"{"status": "WORKING"}"#),
            _ => (StatusCode::OK, r#"{"status": "OK"}"#),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/job", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/job", get(job))).await });

    let arguments =
        ["wait_for", "--until-jsonpath", "$.status=OK", "--alarm", "status=500", "--interval", "50ms", &url];
    println!("{}", arguments.join(" "));
    let code = program::wait_for(arguments).await;
    println!("exit code {code}");
    Ok(code)
}
