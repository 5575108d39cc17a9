//! Steps, one after the other, each with its duration, and what became of them as a table.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// What became of a step.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It did what it is for.
    Passed,
    /// It was not run, for this reason; that is no failure.
    Skipped(String),
    /// It failed, for this reason.
    Failed(String),
}

/// The steps run so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    finished: Vec<(&'static str, Duration, Verdict)>,
}

impl Steps {
    /// Runs `command` as the step `name`, which passes if the command exits with 0.
    pub(crate) fn command(&mut self, name: &'static str, mut command: Command) {
        self.step(name, || {
            println!("    {}", display(&command));
            flush();
            passed_if_zero(command.status())
        });
    }

    /// Runs `body` as the step `name`.
    pub(crate) fn step(&mut self, name: &'static str, body: impl FnOnce() -> Verdict) {
        println!("\n==> {name}");
        flush();
        let start = Instant::now();
        let verdict = body();
        let duration = start.elapsed();
        match &verdict {
            Verdict::Passed => println!("<== {name}: passed in {:.1} s", duration.as_secs_f64()),
            Verdict::Skipped(reason) => println!("<== {name}: skipped: {reason}"),
            Verdict::Failed(reason) => println!("<== {name}: FAILED in {:.1} s: {reason}", duration.as_secs_f64()),
        }
        self.finished.push((name, duration, verdict));
    }

    /// Prints the closing table; the exit code says whether any step failed.
    pub(crate) fn conclude(self) -> ExitCode {
        println!();
        let mut total = Duration::ZERO;
        let mut exit_code = ExitCode::SUCCESS;
        for (name, duration, verdict) in &self.finished {
            total += *duration;
            let outcome = match verdict {
                Verdict::Passed => "passed".to_owned(),
                Verdict::Skipped(reason) => format!("skipped: {reason}"),
                Verdict::Failed(reason) => {
                    exit_code = ExitCode::FAILURE;
                    format!("FAILED: {reason}")
                }
            };
            println!("{name:<32} {:>7.1} s  {outcome}", duration.as_secs_f64());
        }
        println!("{:<32} {:>7.1} s", "all", total.as_secs_f64());
        flush();
        exit_code
    }
}

/// The features that every gate builds with, so that nothing is built twice: all but S3, whose HTTP client takes longer
/// to build than everything else together.
pub(crate) const FEATURES: &str = "--features=asl-runtime/parquet,asl-runtime/sqlite,asl-runtime/store-conformance";

/// A cargo command, run in the workspace's root.
///
/// What cargo tells this program of itself is not for it: build scripts would run again for another value.
pub(crate) fn cargo(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = program(env!("CARGO"), arguments);
    let is_of_xtask = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_of_xtask)) {
        command.env_remove(name);
    }
    command
}

/// A command, run in the workspace's root.
pub(crate) fn program(name: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(workspace_root());
    command
}

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn workspace_root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The verdict on a command that ended with `status`.
pub(crate) fn passed_if_zero(status: std::io::Result<std::process::ExitStatus>) -> Verdict {
    match status {
        Ok(status) if status.success() => Verdict::Passed,
        Ok(status) => Verdict::Failed(status.to_string()),
        Err(error) => Verdict::Failed(error.to_string()),
    }
}

/// The command as one would type it, with the variables it sets.
fn display(command: &Command) -> String {
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}=\"{}\"", name.to_string_lossy(), value?.to_string_lossy())));
    let name = Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    variables.chain([name]).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// The commands write to the same terminal: what was said before must stand before.
fn flush() {
    let _ = std::io::stdout().flush();
}
