//! A summary as a table for people.

use fast_apply_eval::{Figures, Middle, Share, Summary};

/// The columns behind the name of a row.
const HEADER: [&str; 10] = [
    "cases",
    "exact",
    "",
    "wrong",
    "refused",
    "failed",
    "unrelated",
    "markers",
    "chars/s",
    "tok/pass",
];

/// All cases, then by who wrote the text, then by each group.
pub(crate) fn text(summary: &Summary) -> String {
    let mut rows: Vec<(String, Vec<String>)> = vec![
        (String::new(), HEADER.map(str::to_owned).to_vec()),
        ("all".to_owned(), cells(&summary.all)),
    ];
    let sections = std::iter::once(("source", &summary.source)).chain(
        summary
            .groups
            .iter()
            .map(|(key, groups)| (key.as_str(), groups)),
    );
    for (key, groups) in sections {
        rows.push((format!("by {}", key.replace('_', " ")), Vec::new()));
        for (group, figures) in groups {
            rows.push((format!("  {group}"), cells(figures)));
        }
    }
    let setting = &summary.setting;
    let mut text = format!(
        "{}: {}, {}\n\n",
        setting.label(),
        setting.data.join(", "),
        setting.machine()
    );
    text += &aligned(&rows);
    if summary.beyond_context > 0 {
        text += &format!(
            "\n{} further cases do not fit the model's context.\n",
            summary.beyond_context
        );
    }
    text
}

fn cells(figures: &Figures) -> Vec<String> {
    let count = |share: &Share| share.count.to_string();
    vec![
        figures.cases.to_string(),
        count(&figures.exact),
        percent(&figures.exact),
        figures.wrong().to_string(),
        count(&figures.refused),
        count(&figures.failed),
        count(&figures.unrelated_changes),
        count(&figures.marker_left),
        number(&figures.chars_per_s),
        number(&figures.tokens_per_forward),
    ]
}

/// The first column to the left, the others to the right.
fn aligned(rows: &[(String, Vec<String>)]) -> String {
    let width = |text: &String| text.chars().count();
    let first = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADER.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|(_, cells)| cells.get(column));
            cells.map(width).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (name, cells) in rows {
        let mut line = format!("{name:first$}");
        for (cell, width) in cells.iter().zip(&widths) {
            line += &format!("  {cell:>width$}");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn percent(share: &Share) -> String {
    match share.rate {
        Some(rate) => format!("{:.1} %", rate * 100.0),
        None => "-".to_owned(),
    }
}

fn number(middle: &Middle) -> String {
    match middle.median {
        Some(median) if median >= 100.0 => format!("{median:.0}"),
        Some(median) => format!("{median:.1}"),
        None => "-".to_owned(),
    }
}
