//! What the request and the reply's prose say about names: removed, renamed, where to put something.

use crate::merge::Context;
use crate::reply::Block;
use crate::selection::Suggestion;

/// The words that come with a suggestion: the user's request and the model's prose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    text: String,
    lower: String,
    /// Of several blocks, what introduces this one: it goes before all other words on where something goes.
    introduction: Option<Box<Request>>,
}

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

const REMOVALS: &[&str] = &[
    "remove",
    "removed",
    "removes",
    "removing",
    "delete",
    "deleted",
    "deletes",
    "drop",
    "dropped",
    "drops",
    "rid",
    "gone",
    "unused",
    "obsolete",
    "eliminate",
    "eliminates",
    "eliminated",
];
const RENAMES: &[&str] = &[
    "rename",
    "renamed",
    "renames",
    "renaming",
    "replace",
    "replaced",
    "replaces",
    "instead",
    "becomes",
    "become",
    "switch",
    "convert",
    "converted",
    "turn",
    "rewrite",
    "port",
    "ported",
];

/// Words of a sentence in which something goes into something else and stays what it is.
const EXTRACTIONS: &[&str] = &[
    "add",
    "added",
    "adds",
    "extract",
    "extracted",
    "extracts",
    "factor",
    "factored",
    "factors",
    "hoist",
    "hoisted",
    "hook",
    "hooked",
    "move",
    "moved",
    "moves",
    "pull",
    "pulled",
    "split",
    "splits",
    "wire",
    "wired",
];

impl Request {
    pub(crate) fn new(words: &str) -> Self {
        Self {
            text: words.to_owned(),
            lower: words.to_ascii_lowercase(),
            introduction: None,
        }
    }

    /// The user's words and those of the reply.
    pub(crate) fn of_suggestion(suggestion: &Suggestion, context: &Context<'_>) -> Self {
        Self::new(&format!(
            "{}\n\n{}",
            context.instruction, suggestion.instruction
        ))
    }

    /// The words for one of so many blocks.
    pub(crate) fn of(&self, block: &Block, blocks: usize) -> Self {
        let introduction = (blocks > 1).then(|| Box::new(Self::new(&block.introduction)));
        Self {
            introduction,
            ..self.clone()
        }
    }

    /// Whether the name stands in the words as a word of its own.
    pub(crate) fn names(&self, name: &str) -> bool {
        !self.positions(name).is_empty()
    }

    /// Whether the words speak of taking this name out: a verb of removal in the same sentence.
    pub(crate) fn removes(&self, name: &str) -> bool {
        name.len() >= 2
            && self
                .positions(name)
                .iter()
                .any(|at| has_word(self.sentence(*at), REMOVALS))
    }

