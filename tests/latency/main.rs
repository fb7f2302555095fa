//! From the code action to the first visible hunk and to the end, in a real server with the default model; and how long
//! code actions take while it writes.
//!
//! `cargo build --release --workspace && cargo bench --workspace --bench latency`: a file of 200 lines, medians of
//! several runs. *Cold* has nothing of the file in the model's cache, *warm* what a pending suggestion puts there.
//! With `-- edits` or `-- actions` only one half is measured.

#[path = "../language_server/code_actions.rs"]
mod code_actions;
#[path = "../language_server/editor.rs"]
#[allow(dead_code)]
mod editor;
#[path = "../program.rs"]
mod program;
#[path = "../language_server/session.rs"]
mod session;

use std::time::Duration;

use serde_json::json;

use code_actions::Latencies;
use editor::{Editor, Home};
use session::{Applied, OpenDocument};

const FILE: &str = include_str!("../../server/text/src/source_text.rs");
const LINES: usize = 200;
const RUNS: usize = 5;
const REQUESTS: usize = 2_000;
const REPLY: &str = "\
```rust
    /// Takes a text that is known to be one, such as an open document of an editor.
    pub fn from_text(text: String) -> SourceText {
        let has_byte_order_mark = text.starts_with(BYTE_ORDER_MARK);
        // ... existing code ...
    }

    // ... existing code ...

    /// Whether the text starts with a byte order mark.
    #[must_use]
    pub fn has_byte_order_mark(&self) -> bool {
        self.has_byte_order_mark
    }
```
";

fn main() {
    let text: String = FILE.split_inclusive('\n').take(LINES).collect();
    // Cargo passes options of its own.
    let halves: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .collect();
    let is_wanted = |half: &str| halves.is_empty() || halves.iter().any(|named| named == half);
    if is_wanted("edits") {
        print_edits(&text);
    }
    if is_wanted("actions") {
        print_code_actions(&text);
    }
}

fn print_edits(text: &str) {
    println!(
        "mode     prefix  first edit     end  edits  phase      (ms, medians of {RUNS}, {LINES} lines)"
    );
    for mode in ["auto", "rewrite"] {
        let runs: Vec<[Applied; 2]> = (0..RUNS).map(|_| run(mode, text)).collect();
        for (place, prefix) in ["cold", "warm"].into_iter().enumerate() {
            let of = |run: &[Applied; 2]| (run[place].first_edit, run[place].total);
            let (mut first, mut total): (Vec<_>, Vec<_>) = runs.iter().map(of).unzip();
            first.sort();
            total.sort();
            let last = &runs[RUNS - 1][place];
            println!(
                "{mode:8} {prefix:6} {:>11} {:>7} {:>6}  {}",
                first[RUNS / 2].map_or("none".to_owned(), milliseconds),
                milliseconds(total[RUNS / 2]),
                last.edits,
                last.event["phase"].as_str().unwrap_or_default(),
            );
        }
    }
}

/// Fails if they wait for the model. On a machine that has other things to do they may, for those.
fn print_code_actions(text: &str) {
    let latencies = Latencies::while_the_model_writes(text, REPLY, REQUESTS);
    let [median, late, latest] = [0.5, 0.99, 1.0].map(|share| latencies.quantile(share));
    println!(
        "\n{REQUESTS} requests for code actions while the model writes: median {} ms, 99 % within {} ms, all within {} ms",
        milliseconds(median),
        milliseconds(late),
        milliseconds(latest),
    );
    let is_at_once = median < Duration::from_millis(1) && late < Duration::from_millis(5);
    assert!(
        is_at_once,
        "the median shall be below 1 ms, and 99 % below 5 ms"
    );
}

/// A fresh server: once cold, once more warm.
fn run(mode: &str, text: &str) -> [Applied; 2] {
    let home = Home::with_models_of_this_user();
    let initialize = json!({
        "capabilities": { "experimental": { "fastApply": { "events": true } } },
        "initializationOptions": { "mode": mode },
    });
    let mut editor = Editor::start(&home, initialize);
    while editor.status()["state"] != "ready" {}
    let mut document = OpenDocument::open(&mut editor, &home.uri("one/text.rs"), text);
    let cold = document.apply(&mut editor, REPLY);
    if cold.edits > 0 && cold.event["phase"] == "finished" {
        document.undo(&mut editor);
    }
    assert_eq!(document.text(), text);
    let warm = document.apply(&mut editor, REPLY);
    [cold, warm]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}
