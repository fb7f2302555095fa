//! One self-contained page that compares runs over the same data: a plot, tables, and what went wrong.

mod plot;

use std::fmt::Write;

use crate::{CaseResult, Figures, Middle, Setting, Share, Summary};
use plot::{Plot, Point};

/// Runs over the same cases, side by side.
pub struct Report {
    /// In the order of the tables.
    pub runs: Vec<ReportRun>,
}

/// One run.
pub struct ReportRun {
    /// What came of it.
    pub summary: Summary,
    /// What came of each case.
    pub results: Vec<CaseResult>,
}

impl Report {
    /// The page, with everything it needs in it.
    pub fn html(&self) -> String {
        let setting = self.described_setting();
        let data = escaped(&setting.data.join(", "));
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Fast Apply: {data}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>Accuracy against speed</h1>\n<p class=\"setting\">{cases} edits of {data}; {machine}; {date}.</p>\n\
             {plot}\n{modes}\n{groups}\n{failures}</body>\n</html>\n",
            cases = self.runs.first().map_or(0, |run| run.results.len()),
            machine = escaped(&setting.machine()),
            date = escaped(&setting.date),
            plot = self.plot(),
            modes = self.modes(),
            groups = self.groups(),
            failures = self.failures(),
        )
    }

    /// The setting of a run with a model, as the page is labelled with it.
    fn described_setting(&self) -> Setting {
        let mut settings = self.runs.iter().map(|run| &run.summary.setting);
        let with_model = settings.clone().find(|setting| setting.model.is_some());
        with_model.or(settings.next()).cloned().unwrap_or_default()
    }

    fn plot(&self) -> String {
        let points = self.runs.iter().filter_map(|run| {
            Some(Point {
                label: run.summary.setting.label(),
                x: run.summary.all.chars_per_s.median?,
                y: run.summary.all.exact.rate?,
            })
        });
        let plot = Plot {
            points: points.collect(),
        };
        format!(
            "<figure>\n{}<figcaption>Share of edits whose new file is right to the byte, against the median number of \
             characters of the new file per second, from request to last character with nothing cached. Up and to the \
             right is better; speeds are of the texts that were written. A run that wrote none has no speed and no \
             point.</figcaption>\n</figure>",
            plot.svg()
        )
    }

    fn modes(&self) -> String {
        let mut rows = String::new();
        for run in &self.runs {
            let all = &run.summary.all;
            let cells = [
                all.cases.to_string(),
                share(&all.exact),
                all.wrong().to_string(),
                all.refused.count.to_string(),
                all.failed.count.to_string(),
                run.summary.beyond_context.to_string(),
                share(&all.unrelated_changes),
                share(&all.marker_left),
                number(&all.chars_per_s),
                number(&all.tokens_per_s),
                number(&all.tokens_per_forward),
                number(&all.oracle_tokens_per_forward),
            ];
            push_row(&mut rows, &run.summary.setting.label(), &cells);
        }
        table(
            "Runs",
            &[
                "run",
                "cases",
                "exact",
                "wrong",
                "refused",
                "failed",
                "too long",
                "unrelated changes",
                "marker left",
                "chars/s",
                "tokens/s",
                "tokens per pass",
                "oracle",
            ],
            &rows,
        )
    }

    fn groups(&self) -> String {
        let mut header = vec!["exact".to_owned(), "cases".to_owned()];
        header.extend(self.runs.iter().map(|run| run.summary.setting.label()));
        let Some(first) = self.runs.first() else {
            return String::new();
        };
        let mut tables = String::new();
        for (key, groups) in &first.summary.groups {
            let mut rows = String::new();
            for (group, figures) in groups {
                let of = |run: &ReportRun| -> Option<Figures> {
                    run.summary.groups.get(key)?.get(group).cloned()
                };
                let mut cells = vec![figures.cases.to_string()];
                cells.extend(self.runs.iter().map(|run| match of(run) {
                    Some(figures) => share(&figures.exact),
                    None => "–".to_owned(),
                }));
                push_row(&mut rows, group, &cells);
            }
            let header: Vec<&str> = header.iter().map(String::as_str).collect();
            tables += &table(&format!("By {}", key.replace('_', " ")), &header, &rows);
        }
        tables
    }

    fn failures(&self) -> String {
        let mut html = "<h2>Not exact</h2>\n".to_owned();
        for run in &self.runs {
            let failures: Vec<&CaseResult> = run.results.iter().filter(|r| !r.exact).collect();
            let label = escaped(&run.summary.setting.label());
            html += &format!("<h3>{label}: {}</h3>\n", failures.len());
            for failure in failures {
                html += &format!(
                    "<details><summary>{} <span>{} {}</span></summary>\n",
                    escaped(&failure.id),
                    escaped(&failure.path),
                    escaped(&failure.outcome)
                );
                if let Some(error) = &failure.error {
                    html += &format!("<p>{}</p>\n", escaped(error));
                }
                if let Some(diff) = &failure.diff {
                    html += &format!("<pre>{}</pre>\n", coloured(diff));
                }
                html += "</details>\n";
            }
        }
        html
    }
}

