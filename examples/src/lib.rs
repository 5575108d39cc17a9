//! Examples of how to use the engine, each to be run and read on its own.
//!
//! | example | what to learn from it |
//! |---|---|
//! | `hello` | the smallest embedding: an engine, one handler, one execution |
//! | `order_saga` | typed handlers, Retry with backoff, and compensation in reverse order when an order fails |
//! | `callback` | a Task that waits until somebody outside answers its token |
//! | `many_executions` | ten thousand executions at once |
//! | `tests/snapshot_test.rs` | a definition under snapshot test, failure paths included |
//!
//! ```sh
//! cargo run -p examples --example order_saga
//! cargo test -p examples
//! ```

/// The program of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use asl_core::source::Source;

    #[test]
    fn the_diagnostics_in_the_readme_are_what_is_drawn() {
        let definition = include_str!("../definitions/order.asl.json");
        let broken = definition
            .replacen(r#""Next": "OrderFailed""#, r#""Next": "OrderFaild""#, 1)
            .replace(r#""InputPath": "$.payment""#, r#""InputPath": "payment""#);
        let diagnostics = asl_core::compile(&broken).diagnostics;
        let drawn = diagnostics.render(&Source::new("order.asl.json", &broken)).to_string();
        let readme = include_str!("../../README.md");
        let (shown, _) = readme.split_once("```text\n").and_then(|(_, rest)| rest.split_once("```")).unwrap();
        assert_eq!(shown.trim_end(), drawn.trim_end());
    }
}
