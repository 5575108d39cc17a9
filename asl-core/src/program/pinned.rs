//! What a program was compiled from, kept with it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::compatibility::Compatibility;
use crate::compile::{Compiled, compile_with};
use crate::definition::MachineType;
use crate::options::Options;
use crate::syntax::Notation;

/// A valid definition as text, with what it means apart from the text: compiled again it is the same program.
///
/// Whoever keeps executions for long keeps this with them; its serialised form is for that.
/// A [`Program`](super::Program) only hands it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedDefinition {
    text: Arc<str>,
    notation: Notation,
    machine_type: MachineType,
    compatibility: Compatibility,
}

impl PinnedDefinition {
    /// `text`, written in `notation`, for what `options` say.
    pub(crate) fn new(text: &str, notation: Notation, options: &Options) -> Self {
        let Options { machine_type, compatibility, .. } = *options;
        Self { text: text.into(), notation, machine_type, compatibility }
    }

    /// The text, with the values that were put in for placeholders.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The type of the machine.
    pub fn machine_type(&self) -> MachineType {
        self.machine_type
    }

    /// Whose behaviour it follows where AWS and the specification differ.
    pub fn compatibility(&self) -> Compatibility {
        self.compatibility
    }

    /// What identifies it among all definitions.
    pub fn fingerprint(&self) -> Fingerprint {
        // Stored fingerprints rely on these names.
        let notation = match self.notation {
            Notation::Json => "json",
            Notation::Yaml => "yaml",
        };
        let machine_type = match self.machine_type {
            MachineType::Standard => "standard",
            MachineType::Express => "express",
        };
        let compatibility = match self.compatibility {
            Compatibility::Aws => "aws",
            Compatibility::Specification => "specification",
        };
        Fingerprint::of([notation, machine_type, compatibility, &self.text])
    }

    /// Compiles it again.
    ///
    /// There are no errors, unless it was written by another version of this library.
    pub fn compile(&self) -> Compiled {
        let options =
            Options::new().notation(self.notation).machine_type(self.machine_type).compatibility(self.compatibility);
        compile_with(&self.text, options)
    }
}

/// The SHA-256 of a definition's text and of what else it means, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Arc<str>);

impl Fingerprint {
    fn of(parts: [&str; 4]) -> Self {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        let mut digits = String::with_capacity(64);
        for byte in hash.finalize() {
            digits.extend([byte >> 4, byte & 0xf].iter().filter_map(|digit| char::from_digit(u32::from(*digit), 16)));
        }
        Self(digits.into())
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pinned_compiles_to_the_same_program() {
        let options = Options::new().notation(Notation::Yaml).machine_type(MachineType::Express);
        let program = compile_with("StartAt: A\nStates: {A: {Type: Succeed}}", options).into_program().unwrap();
        let written = serde_json::to_string(program.definition()).unwrap();
        let read: PinnedDefinition = serde_json::from_str(&written).unwrap();
        assert_eq!(read.compile().into_program().unwrap().fingerprint(), program.fingerprint());
        assert_eq!(read.machine_type(), MachineType::Express);
    }

    #[test]
    fn values_that_were_put_in_are_in_the_text() {
        let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Seconds}, "End": true}}}"#;
        let of =
            |seconds: &str| compile_with(text, Options::new().substitute("Seconds", seconds)).into_program().unwrap();
        assert_ne!(of("1").fingerprint(), of("2").fingerprint());
        assert_eq!(of("1").definition().compile().into_program().unwrap().fingerprint(), of("1").fingerprint());
    }

    #[test]
    fn what_is_not_in_the_text_is_in_the_fingerprint() {
        let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
        let of = |options| compile_with(text, options).into_program().unwrap().fingerprint().clone();
        let all = [
            of(Options::new()),
            of(Options::new().machine_type(MachineType::Express)),
            of(Options::new().compatibility(Compatibility::Specification)),
            of(Options::new().notation(Notation::Yaml)),
        ];
        assert!(all.iter().enumerate().all(|(at, one)| !all.iter().skip(at + 1).any(|other| one == other)), "{all:?}");
    }
}
