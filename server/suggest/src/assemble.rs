//! From operations to text: which line is written, and how many blank lines stand between two.

use crate::merge::Region;
use crate::operation::Op;
use crate::plan::Plan;
use crate::regions::regions;
use crate::spacing::{BlankLines, Item, Spacing};

/// Writes the merged text and says what became of each stretch of lines.
pub(crate) fn assemble(plan: &Plan<'_>, ops: &[Op], blanks: BlankLines) -> (String, Vec<Region>) {
    let items = items(plan, ops);
    let spacing = Spacing::new(plan, &items, blanks);
    let mut text = String::new();
    let mut lines = 0;
    let mut rows_at = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let mut blanks = spacing.blanks_before(index);
        blanks.push(line(plan, *item));
        lines += blanks.len();
        rows_at.push(lines - 1);
        for line in blanks {
            text.push_str(&line);
            text.push('\n');
        }
    }
    for blank in plan.original.blanks_before(plan.original.len()) {
        text.push_str(blank);
        text.push('\n');
    }
    (text, regions(plan, ops, &items, &rows_at))
}

fn items(plan: &Plan<'_>, ops: &[Op]) -> Vec<Item> {
    let whitespace = plan.request.has_any(&[
        "whitespace",
        "whitespaces",
        "trailing",
        "indent",
        "indentation",
        "reindent",
        "format",
        "formatted",
        "formatting",
        "reformat",
        "clang",
        "black",
        "prettier",
        "rustfmt",
        "gofmt",
        "lint",
        "linter",
        "tabs",
        "spaces",
    ]);
    let mut items = Vec::with_capacity(ops.len());
    let (mut after_gap, mut after_deleted) = (false, None);
    for op in ops {
        let (original, sketch, changed) = match *op {
            // An edge that stands for rows shows by them; one that stands for none separates nothing.
            Op::Gap { sketch } => {
                after_gap |= sketch.is_some();
                continue;
            }
            Op::Delete { original } => {
                after_deleted = after_deleted.or(Some(original));
                continue;
            }
            Op::Keep { original } => (Some(original), None, false),
            Op::Match { sketch, original } => {
                let (shown, known) = (&plan.shown.rows[sketch], &plan.original.rows[original]);
                let moved = plan.moves(sketch, original);
                (
                    Some(original),
                    Some(sketch),
                    moved || whitespace && shown.text != known.text,
                )
            }
            Op::Replace {
                sketch, original, ..
            } => {
                let same =
                    plan.shown.rows[sketch].trimmed() == plan.original.rows[original].trimmed();
                (
                    Some(original),
                    Some(sketch),
                    !same || plan.moves(sketch, original),
                )
            }
            Op::Insert { sketch } => (None, Some(sketch), true),
        };
        items.push(Item {
            original,
            sketch,
            changed,
            after_gap,
            after_deleted,
        });
        (after_gap, after_deleted) = (false, None);
    }
    items
}

fn line(plan: &Plan<'_>, item: Item) -> String {
    match (item.sketch, item.original) {
        (Some(sketch), _) if item.changed => reindent(plan, sketch),
        (_, Some(original)) => plan.original.rows[original].text.to_owned(),
        (Some(sketch), None) => reindent(plan, sketch),
        (None, None) => String::new(),
    }
}

/// A row of the sketch, moved to the indentation it has in the file.
fn reindent(plan: &Plan<'_>, row: usize) -> String {
    let shown = &plan.shown.rows[row];
    let shift = plan.shifts[row];
    let body = shown.text.trim_start_matches([' ', '\t']);
    let uses_tabs = plan.uses_tabs;
    let leading = &shown.text[..shown.text.len() - body.len()];
    if shift == 0 && (!uses_tabs || !leading.starts_with("  ")) {
        return shown.text.to_owned();
    }
    let width = (shown.indent as isize + shift).max(0) as usize;
    if uses_tabs {
        format!("{}{}{body}", "\t".repeat(width / 4), " ".repeat(width % 4))
    } else {
        format!("{}{body}", " ".repeat(width))
    }
}
