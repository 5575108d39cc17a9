//! Whether what a person reads is coloured.

use std::env;
use std::io::{self, IsTerminal};

use asl_core::diagnostic::Colour;

/// `--color`, of every command whose output is for people.
#[derive(Debug, clap::Args)]
pub(crate) struct Choice {
    /// Whether to colour the output; `auto` colours what a terminal shows, unless `NO_COLOR` is set
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

impl Choice {
    /// Whether to colour standard output.
    pub(crate) fn on_stdout(&self) -> Colour {
        self.on(&io::stdout())
    }

    /// Whether to colour standard error.
    pub(crate) fn on_stderr(&self) -> Colour {
        self.on(&io::stderr())
    }

    fn on(&self, stream: &impl IsTerminal) -> Colour {
        let is_coloured = match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                stream.is_terminal() && !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        if is_coloured { Colour::Ansi } else { Colour::Plain }
    }
}

/// Whether an environment variable has a value; the [convention](https://no-color.org) ignores empty ones.
fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}
