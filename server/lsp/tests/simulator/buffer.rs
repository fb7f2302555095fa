//! A naive buffer that remembers who wrote and who deleted what: the oracle.

use fast_apply_text::{Encoding, Position, PositionRange};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    Original,
    User,
    Server,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    character: char,
    author: Author,
    deleted_by: Option<Author>,
}

/// Characters with their history; deleted ones stay, marked.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    cells: Vec<Cell>,
}

impl Buffer {
    pub(crate) fn new(text: &str) -> Self {
        let cells = text.chars().map(|character| Cell {
            character,
            author: Author::Original,
            deleted_by: None,
        });
        Self {
            cells: cells.collect(),
        }
    }

    pub(crate) fn text(&self) -> String {
        self.view(|cell| cell.deleted_by.is_none())
    }

    /// What the user would have without us.
    pub(crate) fn without_server(&self) -> String {
        self.view(|cell| cell.author != Author::Server && cell.deleted_by != Some(Author::User))
    }

    /// What we would have without the user.
    pub(crate) fn without_user(&self) -> String {
        self.view(|cell| cell.author != Author::User && cell.deleted_by != Some(Author::Server))
    }

    /// The same in all ways to see what the user has deleted of ours: as part of a hunk that he has changed, or as what
    /// lay in the wrong place. What still stands of ours is in all of them.
    pub(crate) fn readings_without_user(&self) -> Vec<String> {
        let is_open =
            |cell: &Cell| cell.author == Author::Server && cell.deleted_by == Some(Author::User);
        let runs = self
            .cells
            .chunk_by(|one, other| is_open(one) == is_open(other));
        let open = runs.clone().filter(|run| is_open(&run[0])).count();
        let readings = (0..1_u32 << open.min(10)).map(|reading| {
            let mut number = 0;
            let kept = runs.clone().filter(|run| {
                number += usize::from(is_open(&run[0]));
                !is_open(&run[0]) || reading & (1 << (number - 1).min(9)) == 0
            });
            let cells = kept.flatten().filter(|cell| {
                cell.author != Author::User && cell.deleted_by != Some(Author::Server)
            });
            cells.map(|cell| cell.character).collect()
        });
        readings.collect()
    }

    /// Whether all of the original is there but what the user has deleted, and of others nothing but what the user typed.
    pub(crate) fn is_restored(&self) -> bool {
        let is = |cell: &Cell, author| cell.author == author;
        self.view(|cell| cell.deleted_by.is_none() && !is(cell, Author::User))
            == self.view(|cell| is(cell, Author::Original) && cell.deleted_by != Some(Author::User))
    }

    /// Something the user typed that we have deleted and not put back, be it as one of ours.
    pub(crate) fn destroyed(&self) -> Option<String> {
        let lost =
            |cell: &Cell| cell.author == Author::User && cell.deleted_by == Some(Author::Server);
        let (live, wanted) = (self.text(), self.without_server());
        self.cells
            .chunk_by(|one, other| lost(one) == lost(other))
            .filter(|run| lost(&run[0]))
            .map(|run| run.iter().map(|cell| cell.character).collect::<String>())
            // Line breaks are all the same, and so could be ours.
            .map(|gone| gone.trim_matches(['\r', '\n']).to_owned())
            .filter(|gone| !gone.is_empty())
            .find(|gone| live.matches(gone).count() < wanted.matches(gone).count())
    }

    /// Whether the user has deleted some of what we wrote, or typed at its edge.
    pub(crate) fn is_user_at_server_text(&self) -> bool {
        let of = |cell: &Cell, author| cell.author == author;
        let deleted =
            |cell: &Cell| cell.author == Author::Server && cell.deleted_by == Some(Author::User);
        let typed = |pair: &[Cell]| {
            (of(&pair[0], Author::Server) && of(&pair[1], Author::User))
                || (of(&pair[0], Author::User) && of(&pair[1], Author::Server))
        };
        self.cells.iter().any(deleted) || self.cells.windows(2).any(typed)
    }

    fn view(&self, shown: impl Fn(&Cell) -> bool) -> String {
        let shown = self.cells.iter().filter(|cell| shown(cell));
        shown.map(|cell| cell.character).collect()
    }

