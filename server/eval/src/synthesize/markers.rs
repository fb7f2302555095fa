//! Wordings of markers, as chat models write them, in the comment syntax of a language.

use super::definition::defined_name;
use super::dice::Dice;

/// Markers that fit anywhere; the usual ones more often.
const GENERIC: &[&str] = &[
    "existing code",
    "existing code",
    "existing code",
    "existing code",
    "rest of the code",
    "unchanged",
    "unchanged",
    "unchanged code",
    "code unchanged",
    "rest unchanged",
    "keep existing code",
    "other code",
    "same as before",
    "snip",
    "remaining code",
    "existing code remains unchanged",
    "stays the same",
    "(unchanged)",
    "previous code",
    "no changes here",
];
const BODY: &[&str] = &[
    "body unchanged",
    "rest of the function unchanged",
    "rest of the function",
    "function body unchanged",
    "unchanged",
    "rest of the method unchanged",
    "same as before",
    "existing logic",
    "implementation unchanged",
    "existing code",
    "rest unchanged",
    "setup unchanged",
];
const MEMBERS: &[&str] = &[
    "other methods",
    "other methods unchanged",
    "rest of the class unchanged",
    "existing methods",
    "rest of the class",
    "remaining methods unchanged",
    "other members",
    "existing fields and methods",
    "other fields unchanged",
];
const TAIL: &[&str] = &[
    "rest of the file unchanged",
    "rest of the file",
    "rest of the code unchanged",
    "rest of file stays the same",
    "remaining code unchanged",
    "rest of the module unchanged",
    "everything else stays the same",
    "rest unchanged",
];
const HEAD: &[&str] = &[
    "imports unchanged",
    "imports",
    "existing imports",
    "imports stay the same",
    "license header and imports unchanged",
    "imports and setup unchanged",
    "file header unchanged",
    "previous code",
];
const TESTS: &[&str] = &[
    "existing tests",
    "other tests unchanged",
    "rest of the tests",
    "other tests",
    "remaining tests unchanged",
];

/// Where in the file a marker stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Head,
    Tail,
    Body,
    Members,
    Between,
}

/// What the markers of a reply say.
#[derive(Clone, Copy)]
enum Family {
    Generic,
    Bare,
    Described,
    Mixed,
}

/// Where their dots stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dots {
    Both,
    Before,
    After,
    Ellipsis,
    None,
}

/// How one reply words its markers. A reply is mostly consistent with itself, and so is this.
pub(super) struct Markers {
    family: Family,
    generic: &'static str,
    capital: bool,
    dots: Dots,
    prefix: &'static str,
    suffix: &'static str,
    /// What comments start with, for words that must be comments.
    comment: (&'static str, &'static str),
}

impl Markers {
    pub(super) fn new(language: &str, dice: &mut Dice) -> Markers {
        let families = [
            (Family::Generic, 34),
            (Family::Bare, 26),
            (Family::Described, 22),
            (Family::Mixed, 18),
        ];
        let dots = [
            (Dots::Both, 78),
            (Dots::Before, 11),
            (Dots::After, 3),
            (Dots::Ellipsis, 3),
            (Dots::None, 5),
        ];
        let comment = match language {
            "python" | "ruby" | "shell" | "elixir" => ("# ", ""),
            "html" | "vue" => ("<!-- ", " -->"),
            "css" => ("/* ", " */"),
            "sql" | "lua" | "haskell" => ("-- ", ""),
            _ => ("// ", ""),
        };
        let takes_block_comments =
            ["c", "cpp", "java", "typescript", "javascript"].contains(&language);
        let (prefix, suffix) = match dice.between(0, 99) {
            0..9 if takes_block_comments => ("/* ", " */"),
            // Models now and then forget which language they are in, or the comment.
            98 if comment.0 == "// " => ("# ", ""),
            98 => ("// ", ""),
            96 | 97 if comment.1.is_empty() => ("", ""),
            94 | 95 if comment.1.is_empty() => (comment.0.trim_end(), ""),
            _ => comment,
        };
        Markers {
            family: dice.weighted(&families).unwrap_or(Family::Generic),
            generic: dice.pick(GENERIC),
            capital: dice.chance(0.06),
            dots: dice.weighted(&dots).unwrap_or(Dots::Both),
            prefix,
            suffix,
            comment,
        }
    }

