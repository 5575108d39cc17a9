//! The `asl` command: checks definitions of the Amazon States Language from a terminal.
//!
//! Each subcommand is a module of its own name; [`outcome`] says how they end.

mod colour;
mod completions;
mod deployment;
mod explain;
mod faulty_text;
mod files;
mod fmt;
mod graph;
mod outcome;
mod run;
mod source;
mod stderr;
mod subject;
mod validate;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Begin with:
  asl validate .               check every definition below the current directory
  asl run FILE --ask           execute a definition, and answer its Tasks
  asl explain                  list what can be wrong
  asl help validate            learn more about a command";

/// Checks state machines written in the Amazon States Language, the language of AWS Step Functions.
#[derive(Debug, Parser)]
#[command(name = "asl", version, arg_required_else_help = true, after_help = format!("{EXAMPLES}\n\n{}", outcome::EXIT_CODES))]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(validate::Arguments),
    Run(Box<run::Arguments>),
    Graph(graph::Arguments),
    Fmt(fmt::Arguments),
    Explain(explain::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let out = &mut io::stdout().lock();
    let ended = match Arguments::parse().command {
        Command::Validate(arguments) => validate::run(&arguments, out),
        Command::Run(arguments) => run::run(&arguments, out),
        Command::Graph(arguments) => graph::run(&arguments, out),
        Command::Fmt(arguments) => fmt::run(&arguments, out),
        Command::Explain(arguments) => explain::run(&arguments, out),
        Command::Completions(arguments) => completions::run(&arguments, out),
    };
    match ended {
        Ok(end) => end.into(),
        Err(problem) => problem.report(&mut io::stderr().lock()),
    }
}
