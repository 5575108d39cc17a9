//! Commands as Task handlers: JSON on standard input, JSON on standard output.

use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use asl_core::{Failure, Value};
use asl_runtime::{OrFail as _, TaskHandler, TaskRequest};
use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::pace::Pace;

/// The most that a command may print: four times what a result may have, for blanks.
const MAX_OUTPUT: u64 = 4 * 262_144;
/// How much of the end of what a command writes to standard error becomes the cause of its failure.
const CAUSE_BYTES: usize = 2_048;
/// How long what a command left running may hold its output open: what the command wrote itself is there at once.
const GRACE: Duration = Duration::from_millis(100);
/// The error name of a command that failed without naming an error.
const HANDLER_FAILED: &str = "HandlerFailed";

/// Runs a command for every Task.
#[derive(Debug)]
pub(super) struct ProcessHandler {
    command: Arc<str>,
    pace: Pace,
}

impl ProcessHandler {
    pub(super) fn new(command: &Arc<str>, pace: Pace) -> Self {
        Self { command: Arc::clone(command), pace }
    }
}

#[async_trait]
impl TaskHandler for ProcessHandler {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        let answer = self.pace.wait(&request, run(&self.command, &request)).await;
        request.complete(answer).await
    }
}

/// Runs the command to its end; it is killed, with all that it started, when nobody waits for it any more.
///
/// What it left running when it ended is neither waited for nor killed.
async fn run(command: &str, request: &TaskRequest) -> Result<Value, Failure> {
    let mut process = Process(spawn(command, request).or_fail(HANDLER_FAILED)?);
    let Process(child) = &mut process;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let input = request.parameters().to_string();
    let write = async {
        if let Some(mut stdin) = stdin {
            // A command need not read its input.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        Ok(())
    };
    let (mut printed, mut last_words) = (Vec::new(), Vec::new());
    let talk = async {
        tokio::try_join!(write, read_output(stdout, &mut printed), read_last_words(stderr, &mut last_words)).map(|_| ())
    };
    let status = {
        let mut talk = pin!(talk);
        tokio::select! {
            talked = &mut talk => {
                talked?;
                child.wait().await
            }
            status = child.wait() => {
                timeout(GRACE, talk).await.unwrap_or(Ok(()))?;
                status
            }
        }
    };
    let output = String::from_utf8(printed)
        .map_err(|_| Failure::new(HANDLER_FAILED, "the command printed what is not UTF-8"))?;
    result(status.or_fail(HANDLER_FAILED)?, &output, String::from_utf8_lossy(&last_words).trim())
}

fn spawn(command: &str, request: &TaskRequest) -> std::io::Result<Child> {
    let mut shell = shell(command);
    shell
        .env("ASL_STATE_NAME", request.state_name())
        .env("ASL_RESOURCE", request.resource().as_str())
        .env("ASL_RETRY_COUNT", request.retry_count().to_string())
        .env("ASL_INVOCATION", request.invocation().to_string())
        .env("ASL_EXECUTION_ARN", request.execution_arn())
        .env("ASL_IDEMPOTENCY_KEY", request.idempotency_key())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    match request.task_token() {
        Some(token) => shell.env("ASL_TASK_TOKEN", token),
        None => shell.env_remove("ASL_TASK_TOKEN"),
    };
    shell.spawn()
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    // A group of its own, so that what the command starts can be killed with it.
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
            // It may have ended in this moment.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn read_output(stdout: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    if let Some(stdout) = stdout {
        stdout.take(MAX_OUTPUT + 1).read_to_end(bytes).await.or_fail(HANDLER_FAILED)?;
    }
    if bytes.len() as u64 > MAX_OUTPUT {
        return Err(Failure::new(HANDLER_FAILED, format!("the command printed more than {MAX_OUTPUT} bytes")));
    }
    Ok(())
}

/// The end of what was written to standard error.
async fn read_last_words(stderr: Option<impl AsyncRead + Unpin>, last: &mut Vec<u8>) -> Result<(), Failure> {
    if let Some(mut stderr) = stderr {
        let mut buffer = vec![0; CAUSE_BYTES];
        loop {
            let read = stderr.read(&mut buffer).await.or_fail(HANDLER_FAILED)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            last.extend_from_slice(bytes);
            last.drain(..last.len().saturating_sub(CAUSE_BYTES));
        }
    }
    Ok(())
}

fn result(status: ExitStatus, output: &str, error_text: &str) -> Result<Value, Failure> {
    let printed = serde_json::from_str::<Value>(output);
    if status.success() {
        return printed.map_err(|error| {
            let what = if output.trim().is_empty() { "nothing".to_owned() } else { format!("no JSON: {error}") };
            Failure::new(HANDLER_FAILED, format!("the command printed {what}"))
        });
    }
    let named = printed.ok().and_then(|printed| {
        let text = |name: &str| printed.get(name).and_then(Value::as_str);
        Some(Failure::from_parts(Some(text("Error")?.into()), text("Cause").map(Into::into)))
    });
    Err(named.unwrap_or_else(|| {
        let cause = if error_text.is_empty() { status.to_string() } else { error_text.to_owned() };
        Failure::new(HANDLER_FAILED, cause)
    }))
}
