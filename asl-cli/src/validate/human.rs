//! Diagnostics for people.

use std::io::{self, Write};

use asl_core::diagnostic::Colour;

use super::check::Checked;

/// Writes the diagnostics with the lines they are about, a blank line between any two.
pub(super) fn write(checked: &[Checked], colour: Colour, out: &mut dyn Write) -> io::Result<()> {
    for (index, checked) in checked.iter().filter(|checked| !checked.diagnostics.is_empty()).enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let name = checked.name();
        write!(out, "{}", checked.diagnostics.render(&checked.source(&name)).colour(colour))?;
    }
    Ok(())
}
