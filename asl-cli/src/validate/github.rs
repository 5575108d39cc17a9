//! Diagnostics as [workflow commands] of GitHub, which shows them beside the lines.
//!
//! [workflow commands]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

use std::io::{self, Write};

use asl_core::diagnostic::{Diagnostic, Severity};
use asl_core::source::Source;

use super::check::{Checked, ends};

/// Writes one command for each diagnostic.
pub(super) fn write(checked: &[Checked], out: &mut dyn Write) -> io::Result<()> {
    for checked in checked {
        let name = checked.portable_name();
        let source = checked.source(&name);
        for diagnostic in &checked.diagnostics {
            writeln!(out, "{}", command(diagnostic, &source))?;
        }
    }
    Ok(())
}

fn command(diagnostic: &Diagnostic, source: &Source<'_>) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let (start, end) = ends(&diagnostic.location, source);
    let place = if start.line == end.line {
        format!("line={},col={},endColumn={}", start.line, start.column, end.column)
    } else {
        // GitHub takes columns only for places on one line.
        format!("line={},endLine={}", start.line, end.line)
    };
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let message = in_data(&format!("{}{help}", diagnostic.message));
    format!("::{command} file={},{place},title={}::{message}", in_property(source.name()), diagnostic.code)
}

/// Escapes what would end a command.
fn in_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes what would end a property of a command.
fn in_property(text: &str) -> String {
    in_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_or_property_is_escaped() {
        assert_eq!(in_data("50%\r\n::a,b"), "50%25%0D%0A::a,b");
        assert_eq!(in_property("C:\\a,b%"), "C%3A\\a%2Cb%25");
    }
}
