//! The `deploy-workflow` program; see [`deploy_workflow::cli`].

use std::process::ExitCode;

use clap::Parser as _;
use deploy_workflow::cli::{Arguments, run};

fn main() -> ExitCode {
    run(&Arguments::parse(), &mut std::io::stdout().lock(), &mut std::io::stderr().lock())
}
