use std::ops::Range;

/// The lines that texts differ in, and some around them; by default all lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Lines before it, the same in all texts.
    before: usize,
    /// Lines behind it, the same in all texts.
    behind: usize,
}

impl Excerpt {
    /// What differs between a text and others, with at most `around` lines before and behind.
    pub(crate) fn of_differences(text: &str, others: &[String], around: usize) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (mut before, mut behind) = (lines.len(), lines.len());
        for other in others {
            let other: Vec<&str> = other.split_inclusive('\n').collect();
            let pairs = lines.iter().zip(&other);
            before = before.min(pairs.take_while(|(a, b)| a == b).count());
            let most = lines.len().min(other.len()) - before;
            let pairs = lines.iter().rev().zip(other.iter().rev()).take(most);
            behind = behind.min(pairs.take_while(|(a, b)| a == b).count());
        }
        Self {
            before: before.saturating_sub(around),
            behind: behind.saturating_sub(around),
        }
    }

    /// The lines that it has of a text of `count` lines.
    pub(crate) fn lines(&self, count: usize) -> Range<usize> {
        self.before..count - self.behind
    }

    /// The part of one of the texts.
    pub(crate) fn cut<'a>(&self, text: &'a str) -> &'a str {
        let lines: Vec<usize> = text.split_inclusive('\n').map(str::len).collect();
        let start: usize = lines.iter().take(self.before).sum();
        let end: usize = lines.iter().rev().take(self.behind).sum();
        &text[start..text.len() - end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_cut_out_of_every_text() {
        let text = "a\nb\nc\nd\ne\nf\ng";
        let others = ["a\nb\nx\ny\nd\ne\nf\ng", "a\nb\nc\ne\nf\ng"].map(str::to_owned);
        let excerpt = Excerpt::of_differences(text, &others, 1);
        assert_eq!(excerpt.cut(text), "b\nc\nd\ne\n");
        assert_eq!(excerpt.lines(7), 1..5);
        assert_eq!(excerpt.cut(&others[0]), "b\nx\ny\nd\ne\n");
        assert_eq!(excerpt.cut(&others[1]), "b\nc\ne\n");
        assert_eq!(
            Excerpt::of_differences(text, &others, 9),
            Excerpt::default()
        );
        assert_eq!(Excerpt::default().cut(text), text);
    }

    #[test]
    fn repeated_lines_belong_to_one_end_only() {
        let (text, others) = ("a\na\na\n", ["a\na\na\na\n".to_owned()]);
        let excerpt = Excerpt::of_differences(text, &others, 0);
        assert_eq!([excerpt.cut(text), excerpt.cut(&others[0])], ["", "a\n"]);
    }
}
