//! Tide tables: high and low water for one harbour.

use std::collections::BTreeMap;
use std::fmt;

use crate::clock::Minute;

/// Whether the water is at its highest or its lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    High,
    Low,
}

/// One turn of the tide.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub at: Minute,
    pub phase: Phase,
    pub metres: f32,
}

/// All turns of a harbour, by time.
#[derive(Debug, Default)]
pub struct TideTable {
    harbour: String,
    turns: BTreeMap<Minute, Turn>,
}

impl TideTable {
    pub fn new(harbour: impl Into<String>) -> Self {
        TideTable {
            harbour: harbour.into(),
            turns: BTreeMap::new(),
        }
    }

    pub fn insert(&mut self, turn: Turn) {
        debug_assert!(
            !turn.metres.is_nan(),
            "{}: a turn has a height",
            self.harbour
        );
        self.turns.insert(turn.at, turn);
    }

    pub fn next_after(&self, at: Minute) -> Option<&Turn> {
        self.turns.range(at..).map(|(_, turn)| turn).next()
    }

    pub fn highest(&self) -> Option<&Turn> {
        self.turns
            .values()
            .max_by(|a, b| a.metres.total_cmp(&b.metres))
    }

    pub fn len(&self) -> usize {
        self.turns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.phase {
            Phase::High => "high",
            Phase::Low => "low",
        };
        write!(f, "{} {} {:.1} m", self.at, name, self.metres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(at: u16, phase: Phase, metres: f32) -> Turn {
        Turn {
            at: Minute(at),
            phase,
            metres,
        }
    }

    #[test]
    fn the_next_turn_may_be_now() {
        let mut table = TideTable::new("Husum");
        table.insert(turn(90, Phase::Low, 0.4));
        table.insert(turn(460, Phase::High, 3.9));
        assert_eq!(table.next_after(Minute(90)).unwrap().phase, Phase::Low);
        assert_eq!(table.next_after(Minute(91)).unwrap().phase, Phase::High);
        assert!(table.next_after(Minute(461)).is_none());
    }
}
