//! How much memory a rewrite takes.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::command::Directory;

/// What the default model may take with 8-bit weights, when its context is full.
const LIMIT: u64 = 450_000_000;

#[test]
fn a_full_context_stays_within_the_limit() {
    let directory = Directory::new();
    let file = |constant: u32| {
        let functions = (0..136)
            .map(|n| format!("\nfn room_{n}(width: f64) -> f64 {{\n    width * {n}.0\n}}\n"));
        format!(
            "const ROOMS: u32 = {constant};\n{}",
            functions.collect::<String>()
        )
    };
    directory.write("house.rs", file(12));
    directory.write("edited.rs", file(13));
    directory.write(
        "edit.md",
        "```rust\nconst ROOMS: u32 = 13;\n// ... existing code ...\n```\n",
    );
    let mut process = directory
        .command(&[
            "house.rs",
            "--edit",
            "edit.md",
            "--mode",
            "rewrite",
            "--dtype",
            "q8",
            "--force-output",
            "edited.rs",
            "--diff",
            "--stats",
            "stats.json",
        ])
        .spawn()
        .expect("it starts");
    let status = format!("/proc/{}/status", process.id());
    let mut most = 0;
    while process.try_wait().expect("it is ours").is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        most = most.max(kibibytes.unwrap_or_default() * 1024);
        sleep(Duration::from_millis(5));
    }
    let stats = directory.stats();
    assert_eq!(stats["error"], serde_json::Value::Null);
    let tokens = |key: &str| stats[key].as_u64().expect("a number");
    let used = tokens("prompt_tokens") + tokens("output_tokens");
    assert!(
        (7_500..=8_192).contains(&used),
        "{used} tokens are not a full context"
    );
    assert!((100_000_000..LIMIT).contains(&most), "{most} bytes");
    println!("{most} bytes with {used} tokens");
}
