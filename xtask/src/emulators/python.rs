//! Python, and virtual environments with pinned packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::workspace_root;

/// The environment variable that names a Python.
const VARIABLE: &str = "E2E_PYTHON";
/// The oldest Python that `LocalStack` runs on.
const OLDEST: (u32, u32) = (3, 12);

/// A virtual environment under `target/emulators`.
pub(super) struct Environment {
    pub(super) name: &'static str,
    /// Every package with its version, so that an installation can be repeated.
    pub(super) requirements: &'static str,
}

/// Why an emulator cannot be had here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// There is no Python to install it with, or no registry to install it from.
    NotHere(String),
    /// It cannot be installed although there are both, such as where a pinned package was taken back.
    NotInstalled(String),
    /// The Python that was named cannot be used.
    Unusable(String),
}

impl From<String> for Unavailable {
    fn from(reason: String) -> Self {
        Self::NotInstalled(reason)
    }
}

impl Environment {
    /// Installs what is not there yet; returns the folder of its programs.
    pub(super) fn install(&self) -> Result<PathBuf, Unavailable> {
        let named = std::env::var_os(VARIABLE).map(|named| usable(PathBuf::from(named))).transpose()?;
        let folder = workspace_root().join("target/emulators").join(self.name);
        let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        // Written last, so that an installation that was interrupted is begun again.
        let stamp = folder.join("installed.txt");
        let is_installed = fs::read_to_string(&stamp).is_ok_and(|installed| installed == self.requirements);
        let own_python = programs.join("python");
        if is_installed && version(&own_python).is_some() {
            return Ok(programs);
        }
        let python = named.map_or_else(find, Ok)?;
        println!("    installing {} with {}", self.name, python.display());
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(format!("{}: {error}", folder.display()).into());
        }
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        output(Command::new(python).args(["-m", "venv"]).arg(&folder)).map_err(Unavailable::NotHere)?;
        let list = folder.join("requirements.txt");
        fs::write(&list, self.requirements).map_err(|error| error.to_string())?;
        let pip = |command: &str| {
            let mut pip = Command::new(&own_python);
            pip.args(["-m", "pip", command, "--quiet", "--disable-pip-version-check", "--no-deps"]);
            pip
        };
        if let Err(reason) = output(pip("install").arg("--requirement").arg(&list)) {
            // A registry that does not even have pip is none.
            let is_registry_there = output(pip("download").arg("--dest").arg(&folder).arg("pip")).is_ok();
            let why = if is_registry_there { Unavailable::NotInstalled } else { Unavailable::NotHere };
            return Err(why(reason));
        }
        fs::write(&stamp, self.requirements).map_err(|error| error.to_string())?;
        Ok(programs)
    }
}

/// A Python that somebody names is used, or it is an error.
fn usable(named: PathBuf) -> Result<PathBuf, Unavailable> {
    if is_new_enough(&named) {
        return Ok(named);
    }
    let (major, minor) = OLDEST;
    let reason = format!("{VARIABLE} names `{}`, which is no Python {major}.{minor} or newer", named.display());
    Err(Unavailable::Unusable(reason))
}

/// The first Python that is there, works and is new enough.
///
/// A shim of a version manager may be there for a Python that is not: each candidate is run.
fn find() -> Result<PathBuf, Unavailable> {
    let on_path = ["python3.13", "python3.12", "python3", "python"].map(PathBuf::from);
    on_path.into_iter().chain(of_pyenv()).find(|python| is_new_enough(python)).ok_or_else(|| {
        let (major, minor) = OLDEST;
        Unavailable::NotHere(format!("there is no Python {major}.{minor} or newer; {VARIABLE} can name one"))
    })
}

/// The Pythons that pyenv has installed, whether they are active or not.
fn of_pyenv() -> Vec<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok()).into_iter().flatten().flatten();
    let mut pythons: Vec<_> = versions.map(|version| version.path().join("bin/python3")).collect();
    pythons.sort();
    pythons.reverse();
    pythons
}

fn is_new_enough(python: &Path) -> bool {
    version(python).is_some_and(|version| version >= OLDEST)
}

/// The version of a Python that works.
fn version(python: &Path) -> Option<(u32, u32)> {
    let output = Command::new(python).arg("--version").output().ok().filter(|output| output.status.success())?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Runs a command that says nothing unless it fails.
fn output(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse_version("Python 3.13.0\n"), Some((3, 13)));
        assert!(parse_version("Python 3.9.18").unwrap() < OLDEST);
        assert_eq!(parse_version("pyenv: python3.13: command not found"), None);
    }

    #[test]
    fn a_named_python_that_is_none_is_not_passed_over() {
        let refused = usable(PathBuf::from("no-python-at-all")).unwrap_err();
        let reason = "E2E_PYTHON names `no-python-at-all`, which is no Python 3.12 or newer";
        assert_eq!(refused, Unavailable::Unusable(reason.to_owned()));
    }
}
