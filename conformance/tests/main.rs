//! The engine against recorded executions and JSONata's test suite.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod jsonata_suite;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod mocked;
#[cfg(test)]
mod own_cases;
#[cfg(test)]
mod validation;

use std::io::Write;

use conformance::Corpus;

/// The recorded corpus; if it is absent, says so.
fn recorded_corpus() -> Option<Corpus> {
    let corpus = Corpus::recorded();
    if !corpus.is_present() {
        say(&format!("ABSENT: no corpus in {}; nothing was checked", corpus.folder().display()));
        return None;
    }
    Some(corpus)
}

/// Says something that must also be seen when the test passes: what goes through `println!` is not.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
