//! `asl graph`: draws a state machine.

mod ascii;
mod dot;
mod label;
mod lines;
mod mermaid;
mod palette;
mod scene;
mod svg;
mod trace;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use asl_core::graph::Graph;
use asl_core::template;
use clap::ValueEnum;

use self::scene::Scene;
use self::trace::Trace;
use crate::files;
use crate::outcome::{End, Problem};
use crate::source::{self, Form};
use crate::stderr::tell;

/// How much of a history is read: AWS keeps 25,000 events, each with at most 256 KiB of input or output.
const MAX_HISTORY_BYTES: u64 = 256 * 1024 * 1024;

/// Draw a state machine: its states, transitions, catchers, branches and iterations
///
/// A definition with faults is drawn as far as it can be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  asl graph order.asl.json
  asl graph order.asl.json --format svg --output order.svg
  aws stepfunctions get-execution-history --execution-arn ARN > history.json
  asl graph order.asl.json --format svg --history history.json --output order.svg")]
pub(crate) struct Arguments {
    /// The definition in JSON or YAML, or a template that has or names one; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The state machine of a template [default: the only one]
    #[arg(long, value_name = "NAME")]
    machine: Option<String>,

    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Ascii)]
    format: Format,

    /// Show the path that an execution took: its history as `GetExecutionHistory` returns it; `-` is standard input
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// Where to write; standard output if not given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for a terminal
    Ascii,
    /// A Mermaid flowchart, which Markdown on many sites shows as a picture
    Mermaid,
    /// A Graphviz graph
    Dot,
    /// A picture
    Svg,
}

/// Draws the definition.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    if files::is_stdin(&arguments.file) && arguments.history.as_deref().is_some_and(files::is_stdin) {
        return Err(usage("the definition and the history cannot both be standard input"));
    }
    let text = files::read(&arguments.file)?;
    let graph = read_graph(arguments, &text)?;
    let trace = arguments.history.as_deref().map(read_trace).transpose()?;
    let trace = trace.as_ref();
    if let Some(name) = trace.and_then(|trace| stranger(trace, &graph)) {
        tell(&format!("warning: the history is of another definition: this one has no state `{name}`"));
    }
    let scene = Scene::of(&graph, trace);
    let drawn = match arguments.format {
        Format::Ascii => ascii::draw(&scene, trace),
        Format::Mermaid => mermaid::draw(&scene, trace),
        Format::Dot => dot::draw(&scene, trace),
        Format::Svg => svg::draw(&scene, trace).map_err(|too_large| usage(&too_large.to_string()))?,
    };
    match &arguments.output {
        None => out.write_all(drawn.as_bytes())?,
        Some(path) => fs::write(path, drawn).map_err(|error| Problem::cannot_write(path, error))?,
    }
    Ok(End::Good)
}

/// A state of the history that the definition does not have.
fn stranger<'t>(trace: &'t Trace, graph: &Graph) -> Option<&'t str> {
    trace.state_names().find(|name| graph.states().all(|state| &*state.name != *name))
}

/// The graph of the file's definition, or of the one that is meant in a template.
fn read_graph(arguments: &Arguments, text: &str) -> Result<Graph, Problem> {
    let path = &arguments.file;
    let notation = match source::form(path, text) {
        Form::Definition(_) if arguments.machine.is_some() => {
            return Err(Problem::with(path, "`--machine` chooses from a template, and this is a definition"));
        }
        Form::Definition(notation) => return drawable(path, Graph::read_as(text, notation)),
        Form::Template(notation) => notation,
    };
    let template = template::definitions(text, notation);
    let chosen = source::chosen(&template.definitions, arguments.machine.as_deref());
    let chosen = chosen.map_err(|reason| Problem::with(path, reason))?;
    let Some(named) = source::file_of(chosen, path) else {
        return match chosen.whereabouts() {
            Some(_) => Err(Problem::with(path, source::elsewhere(chosen))),
            None => drawable(path, chosen.graph()),
        };
    };
    let text = source::read_named(&named, chosen, path, text)?;
    let (Form::Definition(notation) | Form::Template(notation)) = source::form(&named, &text);
    drawable(&named, Graph::read_as(&text, notation))
}

fn drawable(path: &Path, graph: Option<Graph>) -> Result<Graph, Problem> {
    graph.ok_or_else(|| Problem::with(path, "this is not a definition: it is no object"))
}

fn read_trace(path: &Path) -> Result<Trace, Problem> {
    let text = files::read_at_most(MAX_HISTORY_BYTES, path)?;
    Trace::read(&text).map_err(|reason| usage(&format!("`{}` is not a history: {reason}", path.display())))
}

fn usage(message: &str) -> Problem {
    Problem::Usage { message: message.to_owned() }
}
