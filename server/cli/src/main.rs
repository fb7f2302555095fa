//! The program for every machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    fast_apply_cli::run()
}
