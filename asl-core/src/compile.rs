//! From a definition's text to a [`Program`], with everything that is wrong with it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use crate::definition::{self, StateMachine};
use crate::diagnostic::{Code, Diagnostics};
use crate::lint;
use crate::options::Options;
use crate::placeholder::{self, Filled, Placeholders};
use crate::program::{PinnedDefinition, Program};
use crate::report::{Reading, Report};
use crate::source::Source;
use crate::syntax::{self, Dialect, Node, Notation};
use crate::validate;

/// What came of a definition.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compiled {
    /// The program; `None` if there are errors or open placeholders.
    pub program: Option<Program>,
    /// Everything found, in the order of the places: warnings too, and all errors at once.
    pub diagnostics: Diagnostics,
    /// The [placeholders](Options::placeholders) that have no values, as they are written: `${Table}`.
    ///
    /// Of a Terraform expression in JSON the strings are shown with other quotes and braces.
    pub open_placeholders: BTreeSet<String>,
}

impl Compiled {
    /// The program, or why there is none.
    ///
    /// # Errors
    ///
    /// When the definition has errors, or when [placeholders](Options::placeholders) are left in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use asl_core::{NoProgram, Options, Placeholders, compile, compile_with};
    ///
    /// let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Table}", "End": true}}}"#;
    /// let open = compile_with(text, Options::new().placeholders(Placeholders::Understood)).into_program().unwrap_err();
    /// assert_eq!(open.to_string(), "placeholders have no values: `${Table}`; give each one with `Options::substitute`");
    ///
    /// let faulty = compile(r#"{"StartAt": "A"}"#).into_program().unwrap_err();
    /// assert!(matches!(faulty, NoProgram::Faulty(diagnostics) if diagnostics.has_errors()));
    /// ```
    pub fn into_program(self) -> Result<Program, NoProgram> {
        let Self { program, diagnostics, open_placeholders: open } = self;
        let is_open = !open.is_empty() && !diagnostics.has_errors();
        program.ok_or(if is_open { NoProgram::Open(open) } else { NoProgram::Faulty(diagnostics) })
    }
}

/// Why a definition has no program; exhaustive, it is wrong or not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProgram {
    /// It has errors: everything that was found, warnings too.
    Faulty(Diagnostics),
    /// It has no errors so far as it is known, but these placeholders, as they are written, have no values.
    ///
    /// [`Options::substitute`] gives them one.
    Open(BTreeSet<String>),
}

/// The diagnostics, a line each, or the placeholders.
impl fmt::Display for NoProgram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(diagnostics) => diagnostics.fmt(formatter),
            Self::Open(placeholders) => {
                let quoted: Vec<String> = placeholders.iter().map(|name| format!("`{name}`")).collect();
                let quoted = quoted.join(", ");
                write!(formatter, "placeholders have no values: {quoted}; give each one with `Options::substitute`")
            }
        }
    }
}

impl std::error::Error for NoProgram {}

/// Compiles a definition for a Standard machine as on AWS.
///
/// # Examples
///
/// ```
/// let compiled = asl_core::compile(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#);
/// assert!(compiled.diagnostics.is_empty());
/// assert!(compiled.program.is_some());
/// ```
///
/// What is wrong comes with its place:
///
/// ```
/// let compiled = asl_core::compile(r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}"#);
/// assert!(compiled.program.is_none());
/// assert!(compiled.diagnostics.iter().any(|diagnostic| diagnostic.message == "Missing 'Next' target: B"));
/// ```
pub fn compile(text: &str) -> Compiled {
    compile_with(text, Options::new())
}

/// Compiles a definition as `options` say.
#[expect(clippy::needless_pass_by_value, reason = "options are made for one call, and cheap")]
pub fn compile_with(text: &str, options: Options) -> Compiled {
    diagnose(text, &options, Program::lower)
}

/// What is wrong with a definition of a Standard machine as on AWS, without compiling it.
///
/// # Examples
///
/// ```
/// let diagnostics = asl_core::check(r#"{"StartAt": "A", "States": {"A": {"Type": "Pass"}}}"#);
/// assert_eq!(diagnostics.iter().next().unwrap().message, "One of these fields is required: [Next, End]");
/// ```
pub fn check(text: &str) -> Diagnostics {
    check_with(text, Options::new())
}

