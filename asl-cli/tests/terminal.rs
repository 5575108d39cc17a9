//! A command's run: what goes in, what comes out.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of `asl` left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `asl` with `arguments` and `input` on its standard input.
pub(crate) fn asl(arguments: &[&str], input: &str) -> Ran {
    run(Path::new("."), arguments, input)
}

fn run(directory: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_asl"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    match child.stdin.take().unwrap().write_all(input.as_bytes()) {
        // Who refuses its arguments does not read its input.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written.unwrap(),
    }
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory of one test, with files to work on.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// A directory called `name`, which no other test has, with `files`.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let directory = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        if directory.0.exists() {
            fs::remove_dir_all(&directory.0).unwrap();
        }
        for (name, text) in files {
            let path = directory.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directory
    }

    /// Runs `asl` in the directory.
    pub(crate) fn asl(&self, arguments: &[&str]) -> Ran {
        run(&self.0, arguments, "")
    }

    /// Adds a file that need not be text.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}
