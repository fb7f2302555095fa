//! The plot, laid out by hand: its colours come from the page, so that it is legible in light and dark.

/// Accuracy against speed, as an SVG picture.
pub(super) struct Plot {
    pub(super) points: Vec<Point>,
}

/// One run.
pub(super) struct Point {
    /// Its name.
    pub(super) label: String,
    /// Characters per second; more than 0.
    pub(super) x: f64,
    /// The share of exact results, from 0 to 1.
    pub(super) y: f64,
}

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = HEIGHT - 60.0;
/// From one label's base line to the next.
const LABEL_HEIGHT: f64 = 20.0;
/// The width of a character of a label, on the safe side.
const LABEL_CHARACTER: f64 = 8.5;

/// Decades of characters per second, from the first to the last.
struct Decades {
    first: i32,
    last: i32,
}

impl Plot {
    pub(super) fn svg(&self) -> String {
        let decades = Decades::around(self.points.iter().map(|point| point.x));
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Exact results against characters per second\">\n"
        );
        svg += &grid(&decades);
        let mut labels: Vec<Label> = Vec::new();
        // From the right, so that labels, which go to the right, leave the points behind them free.
        let mut points: Vec<&Point> = self.points.iter().collect();
        points.sort_by(|one, other| other.x.total_cmp(&one.x));
        for point in points {
            let label = Label::beside(point, &decades, &labels);
            svg += &label.svg(point, &decades);
            labels.push(label);
        }
        svg + "</svg>\n"
    }
}

impl Decades {
    fn around(values: impl Iterator<Item = f64>) -> Decades {
        let decades: Vec<f64> = values.filter(|&x| x > 0.0).map(f64::log10).collect();
        let least = decades.iter().copied().fold(f64::INFINITY, f64::min);
        let most = decades.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if decades.is_empty() {
            return Decades { first: 0, last: 1 };
        }
        let first = least.floor() as i32;
        Decades {
            first,
            last: (most.ceil() as i32).max(first + 1),
        }
    }

    /// Where a number of characters per second lies on the picture.
    fn x(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        LEFT + share * (RIGHT - LEFT)
    }
}

/// Where a share lies on the picture.
fn y(share: f64) -> f64 {
    BOTTOM - share * (BOTTOM - TOP)
}

fn grid(decades: &Decades) -> String {
    let mut svg = String::new();
    for percent in (0..=100).step_by(20) {
        let y = y(f64::from(percent) / 100.0);
        svg += &format!(
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{percent} %</text>\n",
            LEFT - 8.0,
            y + 5.0
        );
    }
    for decade in decades.first..=decades.last {
        let x = decades.x(10f64.powi(decade));
        svg += &format!(
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{BOTTOM}\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            BOTTOM + 22.0,
            decade_name(decade)
        );
    }
    let middle = (LEFT + RIGHT) / 2.0;
    svg + &format!(
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">characters per second (median)</text>\n\
         <text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\">exact to the byte</text>\n",
        HEIGHT - 12.0,
        (TOP + BOTTOM) / 2.0
    )
}

fn decade_name(decade: i32) -> String {
    match decade {
        ..0 => format!("{:.*}", decade.unsigned_abs() as usize, 10f64.powi(decade)),
        0..3 => format!("{:.0}", 10f64.powi(decade)),
        3..6 => format!("{:.0} k", 10f64.powi(decade - 3)),
        _ => format!("{:.0} M", 10f64.powi(decade - 6)),
    }
}

/// A label's place: its left end and its base line.
struct Label {
    left: f64,
    base: f64,
    width: f64,
}

impl Label {
    /// To the right of its point, or to the left where the picture ends, and clear of the labels before it.
    fn beside(point: &Point, decades: &Decades, others: &[Label]) -> Label {
        let width = Self::text(point).chars().count() as f64 * LABEL_CHARACTER;
        let x = decades.x(point.x);
        let right = x + 14.0;
        let left = match right + width <= RIGHT {
            true => right,
            false => x - 14.0 - width,
        };
        let at = |base| Label { left, base, width };
        let level = y(point.y) + 5.0;
        // Up and down in turn, inside the picture.
        let places = (0..20).flat_map(|step| {
            let offset = f64::from(step) * LABEL_HEIGHT;
            [level - offset, level + offset]
        });
        places
            .map(at)
            .find(|label| {
                (TOP + 12.0..BOTTOM).contains(&label.base)
                    && !others.iter().any(|other| label.overlaps(other))
            })
            .unwrap_or(at(level))
    }

    fn overlaps(&self, other: &Label) -> bool {
        (self.base - other.base).abs() < LABEL_HEIGHT - 1.0
            && self.left < other.left + other.width
            && other.left < self.left + self.width
    }

    fn text(point: &Point) -> String {
        format!("{}: {:.1} %", point.label, point.y * 100.0)
    }

    fn svg(&self, point: &Point, decades: &Decades) -> String {
        let (x, y) = (decades.x(point.x), y(point.y));
        let text = super::escaped(&Self::text(point));
        let is_right = self.left > x;
        let (anchor, text_x, lead_x) = match is_right {
            true => ("start", self.left, self.left - 3.0),
            false => ("end", self.left + self.width, self.left + self.width + 3.0),
        };
        let lead = match (self.base - 5.0 - y).abs() > 1.0 {
            true => format!(
                "<line class=\"lead\" x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{lead_x:.1}\" y2=\"{:.1}\"/>",
                self.base - 5.0
            ),
            false => String::new(),
        };
        format!(
            "{lead}<circle class=\"point\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"><title>{text}, {:.0} characters per second</title></circle>\
             <text class=\"label\" x=\"{text_x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{text}</text>\n",
            point.x, self.base
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, y: f64) -> Point {
        Point {
            label: "rewrite, speculative".to_owned(),
            x,
            y,
        }
    }

    #[test]
    fn everything_lies_inside_and_no_label_on_another() {
        let points = [
            point(3.0, 0.0),
            point(3.1, 0.0),
            point(3.1, 0.01),
            point(9e6, 1.0),
            point(9.1e6, 1.0),
            point(1e4, 0.99),
        ];
        let decades = Decades::around(points.iter().map(|point| point.x));
        assert_eq!((decades.first, decades.last), (0, 7));
        let mut labels: Vec<Label> = Vec::new();
        for point in &points {
            let x = decades.x(point.x);
            assert!((LEFT..=RIGHT).contains(&x), "{x}");
            let label = Label::beside(point, &decades, &labels);
            assert!(label.left >= LEFT && label.left + label.width <= RIGHT);
            assert!((TOP..=BOTTOM).contains(&label.base), "{}", label.base);
            assert!(labels.iter().all(|other| !label.overlaps(other)));
            labels.push(label);
        }
    }

    #[test]
    fn names_of_decades() {
        let names: Vec<String> = (-1..=7).map(decade_name).collect();
        assert_eq!(
            names,
            [
                "0.1", "1", "10", "100", "1 k", "10 k", "100 k", "1 M", "10 M"
            ]
        );
    }
}
