//! Policies, the documented examples, properties of the evaluation, and clean-ups from end to end in virtual time.
#![cfg(test)]

mod clean_up;
mod cli;
mod examples;
mod ordering;
mod policies;
mod properties;
