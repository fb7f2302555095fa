//! Imports beside new ones, and without what used them.

use crate::sketch::merged;

#[test]
fn an_import_of_several_rows_stays_beside_a_new_one() {
    let before = "\
import { a } from './a'
import {
  b,
  c,
} from './b'
import { d, e } from './d'
import { f } from './f'

export const all = () => [a, b, c, d, e, f]

export const none = () => []
";
    let sketch = "\
import {
  d,
  e,
  g,
} from './d'
import { f } from './f'

// ...

export const none = () => [g]
";
    let after = before
        .replace(
            "import { d, e } from './d'",
            "import {\n  d,\n  e,\n  g,\n} from './d'",
        )
        .replace("=> []", "=> [g]");
    assert_eq!(merged("all.ts", "", sketch, before).text, after);
}

#[test]
fn an_import_goes_though_an_argument_has_its_name() {
    let before = "\
from dateutil import tz
from time import now


def test_zone():
    assert now(tz=\"UTC\") == 1


def test_file():
    assert tz.gettz(\"UTC\")
";
    let sketch = "\
from time import now


def test_zone():
    assert now(tz=\"UTC\") == 1


# removed: test_file
";
    let after = "\
from time import now


def test_zone():
    assert now(tz=\"UTC\") == 1
";
    let merged = merged(
        "test_zone.py",
        "Remove test_file and its import of tz.",
        sketch,
        before,
    );
    assert_eq!(merged.text, after);
}
