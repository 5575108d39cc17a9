//! What a definition itself does not say: the type of its state machine, and the values of its placeholders.

use asl_core::{MachineType, Options, Placeholders};

/// `--type` and `--substitute`, of every command that compiles definitions.
#[derive(Debug, clap::Args)]
pub(crate) struct Deployment {
    /// The type of the state machine, unless a template says it
    #[arg(long = "type", value_name = "TYPE", value_enum, default_value_t = Type::Standard)]
    machine_type: Type,
    /// Put a value in for the placeholder `${NAME}`, as `DefinitionSubstitutions` do
    #[arg(long, value_name = "NAME=VALUE", value_parser = substitution)]
    substitute: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Type {
    /// Runs for up to a year
    Standard,
    /// Runs for up to five minutes; waits neither for jobs nor for task tokens nor for activities
    Express,
}

impl Deployment {
    /// The type of state machines whose template does not say it.
    pub(crate) fn machine_type(&self) -> MachineType {
        match self.machine_type {
            Type::Standard => MachineType::Standard,
            Type::Express => MachineType::Express,
        }
    }

    /// What definitions are compiled with.
    pub(crate) fn options(&self) -> Options {
        let options = Options::new().placeholders(Placeholders::Understood).machine_type(self.machine_type());
        self.substitute.iter().fold(options, |options, (name, value)| options.substitute(name, value))
    }
}

/// Reads `NAME=VALUE`.
fn substitution(written: &str) -> Result<(String, String), String> {
    match written.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it like `NAME=VALUE`".to_owned()),
    }
}
