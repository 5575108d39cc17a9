//! What a person is told on standard error, beside the output; when it is closed there is nobody to tell.

use std::io::{self, Write as _};
use std::path::Path;

use asl_core::diagnostic::Diagnostics;
use asl_core::source::Source;

use crate::colour;

/// Tells a person.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Tells what is wrong with the `text` at `path`.
pub(crate) fn tell_faults(faults: &Diagnostics, path: &Path, text: &str, colour: &colour::Choice) {
    let name = path.display().to_string();
    tell(faults.render(&Source::new(&name, text)).colour(colour.on_stderr()).to_string().trim_end());
}