/// What is wrong with a definition as `options` say, without compiling it: the diagnostics of [`compile_with`].
#[expect(clippy::needless_pass_by_value, reason = "options are made for one call, and cheap")]
pub fn check_with(text: &str, options: Options) -> Diagnostics {
    diagnose(text, &options, |_, _| None).diagnostics
}

/// Everything that is wrong with a definition, and the program that `then` makes of it if it has no errors.
///
/// Besides the machine `then` is given the definition as text.
fn diagnose(
    text: &str,
    options: &Options,
    then: impl FnOnce(StateMachine<'_>, PinnedDefinition) -> Option<Program>,
) -> Compiled {
    let (readable, dialect) = match options.placeholders {
        Placeholders::Literal => (Cow::Borrowed(text), Dialect::Plain),
        Placeholders::Understood => (placeholder::mask(text, options.notation), Dialect::WithPlaceholders),
    };
    let (root, diagnostics) = syntax::parse_as(&readable, options.notation, dialect);
    let Some(mut root) = root else {
        return Compiled { program: None, diagnostics, open_placeholders: BTreeSet::new() };
    };
    let source = Source::new("definition", text);
    let filled = match options.placeholders {
        Placeholders::Literal => Filled::default(),
        Placeholders::Understood => placeholder::fill_in(&mut root, &options.substitutions, Some(&source)),
    };
    let has_values = !filled.rewritten.is_empty();
    let reading =
        Reading { notation: options.notation, placeholders: options.placeholders, rewritten: filled.rewritten };
    let tree = Tree { root: &root, source: &source, reading, open: filled.open };
    diagnose_tree(tree, diagnostics, options, |machine| {
        // Values change what the text means, and so which definition it is.
        let definition = if has_values {
            PinnedDefinition::new(&root.to_string(), Notation::Json, options)
        } else {
            PinnedDefinition::new(text, options.notation, options)
        };
        then(machine, definition)
    })
}

/// A definition that was read.
struct Tree<'a> {
    root: &'a Node<'a>,
    /// The text in which it stands.
    source: &'a Source<'a>,
    reading: Reading,
    /// The placeholders that are left: with one there is no program.
    open: BTreeSet<String>,
}

/// As [`diagnose`]; `diagnostics` has the faults of the notation.
fn diagnose_tree(
    tree: Tree<'_>,
    mut diagnostics: Diagnostics,
    options: &Options,
    then: impl FnOnce(StateMachine<'_>) -> Option<Program>,
) -> Compiled {
    let Tree { root, source, reading, open } = tree;
    let is_well_formed = !diagnostics.has_errors();
    diagnostics.extend(syntax::duplicate_keys(root, source));

    let report = Report::reading(source, root, reading);
    let machine = definition::read(root, &report);
    if let Some(machine) = machine.as_ref().filter(|_| is_well_formed) {
        validate::validate(machine, options.machine_type, &report);
        // What is not known yet could be what would make it sound.
        if open.is_empty() && !diagnostics.has_errors() && !report.has_errors() {
            lint::lint(machine, &report);
        } else if !report.has(|code| matches!(code, Code::UNKNOWN_VALUE | Code::INVALID_QUERY_LANGUAGE)) {
            // These look at one string at a time, so that nothing else that is wrong or open makes them so.
            lint::lint_query_language(machine, &report);
        }
    }
    diagnostics.extend(report.take_diagnostics());
    diagnostics.remove_repeated();
    let diagnostics = diagnostics.at_levels(&options.levels);

    let program = machine.filter(|_| open.is_empty() && !diagnostics.has_errors()).and_then(then);
    Compiled { program, diagnostics, open_placeholders: open }
}

/// Compiles the definition `root`, a part of `source`, in which the strings that begin at `rewritten` are other than
/// written.
pub(crate) fn compile_part(
    mut root: Node<'_>,
    source: &Source<'_>,
    mut rewritten: BTreeSet<usize>,
    options: &Options,
) -> Compiled {
    let filled = placeholder::fill_in(&mut root, &options.substitutions, None);
    rewritten.extend(filled.rewritten);
    let reading = Reading { notation: options.notation, placeholders: Placeholders::Understood, rewritten };
    let tree = Tree { root: &root, source, reading, open: filled.open };
    let lower = |machine: StateMachine<'_>| {
        Program::lower(machine, PinnedDefinition::new(&root.to_string(), Notation::Json, options))
    };
    diagnose_tree(tree, Diagnostics::default(), options, lower)
}
