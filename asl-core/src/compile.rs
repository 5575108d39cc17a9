//! From a definition's text to a [`Program`], with everything that is wrong with it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::compatibility::Compatibility;
use crate::definition::{self, StateMachine};
use crate::diagnostic::{Code, Diagnostics, Level, Levels};
use crate::lint;
use crate::placeholder::{self, Filled, Placeholders, Substitutions};
use crate::program::{MachineType, Program};
use crate::report::{Reading, Report};
use crate::source::Source;
use crate::syntax::{self, Dialect, Format, Node};
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

/// What a definition is compiled for; [`Default`] is a Standard machine as on AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    compatibility: Compatibility,
    machine_type: MachineType,
    levels: Levels,
    format: Format,
    placeholders: Placeholders,
    substitutions: Substitutions,
}

impl Options {
    /// A Standard machine as on AWS.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whose behaviour to follow where AWS and the specification differ; AWS's by default.
    #[must_use]
    pub fn compatibility(mut self, compatibility: Compatibility) -> Self {
        self.compatibility = compatibility;
        self
    }

    /// Sets the type of the machine; Standard by default.
    #[must_use]
    pub fn machine_type(mut self, machine_type: MachineType) -> Self {
        self.machine_type = machine_type;
        self
    }

    /// Sets how much a warning counts; what is an error of itself always is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use asl_core::diagnostic::{Code, Level};
    /// use asl_core::{Options, compile_with};
    ///
    /// let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"id": "$.id"}, "End": true}}}"#;
    /// assert_eq!(compile_with(text, Options::new()).diagnostics.len(), 1);
    /// assert!(compile_with(text, Options::new().level(Code::NO_DOLLAR, Level::Allow)).diagnostics.is_empty());
    /// assert!(compile_with(text, Options::new().level(Code::NO_DOLLAR, Level::Deny)).program.is_none());
    /// ```
    #[must_use]
    pub fn level(mut self, code: Code, level: Level) -> Self {
        self.levels.set(code, level);
        self
    }

    /// Sets the notation of the text; JSON by default.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Sets what `${…}` means; itself by default.
    ///
    /// A definition in which placeholders are left has no program, even if nothing is wrong with it.
    #[must_use]
    pub fn placeholders(mut self, placeholders: Placeholders) -> Self {
        self.placeholders = placeholders;
        self
    }

    /// Puts `value` in for the placeholder `${name}`, and understands the others.
    ///
    /// Inside of a string the value is text, as with CloudFormation's `DefinitionSubstitutions`;
    /// a placeholder outside of quotes becomes the JSON value that `value` is the text of.
    ///
    /// # Examples
    ///
    /// ```
    /// use asl_core::{Options, compile_with};
    ///
    /// let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}"#;
    /// let compiled = compile_with(text, Options::new().substitute("Seconds", "5"));
    /// assert!(compiled.program.is_some());
    /// let compiled = compile_with(text, Options::new().substitute("Seconds", "-5"));
    /// assert_eq!(compiled.diagnostics.iter().next().unwrap().location.pointer.as_str(), "/States/A/Seconds");
    /// ```
    #[must_use]
    pub fn substitute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.placeholders = Placeholders::Understood;
        self.substitutions.insert(name.into(), value.into());
        self
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
    let lower = |machine: &StateMachine<'_>, identity: &str| {
        Program::lower(machine, identity, options.machine_type, options.compatibility)
    };
    let (program, diagnostics) = diagnose(text, &options, lower);
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
/// Besides the machine `then` is given what tells the definition from others.
fn diagnose<T>(
    text: &str,
    options: &Options,
    then: impl FnOnce(&StateMachine<'_>, &str) -> Option<T>,
) -> (Option<T>, Diagnostics) {
    let (readable, dialect) = match options.placeholders {
        Placeholders::Literal => (Cow::Borrowed(text), Dialect::Plain),
        Placeholders::Understood => (placeholder::mask(text, options.format), Dialect::WithPlaceholders),
    };
    let (root, diagnostics) = syntax::parse_as(&readable, options.format, dialect);
    let Some(mut root) = root else { return (None, diagnostics) };
    let source = Source::new("definition", text);
    let filled = match options.placeholders {
        Placeholders::Literal => Filled::default(),
        Placeholders::Understood => placeholder::fill_in(&mut root, &options.substitutions, Some(&source)),
    };
    // Values change what the text means, and so which definition it is.
    let identity = if filled.rewritten.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(root.to_string()) };
    let reading = Reading { format: options.format, placeholders: options.placeholders, rewritten: filled.rewritten };
    let tree = Tree { root: &root, source: &source, reading, is_open: filled.is_open };
    diagnose_tree(tree, diagnostics, options, |machine| then(machine, &identity))
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
    let reading = Reading { format: options.format, placeholders: Placeholders::Understood, rewritten };
    let tree = Tree { root: &root, source, reading, is_open: filled.is_open };
    let lower = |machine: &StateMachine<'_>| {
        Program::lower(machine, &root.to_string(), options.machine_type, options.compatibility)
    };
    let (program, diagnostics) = diagnose_tree(tree, Diagnostics::default(), options, lower);
    Compiled { program, diagnostics }
}