    /// Replaces live characters, counted from the start of the text.
    pub(crate) fn replace(&mut self, start: usize, end: usize, text: &str, author: Author) {
        let live: Vec<usize> = (0..self.cells.len())
            .filter(|&index| self.cells[index].deleted_by.is_none())
            .collect();
        let at = |index: usize| live.get(index).copied().unwrap_or(self.cells.len());
        let (first, behind) = (at(start), at(end));
        let removed: Vec<usize> = live[start..end].to_vec();
        if author == Author::Server && self.revive(first, behind, &removed, text) {
            return;
        }
        for &index in &removed {
            self.cells[index].deleted_by = Some(author);
        }
        let at = removed.last().map_or(first, |last| last + 1);
        let cells = text.chars().map(|character| Cell {
            character,
            author,
            deleted_by: None,
        });
        self.cells.splice(at..at, cells);
    }

    /// If this puts back what we have deleted there, and takes only what we have written, it undoes that.
    fn revive(&mut self, first: usize, behind: usize, removed: &[usize], text: &str) -> bool {
        if removed
            .iter()
            .any(|&index| self.cells[index].author != Author::Server)
        {
            return false;
        }
        let buried = |cell: &Cell| cell.deleted_by == Some(Author::Server);
        // Deleted characters at the edges of the place belong to it as well.
        let mut from = first;
        while from > 0 && self.cells[from - 1].deleted_by.is_some() {
            from -= 1;
        }
        let to = match removed.last() {
            Some(&last) => {
                let mut to = last + 1;
                while to < behind && self.cells[to].deleted_by.is_some() {
                    to += 1;
                }
                to
            }
            None => first,
        };
        let wanted: Vec<char> = text.chars().collect();
        if wanted.is_empty() {
            return false;
        }
        let graves = |of: &dyn Fn(&Cell) -> bool| -> Option<Vec<usize>> {
            let place = from..to;
            let graves: Vec<usize> = place.filter(|&index| of(&self.cells[index])).collect();
            let is_wanted = |run: &&[usize]| {
                let characters = run.iter().map(|&index| self.cells[index].character);
                characters.eq(wanted.iter().copied())
            };
            graves
                .windows(wanted.len())
                .find(is_wanted)
                .map(<[usize]>::to_vec)
        };
        // What we wrote lies between the rest, or goes with it.
        let revived = graves(&|cell| buried(cell) && cell.author != Author::Server)
            .or_else(|| graves(&buried));
        let Some(revived) = revived else {
            return false;
        };
        for index in revived {
            self.cells[index].deleted_by = None;
        }
        for &index in removed {
            self.cells[index].deleted_by = Some(Author::Server);
        }
        true
    }
}

/// The live character at a position of a text, the plain way.
pub(crate) fn index_at(text: &str, position: Position, encoding: Encoding) -> usize {
    let (mut line, mut column, mut index) = (0, 0, 0);
    let characters: Vec<char> = text.chars().collect();
    while line < position.line && index < characters.len() {
        line += u32::from(characters[index] == '\n');
        index += 1;
    }
    while index < characters.len() && column < position.character {
        let ends = characters[index] == '\n'
            || (characters[index] == '\r' && characters.get(index + 1) == Some(&'\n'));
        if ends {
            break;
        }
        column += width(characters[index], encoding);
        index += 1;
    }
    index
}

/// The position of a live character of a text, the plain way.
pub(crate) fn position_at(text: &str, index: usize, encoding: Encoding) -> Position {
    let (mut line, mut character) = (0, 0);
    for other in text.chars().take(index) {
        if other == '\n' {
            line += 1;
            character = 0;
        } else {
            character += width(other, encoding);
        }
    }
    Position { line, character }
}

pub(crate) fn range_at(text: &str, start: usize, end: usize, encoding: Encoding) -> PositionRange {
    PositionRange {
        start: position_at(text, start, encoding),
        end: position_at(text, end, encoding),
    }
}

pub(crate) fn width(character: char, encoding: Encoding) -> u32 {
    match encoding {
        Encoding::Utf8 => character.len_utf8() as u32,
        Encoding::Utf16 => character.len_utf16() as u32,
        Encoding::Utf32 => 1,
    }
}
