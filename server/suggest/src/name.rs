//! The words that a name is made of.

/// Whether two names differ only in the order of their words, of which they have several: `preLoad` and `loadPre`.
pub(crate) fn is_reordered(old: &str, new: &str) -> bool {
    let (mut old_words, mut new_words) = (words(old), words(new));
    if old_words == new_words || old_words.len() < 2 {
        return false;
    }
    old_words.sort_unstable();
    new_words.sort_unstable();
    old_words == new_words
}

/// The words of a name in camel or snake case, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut starts = true;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            starts = true;
            continue;
        }
        match words.last_mut() {
            Some(word) if !starts && !c.is_uppercase() => word.extend(c.to_lowercase()),
            _ => words.push(c.to_lowercase().collect()),
        }
        starts = false;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_name_can_change_places() {
        assert!(is_reordered("preLoad", "loadPre"));
        assert!(is_reordered("read_all", "all_read"));
        assert!(!is_reordered("preLoad", "postLoad"));
        assert!(!is_reordered("preLoad", "pre_load"));
        assert!(!is_reordered("load", "load"));
    }
}
