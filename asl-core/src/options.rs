//! What a definition is compiled for.

use crate::compatibility::Compatibility;
use crate::definition::MachineType;
use crate::diagnostic::{Code, Level, Levels};
use crate::placeholder::{Placeholders, Substitutions};
use crate::syntax::Notation;

/// What a definition is compiled for; [`Default`] is a Standard machine as on AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub(crate) compatibility: Compatibility,
    pub(crate) machine_type: MachineType,
    pub(crate) levels: Levels,
    pub(crate) notation: Notation,
    pub(crate) placeholders: Placeholders,
    pub(crate) substitutions: Substitutions,
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
    pub fn notation(mut self, notation: Notation) -> Self {
        self.notation = notation;
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
