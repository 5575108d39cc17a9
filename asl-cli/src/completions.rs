//! `asl completions`: what a shell needs to complete the command's arguments.

use std::io::Write;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::outcome::{End, Problem};

const EXAMPLES: &str = "\
Examples:
  asl completions bash > ~/.local/share/bash-completion/completions/asl
  asl completions zsh > ~/.zfunc/_asl            # a directory of $fpath
  asl completions fish > ~/.config/fish/completions/asl.fish
  asl completions powershell >> $PROFILE";

/// Print a script that makes a shell complete `asl`'s arguments
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell that is to read the script
    shell: Shell,
}

/// Writes the script.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    let mut command = crate::Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "asl", &mut script);
    out.write_all(&script)?;
    Ok(End::Good)
}
