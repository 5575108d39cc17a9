//! The person at the terminal as a Task handler.

use std::io::{self, BufRead as _, Read as _};
use std::sync::OnceLock;
use std::thread;

use asl_core::{Failure, Value};
use asl_runtime::{TaskHandler, TaskRequest};
use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc};

use super::pace::Pace;
use crate::stderr::tell;

/// The longest line that is read.
const MAX_LINE: u64 = 1_048_576;

/// Asks for the result of every Task, one at a time.
#[derive(Debug)]
pub(super) struct Ask {
    pace: Pace,
    lines: OnceLock<Mutex<mpsc::Receiver<String>>>,
}

impl Ask {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, lines: OnceLock::new() }
    }

    async fn ask(&self, request: &TaskRequest) -> Result<Value, Failure> {
        let mut lines = self.lines.get_or_init(|| Mutex::new(read_lines())).lock().await;
        tell(&question(request));
        let mut answer = String::new();
        while let Some(line) = lines.recv().await {
            answer.push_str(&line);
            match understood(&answer) {
                Understood::Whole(result) => return result,
                Understood::Begun => {}
                Understood::Not(reason) => {
                    tell(&format!("  {reason}; answer again:"));
                    answer.clear();
                }
            }
        }
        Err(Failure::runtime(format!("standard input ended before state `{}` was answered", request.state_name())))
    }
}

#[async_trait]
impl TaskHandler for Ask {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        let answer = self.pace.wait(&request, self.ask(&request)).await;
        request.complete(answer).await
    }
}

fn question(request: &TaskRequest) -> String {
    let attempt = match request.retry_count() {
        0 => String::new(),
        retries => format!(", retry {retries}"),
    };
    let input = format!("{:#}", request.parameters_json()).replace('\n', "\n  ");
    format!(
        "? {} calls {}{attempt} with\n  {input}\n  answer with a result in JSON, or with `fail ERROR CAUSE`:",
        request.state_name(),
        request.resource(),
    )
}

/// What an answer is, as far as it was typed.
#[derive(Debug, PartialEq)]
enum Understood {
    Whole(Result<Value, Failure>),
    /// There must be more to come.
    Begun,
    Not(String),
}

fn understood(answer: &str) -> Understood {
    let answer = answer.trim();
    if let Some(failure) = answer.strip_prefix("fail").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
        return match failure.trim().split_once(' ') {
            Some((error, cause)) => Understood::Whole(Err(Failure::new(error, cause.trim()))),
            None if failure.trim().is_empty() => Understood::Not("`fail` needs the name of an error".to_owned()),
            None => Understood::Whole(Err(Failure::named(failure.trim()))),
        };
    }
    match serde_json::from_str::<Value>(answer) {
        Ok(result) => Understood::Whole(Ok(result)),
        Err(error) if error.is_eof() => Understood::Begun,
        Err(error) => Understood::Not(format!("that is no JSON: {error}")),
    }
}

/// The lines of standard input, which a thread of its own waits for.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut line = Vec::new();
        while stdin.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if sender.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_json_or_failures() {
        let check = |answer: &str, expected: Understood| assert_eq!(understood(answer), expected, "{answer}");
        check("5\n", Understood::Whole(Ok(5.into())));
        check("\"fail\"", Understood::Whole(Ok("fail".into())));
        check("{\"a\":\n", Understood::Begun);
        check("\n", Understood::Begun);
        check("fail Busy try later\n", Understood::Whole(Err(Failure::new("Busy", "try later"))));
        check("fail Busy\n", Understood::Whole(Err(Failure::named("Busy"))));
        check("fail\n", Understood::Not("`fail` needs the name of an error".to_owned()));
        check("failure\n", Understood::Not("that is no JSON: expected ident at line 1 column 3".to_owned()));
    }
}
