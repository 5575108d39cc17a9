//! From a definition's text to a [`Program`], with everything that is wrong with it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::definition::{self, StateMachine};
use crate::diagnostic::Diagnostics;
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
    /// The program; `None` if there are errors, or if [placeholders](Options::placeholders) are left.
    pub program: Option<Program>,
    /// Everything found, in the order of the places: warnings too, and all errors at once.
    pub diagnostics: Diagnostics,
}

impl Compiled {
    /// The program, or everything that is wrong with the definition.
    ///
    /// # Errors
    ///
    /// When the definition has errors, or when [placeholders](Options::placeholders) are left in it, of which no
    /// diagnostic tells.
    pub fn into_program(self) -> Result<Program, Diagnostics> {
        self.program.ok_or(self.diagnostics)
    }
}

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
    let (program, diagnostics) = diagnose(text, &options, Program::lower);
    Compiled { program, diagnostics }
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
    diagnose(text, &options, |_, _| None::<Program>).1
}

/// Everything that is wrong with a definition, and what `then` makes of it if it has no errors.
///
/// Besides the machine `then` is given the definition as text.
fn diagnose<T>(
    text: &str,
    options: &Options,
    then: impl FnOnce(&StateMachine<'_>, PinnedDefinition) -> Option<T>,
) -> (Option<T>, Diagnostics) {
    let (readable, dialect) = match options.placeholders {
        Placeholders::Literal => (Cow::Borrowed(text), Dialect::Plain),
        Placeholders::Understood => (placeholder::mask(text, options.notation), Dialect::WithPlaceholders),
    };
    let (root, diagnostics) = syntax::parse_as(&readable, options.notation, dialect);
    let Some(mut root) = root else { return (None, diagnostics) };
    let source = Source::new("definition", text);
    let filled = match options.placeholders {
        Placeholders::Literal => Filled::default(),
        Placeholders::Understood => placeholder::fill_in(&mut root, &options.substitutions, Some(&source)),
    };
    let has_values = !filled.rewritten.is_empty();
    let reading =
        Reading { notation: options.notation, placeholders: options.placeholders, rewritten: filled.rewritten };
    let tree = Tree { root: &root, source: &source, reading, is_open: filled.is_open };
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
    /// Whether placeholders are left, so that there is no program.
    is_open: bool,
}

/// As [`diagnose`]; `diagnostics` has the faults of the notation.
fn diagnose_tree<T>(
    tree: Tree<'_>,
    mut diagnostics: Diagnostics,
    options: &Options,
    then: impl FnOnce(&StateMachine<'_>) -> Option<T>,
) -> (Option<T>, Diagnostics) {
    let Tree { root, source, reading, is_open } = tree;
    let is_well_formed = !diagnostics.has_errors();
    diagnostics.extend(syntax::duplicate_keys(root, source));

    let report = Report::reading(source, root, reading);
    let machine = definition::read(root, &report);
    if let Some(machine) = machine.as_ref().filter(|_| is_well_formed) {
        validate::validate(machine, options.machine_type, &report);
        // What is not known yet could be what would make it sound.
        if !is_open && !diagnostics.has_errors() && !report.has_errors() {
            lint::lint(machine, &report);
        }
    }
    diagnostics.extend(report.take_diagnostics());
    diagnostics.remove_repeated();
    let diagnostics = diagnostics.at_levels(&options.levels);

    let made = machine.filter(|_| !is_open && !diagnostics.has_errors()).and_then(|machine| then(&machine));
    (made, diagnostics)
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
    let tree = Tree { root: &root, source, reading, is_open: filled.is_open };
    let lower = |machine: &StateMachine<'_>| {
        Program::lower(machine, PinnedDefinition::new(&root.to_string(), Notation::Json, options))
    };
    let (program, diagnostics) = diagnose_tree(tree, Diagnostics::default(), options, lower);
    Compiled { program, diagnostics }
}
