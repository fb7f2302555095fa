//! The program for machines with an NVIDIA card.

use std::process::ExitCode;

fn main() -> ExitCode {
    fast_apply_cli::run()
}
