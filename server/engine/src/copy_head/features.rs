use super::copies::Copies;
use super::text::{CopyText, Line};

/// How many numbers the network is shown.
pub const FEATURES: usize = 94;

/// Lengths and distances above this are no different.
const LONGEST: usize = 400;

/// What the copy head sees of a place, in a fixed order.
pub(super) fn features(copies: &Copies) -> [f32; FEATURES] {
    let mut values = Values::default();
    lengths(copies, &mut values);
    tokens(copies, &mut values);
    surroundings(copies, &mut values);
    lines(copies, &mut values);
    moves(copies, &mut values);
    kinds(copies, &mut values);
    meetings(copies, &mut values);
    whole(copies, &mut values);
    debug_assert_eq!(values.count, FEATURES);
    values.values
}

struct Values {
    values: [f32; FEATURES],
    count: usize,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            values: [0.0; FEATURES],
            count: 0,
        }
    }
}

impl Values {
    fn number(&mut self, value: f32) {
        self.values[self.count] = value;
        self.count += 1;
    }

    fn flag(&mut self, flag: bool) {
        self.number(f32::from(u8::from(flag)));
    }

    fn size(&mut self, size: usize) {
        self.number((size.min(LONGEST) as f32).ln_1p() / 3.0);
    }

    /// A distance in lines: whether it is none, whether there is one, and how long.
    fn distance(&mut self, lines: Option<usize>) {
        self.flag(lines == Some(0));
        self.flag(lines.is_some_and(|lines| lines > 0));
        self.size(lines.unwrap_or(0));
    }
}

/// How much of the output agrees with each text, there and elsewhere.
fn lengths(copies: &Copies, values: &mut Values) {
    let (original, sketch) = (&copies.in_original, &copies.in_sketch);
    values.size(original.length);
    values.size(original.rival);
    values.size(sketch.length);
    values.size(sketch.rival);
    values.size(original.length.saturating_sub(original.rival));
    values.size(sketch.length.saturating_sub(sketch.rival));
    values.flag(original.length > sketch.length);
    values.flag(original.length == sketch.length);
}

/// What comes next in the texts.
fn tokens(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let next = copies.next_tokens();
    let is_there = next.map(|token| token != super::NO_TOKEN);
    let [original, sketch, again] = next;
    values.flag(original == sketch && is_there[0]);
    values.flag(!is_there[0]);
    values.flag(!is_there[1]);
    values.flag(is_there[2]);
    values.flag(is_there[2] && again == original);
    values.flag(is_there[2] && again == sketch);
    values.flag(copies.line.trim_ascii().is_empty());
    values.flag(sources.original.breaks_line(copies.in_original.place));
    values.flag(is_there[1] && sources.sketch.breaks_line(copies.in_sketch.place));
    values.flag(copies.broke_line);
}

/// How far it is to the sketch's markers, in tokens and in lines.
fn surroundings(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let place = copies.in_sketch.place;
    let (to_marker, since_marker) = (sources.to_marker[place], sources.since_marker[place]);
    let agreed = copies.in_sketch.length;
    values.size(to_marker);
    values.flag(to_marker == 1);
    values.flag(to_marker == 2);
    values.size(since_marker);
    values.flag(agreed >= since_marker && since_marker > 0);
    values.size(since_marker.saturating_sub(agreed));
    let number = sources.sketch.line_of(place);
    let line = sources.outline[number];
    let lines = sources.sketch.lines().len();
    values.flag(line.to_marker == 0);
    values.flag(line.to_marker == 1);
    values.size(line.to_marker);
    values.flag(number >= lines);
    values.flag(number + line.to_marker >= lines);
    values.size(line.since_marker);
}

/// Where the lines that come next in one text stand in the other.
fn lines(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let (original, sketch) = (&sources.original, &sources.sketch);
    let number = sketch.line_of(copies.in_sketch.place);
    let of_sketch = sketch.lines().get(number);
    let at = original.line_of(copies.in_original.place);
    let of_original = original.lines().get(at);
    let left_at = original.line_of(copies.left_at);
    let left = original.lines().get(left_at);
    let to_marker = sources.outline[number].to_marker;
    let ahead = |line: Option<&Line>, text: &CopyText, from| text.ahead(line?.name, from);
    let has =
        |text: &CopyText, line: Option<&Line>| line.is_some_and(|line| text.count(line.name) > 0);

    let in_sketch = ahead(of_original, sketch, number);
    values.distance(in_sketch);
    values.flag(has(sketch, of_original));
    values.flag(in_sketch.is_some_and(|lines| lines < to_marker));
    values.distance(ahead(of_sketch, original, at));
    values.flag(has(original, of_sketch));
    let left_in_sketch = ahead(left, sketch, number);
    values.flag(left_in_sketch.is_some_and(|lines| lines < to_marker));
    values.distance(ahead(of_sketch, original, left_at));
}