    /// Whether the words tell to remove the thing itself: `remove the unused helper foo`, `drop foo()`.
    pub(crate) fn orders_removal(&self, name: &str) -> bool {
        let fillers = [
            "the",
            "now",
            "unused",
            "old",
            "obsolete",
            "dead",
            "redundant",
            "deprecated",
            "function",
            "method",
            "class",
            "struct",
            "helper",
            "test",
            "type",
            "constant",
            "enum",
            "trait",
            "alias",
            "both",
            "and",
            "of",
            "get",
            "no",
            "longer",
            "needed",
            "existing",
            "private",
            "public",
            "exported",
            "internal",
            "legacy",
            "stale",
            "duplicate",
            "whole",
            "entire",
            "our",
            "its",
        ];
        name.len() >= 3
            && self.positions(name).iter().any(|&at| {
                let after = self.text[at + name.len()..]
                    .trim_start_matches(['`', '(', ')', '*'])
                    .trim_start();
                if self.is_useless(at, name) {
                    return true;
                }
                if self.is_hedged(at) {
                    return false;
                }
                if is_told_to_go(&after.to_lowercase()) {
                    return true;
                }
                let next = after
                    .split(|c: char| !c.is_alphanumeric())
                    .next()
                    .unwrap_or_default()
                    .to_lowercase();
                if [
                    "parameter",
                    "param",
                    "argument",
                    "arguments",
                    "call",
                    "calls",
                    "usage",
                    "usages",
                    "from",
                    "import",
                    "imports",
                    "field",
                    "flag",
                    "option",
                    "check",
                    "variable",
                ]
                .contains(&next.as_str())
                {
                    return false;
                }
                let before = self.lower.get(..at).unwrap_or_default();
                // What stands in brackets is part of another name: `TEST(Name, Case)`.
                if before.ends_with('(') && !before.ends_with(" (") {
                    return false;
                }
                if is_negated(before) {
                    return false;
                }
                let before = without_qualifier(before).trim_end_matches(['`', '*', ' ']);
                before
                    .rsplit(|c: char| !c.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .take(6)
                    .find(|word| !fillers.contains(word))
                    .is_some_and(|word| {
                        [
                            "remove", "delete", "drop", "rid", "removed", "removes", "deletes",
                            "drops",
                        ]
                        .contains(&word)
                    })
            })
    }

    /// Whether a sentence says of the first thing it names that nobody needs it, and has it removed: "`foo` isn't used
    /// anywhere any more, so remove it".
    fn is_useless(&self, at: usize, name: &str) -> bool {
        let sentence = self.sentence(at);
        let Some((before, after)) = sentence.split_once(&name.to_ascii_lowercase()) else {
            return false;
        };
        let after = after.trim_start_matches(['`', '(', ')', ' ']);
        let useless = [
            "is unused",
            "is now unused",
            "is not used",
            "isn't used",
            "is no longer used",
            "is no longer needed",
            "is not needed",
            "isn't needed",
            "has no callers",
            "is dead",
        ];
        let things = [
            "",
            " method",
            " function",
            " class",
            " helper",
            " type",
            " test",
        ];
        let is_order = |order: &str| {
            let object = ["it", "that", "this"]
                .iter()
                .find_map(|object| order.strip_prefix(object));
            object.is_some_and(|rest| {
                things.iter().any(|thing| {
                    let behind = rest.strip_prefix(thing).map(str::trim_start);
                    behind.is_some_and(|behind| {
                        !behind.starts_with(char::is_alphanumeric) || behind.starts_with("entirely")
                    })
                })
            })
        };
        before.matches('`').count() <= 1
            && useless.iter().any(|words| after.starts_with(words))
            && ["remove ", "delete ", "drop "].iter().any(|verb| {
                after.split_once(verb).is_some_and(|(before, order)| {
                    !before.trim_end().ends_with("not")
                        && !before.trim_end().ends_with("n't")
                        && is_order(order)
                })
            })
    }

    /// The code in backticks that the words tell to take out: "Delete `TEST(A, B)`", "drop the `lock` call", "`lock` is
    /// gone", "Removed: the `lock` import". What is taken from something, or only in part, is not told apart.
    pub(crate) fn ordered_out(&self) -> Vec<&str> {
        let ordered = self.code().filter(|(open, span)| {
            let before = self.lower.get(..*open).unwrap_or_default();
            let verb = before
                .rsplit(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .take(4)
                .find(|word| {
                    !matches!(
                        *word,
                        "the"
                            | "two"
                            | "three"
                            | "both"
                            | "old"
                            | "unused"
                            | "function"
                            | "method"
                            | "test"
                            | "class"
                            | "of"
                    )
                });
            let behind = self.text[open + span.len() + 2..].trim_start();
            let is_order = verb
                .is_some_and(|verb| matches!(verb, "delete" | "remove" | "drop" | "rid"))
                && !is_negated(before);
            !self.is_hedged(*open)
                && (is_order
                    || self.begins_clause(*open) && is_told_to_go(&behind.to_lowercase())
                    || self.is_listed(*open))
        });
        ordered.map(|(_, span)| span).collect()
    }

    /// Whether a sentence lists this code among what goes: "Removed as unused: the `a` pattern and the `b` import".
    pub(crate) fn lists_removal(&self, code: &str) -> bool {
        self.code()
            .any(|(open, span)| span == code && self.is_listed(open))
    }

    /// The code between backticks, and where its first backtick stands.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut at = 0;
        self.text
            .split('`')
            .enumerate()
            .filter_map(move |(index, part)| {
                let open = at;
                at += part.len() + 1;
                let is_closed = at <= self.text.len();
                (index % 2 == 1 && is_closed).then(|| (open - 1, part))
            })
    }

    /// Whether the sentence around this place speaks of what may be done some time.
    fn is_hedged(&self, at: usize) -> bool {
        let prose: Vec<&str> = self.sentence(at).split('`').step_by(2).collect();
        let hedges = [
            "could",
            "eventually",
            "if",
            "later",
            "may",
            "might",
            "once",
            "optionally",
            "unless",
            "until",
            "want",
            "would",
        ];
        has_word(&prose.join(" "), &hedges)
    }

    /// Whether a sentence or a part of it begins with what stands here.
    fn begins_clause(&self, at: usize) -> bool {
        let (sentence, start) = self.sentence_from(at);
        let before = sentence.get(..at.saturating_sub(start)).unwrap_or_default();
        let clause = before.rsplit(", ").next().unwrap_or_default();
        let mut words = clause.split_whitespace();
        words.all(|word| {
            matches!(
                word,
                "-" | "*" | "the" | "old" | "now" | "then" | "and" | "so"
            )
        })
    }

    /// Whether the sentence around this place says before a colon that what follows goes.
    fn is_listed(&self, at: usize) -> bool {
        let (sentence, start) = self.sentence_from(at);
        let Some((head, _)) = sentence
            .get(..at.saturating_sub(start))
            .and_then(|before| before.split_once(": "))
        else {
            return false;
        };
        let head = head.trim_start_matches(['-', '*', ' ', '(']);
        ["removed", "deleted", "dropped", "gone"]
            .iter()
            .any(|verb| head.starts_with(verb))
            || ["to go", "can go", "must go", "to be removed", "are gone"]
                .iter()
                .any(|words| has_phrase(head, words))
    }

    /// Whether the words speak of the old name and the new one, or rename the old one.
    pub(crate) fn renames(&self, old: &str, new: &str) -> bool {
        self.speaks_of_renaming(old) || self.removes(old) && self.names(new)
    }

    /// Whether the words show this code, between backticks.
    pub(crate) fn quotes(&self, code: &str) -> bool {
        self.text.contains(&format!("`{code}`"))
    }

    /// Whether the words rename this name or put something in its place, whatever it is called.
    pub(crate) fn speaks_of_renaming(&self, old: &str) -> bool {
        let mut places = self.positions(old).into_iter();
        places.any(|at| {
            let sentence = self.sentence(at);
            // What goes "into" something stands before that word.
            let into = || {
                let old = sentence.find(&old.to_ascii_lowercase());
                old.is_some_and(|old| goes_into(sentence, &sentence[old..]))
            };
            has_word(sentence, RENAMES) || into()
        })
    }

    /// Whether one sentence says that the new name takes the place of the old one.
    pub(crate) fn renames_into(&self, old: &str, new: &str) -> bool {
        let together = |at: &usize| {
            let sentence = self.sentence(*at);
            (has_word(sentence, RENAMES) || goes_into(sentence, sentence))
                && sentence.contains(&new.to_ascii_lowercase())
        };
        old != new && new.len() >= 3 && self.positions(old).iter().any(together)
    }

    /// Whether what introduces this block of several says that it is new.
    pub(crate) fn introduces_something_new(&self) -> bool {
        let introduction = self.introduction.as_ref();
        introduction.is_some_and(|words| words.has_any(&["new", "add", "added", "adds"]))
    }

    /// Whether any of the words is in the text.
    pub(crate) fn has_any(&self, words: &[&str]) -> bool {
        has_word(&self.lower, words)
    }

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
        let last = words.text.trim_end().len() - words.last_sentence().len();
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

    fn positions(&self, name: &str) -> Vec<usize> {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        if name.is_empty() {
            return Vec::new();
        }
        self.text
            .match_indices(name)
            .filter(|(at, _)| {
                !self.text[..*at].chars().next_back().is_some_and(in_word)
                    && !self.text[at + name.len()..]
                        .chars()
                        .next()
                        .is_some_and(in_word)
            })
            .map(|(at, _)| at)
            .collect()
    }

    fn last_sentence(&self) -> &str {
        let end = self.text.trim_end().len();
        let (_, start) = self.sentence_from(end);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The sentence around a byte position, in lower case.
    fn sentence(&self, at: usize) -> &str {
        self.sentence_from(at).0
    }

    /// The sentence around a byte position, in lower case, and where it begins.
    fn sentence_from(&self, at: usize) -> (&str, usize) {
        if self.lower.len() != self.text.len() {
            return (&self.lower, 0);
        }
        let ends = [". ", ".\n", "\n", "; ", "? ", "! "];
        let start = ends
            .iter()
            .filter_map(|end| self.lower[..at].rfind(end).map(|found| found + end.len()))
            .max()
            .unwrap_or(0);
        let end = ends
            .iter()
            .filter_map(|end| self.lower[at..].find(end))
            .min()
            .map_or(self.lower.len(), |found| at + found);
        (&self.lower[start..end], start)
    }
}

/// Whether the words before something say no to what is said of it: "do not remove", "without dropping the".
fn is_negated(before: &str) -> bool {
    let clause = before.rsplit(['.', ',', ';', ':', '\n']).next();
    let mut words = clause
        .unwrap_or_default()
        .rsplit(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .take(6);
    words.any(|word| {
        matches!(word, "not" | "never" | "without" | "cannot" | "avoid") || word.ends_with("n't")
    })
}

/// Whether words stand in a text as words of their own.
fn has_phrase(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        !text[..at].ends_with(char::is_alphanumeric)
            && !text[at + words.len()..].starts_with(char::is_alphanumeric)
    })
}

/// Words before a name without what qualifies it: `registry::`, `self.`.
fn without_qualifier(words: &str) -> &str {
    let mut rest = words;
    while let Some(before) = rest.strip_suffix("::").or_else(|| rest.strip_suffix('.')) {
        let own = before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        if own.len() == before.len() {
            break;
        }
        rest = own;
    }
    rest
}

/// Whether words behind a name say that it goes: "can be deleted", "is not needed any more".
fn is_told_to_go(words: &str) -> bool {
    let Some((verb, rest)) = words.split_once(' ') else {
        return false;
    };
    let goes = match verb {
        "can" | "should" | "must" => &["go", "be removed", "be deleted", "be dropped"][..],
        "is" | "are" => &[
            "gone",
            "removed",
            "deleted",
            "dropped",
            "not needed any",
            "no longer needed",
        ],
        "isn't" | "aren't" => &["needed any"],
        "goes" | "go" => &["away"],
        _ => &[],
    };
    goes.iter().any(|goes| {
        let behind = rest.strip_prefix(goes);
        behind.is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
    })
}

/// Whether a part of a sentence says that something goes into something else. What is factored out of it stays.
fn goes_into(sentence: &str, part: &str) -> bool {
    has_word(part, &["into"]) && !has_word(sentence, EXTRACTIONS)
}

fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_go_some_time_is_not_ordered_out() {
        for (words, ordered) in [
            ("Remove `start();`.", true),
            ("`start();` is gone.", true),
            ("Removed: the `start();` call.", true),
            ("Get rid of `start();`", true),
            ("Remove `start() if ready`.", true),
            ("Don't remove `start();`.", false),
            ("It works without you having to drop `start();`.", false),
            (
                "You can remove `start();` once all callers are gone.",
                false,
            ),
            ("If you like, delete `start();`.", false),
        ] {
            let request = Request::new(words);
            assert_eq!(!request.ordered_out().is_empty(), ordered, "{words}");
            assert!(ordered || !request.orders_removal("start"), "{words}");
        }
    }

