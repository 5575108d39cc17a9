//! `asl.toml`: how much each code counts in a project.

use std::collections::BTreeMap;
use std::path::{self, Path, PathBuf};
use std::{fs, io};

use asl_core::diagnostic::Level;
use serde::Deserialize;

use super::levels::Levels;
use crate::files;
use crate::outcome::Problem;
use crate::subject::{Subject, Unknown};

const NAME: &str = "asl.toml";

/// The configurations of directories, each read once.
#[derive(Debug, Default)]
pub(super) struct Configs {
    by_directory: BTreeMap<PathBuf, Levels>,
}

impl Configs {
    /// What counts for the file at `path`: what the nearest `asl.toml` says, in its directory or above.
    pub(super) fn of(&mut self, path: &Path) -> Result<&Levels, Problem> {
        let directory = directory_of(path)?;
        if !self.by_directory.contains_key(&directory) {
            let levels = nearest(&directory)?;
            self.by_directory.insert(directory.clone(), levels);
        }
        Ok(self.by_directory.entry(directory).or_default())
    }
}

/// The absolute directory of a file; of standard input, the current one.
fn directory_of(path: &Path) -> Result<PathBuf, Problem> {
    let path = if files::is_stdin(path) { Path::new(NAME) } else { path };
    let absolute = path::absolute(path).map_err(|error| Problem::cannot_read(path, error))?;
    Ok(absolute.parent().unwrap_or(&absolute).to_owned())
}

fn nearest(directory: &Path) -> Result<Levels, Problem> {
    for directory in directory.ancestors() {
        let path = directory.join(NAME);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let message = |reason: String| format!("in `{}`: {}", path.display(), reason.trim_end());
                return read(&text).map_err(|reason| Problem::Usage { message: message(reason) });
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(Problem::cannot_read(&path, error)),
        }
    }
    Ok(Levels::default())
}

fn read(text: &str) -> Result<Levels, String> {
    let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
    Levels::new(config.diagnostics.into_iter().map(|(subject, level)| (subject.0, level.into())).collect())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    diagnostics: BTreeMap<Key, Value>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Key(Subject);

impl TryFrom<String> for Key {
    type Error = Unknown;

    fn try_from(name: String) -> Result<Self, Unknown> {
        name.parse().map(Self)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Value {
    Allow,
    Warn,
    Deny,
}

impl From<Value> for Level {
    fn from(value: Value) -> Self {
        match value {
            Value::Allow => Self::Allow,
            Value::Warn => Self::Warn,
            Value::Deny => Self::Deny,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_shown_where_it_is() {
        for (text, place, reason) in [
            ("[diagnostics]\nNO_DOLAR = \"deny\"\n", "line 2, column 1", "did you mean `NO_DOLLAR`?"),
            ("[diagnostics]\nNO_DOLLAR = \"forbid\"\n", "line 2, column 13", "unknown variant `forbid`"),
            ("[diagnostic]\n", "line 1, column 2", "unknown field `diagnostic`"),
            ("[diagnostics\n", "line 1, column 13", ""),
            ("diagnostics.WRONG_TYPE = 'allow'", "", "`WRONG_TYPE` is an error"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(place) && error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn nothing_need_be_said() {
        for text in
            ["", "[diagnostics]\n", "[diagnostics]\nwarnings = 'deny'\nNO_DOLLAR = 'allow'\nWRONG_TYPE = 'deny'"]
        {
            assert!(read(text).is_ok(), "{text}");
        }
    }
}