/// Lines of one diff that are shown.
const LONGEST_DIFF: usize = 200;

/// A diff with its lines marked for colour.
fn coloured(diff: &str) -> String {
    let mut html = String::new();
    for line in diff.lines().take(LONGEST_DIFF) {
        let line = escaped(line);
        match line.as_bytes().first() {
            Some(b'+') => writeln!(html, "<ins>{line}</ins>"),
            Some(b'-') => writeln!(html, "<del>{line}</del>"),
            _ => writeln!(html, "{line}"),
        }
        .unwrap_or_default();
    }
    if diff.lines().count() > LONGEST_DIFF {
        html.push('…');
    }
    html
}

fn table(title: &str, header: &[&str], rows: &str) -> String {
    let cells: String = header
        .iter()
        .map(|name| format!("<th scope=\"col\">{}</th>", escaped(name)))
        .collect();
    format!(
        "<h2>{}</h2>\n<div class=\"scroll\"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        escaped(title)
    )
}

fn push_row(rows: &mut String, name: &str, cells: &[String]) {
    let cells: String = cells
        .iter()
        .map(|cell| format!("<td>{}</td>", escaped(cell)))
        .collect();
    *rows += &format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escaped(name));
}

fn share(share: &Share) -> String {
    match share.rate {
        Some(rate) => format!("{} ({:.1} %)", share.count, rate * 100.0),
        None => "–".to_owned(),
    }
}

fn number(middle: &Middle) -> String {
    match middle.median {
        Some(median) if median >= 100.0 => format!("{median:.0}"),
        Some(median) => format!("{median:.1}"),
        None => "–".to_owned(),
    }
}

/// Text that means itself in HTML, in content and in quoted attributes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::*;

    fn run(mode: &str, exact: bool, chars_per_s: Option<f64>) -> ReportRun {
        let result = CaseResult {
            id: "a<b".to_owned(),
            outcome: if chars_per_s.is_some() {
                "applied"
            } else {
                "refused"
            }
            .to_owned(),
            language: "rust".to_owned(),
            fits_context: true,
            exact,
            chars_per_s,
            diff: (!exact).then(|| "-x < y\n+x > y\n".to_owned()),
            ..CaseResult::default()
        };
        let setting = Setting {
            data: vec!["edits.jsonl".to_owned()],
            date: "2026-02-03".to_owned(),
            mode: mode.to_owned(),
            model: (mode != "merge").then(|| "tiny".to_owned()),
            ..Setting::default()
        };
        let results = vec![result];
        ReportRun {
            summary: Summary::new(setting, &results, &["language".to_owned()]),
            results,
        }
    }

    #[test]
    fn the_page_is_labelled_escaped_and_self_contained() {
        let report = Report {
            runs: vec![
                run("merge", false, Some(2e6)),
                run("auto", true, Some(900.0)),
                run("rewrite", false, None),
            ],
        };
        let html = report.html();
        for part in [
            "edits.jsonl",
            "2026-02-03",
            "tiny",
            "1 edits",
            "a&lt;b",
            "<del>-x &lt; y</del>",
        ] {
            assert!(html.contains(part), "{part} in\n{html}");
        }
        assert!(!html.contains("a<b"));
        for outside in ["http:", "https:", "src=", "url(", "@import"] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert_eq!(
            html.matches("class=\"point\"").count(),
            2,
            "one refused everything"
        );
        assert_eq!(html.matches("<details>").count(), 2);
    }
}
