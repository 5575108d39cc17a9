//! The peers: how each is installed, and how it is started as a contestant.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Verdict, program, workspace_root};

/// What a user would pick instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// npm's `aws-local-stepfunctions`.
    LocalStepFunctions,
    /// npm's `jsonata`, the reference: a bare evaluator of expressions.
    Jsonata,
    /// crates.io's `asl`.
    AslCrate,
    /// `moto` of Python, its interpreter without the service around it.
    Moto,
}

impl Peer {
    pub(super) const ALL: [Self; 4] = [Self::LocalStepFunctions, Self::Jsonata, Self::AslCrate, Self::Moto];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LocalStepFunctions => "npm aws-local-stepfunctions 3.0.0",
            Self::Jsonata => "npm jsonata 2.0.6",
            Self::AslCrate => "crates.io asl 0.2.0",
            Self::Moto => "PyPI moto 5.2.5",
        }
    }

    /// Installs it under `folder`.
    pub(super) fn install(self, folder: &Path) -> Verdict {
        let installed = match self {
            Self::LocalStepFunctions => npm(folder, "aws-local-stepfunctions@3.0.0"),
            Self::Jsonata => npm(folder, "jsonata@2.0.6"),
            Self::AslCrate => cargo_build(folder),
            Self::Moto => pip(folder),
        };
        installed.map_or_else(Verdict::Failed, |()| Verdict::Passed)
    }

    /// The contestant for `workload`, whose files are in `workloads`; `None` if the peer is not for such workloads.
    pub(super) fn command(self, folder: &Path, workloads: &Path, workload: &str) -> Option<Command> {
        let mut command = match self {
            Self::LocalStepFunctions => {
                let mut node = program("node", [source("local_step_functions.js")]);
                node.arg(npm_folder(folder, "aws-local-stepfunctions"));
                node
            }
            Self::Jsonata if workload == "w9_jsonata" => {
                let mut node = program("node", [source("jsonata.js")]);
                node.arg(npm_folder(folder, "jsonata"));
                node.args(["asl", "input"].map(|kind| workloads.join(format!("{workload}.{kind}.json"))));
                return Some(node);
            }
            Self::Jsonata => return None,
            Self::AslCrate => program(folder.join("asl/target/release/asl-contestant"), [""; 0]),
            Self::Moto => program(folder.join("moto/bin/python"), [source("moto_interpreter.py")]),
        };
        command.arg(workloads).arg(workload);
        Some(command)
    }
}

/// What speaks for a peer.
fn source(file: &str) -> PathBuf {
    workspace_root().join("xtask/peers").join(file)
}

/// Each package has a folder of its own, since npm removes what it was not told of.
fn npm_folder(folder: &Path, package: &str) -> PathBuf {
    folder.join("npm").join(package)
}

fn npm(folder: &Path, wanted: &str) -> Result<(), String> {
    let (package, _) = wanted.rsplit_once('@').unwrap_or((wanted, ""));
    let folder = npm_folder(folder, package);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let arguments = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix"];
    succeed(program("npm", arguments).arg(folder).arg(wanted))
}

/// Builds the program around the crate outside of the workspace, whose lock file it is not to be in.
fn cargo_build(folder: &Path) -> Result<(), String> {
    let package = folder.join("asl");
    std::fs::create_dir_all(package.join("src")).map_err(|error| error.to_string())?;
    for file in ["Cargo.toml", "src/main.rs"] {
        std::fs::copy(source("asl").join(file), package.join(file)).map_err(|error| error.to_string())?;
    }
    let mut build = program(env!("CARGO"), ["build", "--release", "--quiet"]);
    succeed(build.current_dir(&package).env("CARGO_TARGET_DIR", package.join("target")))
}

fn pip(folder: &Path) -> Result<(), String> {
    let environment = folder.join("moto");
    if !environment.join("bin/python").is_file() {
        succeed(program("python3", ["-m", "venv"]).arg(&environment))?;
    }
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "moto[stepfunctions]==5.2.5"];
    succeed(&mut program(environment.join("bin/python"), arguments))
}

/// Runs a command; why it failed is what it said.
fn succeed(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("{name}: {error}")),
    }
}
