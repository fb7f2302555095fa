use super::text::CopyText;

/// Where in a text the output could be copied from: behind every place in which the text ends as
/// the output does.
#[derive(Debug, Clone, Default)]
pub(super) struct Suffix {
    /// Places behind such ends, ascending, with the length of what agrees.
    ends: Vec<(usize, usize)>,
    /// The place behind the longest. Among equals it is the nearest one not before the last, or
    /// else the last one before that: edits seldom reorder a file.
    pub(super) place: usize,
    /// The place of the token before.
    pub(super) last: usize,
    /// How much agrees at `place`.
    pub(super) length: usize,
    /// How much agrees at most at a place where another token follows.
    pub(super) rival: usize,
}

impl Suffix {
    /// Takes the output's next token.
    pub(super) fn advance(&mut self, text: &CopyText, token: u32) {
        let mut before = self.ends.iter().peekable();
        let places = text.places_of(token).iter();
        self.ends = places
            .map(|&place| {
                while before.next_if(|(end, _)| *end < place).is_some() {}
                let agreed = before.next_if(|(end, _)| *end == place);
                (place + 1, 1 + agreed.map_or(0, |(_, length)| *length))
            })
            .collect();
        self.last = self.place;
        let longest = self.ends.iter().map(|(_, length)| *length).max();
        self.length = longest.unwrap_or(0);
        let longest = self
            .ends
            .iter()
            .filter(|(_, length)| *length == self.length);
        let mut places = longest.map(|(place, _)| *place);
        self.place = match places.clone().find(|place| *place >= self.last) {
            Some(place) => place,
            None => places.next_back().unwrap_or(self.last),
        };
        let own = text.token(self.place);
        let others = self
            .ends
            .iter()
            .filter(|(place, _)| *place < text.length() && text.token(*place) != own);
        self.rival = others.map(|(_, length)| *length).max().unwrap_or(0);
    }
}
