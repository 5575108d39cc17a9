//! What to deploy, and onto what: the options that say it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::files::{machine_input, read, read_text};
use super::{Problem, bad_input};
use crate::artifact::{check_path, pack, read_file};
use crate::definitions::Definition;
use crate::names::full_stack_name;
use crate::rehearsal::Rehearsal;
use crate::scenario::{INPUT, Scenario};

#[derive(Debug, Args)]
pub(super) struct SituationArguments {
    /// The machine input: environmentName, stackName, templatePath, and optionally capabilities, parameters, changePolicy
    #[arg(long, value_name = "FILE.json")]
    input: Option<PathBuf>,
    /// The template to deploy instead of the scenario's
    #[arg(long, value_name = "FILE", conflicts_with = "artifact")]
    template: Option<PathBuf>,
    /// The zip archive to deploy instead of the scenario's, with the template at templatePath
    #[arg(long, value_name = "FILE.zip")]
    artifact: Option<PathBuf>,
    /// The situation to deploy in; see --list-scenarios
    #[arg(long, value_name = "NAME", default_value = "create")]
    scenario: String,
    /// The machine; by default the one that the scenario is made for
    #[arg(long, value_enum)]
    definition: Option<DefinitionName>,
}

/// A definition by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DefinitionName {
    Standard,
    BlueGreen,
    WaitForExecution,
}

impl From<DefinitionName> for Definition {
    fn from(name: DefinitionName) -> Self {
        match name {
            DefinitionName::Standard => Self::Standard,
            DefinitionName::BlueGreen => Self::BlueGreen,
            DefinitionName::WaitForExecution => Self::WaitForExecution,
        }
    }
}

impl SituationArguments {
    /// What to play, from files that are there and fit together.
    pub(super) fn rehearsal(&self, seed: u64) -> Result<Rehearsal, Problem> {
        let scenario = Scenario::from_name(&self.scenario).ok_or_else(|| {
            let names: Vec<_> = Scenario::ALL.iter().map(|scenario| scenario.name).collect();
            bad_input(format!("there is no scenario `{}`", self.scenario), format!("one of {}", names.join(", ")))
        })?;
        let input = match &self.input {
            Some(path) => machine_input(&read_text(path)?, &path.display().to_string())?,
            None => machine_input(INPUT, "the scenario's input")?,
        };
        full_stack_name(&input.environment_name, &input.stack_name)
            .map_err(|failure| bad_input(failure.cause().unwrap_or_default(), "change environmentName or stackName"))?;
        let wrong_artifact = |error: &dyn std::fmt::Display| {
            bad_input(error.to_string(), "the artifact is a zip archive with the template at templatePath")
        };
        check_path(&input.template_path).map_err(|error| wrong_artifact(&error))?;
        let artifact = match (&self.artifact, &self.template) {
            (Some(path), _) => Some(read(path)?),
            (None, Some(path)) => {
                let archive = pack(&[(&input.template_path, &read(path)?)]);
                Some(archive.map_err(|error| wrong_artifact(&error))?)
            }
            (None, None) => None,
        };
        if let Some(artifact) = &artifact {
            read_file(artifact, &input.template_path).map_err(|error| wrong_artifact(&error))?;
        }
        let definition = self.definition.map_or(scenario.definition, Definition::from);
        Ok(Rehearsal { scenario, definition, input, artifact, seed })
    }
}
