use std::fmt::Write;

use super::measure::Yardstick;

/// A Markdown table of medians in tokens per second, with the least and the most in brackets.
pub fn markdown(yardstick: &Yardstick) -> String {
    let mut table = String::from("| tokens/s |");
    for name in &yardstick.contenders {
        write!(table, " {name} |").ok();
    }
    table.push_str("\n| --- |");
    table.push_str(&" --: |".repeat(yardstick.contenders.len()));
    table.push('\n');
    for series in &yardstick.series {
        write!(table, "| {} |", series.name).ok();
        for contender in 0..yardstick.contenders.len() {
            match series.middle(contender) {
                Some((middle, least, most)) => {
                    write!(table, " {middle:.0} ({least:.0}-{most:.0}) |").ok();
                }
                None => table.push_str(" - |"),
            }
        }
        table.push('\n');
    }
    table.push_str("| same choice as the first |");
    for agreement in &yardstick.agreement {
        match agreement {
            Some(share) => write!(table, " {:.1} % |", share * 100.0).ok(),
            None => write!(table, " - |").ok(),
        };
    }
    table.push('\n');
    table
}
