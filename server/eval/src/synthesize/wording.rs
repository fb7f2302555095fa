//! What is said around a sketch: the request before it, and the prose of the reply.

use std::sync::LazyLock;

use regex::Regex;

use super::dice::Dice;

/// `fix(parser):` and `[docs]` before a subject.
static PREFIX: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(?:[a-z]+(?:\([^)]*\))?!?:|\[[^\]]*\])\s*").ok());

/// `(#123)` behind one.
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\s*\(?#\d+\)?\.?$|\s*\([^)]*#\d+\)$").ok());

const OPENINGS: &[&str] = &[
    "Please ",
    "Can you ",
    "Could you ",
    "",
    "",
    "",
    "I want to ",
    "Let's ",
    "Now ",
];

/// Before the code; `{}` is what changes.
const BEFORE: &[&str] = &[
    "Here's the updated {}:",
    "Update {} like this:",
    "Only {} needs to change:",
    "Here is the change:",
    "Replace {} with:",
    "The fix is in {}:",
    "I updated {}; everything else stays the same.",
    "Sure, here's the edit:",
    "You only need to touch {}. The rest of the file is unchanged.",
    "Make these changes:",
];

/// Behind the code.
const BEHIND: &[&str] = &[
    "Everything else stays as it is.",
    "No other changes are needed.",
    "Let me know if you also want tests for it.",
    "The rest of the file is unchanged.",
];

const REMOVALS: &[&str] = &[
    "Remove {}.",
    "Drop {}.",
    "{} is not needed any more, delete it.",
    "Also remove {}.",
    "Get rid of {}.",
    "Delete {}.",
];

/// The words of one edit.
pub(super) struct Wording {
    /// What the user asks for.
    pub(super) instruction: String,
    /// What the reply says before the code.
    pub(super) opening: String,
    /// What it says behind it.
    pub(super) closing: String,
}

impl Wording {
    /// Words for a commit's subject. `names` are defined in the code that is shown; `removals` are names and
    /// lines whose deletion only words tell, and are always said: by the user.
    pub(super) fn new(
        subject: &str,
        names: &[&str],
        removals: &[String],
        dice: &mut Dice,
    ) -> Wording {
        let mut instruction = request(subject, dice);
        for removal in removals {
            let quoted = match dice.chance(0.7) {
                true => format!("`{removal}`"),
                false => removal.clone(),
            };
            let gap = match instruction.ends_with(['.', '?', '!']) {
                true => " ",
                false => ". ",
            };
            instruction += gap;
            instruction += &dice.pick(REMOVALS).replace("{}", &quoted);
        }
        let target = match names.is_empty() {
            true => "the file".to_owned(),
            false => format!("`{}`", dice.pick(names)),
        };
        Wording {
            instruction: instruction.trim().to_owned(),
            opening: dice.pick(BEFORE).replace("{}", &target),
            closing: match dice.chance(0.22) {
                true => dice.pick(BEHIND).to_owned(),
                false => String::new(),
            },
        }
    }
}

/// A commit's subject as somebody would say it to a chat model.
fn request(subject: &str, dice: &mut Dice) -> String {
    let mut subject = subject.trim().to_owned();
    if let Some(number) = &*NUMBER
        && dice.chance(0.8)
    {
        subject = number.replace(&subject, "").into_owned();
    }
    if let Some(prefix) = &*PREFIX
        && dice.chance(0.7)
    {
        let bare = prefix.replace(&subject, "").into_owned();
        if !bare.is_empty() {
            subject = bare;
        }
    }
    let mut chars = subject.chars();
    if let Some(first) = chars.next().filter(|first| first.is_alphabetic())
        && dice.chance(0.35)
    {
        let opening = dice.pick(OPENINGS);
        if !opening.is_empty() {
            let first = first.to_lowercase();
            subject = format!("{opening}{first}{}", chars.as_str());
        }
    }
    if !subject.ends_with(['.', '?', '!']) && dice.chance(0.5) {
        subject.push('.');
    }
    subject
}