    /// Words as a comment.
    pub(super) fn comment(&self, words: &str) -> String {
        let (prefix, suffix) = match self.prefix {
            "" => self.comment,
            prefix => (prefix, self.suffix),
        };
        format!("{prefix}{words}{suffix}")
    }

    /// A marker for the hidden lines.
    pub(super) fn marker(&self, hidden: &[&str], place: Place, dice: &mut Dice) -> String {
        let family = match self.family {
            Family::Mixed => {
                let families = [
                    (Family::Generic, 1),
                    (Family::Bare, 1),
                    (Family::Described, 1),
                ];
                dice.weighted(&families).unwrap_or(Family::Generic)
            }
            family => family,
        };
        let text = match family {
            _ if self.prefix.is_empty() => return "...".to_owned(),
            Family::Bare => {
                let dots = if self.dots == Dots::Ellipsis {
                    "…"
                } else {
                    "..."
                };
                return format!("{}{dots}{}", self.prefix, self.suffix);
            }
            Family::Described => described(hidden, place, dice),
            _ if dice.chance(0.15) => dice.pick(GENERIC).to_owned(),
            _ => self.generic.to_owned(),
        };
        let text = if self.capital {
            capitalized(&text)
        } else {
            text
        };
        format!("{}{}{}", self.prefix, self.dotted(text, dice), self.suffix)
    }

    fn dotted(&self, text: String, dice: &mut Dice) -> String {
        let says_so = ["unchanged", "same", "exist", "rest", "remain"]
            .iter()
            .any(|word| text.contains(word));
        match self.dots {
            Dots::None if says_so && dice.chance(0.5) => {
                format!("({})", text.trim_matches(['(', ')']))
            }
            Dots::None if says_so => text,
            Dots::Both | Dots::None => format!("... {text} ..."),
            Dots::Before => format!("... {text}"),
            Dots::After => format!("{text} ..."),
            Dots::Ellipsis => format!("… {text} …"),
        }
    }
}

/// Words that tell what is hidden.
fn described(hidden: &[&str], place: Place, dice: &mut Dice) -> String {
    let names: Vec<&str> = hidden
        .iter()
        .filter_map(|line| defined_name(line))
        .collect();
    let has_tests = names
        .iter()
        .any(|name| name.to_lowercase().starts_with("test"));
    if place != Place::Body && has_tests && dice.chance(0.5) {
        return dice.pick(TESTS).to_owned();
    }
    if let [first, ..] = names[..]
        && dice.chance(0.5)
    {
        let quote = if dice.chance(0.25) { "`" } else { "" };
        let mut shown = |name: &str| {
            let call = if dice.chance(1.0 / 3.0) { "()" } else { "" };
            format!("{quote}{name}{call}{quote}")
        };
        let (first, last) = (shown(first), shown(names[names.len() - 1]));
        return match (names.len() > 1 && dice.chance(0.7), dice.between(0, 4)) {
            (true, 0) => format!("{first}, {last} unchanged"),
            (true, 1) => format!("{first} and {last} unchanged"),
            (true, 2) => format!("{first}, {last}, ..."),
            (true, 3) => format!("{first} through {last} unchanged"),
            (true, _) => format!("{first}, {last} etc. stay the same"),
            (false, 0) => format!("{first} unchanged"),
            (false, 1) => format!("{first} stays the same"),
            (false, 2) => format!("{first} and the rest unchanged"),
            (false, 3) => format!("existing {first}"),
            (false, _) => format!("{first} as before"),
        };
    }
    let wordings = match place {
        Place::Head => HEAD,
        Place::Tail => TAIL,
        Place::Body => BODY,
        Place::Members => MEMBERS,
        Place::Between => GENERIC,
    };
    dice.pick(wordings).to_owned()
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
