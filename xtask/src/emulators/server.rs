//! A server on loopback, which ends with its value.

use std::fs::{self, File};
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
}

impl Server {
    /// Starts a server, and waits until it answers on `path`.
    pub(super) fn start(
        mut command: Command,
        port: u16,
        path: &str,
        folder: &Path,
        within: Duration,
    ) -> Result<Self, String> {
        let log = folder.join("log.txt");
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = file.try_clone().map_err(|error| error.to_string())?;
        let process = command.current_dir(folder).stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let process = process.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let mut server = Self { process, port, log };
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
        if !matches!(self.process.try_wait(), Ok(None)) {
            return;
        }
        if cfg!(unix) {
            let _ = Command::new("kill").arg(self.process.id().to_string()).status();
            let start = Instant::now();
            while start.elapsed() < STOPPED_WITHIN {
                if !matches!(self.process.try_wait(), Ok(None)) {
                    return;
                }
                thread::sleep(LOOK_EVERY);
            }
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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
