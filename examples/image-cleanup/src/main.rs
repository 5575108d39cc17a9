//! The `image-cleanup` program; see [`image_cleanup::cli`].

use std::process::ExitCode;

use clap::Parser as _;
use image_cleanup::cli::{Arguments, run};

fn main() -> ExitCode {
    run(&Arguments::parse(), &mut std::io::stdout().lock(), &mut std::io::stderr().lock())
}
