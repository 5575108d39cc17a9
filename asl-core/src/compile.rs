//! From a definition's text to a [`Program`], with everything that is wrong with it.

use crate::compatibility::Compatibility;
use crate::definition::{self, StateMachine};
use crate::diagnostic::Diagnostics;
use crate::lint;
use crate::program::Program;
use crate::report::Report;
use crate::source::Source;
use crate::syntax;
use crate::validate;

/// What came of a definition.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compiled {
    /// The program; `None` if there are errors.
    pub program: Option<Program>,
    /// Everything found, in the order of the places: warnings too, and all errors at once.
    pub diagnostics: Diagnostics,
}

impl Compiled {
    /// The program, or everything that is wrong with the definition.
    ///
    /// # Errors
    ///
    /// When the definition has errors.
    pub fn into_program(self) -> Result<Program, Diagnostics> {
        self.program.ok_or(self.diagnostics)
    }
}

/// What a definition is compiled for; [`Default`] is a Standard machine as on AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    compatibility: Compatibility,
    machine_type: MachineType,
}

/// The type of a state machine, which decides what its Tasks may wait for; exhaustive, AWS has these two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MachineType {
    /// Runs for up to a year, every step once.
    #[default]
    Standard,
    /// Runs for up to five minutes; waits neither for jobs nor for task tokens nor for activities.
    Express,
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
pub fn compile_with(text: &str, options: Options) -> Compiled {
    let (program, diagnostics) =
        diagnose(text, options, |machine| Program::lower(machine, text, options.compatibility));
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
pub fn check_with(text: &str, options: Options) -> Diagnostics {
    diagnose(text, options, |_| None::<Program>).1
}

/// Everything that is wrong with a definition, and what `then` makes of it if it has no errors.
fn diagnose<T>(
    text: &str,
    options: Options,
    then: impl FnOnce(&StateMachine<'_>) -> Option<T>,
) -> (Option<T>, Diagnostics) {
    let (root, mut diagnostics) = syntax::parse(text);
    let Some(root) = root else { return (None, diagnostics) };
    let source = Source::new("definition", text);
    let is_json = !diagnostics.has_errors();
    diagnostics.extend(syntax::duplicate_keys(&root, &source));

    let report = Report::new(&source, &root);
    let machine = definition::read(&root, &report);
    if let Some(machine) = machine.as_ref().filter(|_| is_json) {
        validate::validate(machine, options.machine_type, &report);
        if !diagnostics.has_errors() && !report.has_errors() {
            lint::lint(machine, &report);
        }
    }
    diagnostics.extend(report.take_diagnostics());

    let made = machine.filter(|_| !diagnostics.has_errors()).and_then(|machine| then(&machine));
    (made, diagnostics)
}
