//! The output: a line for each attempt, completed with its result and what follows.

use std::fmt::Display;
use std::io::{Write, stdout};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct Timeline {
    start: Instant,
    call: Mutex<Call>,
}

struct Call {
    function: &'static str,
    attempts: u32,
    /// When the last attempt ended.
    ended: Option<Instant>,
}

impl Timeline {
    pub(crate) fn new() -> Self {
        println!("   time  function             attempt  result                      then");
        Self { start: Instant::now(), call: Mutex::new(Call { function: "", attempts: 0, ended: None }) }
    }

    /// The next attempts belong to this function.
    pub(crate) fn call(&self, function: &'static str) {
        *self.locked() = Call { function, attempts: 0, ended: None };
    }

    /// An attempt begins. If it is dropped without a result, the line says so.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        let mut call = self.locked();
        if let Some(ended) = call.ended.take() {
            println!("again after {}", millis(ended.elapsed()));
        }
        call.attempts += 1;
        let since = millis(self.start.elapsed());
        print(&format!("{since:>7}  {:<19}  {:>7}  ", call.function, call.attempts));
        Attempt { timeline: self, began: Instant::now(), answered: false }
    }

    /// The call ends without an attempt.
    pub(crate) fn not_called(&self, why: &str) {
        let since = millis(self.start.elapsed());
        print(&format!("{since:>7}  {:<19}  {:>7}  {why:<27} ", self.locked().function, "-"));
    }

    /// The call is over; returns its number of attempts.
    pub(crate) fn ended<T, E: Display>(&self, result: &Result<T, E>) -> u32 {
        match result {
            Ok(_) => println!("done"),
            Err(error) => println!("given up: {error}"),
        }
        self.locked().attempts
    }

    fn completed(&self, what: &str) {
        print(&format!("{what:<27} "));
        self.locked().ended = Some(Instant::now());
    }

    fn locked(&self) -> MutexGuard<'_, Call> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[must_use]
pub(crate) struct Attempt<'a> {
    timeline: &'a Timeline,
    began: Instant,
    answered: bool,
}

impl Attempt<'_> {
    pub(crate) fn came_back(mut self, what: &str) {
        self.answered = true;
        self.timeline.completed(what);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.timeline.completed(&format!("dropped after {}", millis(self.began.elapsed())));
        }
    }
}

fn millis(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// Flushes incomplete lines too.
fn print(text: &str) {
    print!("{text}");
    // A closed pipe does not end the program.
    let _ = stdout().flush();
}
