//! A program that executes a workload on demand.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// How much CPU time a turn takes at least, in nanoseconds.
const TURN: f64 = 5e7;

/// A program that can be started to take part.
#[derive(Debug)]
pub(super) struct Contestant {
    pub(super) name: &'static str,
    pub(super) command: Command,
}

/// A contestant that takes part; it ends with its standard input.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) name: &'static str,
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// How many executions take a turn.
    count: u64,
    /// The CPU time of an execution in each turn, in nanoseconds.
    samples: Vec<f64>,
}

impl Running {
    /// Starts and warms a contestant up; what it says on its standard error goes to `log`.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or its output is not the expected one.
    pub(super) fn start(contestant: Contestant, expected: &Value, log: &Path) -> Result<Self, Box<dyn Error>> {
        let errors = File::create(log)?;
        Self::warm_up(contestant, expected, errors).map_err(|error| match told_error(log) {
            Some(said) => format!("{error}: {said}").into(),
            None => error,
        })
    }

    fn warm_up(mut contestant: Contestant, expected: &Value, errors: File) -> Result<Self, Box<dyn Error>> {
        let mut process = contestant.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn()?;
        let answers = BufReader::new(process.stdout.take().ok_or("it has no standard output")?);
        let requests = process.stdin.take();
        let mut running = Self { name: contestant.name, process, requests, answers, count: 1, samples: Vec::new() };
        let output: Value = serde_json::from_str(&running.answer()?)?;
        if !is_same(&output, expected) {
            let output: String = output.to_string().chars().take(200).collect();
            return Err(format!("its output is not the expected one: {output}").into());
        }
        while running.execute()? < TURN {
            running.count *= 2;
        }
        Ok(running)
    }

    /// Executes for about as long as every other contestant does in a turn.
    pub(super) fn take_turn(&mut self) -> Result<(), Box<dyn Error>> {
        let taken = self.execute()?;
        #[expect(clippy::cast_precision_loss, reason = "far fewer executions than 2⁵³")]
        self.samples.push(taken / self.count as f64);
        Ok(())
    }

    /// The CPU time of all turns together, in nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "far fewer executions than 2⁵³")]
    pub(super) fn taken(&self) -> f64 {
        self.samples.iter().sum::<f64>() * self.count as f64
    }

    /// The CPU time of an execution in the median turn, in nanoseconds.
    pub(super) fn median(&self) -> f64 {
        let mut samples = self.samples.clone();
        samples.sort_by(f64::total_cmp);
        samples.get(samples.len() / 2).copied().unwrap_or_default()
    }

    /// The CPU time of `count` executions, in nanoseconds.
    fn execute(&mut self) -> Result<f64, Box<dyn Error>> {
        let requests = self.requests.as_mut().ok_or("it has no standard input")?;
        writeln!(requests, "{}", self.count)?;
        Ok(self.answer()?.trim().parse()?)
    }

    fn answer(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("it ended before it answered".into()),
            _ => Ok(line),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.requests.take());
        // Whatever it says on its way out concerns nobody any more.
        let _ = self.process.wait();
    }
}

/// Whether both are the same JSON, where 1 and 1.0 are one number: not every language tells them apart.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_in_other = |(key, value)| other.get(key).is_some_and(|other| is_same(value, other));
            one.len() == other.len() && one.iter().all(is_in_other)
        }
        _ => one == other,
    }
}

/// The line that tells of an error, shortened; the last one if none does.
fn told_error(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let tells = |line: &&str| line.contains("Error") || line.contains("error");
    let line = text.lines().find(tells).or_else(|| text.lines().rfind(|line| !line.trim().is_empty()))?;
    Some(line.trim().chars().take(160).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_compared_by_value() {
        let expected = json!({"price": 789.0, "tags": ["x"], "n": 1});
        assert!(is_same(&json!({"n": 1.0, "tags": ["x"], "price": 789}), &expected));
        for other in [
            json!({"price": 789.5, "tags": ["x"], "n": 1}),
            json!({"price": 789, "tags": [], "n": 1}),
            json!({"price": 789, "n": 1}),
        ] {
            assert!(!is_same(&other, &expected), "{other}");
        }
    }
}
