//! Edits at the end of a text.

use fast_apply_text::{Encoding, PositionRange, offset_at, position_at};
use ropey::Rope;

/// The same edit of `text`, ahead of the line break that ends it where it would stand behind that.
///
/// Behind the last line break there is no line in editors that count breaks to the lines they end. Neovim adds an empty
/// line when something is inserted there, and deletes up to there in two steps.
pub(crate) fn ahead_of_final_break(
    text: &Rope,
    positions: PositionRange,
    inserted: &str,
    encoding: Encoding,
) -> (PositionRange, String) {
    let as_it_is = (positions, inserted.to_owned());
    let start = offset_at(text, positions.start, encoding);
    let end = offset_at(text, positions.end, encoding);
    if end != text.len_bytes() || (start < end) != inserted.is_empty() {
        return as_it_is;
    }
    let tail = match inserted.is_empty() {
        true => text.byte_slice(start..end).to_string(),
        false => inserted.to_owned(),
    };
    let ending = line_break_at_end(&tail);
    let before = text.byte_to_char(start);
    let before = text.slice(before.saturating_sub(2)..before).to_string();
    if ending.is_empty() || line_break_at_end(&before) != ending {
        return as_it_is;
    }
    // What is in front of the edit ends as the edit does, so that it can be moved ahead of that.
    let place = |offset: usize| position_at(text, offset - ending.len(), encoding);
    let moved = PositionRange {
        start: place(start),
        end: place(end),
    };
    let kept = inserted.strip_suffix(ending).unwrap_or(inserted);
    let inserted = match inserted.is_empty() {
        true => String::new(),
        false => [ending, kept].concat(),
    };
    (moved, inserted)
}

fn line_break_at_end(text: &str) -> &'static str {
    match text {
        _ if text.ends_with("\r\n") => "\r\n",
        _ if text.ends_with('\n') => "\n",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fast_apply_text::splice;

    #[track_caller]
    fn check(text: &str, range: std::ops::Range<usize>, inserted: &str, expected: (&str, &str)) {
        let rope = Rope::from_str(text);
        let encoding = Encoding::Utf16;
        let positions = PositionRange {
            start: position_at(&rope, range.start, encoding),
            end: position_at(&rope, range.end, encoding),
        };
        let (moved, new) = ahead_of_final_break(&rope, positions, inserted, encoding);
        let PositionRange { start, end } = moved;
        let place = format!(
            "{}:{}-{}:{}",
            start.line, start.character, end.line, end.character
        );
        assert_eq!((place.as_str(), new.as_str()), expected);
        let outcome = |positions: PositionRange, inserted: &str| {
            let mut text = rope.clone();
            let start = offset_at(&text, positions.start, encoding);
            let end = offset_at(&text, positions.end, encoding);
            splice(&mut text, start..end, inserted);
            text
        };
        assert_eq!(outcome(moved, &new), outcome(positions, inserted));
    }

    #[test]
    fn lines_behind_the_last_are_put_ahead_of_its_break() {
        check("a\n🦀\n", 7..7, "c\n\n", ("1:2-1:2", "\nc\n"));
        check("a\r\nb\r\n", 6..6, "c\r\n", ("1:1-1:1", "\r\nc"));
        check("a\n", 2..2, "\n", ("0:1-0:1", "\n"));
    }

    #[test]
    fn the_last_lines_are_taken_with_the_break_before_them() {
        check("a\nb\nc\n", 2..6, "", ("0:1-2:1", ""));
        check("a\r\n\r\n", 3..5, "", ("0:1-1:0", ""));
    }

    #[test]
    fn other_edits_stay_where_they_are() {
        check("a\nb\n", 2..2, "c\n", ("1:0-1:0", "c\n"));
        check("a\nb", 3..3, "\nc", ("1:1-1:1", "\nc"));
        check("a\nb\n", 2..4, "c\n", ("1:0-2:0", "c\n"));
        check("a\nb\n", 3..4, "", ("1:1-2:0", ""));
        check("a\nb\n", 4..4, "c", ("2:0-2:0", "c"));
        check("a\nb\n", 0..4, "", ("0:0-2:0", ""));
        check("", 0..0, "a\n", ("0:0-0:0", "a\n"));
        // Endings of two kinds: nothing is put between a carriage return and its line feed.
        check("a\r\n", 3..3, "b\n", ("1:0-1:0", "b\n"));
        check("a\n", 2..2, "b\r\n", ("1:0-1:0", "b\r\n"));
    }
}
