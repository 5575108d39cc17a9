//! Replays a corpus, runs JSONata's test suite or compares verdicts, and prints how well the engine does.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to the terminal")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use conformance::{
    Corpus, CorpusError, Difference, EngineAnswer, ExecutionFloor, Floor, JsonataAnswer, JsonataFloor, JsonataSuite,
    JsonataTally, LoadedSuite, MockedCase, Status, Tally, ValidationFloor, ValidationSuite, ValidationTally, Verdict,
    evaluate, judge, raised_limits, replay, replay_mocked, score, takes_the_recorded_path, write_jsonata_results,
    write_results,
};

/// Replay recorded executions, run JSONata's test suite or compare verdicts, and score the engine as the corpus' judges do
#[derive(Parser)]
struct Arguments {
    /// The folder with executions/*.jsonl [default: that of `ASL_CONFORMANCE_CORPUS`, else ../shared/conformance]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Run the reference test suite of JSONata in DIR instead [default: the corpus' folder jsonata]
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with = "corpus")]
    #[expect(clippy::option_option, reason = "clap's form of an option whose value may be left out")]
    jsonata: Option<Option<PathBuf>>,
    /// Compare the verdicts on definitions in DIR with AWS's instead [default: the corpus' folder]
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with_all = ["corpus", "jsonata", "write_results"])]
    #[expect(clippy::option_option, reason = "clap's form of an option whose value may be left out")]
    validation: Option<Option<PathBuf>>,
    /// Only the cases whose id contains this word
    #[arg(long, value_name = "WORD", default_value = "")]
    filter: String,
    /// Write the engine's answers to this file, one a line, for the corpus' judge
    #[arg(long, value_name = "FILE.jsonl")]
    write_results: Option<PathBuf>,
    /// Check in what was reached as the score never to fall below again
    #[arg(long, conflicts_with_all = ["corpus", "filter"])]
    raise_floor: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = if let Some(folder) = &arguments.validation {
        compare_verdicts(folder.as_deref(), &arguments)
    } else if let Some(folder) = &arguments.jsonata {
        run_jsonata_suite(folder.as_deref(), &arguments)
    } else {
        replay_executions(&arguments)
    };
    match result {
        Ok(exit_code) => exit_code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why there is no score.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error("cannot write `{path}`: {source}", path = path.display())]
    Results { path: PathBuf, source: io::Error },
    #[error("the floor cannot be read or written: {0}")]
    Floor(#[from] io::Error),
    #[error("a floor only ever rises, but {}", .0.join("; "))]
    Fallen(Vec<String>),
}

