//! From a chat model's reply to suggestions for files, to merged text, to the checks on it.
//!
//! Pure: no file, thread, clock or network. All texts have `\n` line endings.
//!
//! # Parsing
//!
//! [`parse`] takes a reply apart into prose and [`Block`]s; [`Reply::for_file`] chooses the blocks for one file.
//! A block can be code (a sketch with markers, or a whole file), a diff, or search and replace pairs.
//!
//! # Merging
//!
//! [`merge`] applies the blocks without a model. A sketch is aligned with the file: functions, methods and classes
//! find their namesakes by name, kind and signature (tree-sitter), and inside them rows are aligned by dynamic
//! programming in which a marker passes over original rows for free. Between two rows that both texts have, with no
//! marker between them, the sketch's rows replace the file's; at a marker, new rows replace the rows they resemble.
//! What the sketch leaves open is decided by the syntax of the result, by imports in use, and by the words of the
//! request; each such decision is a doubt that lowers [`Merge::confidence`]. At or above [`CONFIDENT`] a merge is
//! meant to be right in nearly all cases.
//!
//! The way of the data, by modules:
//!
//! 1. `sketch` spreads a block over rows and tells markers from code (`marker`, `comment`, `wording`, `place`,
//!    `elision`); `rows` and `outline` (`definition`, or `layout` without a grammar) read both texts.
//! 2. `plan` pairs the symbols (`pairing`, `successor`), orders them (`chain`), notes what stays unshown (`sticky`) and
//!    goes down the levels (`level`), in the part of the file that the words name (`home`), aligning what lies between
//!    (`align`: `candidates` and `blocks` say which rows can be paired, `cells` which are). New code away from any line
//!    of the file is put by `placement`.
//! 3. `amend` corrects the operations: beside markers (`edges`, `hidden_lead`, `remainder`), at imports
//!    (`import_upkeep`), and by the words (`removal`).
//! 4. `assemble` writes the text with its blank lines (`spacing`, `parting`, `habit`).
//! 5. `doubt` weighs the result (`passed`, `margins`, `piece`, `strays`); `merge` tries other tastes and `readings`.
//!
//! What the request and the reply's prose tell is read by `words`: of places in `told_place`, of what goes in
//! `told_removal`, of new names in `told_renaming`.
//!
//! Diffs and pairs, also two blocks that the prose makes one (`told_pair`), go by `hunk` and `patch` alone.
//!
//! # Checking
//!
//! [`check`] holds a finished text, whoever wrote it, against file and suggestion. `out_of_reach` is the promise that
//! nothing else is touched: the original is read as a pattern in which only the rows within the suggestion's reach
//! may go and only its own rows may come (`reach`, `breach`).
//!
//! # Measuring
//!
//! `cargo run --release -p fast-apply-suggest --example merge_report -- DATA.jsonl` counts exact, wrong and refused
//! merges of a data set of chat replies. `--example calibrate` synthesizes sketches from pairs of texts on stdin and
//! tabulates how many merges at or above each confidence are wrong; [`CONFIDENT`] is chosen with it. `cargo bench -p
//! fast-apply-suggest` gives the time of a merge against the length of the file.

mod align;
mod amend;
mod assemble;
mod blocks;
mod brackets;
mod breach;
mod candidates;
mod cells;
mod chain;
mod comment;
mod declaration;
mod definition;
mod doubt;
mod edges;
mod elision;
mod fence;
mod format;
mod fragment;
mod guard;
mod habit;
mod hidden_lead;
mod home;
mod hunk;
mod import_upkeep;
mod imports;
mod keys;
mod language;
mod layout;
mod lead;
mod level;
mod likeness;
mod margins;
mod marker;
mod merge;
mod name;
mod openness;
mod operation;
mod order;
mod outline;
mod owner;
mod pairing;
mod parting;
mod passed;
mod patch;
mod path_hint;
mod piece;
mod place;
mod placement;
mod plan;
mod quoted;
mod reach;
mod readings;
mod regions;
mod remainder;
mod removal;
mod renames;
mod reply;
mod rows;
mod selection;
mod shift;
mod sketch;
mod spacing;
mod statement;
mod sticky;
mod strays;
mod successor;
mod syntax;
mod taste;
mod told_pair;
mod told_place;
mod told_removal;
mod told_renaming;
mod wording;
mod words;

pub use format::Format;
pub use guard::{Ending, GuardReport, check};
pub use language::Language;
pub use marker::marker_lines;
pub use merge::{
    CONFIDENT, Context, MOST_ALTERNATIVES, Merge, MergeError, Method, Region, RegionKind, merge,
};
pub use path_hint::{HintStrength, PathHint};
pub use reach::Reach;
pub use reply::{Block, Reply, parse};
pub use selection::{Selection, Suggestion};
