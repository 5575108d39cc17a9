//! `deploy-workflow definition`: a definition for AWS Step Functions.

use std::io::Write;

use asl_core::{Options, Placeholders, check_with};
use clap::Args;

use super::situation::DefinitionName;
use super::{Problem, SUCCEEDED, bad_input};
use crate::definitions::Definition;

/// Prints a definition with the functions of an account, for AWS Step Functions
#[derive(Debug, Args)]
pub(super) struct DefinitionArguments {
    /// Which
    #[arg(value_enum)]
    name: DefinitionName,
    /// What takes the place of `arn:aws:lambda:us-east-1:111122223333:function:` before the functions' names; `${NAME}`
    /// is left to CloudFormation
    #[arg(long, value_name = "ARN")]
    functions: String,
}

pub(super) fn perform(arguments: &DefinitionArguments, out: &mut dyn Write) -> Result<u8, Problem> {
    let text = Definition::from(arguments.name).text_for(&arguments.functions);
    if !check_with(&text, Options::new().placeholders(Placeholders::Understood)).is_empty() {
        return Err(bad_input(
            format!("`{}` makes no definition that Step Functions accepts", arguments.functions),
            "give what the functions' ARNs begin with: arn:aws:lambda:REGION:ACCOUNT:function:",
        ));
    }
    out.write_all(text.as_bytes())?;
    Ok(SUCCEEDED)
}
