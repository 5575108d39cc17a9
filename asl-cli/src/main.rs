//! The `asl` command: checks definitions of the Amazon States Language from a terminal.
//!
//! Each subcommand is a module of its own name; [`outcome`] says how they end.

mod colour;
mod files;
mod outcome;
mod run;
mod validate;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks state machines written in the Amazon States Language, the language of AWS Step Functions.
#[derive(Debug, Parser)]
#[command(name = "asl", version, arg_required_else_help = true, after_help = outcome::EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(validate::Arguments),
    Run(Box<run::Arguments>),
}

fn main() -> ExitCode {
    let out = &mut io::stdout().lock();
    let ended = match Arguments::parse().command {
        Command::Validate(arguments) => validate::run(&arguments, out),
        Command::Run(arguments) => run::run(&arguments, out),
    };
    match ended {
        Ok(end) => end.into(),
        Err(problem) => problem.report(&mut io::stderr().lock()),
    }
}
