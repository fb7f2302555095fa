//! Ctrl-C while the model works.
//!
//! Only on Linux, where a process can be seen to have taken charge of the signal: it does so when the
//! model is loaded.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Directory, Run};
use crate::statistics;

/// The bit of SIGINT in the masks of `/proc/PID/status`.
const INTERRUPT: u64 = 1 << 1;

#[test]
fn an_interrupt_writes_nothing() {
    let directory = Directory::new();
    // Thousands of tokens: if nothing stopped it, it would run for minutes.
    directory.write(
        "house.rs",
        "let room = house.room(\"kitchen\");\n".repeat(300),
    );
    let original = directory.read("house.rs");
    let mut child = directory
        .command(&[
            "house.rs", "--edit", "edit.md", "--mode", "rewrite", "--draft", "none",
        ])
        .args(["--force-output", "house.rs"])
        .args(["--in-place", "--stats", "stats.json"])
        .spawn()
        .expect("it starts");
    wait_until_it_catches_interrupts(&mut child);
    let sent = Instant::now();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    let run = Run::of(child.wait_with_output().expect("it ends"));
    assert!(sent.elapsed() < Duration::from_secs(30), "it stops soon");

    assert_eq!(run.exit, Some(130), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "fast-apply: cancelled, and nothing was written\n"
    );
    assert_eq!(directory.read("house.rs"), original);
    let stats = directory.stats();
    statistics::check(&stats, "cancelled");
    assert_eq!(stats["stop"], "cancelled");
    assert_eq!(directory.contents().len(), 4, "nothing else stays");
}

fn wait_until_it_catches_interrupts(child: &mut Child) {
    let deadline = Instant::now() + Duration::from_secs(300);
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        if caught.is_some_and(|mask| mask & INTERRUPT != 0) {
            return;
        }
        let ended = child.try_wait().expect("it can be asked");
        assert!(ended.is_none(), "it ended early: {ended:?}");
        assert!(Instant::now() < deadline, "it never catches interrupts");
        thread::sleep(Duration::from_millis(5));
    }
}