fn replay_executions(arguments: &Arguments) -> Result<ExitCode, Error> {
    let corpus = arguments.corpus.clone().map_or_else(Corpus::recorded, Corpus::new);
    let cases = corpus.cases(&arguments.filter)?;
    let answers: Vec<EngineAnswer> = cases.iter().map(replay).collect();
    if let Some(path) = &arguments.write_results {
        write_results(path, &answers).map_err(|source| Error::Results { path: path.clone(), source })?;
    }
    let mut tally = Tally::default();
    for (case, answer) in cases.iter().zip(&answers) {
        let Some(score) = score(case, answer) else { continue };
        tally.count(case, answer, score.verdict);
        if score.verdict != Verdict::Exact && answer.status != Status::Unsupported {
            println!("{} {} ({})", score.verdict.as_str(), answer.id, answer.status.as_str());
            print_difference(answer, score.difference.as_ref());
        }
    }
    println!("\n{tally}");
    let mocked: Vec<_> = corpus.mocked_cases(&arguments.filter)?;
    if !mocked.is_empty() {
        print_mocked(&mocked);
    }
    let panicked = answers.iter().filter(|answer| answer.status == Status::Panicked).count();
    if panicked > 0 {
        eprintln!("error: the engine panicked in {panicked} cases");
        return Ok(ExitCode::FAILURE);
    }
    if arguments.raise_floor {
        let mut floor = Floor::read()?;
        let reached = ExecutionFloor::of(&tally);
        refuse_breaches(floor.executions.breaches(&reached))?;
        floor.executions = reached;
        floor.write()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A row for the executions whose Tasks are answered by mock files, after those that do not take the recorded path.
fn print_mocked(cases: &[MockedCase]) {
    let mut on_path = 0;
    for mocked in cases {
        let answer = replay_mocked(mocked);
        if takes_the_recorded_path(&mocked.case, &answer) {
            on_path += 1;
        } else {
            println!("mocked {} ({})", answer.id, answer.status.as_str());
        }
    }
    println!("with mock files: {on_path} of {} executions take the recorded path", cases.len());
}

fn run_jsonata_suite(folder: Option<&Path>, arguments: &Arguments) -> Result<ExitCode, Error> {
    let suite = folder.map_or_else(|| JsonataSuite::of(&Corpus::recorded()), JsonataSuite::new);
    let LoadedSuite { cases, not_counted } = suite.load(&arguments.filter)?;
    let answers: Vec<JsonataAnswer> = cases.iter().map(evaluate).collect();
    if let Some(path) = &arguments.write_results {
        write_jsonata_results(path, &answers).map_err(|source| Error::Results { path: path.clone(), source })?;
    }
    let mut tally = JsonataTally::default();
    for (case, answer) in cases.iter().zip(&answers) {
        tally.count(case, &answer.outcome);
        if !case.is_fulfilled_by(&answer.outcome) {
            println!("failed {}: {}", case.id, case.expression.trim());
            println!("    wanted {}", shortened(case.expectation.to_string()));
            println!("    got    {}", shortened(answer.outcome.to_string()));
        }
    }
    for (case, reason) in cases.iter().filter_map(|case| Some((case, raised_limits(case)?))) {
        println!("raised limits {}: {reason}", case.id);
    }
    for case in &not_counted {
        println!("not counted {}: {}", case.id, case.reason);
        tally.leave_out(case);
    }
    println!("\n{tally}");
    if arguments.raise_floor {
        let mut floor = Floor::read()?;
        let reached = JsonataFloor::of(&tally);
        refuse_breaches(floor.jsonata_suite.breaches(reached))?;
        floor.jsonata_suite = reached;
        floor.write()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn compare_verdicts(folder: Option<&Path>, arguments: &Arguments) -> Result<ExitCode, Error> {
    let suite = folder.map_or_else(|| ValidationSuite::of(&Corpus::recorded()), ValidationSuite::new);
    let mut tally = ValidationTally::default();
    for case in suite.cases(&arguments.filter)? {
        let judgement = judge(&case);
        tally.count(&case, &judgement);
        if !judgement.message {
            let what = match (judgement.verdict, judgement.place) {
                (false, _) => "verdict",
                (true, false) => "place",
                (true, true) => "message",
            };
            println!("{what} {}", case.id);
            println!("    wanted {}", shortened(format!("{:?}", case.verdict)));
            println!("    got    {}", shortened(judgement.said));
        }
    }
    println!("\n{tally}");
    if arguments.raise_floor {
        let mut floor = Floor::read()?;
        let reached = ValidationFloor::of(&tally);
        refuse_breaches(floor.validation.breaches(&reached))?;
        floor.validation = reached;
        floor.write()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse_breaches(breaches: Vec<String>) -> Result<(), Error> {
    if breaches.is_empty() { Ok(()) } else { Err(Error::Fallen(breaches)) }
}

fn print_difference(answer: &EngineAnswer, difference: Option<&Difference>) {
    if let Some(Difference { expected, actual }) = difference {
        println!("    expected {}\n    actual   {}", shortened(expected.to_string()), shortened(actual.to_string()));
    }
    if let (true, Some(cause)) = (answer.events.is_empty(), &answer.cause) {
        println!("    {}", cause.trim_end().replace('\n', "\n    "));
    }
}

/// Long values hide where they differ.
fn shortened(text: String) -> String {
    const LONGEST: usize = 900;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).map_or_else(String::new, |head| format!("{head}…")),
        None => text,
    }
}
