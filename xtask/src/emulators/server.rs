//! A server on loopback, which ends with its value.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How many lines of the log are shown.
const TAIL: usize = 25;
/// How long a server may take to stop when it is asked to.
const STOPPED_WITHIN: Duration = Duration::from_secs(15);
/// How often a server is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long an answer may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// A process that serves a port.
///
/// It is in the process group of this one, so that an interrupt from the terminal ends both.
pub(super) struct Server {
    process: Child,
    port: u16,
    log: PathBuf,
    /// Has the number of the process for as long as it runs.
    note: PathBuf,
    /// Held while the server runs, and let go of however this process ends.
    _lock: File,
}

impl Server {
    /// Starts a server, and waits until it answers on `path`.
    ///
    /// One that an earlier run left behind in `folder`, since it was killed, is stopped first.
    pub(super) fn start(
        mut command: Command,
        port: u16,
        path: &str,
        folder: &Path,
        within: Duration,
    ) -> Result<Self, String> {
        let lock = lock(folder)?;
        let note = folder.join("process.txt");
        stop_left_behind(&note, folder);
        let log = folder.join("log.txt");
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = file.try_clone().map_err(|error| error.to_string())?;
        let process = command.current_dir(folder).stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let process = process.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let mut server = Self { process, port, log, note, _lock: lock };
        let noted = fs::write(&server.note, server.process.id().to_string());
        noted.map_err(|error| format!("{}: {error}", server.note.display()))?;
        let start = Instant::now();
        while !answers(port, path) {
            let ended = server.process.try_wait().map_err(|error| error.to_string())?;
            if let Some(status) = ended {
                return Err(format!("it ended with {status}\n{}", server.log_tail()));
            }
            if start.elapsed() > within {
                return Err(format!("it did not answer within {} s\n{}", within.as_secs(), server.log_tail()));
            }
            thread::sleep(LOOK_EVERY);
        }
        println!("    it answers on {} after {:.1} s", server.endpoint(), start.elapsed().as_secs_f64());
        Ok(server)
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The end of what the server said.
    pub(super) fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
        format!("the end of {}:\n{}", self.log.display(), tail.join("\n"))
    }
}

/// Asks the process to stop, for it has children of its own, and ends it if it does not.
impl Drop for Server {
    fn drop(&mut self) {
        // Whose end is known by now may have left its number to another process.
        if matches!(self.process.try_wait(), Ok(None)) {
            ask_to_stop(self.process.id(), || matches!(self.process.try_wait(), Ok(None)));
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
        let _ = fs::remove_file(&self.note);
    }
}

/// Asks a process to stop, and waits until it has, or for long enough.
fn ask_to_stop(process: u32, mut runs: impl FnMut() -> bool) {
    if cfg!(unix) {
        let _ = Command::new("kill").arg(process.to_string()).status();
        let start = Instant::now();
        while runs() && start.elapsed() < STOPPED_WITHIN {
            thread::sleep(LOOK_EVERY);
        }
    }
}

/// Two runs would have one another's emulators.
fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err("another run of it goes on in this folder".to_owned()),
        Err(TryLockError::Error(error)) => Err(format!("{}: {error}", path.display())),
    }
}

/// Stops the process that is noted, if it is still what it was: by now another may have its number.
fn stop_left_behind(note: &Path, folder: &Path) {
    let Some(process) = fs::read_to_string(note).ok().and_then(|text| text.trim().parse().ok()) else { return };
    if is_of(process, folder) {
        println!("    stopping the one that an earlier run left behind, process {process}");
        ask_to_stop(process, || is_of(process, folder));
    }
    let _ = fs::remove_file(note);
}

/// Whether a process runs a program of the environment that `folder` belongs to.
fn is_of(process: u32, folder: &Path) -> bool {
    let folder = folder.to_string_lossy();
    let environment = folder.strip_suffix("-run").unwrap_or(&folder);
    let listed = Command::new("ps").args(["-o", "args=", "-p", &process.to_string()]).output();
    listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).contains(&format!("{environment}/")))
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// Whether the server answers with success.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_server_that_was_left_behind_is_stopped_and_no_other_process() {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/emulators");
        let (environment, folder) = (target.join("left-behind"), target.join("left-behind-run"));
        for part in [&environment, &folder] {
            fs::create_dir_all(part).unwrap();
        }
        let (program, note) = (environment.join("program"), folder.join("process.txt"));
        fs::write(&program, "").unwrap();
        // The signals that ask a process to stop, and that end it.
        for (watched, ended_by) in [(&program, 15), (&note, 9)] {
            fs::write(&note, "").unwrap();
            let mut process = Command::new("tail").arg("-f").arg(watched).spawn().unwrap();
            fs::write(&note, process.id().to_string()).unwrap();
            stop_left_behind(&note, &folder);
            assert!(!note.exists());
            let _ = process.kill();
            assert_eq!(process.wait().unwrap().signal(), Some(ended_by));
        }
        fs::remove_dir_all(environment).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn two_runs_do_not_share_a_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/emulators/locked-run");
        fs::create_dir_all(&folder).unwrap();
        let first = lock(&folder).unwrap();
        assert_eq!(lock(&folder).unwrap_err(), "another run of it goes on in this folder");
        drop(first);
        assert!(lock(&folder).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