    #[test]
    fn a_short_name_is_one_in_backticks() {
        let place = |words: &str| Request::new(words).place(["to"].into_iter());
        let below = Some(Place::After("to".to_owned()));
        assert_eq!(place("directly below `to()`:"), below);
        assert_eq!(place("It goes after `to`."), below);
        assert_eq!(place("a line after to put it"), None);
    }

    #[test]
    fn what_is_not_needed_goes() {
        let orders = |words: &str| Request::new(words).orders_removal("helper");
        assert!(orders("`helper()` is not needed any more, delete it."));
        assert!(orders("Then helper can go."));
        assert!(orders("Remove `outer::inner::helper` completely"));
        assert!(orders("`helper` isn't used anywhere now, so remove it."));
        assert!(orders(
            "`Outer.helper` has no callers once `a` is gone, so delete that method."
        ));
        assert!(!orders(
            "`a` is unused once `helper` is there, so remove it."
        ));
        assert!(!orders("`helper` is not used by it yet. Do not drop it."));
        assert!(!orders(
            "`helper` is not used by it yet, but do not drop it."
        ));
        assert!(!orders("`helper` no longer needs the lock, so drop it."));
        assert!(!orders(
            "`helper` is not used with it, so drop that parameter."
        ));
        assert!(!orders("Remove it. Call outer.helper()"));
        assert!(!orders("The helper can goad it."));
        assert!(!orders("helper is needed."));
    }

    #[test]
    fn what_is_ordered_out_can_be_counted() {
        let words = Request::new("Delete `a`, keep `b`, and remove the two `@throws` lines.");
        assert_eq!(words.ordered_out(), ["a", "@throws"]);
    }
}
