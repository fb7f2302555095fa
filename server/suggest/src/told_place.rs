//! Where the request and the reply's prose put something.

use crate::words::Request;

/// Where the words say that something new goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    After(String),
    Before(String),
    /// At the end of it, inside.
    Within(String),
    Start,
    End,
}

impl Request {
    /// Where the words put something new, by the names that the file has.
    pub(crate) fn place<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> Option<Place> {
        let introduced = self.introduction.as_ref();
        // What stands right above the code is about it; what stands farther up may be about the code above.
        introduced
            .and_then(|words| Self::new(words.last_sentence()).own_place(names.clone()))
            .or_else(|| introduced.and_then(|words| words.own_place(names.clone())))
            .or_else(|| self.own_place(names))
    }

    /// Whether the words put something new beside this.
    pub(crate) fn places_beside(&self, name: &str) -> bool {
        let place = self.place(std::iter::once(name));
        matches!(place, Some(Place::After(_) | Place::Before(_)))
    }

    /// What the words that introduce this block of several say that it is in: "And in `parse()`:".
    pub(crate) fn home(&self) -> Option<&str> {
        let words = self.introduction.as_deref()?;
        let (_, last) = words.sentence_from(words.text.trim_end().len());
        let mut named = words.code().filter(|(open, _)| {
            let before = words.lower.get(last..*open).unwrap_or_default();
            let mut last = before.split_whitespace().rev();
            last.find(|word| *word != "the")
                .is_some_and(|word| matches!(word, "in" | "inside" | "within"))
        });
        let (_, name) = named.next()?;
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let name = name.trim_end_matches("()");
        (named.next().is_none() && name.len() >= 3 && name.chars().all(is_name)).then_some(name)
    }

    /// Whether the words that introduce this block, or all if it is the only one, tell a place.
    pub(crate) fn tells_a_place(&self) -> bool {
        let words = self.introduction.as_deref().unwrap_or(self);
        words.has_any(&[
            "after", "below", "above", "before", "between", "under", "inside", "within",
        ])
    }

    fn own_place<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<Place> {
        let mut best: Option<(usize, Place)> = None;
        let mut within = None;
        let mut offer = |at: usize, place: Place| {
            if best.as_ref().is_none_or(|(other, _)| at < *other) {
                best = Some((at, place));
            }
        };
        let code = |name: &str| {
            let spans = ["`", "()`", "("];
            spans
                .iter()
                .any(|end| self.text.contains(&format!("`{name}{end}")))
        };
        for name in names.filter(|name| name.len() >= 3 || code(name)) {
            for at in self.positions(name) {
                let before = self
                    .lower
                    .get(..at)
                    .unwrap_or_default()
                    .trim_end_matches(['`', '*', ' ']);
                let words: Vec<&str> = before
                    .rsplit(|c: char| !c.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .take(6)
                    .collect();
                // "after the private `foo`"
                let described = words.get(1) == Some(&"the");
                for &word in &words[usize::from(described)..] {
                    match word {
                        "after" | "below" | "under" | "following" | "between" => {
                            offer(at, Place::After(name.to_owned()))
                        }
                        "before" | "above" | "front" => offer(at, Place::Before(name.to_owned())),
                        "end" | "bottom" if !self.is_of_file_name(at + name.len()) => {
                            within.get_or_insert_with(|| Place::Within(name.to_owned()));
                        }
                        "the" | "existing" | "method" | "function" | "class" | "right" | "test"
                        | "two" | "three" | "both" | "of" => continue,
                        _ => {}
                    }
                    break;
                }
            }
        }
        if best.is_none() && within.is_none() {
            for phrase in [
                "at the end",
                "to the end",
                "at the bottom",
                "to the bottom",
                "append",
            ] {
                if self.lower.contains(phrase) {
                    return Some(Place::End);
                }
            }
            for phrase in [
                "at the top",
                "to the top",
                "at the start",
                "at the beginning",
                "at the very top",
            ] {
                if self.lower.contains(phrase) {
                    return Some(Place::Start);
                }
            }
        }
        best.map(|(_, place)| place).or(within)
    }

    /// Whether what ends here is the stem of a file's name.
    fn is_of_file_name(&self, end: usize) -> bool {
        let behind = self.text[end..].strip_prefix('.');
        behind.is_some_and(|behind| behind.starts_with(char::is_alphanumeric))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_one_in_backticks() {
        let place = |words: &str| Request::new(words).place(["to"].into_iter());
        let below = Some(Place::After("to".to_owned()));
        assert_eq!(place("directly below `to()`:"), below);
        assert_eq!(place("It goes after `to`."), below);
        assert_eq!(place("a line after to put it"), None);
    }
}
