//! The program under test.

use std::env;
use std::path::PathBuf;

/// `fast-apply` of the same build. Cargo names the binary only to the tests of its own package; but
/// it is built, beside the tests, whenever that package's tests are, and so by `cargo test --workspace`.
pub(crate) fn binary() -> PathBuf {
    let test = env::current_exe().expect("this test has a path");
    let profile = test.parent().and_then(|deps| deps.parent());
    let binary = profile
        .expect("tests lie in target/PROFILE/deps")
        .join(format!("fast-apply{}", env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing: run `cargo build --workspace` first",
        binary.display()
    );
    binary
}
