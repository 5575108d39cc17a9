//! The command line: what is asked for, what would be done, and how it went.

mod json;
mod source;
mod table;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use asl_core::Timestamp;
use clap::{ArgGroup, Parser};

use self::source::Source;
use crate::evaluate::evaluate;
use crate::image::Image;
use crate::machine::{Input, Report};
use crate::plan::{Plan, plan};
use crate::policy::Policy;
use crate::preview::ReadError;

/// Nothing failed.
const SUCCEEDED: u8 = 0;
/// The execution failed, or something with some of the images.
const FAILED: u8 = 1;
/// What was asked for makes no sense; clap uses the same code.
const BAD_INPUT: u8 = 2;
/// The program itself failed.
const BROKEN: u8 = 3;

/// Cleans up a repository of container images by its ECR lifecycle policy, with a state machine.
///
/// Shows what the policy would do. With --execute the machine does it: to images in memory, or to a repository in ECR.
#[derive(Debug, Parser)]
#[command(
    name = "image-cleanup",
    after_help = "Exit codes: 0 nothing failed; 1 the execution or some images failed; 2 bad input; 3 the program itself failed.",
    group(ArgGroup::new("where").required(true).args(["images", "repository"]))
)]
pub struct Arguments {
    /// The lifecycle policy; with --repository, the repository's own if there is none here
    #[arg(long, value_name = "FILE.json", required_unless_present = "repository")]
    policy: Option<PathBuf>,
    /// The images, as `aws ecr describe-images --output json` prints them; nothing outside of this process is changed
    #[arg(long, value_name = "FILE.json")]
    images: Option<PathBuf>,
    /// The repository in ECR, which needs a build with `--features aws`
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// The time by which ages are counted, such as 2026-01-31T09:30:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "repository")]
    now: Option<Timestamp>,
    /// Expire and archive the images; without this nothing is changed
    #[arg(long)]
    execute: bool,
    /// Print one JSON object, in the form of `GetLifecyclePolicyPreview`
    #[arg(long)]
    json: bool,
}

/// What is known before anything is done.
struct Preview<'a> {
    /// What the policy is called.
    policy_name: &'a str,
    now: Timestamp,
    images: &'a [Image],
    plan: Plan<'a>,
}

/// Does what the arguments ask for; what happens goes to `out`, what is wrong to `err`.
pub fn run(arguments: &Arguments, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    ExitCode::from(match perform(arguments, out) {
        Ok(code) => code,
        Err(problem) => {
            // There is nobody left to tell when that fails as well.
            let _ = problem.report(err);
            problem.code
        }
    })
}

/// What went wrong, and what to do about it.
struct Problem {
    message: String,
    help: String,
    code: u8,
}

impl Problem {
    /// Says nothing when whoever read the output has gone away.
    fn report(&self, err: &mut dyn Write) -> io::Result<()> {
        if self.message.is_empty() {
            return Ok(());
        }
        writeln!(err, "error: {}\nhelp: {}", self.message, self.help)
    }
}

fn bad_input(message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem { message: message.into(), help: help.into(), code: BAD_INPUT }
}

fn broken(message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem { message: message.into(), help: help.into(), code: BROKEN }
}

/// Who reads no further, such as `head`, has what was wanted.
impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        let (message, code) = match error.kind() {
            io::ErrorKind::BrokenPipe => (String::new(), SUCCEEDED),
            _ => (format!("cannot write: {error}"), BROKEN),
        };
        Self { message, help: "look at where the output goes".into(), code }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        broken(error.to_string(), "see docs/image-cleanup.md for the permissions and settings that are needed")
    }
}

impl From<asl_runtime::Error> for Problem {
    fn from(error: asl_runtime::Error) -> Self {
        broken(
            format!("the engine cannot run the machine: {error}"),
            "this is a fault of the program; please report it",
        )
    }
}

fn perform(arguments: &Arguments, out: &mut dyn Write) -> Result<u8, Problem> {
    let given = arguments.policy.as_deref().map(|path| Ok::<_, Problem>((path.display().to_string(), read(path)?)));
    let given = given.transpose()?;
    // A policy that is wrong is told before anyone is asked for images.
    if let Some((name, text)) = &given {
        parse(name, text)?;
    }
    let source = Source::open(arguments)?;
    source.runtime()?.block_on(async {
        let (policy_name, policy_text) = match given {
            Some(given) => given,
            None => (format!("of {}", source.repository_name()), source.lifecycle_policy_text().await?),
        };
        let policy = parse(&policy_name, &policy_text)?;
        let now = source.now();
        let images = source.images().await?;
        let decisions = evaluate(&policy, &images, now);
        let preview = Preview { policy_name: &policy_name, now, images: &images, plan: plan(&images, &decisions) };
        if !arguments.json {
            table::preview(out, &preview)?;
        }
        let report = if arguments.execute {
            let (repository_name, text) = (source.repository_name().to_owned(), Some(policy_text.clone()));
            let input = Input { repository_name, lifecycle_policy_text: text, dry_run: false };
            Some(source.clean_up(input).await?.map_err(|failure| Problem {
                message: format!("the execution failed: {failure}"),
                help: "what was done so far stays done; run it again to go on".into(),
                code: FAILED,
            })?)
        } else {
            None
        };
        if arguments.json {
            json::print(out, &preview, report.as_ref())?;
        } else {
            table::outcome(out, report.as_ref())?;
        }
        Ok(if report.is_none_or(|report: Report| report.failures.is_empty()) { SUCCEEDED } else { FAILED })
    })
}

fn parse(name: &str, text: &str) -> Result<Policy, Problem> {
    Policy::parse(name, text).map_err(|invalid| {
        bad_input(
            format!("the lifecycle policy is not valid\n{invalid}"),
            "see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html",
        )
    })
}

fn read(path: &Path) -> Result<String, Problem> {
    let bytes = std::fs::read(path).map_err(|error| {
        bad_input(format!("cannot read `{}`: {error}", path.display()), "give a file that is there")
    })?;
    String::from_utf8(bytes)
        .map_err(|_| bad_input(format!("`{}` is not UTF-8 text", path.display()), "give a JSON file"))
}
