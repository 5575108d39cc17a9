//! The crate from outside: one binary for all integration tests.
#![expect(clippy::disallowed_methods, reason = "tests read their cases from files")]

#[cfg(test)]
mod aws_form;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod execution_properties;
#[cfg(test)]
mod executions;
#[cfg(test)]
mod map_run;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod workflows;
#[cfg(test)]
mod world;
#[cfg(test)]
mod yaml;
