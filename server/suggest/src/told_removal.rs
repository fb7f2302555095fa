//! What the request and the reply's prose say is to go.

use crate::words::{Request, has_phrase, has_word};

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
impl Request {
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