/// How far the places have moved, and what has been written before.
fn moves(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let (in_original, in_sketch) = (&copies.in_original, &copies.in_sketch);
    for (to, from) in [
        (in_original.place, in_original.last),
        (in_sketch.place, in_sketch.last),
        (in_original.place, copies.left_at),
    ] {
        values.size(to.abs_diff(from));
        values.flag(to < from);
    }
    let (original, sketch) = (&sources.original, &sources.sketch);
    let number = sketch.line_of(in_sketch.place);
    let of_sketch = sketch.lines().get(number);
    let of_original = original.lines().get(original.line_of(in_original.place));
    let left = original.lines().get(original.line_of(copies.left_at));
    let written = |line: Option<&Line>| {
        line.and_then(|line| copies.written.get(&line.name))
            .map_or(0, |&times| times)
    };
    for line in [of_sketch, of_original, left] {
        values.flag(written(line) > 0);
    }
    values.flag(of_sketch.is_none_or(|line| written(of_sketch) >= sketch.count(line.name)));
    let is_blank = |line: Option<&Line>| line.is_some_and(|line| line.is_blank);
    values.flag(is_blank(of_sketch));
    values.flag(is_blank(of_original));
    let new = sources.outline[number].new;
    values.size(new);
    values.flag(new == 0);
    values.number(likeness(of_original, of_sketch));
    let indentation = match (of_original, of_sketch) {
        (Some(own), Some(other)) if !own.is_blank && !other.is_blank => {
            own.indentation as f32 - other.indentation as f32
        }
        _ => 0.0,
    };
    values.number((indentation / 8.0).clamp(-2.0, 2.0));
    values.flag(indentation == 0.0);
}

/// The kinds of the lines that come next.
fn kinds(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let (original, sketch) = (&sources.original, &sources.sketch);
    let of_original = original
        .lines()
        .get(original.line_of(copies.in_original.place));
    let of_sketch = sketch.lines().get(sketch.line_of(copies.in_sketch.place));
    values.flag(copies.length == 0);
    values.flag(of_original.is_none());
    values.size(copies.length);
    for line in [of_original, of_sketch] {
        let first = line.map_or(0, |line| line.first);
        values.flag(b"}])".contains(&first));
        values.flag(first.is_ascii_alphanumeric() || first == b'_');
        values.flag(b"#/*\"'<@".contains(&first));
        values.flag(first == 0);
    }
}

/// Where the texts meet again below the places, and whether they have just been together.
fn meetings(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let (original, sketch) = (&sources.original, &sources.sketch);
    let number = sketch.line_of(copies.in_sketch.place);
    let before = sources.outline[number].line_before;
    for place in [copies.in_original.place, copies.left_at] {
        let at = original.line_of(place);
        let meeting = sources.meeting(number, at);
        values.flag(meeting.is_some());
        let (in_sketch, in_original) = meeting.unwrap_or_default();
        values.size(in_sketch);
        values.size(in_original);
        values.flag(in_sketch == 0);
        values.flag(in_original == 0);
        values.flag(in_sketch == in_original);
        let above = original.visible_line_before(at);
        values.flag(above.is_some() && before == above);
    }
    values.flag(before.is_some());
    values.flag(before.is_some_and(|name| original.count(name) > 0));
}

/// What both texts are like, and how much of what is new is written.
fn whole(copies: &Copies, values: &mut Values) {
    let sources = &copies.sources;
    let (in_original, in_sketch) = (sources.original.lines().len(), sources.sketch.lines().len());
    values.flag(sources.has_markers);
    values.size(in_original);
    values.size(in_sketch);
    values.number(sources.new_lines as f32 / in_sketch.max(1) as f32);
    values.size(copies.unwritten);
    values.flag(copies.unwritten == 0);
    values.flag(copies.unwritten == sources.new_lines);
}

/// The share of words that two lines have in common.
fn likeness(one: Option<&Line>, other: Option<&Line>) -> f32 {
    let (Some(one), Some(other)) = (one, other) else {
        return 0.0;
    };
    let is_shared = |word: &&u64| other.words.binary_search(word).is_ok();
    let shared = one.words.iter().filter(is_shared).count();
    let all = one.words.len() + other.words.len() - shared;
    shared as f32 / all.max(1) as f32
}
