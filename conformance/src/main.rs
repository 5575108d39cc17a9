//! Replays a corpus and prints how well the engine does.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to the terminal")]

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use conformance::{
    Corpus, CorpusError, Difference, EngineAnswer, Floor, Status, Tally, Verdict, replay, score, write_results,
};

/// Replay recorded executions and score the engine as the corpus' judge.py does
#[derive(Parser)]
struct Arguments {
    /// The folder with executions/*.jsonl [default: that of `ASL_CONFORMANCE_CORPUS`, else ../shared/conformance]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Only the cases whose id contains this word
    #[arg(long, value_name = "WORD", default_value = "")]
    filter: String,
    /// Write the engine's answers to this file, one a line, for judge.py
    #[arg(long, value_name = "FILE.jsonl")]
    write_results: Option<PathBuf>,
    /// Check in what was reached as the score never to fall below again
    #[arg(long, conflicts_with_all = ["corpus", "filter"])]
    raise_floor: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
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

fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
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
    let panicked = answers.iter().filter(|answer| answer.status == Status::Panicked).count();
    if panicked > 0 {
        eprintln!("error: the engine panicked in {panicked} cases");
        return Ok(ExitCode::FAILURE);
    }
    if arguments.raise_floor {
        raise_floor(&Floor::of(&tally))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn raise_floor(reached: &Floor) -> Result<(), Error> {
    let breaches = Floor::read()?.breaches(reached);
    if !breaches.is_empty() {
        return Err(Error::Fallen(breaches));
    }
    Ok(reached.write()?)
}

fn print_difference(answer: &EngineAnswer, difference: Option<&Difference>) {
    if let Some(Difference { expected, actual }) = difference {
        println!("    expected {}\n    actual   {}", shortened(expected), shortened(actual));
    }
    if let (true, Some(cause)) = (answer.events.is_empty(), &answer.cause) {
        println!("    {}", cause.trim_end().replace('\n', "\n    "));
    }
}

/// Long payloads hide where events differ.
fn shortened(event: &serde_json::Value) -> String {
    const LONGEST: usize = 900;
    let text = event.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).map_or_else(String::new, |head| format!("{head}…")),
        None => text,
    }
}
