//! `asl validate`: what is wrong with definitions.

mod check;
mod config;
mod github;
mod human;
mod json;
mod levels;
mod parallel;
mod sarif;
mod totals;

use std::io::{self, Write};
use std::path::PathBuf;

use asl_core::Options;
use asl_core::compatibility::Compatibility;

use self::check::Checked;
use self::config::Configs;
use self::levels::Levels;
use self::totals::Totals;
use crate::deployment::Deployment;
use crate::outcome::{End, Problem};
use crate::subject::{Subject, SubjectParser};
use crate::{colour, files, source};

const ABOUT: &str = "\
Check definitions, as Step Functions does when a state machine is created, and beyond.

Checked are definitions in JSON and YAML, and those in CloudFormation and SAM templates. Of a directory, all files are \
checked that are called `*.asl.json`, `*.asl.yaml` or `*.asl.yml`, and all other `.json`, `.yaml`, `.yml` and `.template` \
files that are templates with state machines. Directories called `cdk.out`, `node_modules` or `target`, and those whose \
name begins with a `.`, are passed over.

How much a code counts is said by the options, and by the nearest `asl.toml` in the file's directory or above:

  [diagnostics]
  warnings = \"deny\"     # every warning is an error
  NO_DOLLAR = \"allow\"   # but this one says nothing

What names a code counts more than `warnings`, an option more than `asl.toml`, and `--deny` more than `--allow`. \
What is an error of itself stays one.";

const EXAMPLES: &str = "\
Examples:
  asl validate order.asl.json
  asl validate template.yaml                     # every state machine of a SAM template
  asl validate .                                 # everything below the current directory
  asl validate . --deny warnings --format github # in a GitHub workflow
  asl validate . --format sarif > asl.sarif      # for code scanning
  asl validate order.asl.json --type express --substitute ChargeArn=arn:aws:lambda:eu-west-1:123456789012:function:Charge
  aws stepfunctions describe-state-machine --state-machine-arn $ARN --query definition --output text | asl validate -

`asl explain CODE` has a page for each code.";

/// Check definitions, as Step Functions does when a state machine is created, and beyond
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Definitions, templates, and directories that are searched for them; `-` is standard input
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// How to write what is found
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Take a code for an error, or every warning
    #[arg(long, value_name = "CODE|warnings", value_delimiter = ',', value_parser = SubjectParser, hide_possible_values = true)]
    deny: Vec<Subject>,
    /// Take a code for a warning, though `asl.toml` denies or allows it
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = SubjectParser, hide_possible_values = true)]
    warn: Vec<Subject>,
    /// Say nothing about a code, or about any warning
    #[arg(long, value_name = "CODE|warnings", value_delimiter = ',', value_parser = SubjectParser, hide_possible_values = true)]
    allow: Vec<Subject>,
    /// Whose rules to follow where AWS and the published specification differ
    #[arg(long, value_enum, default_value_t = Language::Aws)]
    language: Language,
    #[command(flatten)]
    deployment: Deployment,
    #[command(flatten)]
    colour: colour::Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people: the lines with carets under the places
    Human,
    /// One JSON object, as docs/validate.md describes it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// The published specification, <https://states-language.net/spec.html>
    Spec,
    /// AWS Step Functions
    Aws,
}

/// Writes what is wrong with each definition, and sums it up on standard error.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    let found = files::find(&arguments.paths, source::may_hold_definitions)?;
    let levels = Levels::of_options(&arguments.allow, &arguments.warn, &arguments.deny)?;
    let mut configs = Configs::default();
    let mut jobs = Vec::with_capacity(found.len());
    for found in found {
        let options = levels.over(configs.of(&found.path)?, arguments.options());
        jobs.push((found, options));
    }

    let mut checked = Vec::new();
    let mut broken = Vec::new();
    for result in parallel::map(&jobs, |(found, options)| check::check(found, options)).into_iter().flatten() {
        match result {
            Ok(text) => checked.push(text),
            Err(problem) => broken.push(problem),
        }
    }
    let checked = check::once_each(checked);
    if checked.is_empty() && broken.is_empty() {
        let places: Vec<String> = arguments.paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(Problem::Usage { message: format!("there are no definitions in {}", places.join(", ")) });
    }
    match arguments.format {
        Format::Human => human::write(&checked, arguments.colour.on_stdout(), out)?,
        Format::Json => json::write(&checked, out)?,
        Format::Sarif => sarif::write(&checked, out)?,
        Format::Github => github::write(&checked, out)?,
    }
    out.flush()?;
    tell(&checked, broken)
}

impl Arguments {
    /// The options that are the same for all files.
    fn options(&self) -> Options {
        self.deployment.options().compatibility(match self.language {
            Language::Spec => Compatibility::Specification,
            Language::Aws => Compatibility::Aws,
        })
    }
}

/// Sums up on standard error, names the files that could not be read, and says how it ended.
fn tell(checked: &[Checked], broken: Vec<Problem>) -> Result<End, Problem> {
    let err = &mut io::stderr().lock();
    let totals = Totals::of(checked);
    let is_none_read = totals.files == 0 && !broken.is_empty();
    if totals.is_worth_telling() && !is_none_read {
        // When standard error is closed there is nobody to tell.
        let _ = writeln!(err, "{totals}");
    }
    let mut broken = broken.into_iter();
    if let Some(last) = broken.next_back() {
        for problem in broken {
            problem.report(err);
        }
        return Err(last);
    }
    Ok(if totals.errors > 0 { End::Bad } else { End::Good })
}
