//! The files that a command line names.

use std::path::Path;

use super::{Problem, bad_input};
use crate::input::MachineInput;

pub(super) fn machine_input(text: &str, name: &str) -> Result<MachineInput, Problem> {
    MachineInput::parse(text).map_err(|error| {
        bad_input(
            format!("{name}:{error}"),
            "a machine input is a JSON object with environmentName, stackName and templatePath, \
             and optionally capabilities, parameters and changePolicy",
        )
    })
}

pub(super) fn read_text(path: &Path) -> Result<String, Problem> {
    String::from_utf8(read(path)?)
        .map_err(|_| bad_input(format!("`{}` is not UTF-8 text", path.display()), "give a JSON file"))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path)
        .map_err(|error| bad_input(format!("cannot read `{}`: {error}", path.display()), "give a file that is there"))
}
