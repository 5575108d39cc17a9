//! Deployments and clean-ups against emulators of AWS: `LocalStack` and moto, installed under `target/emulators` and run
//! on loopback.
//!
//! Where there is no suitable Python, they are left out with the reason.
//! What cannot be installed although there is one is a failure, but not where only tests are asked for: those need no
//! network.

mod python;
mod server;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use self::python::{Environment, Unavailable};
use self::server::{Server, free_port};
use crate::step::{Steps, Verdict, cargo, passed_if_zero, workspace_root};

/// What is built where AWS is spoken to: the same in every gate, so that nothing is built twice.
pub(crate) const AWS: [&str; 5] = [
    "--features=asl-runtime/aws,deploy-workflow/lambda,image-cleanup/aws",
    "--package",
    "deploy-workflow",
    "--package",
    "image-cleanup",
];

/// `LocalStack`, with everything that it needs: what is newer does not start.
const LOCALSTACK: Environment =
    Environment { name: "localstack", requirements: include_str!("../emulators/localstack.txt") };
/// moto, with everything that it needs.
const MOTO: Environment = Environment { name: "moto", requirements: include_str!("../emulators/moto.txt") };
/// How long an emulator may take to start.
const STARTED_WITHIN: Duration = Duration::from_mins(2);

/// Runs what speaks to AWS: against doubles, and against the emulators that can be had.
pub(crate) fn run(steps: &mut Steps) {
    let mut tests = cargo(["test", "--locked", "--no-fail-fast"]);
    tests.args(AWS).args(["--lib", "--test", "aws", "--test", "main"]).env_remove("AWS_ENDPOINT_URL");
    tests.env("INSTA_UPDATE", "no");
    steps.command("what speaks to AWS", tests);
    let mut examples = cargo(["test", "--locked", "--doc"]);
    examples.args(AWS);
    steps.command("examples of what speaks to AWS", examples);
    let localstack = || {
        let program = LOCALSTACK.install()?;
        Ok(start_localstack(&LOCALSTACK, Command::new(program.join("python"))))
    };
    with_emulator(steps, "LocalStack", "deployments on LocalStack", "e2e", localstack);
    let moto = || {
        let program = MOTO.install()?;
        Ok(start_moto(&MOTO, Command::new(program.join("moto_server"))))
    };
    with_emulator(steps, "moto", "clean-ups on moto", "moto", moto);
}

/// Starts an emulator, runs the test target with it and stops it.
///
/// Without the emulator the target runs all the same, for what of it needs none.
fn with_emulator(
    steps: &mut Steps,
    emulator: &'static str,
    name: &'static str,
    target: &str,
    start: impl FnOnce() -> Result<Result<Server, String>, Unavailable>,
) {
    let mut server = None;
    steps.step(emulator, || match start() {
        Err(unavailable) => verdict(unavailable, name),
        Ok(Err(reason)) => Verdict::Failed(reason),
        Ok(Ok(started)) => {
            server = Some(started);
            Verdict::Passed
        }
    });
    steps.step(name, || {
        let mut test = cargo(["test", "--locked"]);
        test.args(AWS).args(["--test", target]);
        match &server {
            None => test.env_remove("AWS_ENDPOINT_URL"),
            Some(server) => test
                .env("AWS_ENDPOINT_URL", server.endpoint())
                .env("AWS_REGION", "us-east-1")
                .env("AWS_ACCESS_KEY_ID", "test")
                .env("AWS_SECRET_ACCESS_KEY", "test"),
        };
        match (passed_if_zero(test.status()), &server) {
            (Verdict::Passed, None) => Verdict::Skipped(format!("there is no {emulator}; the rest passed")),
            (Verdict::Failed(reason), Some(server)) => Verdict::Failed(format!("{reason}\n{}", server.log_tail())),
            (verdict, _) => verdict,
        }
    });
}

/// What it means for the tests of that name that their emulator cannot be had.
fn verdict(unavailable: Unavailable, name: &str) -> Verdict {
    match unavailable {
        Unavailable::NotHere(reason) => Verdict::Skipped(format!("{name} are LEFT OUT: {reason}")),
        Unavailable::NotInstalled(reason) => Verdict::Failed(format!("it cannot be installed: {reason}")),
        Unavailable::Unusable(reason) => Verdict::Failed(reason),
    }
}

/// Where an emulator keeps what it writes.
fn folder(environment: &Environment) -> Result<PathBuf, String> {
    let folder = workspace_root().join("target/emulators").join(format!("{}-run", environment.name));
    for part in ["home", "tmp", "files"] {
        let part = folder.join(part);
        std::fs::create_dir_all(&part).map_err(|error| format!("{}: {error}", part.display()))?;
    }
    Ok(folder)
}

fn start_localstack(environment: &Environment, mut command: Command) -> Result<Server, String> {
    let (folder, port) = (folder(environment)?, free_port()?);
    command.args(["-m", "localstack.runtime.main"]);
    command.env("GATEWAY_LISTEN", format!("127.0.0.1:{port}")).env("FILESYSTEM_ROOT", folder.join("files"));
    let off = ["USE_SSL", "PERSISTENCE", "EAGER_SERVICE_LOADING", "DNS_ADDRESS"];
    let on = ["DISABLE_EVENTS", "SKIP_SSL_CERT_DOWNLOAD", "SKIP_INFRA_DOWNLOADS"];
    command.envs(off.map(|name| (name, "0"))).envs(on.map(|name| (name, "1")));
    Server::start(contained(command, &folder), port, "/_localstack/health", &folder, STARTED_WITHIN)
}

fn start_moto(environment: &Environment, mut command: Command) -> Result<Server, String> {
    let (folder, port) = (folder(environment)?, free_port()?);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    Server::start(contained(command, &folder), port, "/moto-api/data.json", &folder, STARTED_WITHIN)
}

/// What the emulators write to a home or a temporary folder is under `target`, too.
fn contained(mut command: Command, folder: &std::path::Path) -> Command {
    let home = folder.join("home");
    command.env("XDG_CACHE_HOME", home.join(".cache")).env("HOME", home).env("TMPDIR", folder.join("tmp"));
    command.env_remove("AWS_ENDPOINT_URL");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_here_is_left_out_and_what_does_not_work_is_a_failure() {
        let verdict = |unavailable: fn(String) -> Unavailable| {
            format!("{:?}", verdict(unavailable("a reason".to_owned()), "deployments"))
        };
        assert_eq!(verdict(Unavailable::NotHere), r#"Skipped("deployments are LEFT OUT: a reason")"#);
        assert_eq!(verdict(Unavailable::NotInstalled), r#"Failed("it cannot be installed: a reason")"#);
        assert_eq!(verdict(Unavailable::Unusable), r#"Failed("a reason")"#);
    }
}
