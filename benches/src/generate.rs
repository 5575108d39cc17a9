//! The shared workloads as they are generated: definition, input, expected output, and what functions answer.
//!
//! W1 to W7 and W9 are small machines, W8 passes 200 KB through 50 states, W10 is a definition of 500 states.

mod definition;
mod jsonata;
mod machines;
mod payload;
mod random;

use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value as Json, json};

/// What precedes the names of functions in the definitions.
const FUNCTIONS: &str = "arn:aws:lambda:us-east-1:123456789012:function:";

/// A workload as it is generated.
#[derive(Debug, Clone)]
pub struct Generated {
    /// Such as `w1_hello`.
    pub name: &'static str,
    /// The definition.
    pub definition: Json,
    /// The input.
    pub input: Json,
    /// The output that executions must have.
    pub expected: Json,
    /// How many states an execution enters, as AWS counts them.
    pub transitions: u32,
    /// What each function answers.
    pub functions: Map<String, Json>,
    /// What a reader must know besides.
    pub note: &'static str,
}

/// What generates a workload.
type Generate = fn() -> Generated;

/// The workloads by name, W10 last.
const WORKLOADS: [(&str, Generate); 11] = [
    ("w1_hello", machines::hello),
    ("w2_deploy", machines::deploy),
    ("w3_loop", || loop_of(1_000)),
    ("w4_choice", machines::choice),
    ("w5_map", || map("w5_map", 1_000)),
    ("w5_map_iterator", || map("w5_map_iterator", 1_000)),
    ("w6_parallel", machines::parallel),
    ("w7_retry", machines::retry),
    ("w8_payload", || payload(PAYLOAD_BYTES)),
    ("w9_jsonata", || jsonata::jsonata(50)),
    ("w10_parse", || definition(500)),
];

/// All workloads, W10 last.
pub fn all() -> Vec<Generated> {
    WORKLOADS.into_iter().map(|(_, generate)| generate()).collect()
}

/// The workload called `name`, and no other.
pub fn named(name: &str) -> Option<Generated> {
    WORKLOADS.into_iter().find(|(own, _)| *own == name).map(|(_, generate)| generate())
}

pub use self::definition::definition;
pub use self::machines::{loop_of, map};
pub use self::payload::{BYTES as PAYLOAD_BYTES, payload};

/// Writes every workload into `folder`: `NAME.asl.json`, `NAME.input.json`, `NAME.expected.json`, and a manifest.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut manifest = Map::new();
    for workload in all() {
        for (kind, text) in workload.files() {
            fs::write(folder.join(format!("{}.{kind}.json", workload.name)), text)?;
        }
        manifest.insert(workload.name.to_owned(), workload.entry());
    }
    fs::write(folder.join("manifest.json"), indented(&Json::Object(manifest)))
}

impl Generated {
    /// The text of the definition.
    pub fn text(&self) -> String {
        indented(&self.definition)
    }

    /// The texts of the three files.
    fn files(&self) -> [(&'static str, String); 3] {
        [("asl", self.text()), ("input", self.input.to_string()), ("expected", self.expected.to_string())]
    }

    /// What the manifest says.
    fn entry(&self) -> Json {
        let file = |kind: &str| format!("{}.{kind}.json", self.name);
        json!({
            "asl": file("asl"), "input": file("input"), "expected": file("expected"),
            "transitions": self.transitions, "mocks": self.functions, "note": self.note,
        })
    }
}

/// A text with a line for each member, indented by one space a level.
fn indented(value: &Json) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail, and the text of JSON is UTF-8.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" ")));
    String::from_utf8(bytes).unwrap_or_default()
}

/// The state with `next` as its `Next`, or with an end.
pub fn leading_to(state: Json, next: Option<String>) -> Json {
    match next {
        Some(next) => with(state, "Next", next),
        None => with(state, "End", true),
    }
}

/// The object with one more member.
pub fn with(mut object: Json, key: &str, value: impl Into<Json>) -> Json {
    if let Json::Object(members) = &mut object {
        members.insert(key.to_owned(), value.into());
    }
    object
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::path::PathBuf;

    use super::*;

    /// The environment variable that names another folder for the workloads that others share with us.
    const WORKLOADS_VARIABLE: &str = "ASL_BENCH_WORKLOADS";

    /// Where those lie; `None` where they are absent, which is said.
    fn shared() -> Option<PathBuf> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bench/workloads");
        let folder = std::env::var_os(WORKLOADS_VARIABLE).map_or_else(beside, PathBuf::from);
        if folder.join("manifest.json").is_file() {
            return Some(folder);
        }
        // Unlike what goes through `eprintln!`, this is seen when the test passes.
        let _ = writeln!(io::stderr(), "ABSENT: {}; ours were not compared with the shared ones", folder.display());
        None
    }

    #[test]
    fn files_are_the_shared_ones_byte_for_byte() {
        let Some(shared) = shared() else { return };
        let own = tempfile::tempdir().unwrap();
        write(own.path()).unwrap();
        let names = |folder: &Path| -> BTreeSet<_> {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            entries.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "json")).collect()
        };
        assert_eq!(names(own.path()), names(&shared));
        for name in names(&shared) {
            let [ours, theirs] = [own.path(), &shared].map(|folder| fs::read_to_string(folder.join(&name)).unwrap());
            let line = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
            assert!(ours == theirs, "{name}: {:?}", line.map(|(ours, theirs)| (clip(ours), clip(theirs))));
        }
    }

    fn clip(line: &str) -> String {
        line.chars().take(300).collect()
    }
}
