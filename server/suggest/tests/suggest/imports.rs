//! Imports beside new ones, and without what used them.

use fast_apply_suggest::CONFIDENT;

use crate::sketch::{check, merged};

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

#[test]
fn a_marker_among_the_names_of_an_import_stands_for_names_alone() {
    let parts = (0..14).map(|part| {
        format!("func part{part}(text string) int {{\n\tcount := len(text) + {part}\n\treturn count\n}}\n")
    });
    let parts: Vec<String> = parts.collect();
    let before = format!(
        "package text\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\n{}\nfunc Trimmed(text string) string {{\n\treturn strings.TrimSpace(text)\n}}\n",
        parts.join("\n")
    );
    let sketch = "import (\n\t// ...\n\t\"strings\"\n\t\"unicode\"\n)\n\nfunc Trimmed(text string) string {\n\treturn strings.TrimRightFunc(text, unicode.IsSpace)\n}\n";
    let after = before
        .replace("\t\"strings\"\n", "\t\"strings\"\n\t\"unicode\"\n")
        .replace(
            "strings.TrimSpace(text)",
            "strings.TrimRightFunc(text, unicode.IsSpace)",
        );
    check("text.go", "", sketch, &before, &after);
}

#[test]
fn an_import_goes_with_its_last_use_where_its_paragraph_is_shown() {
    let before = "\
package shop;

import java.util.List;
import shop.pricing.Discount;
import shop.pricing.Rounding;

class Basket {
    long total(List<Long> prices) {
        Rounding rounding = new Rounding(Discount.none());
        long sum = rounding.start();
        for (long price : prices) {
            sum += price;
        }
        return sum;
    }
}
";
    let sketch = "\
package shop;

import java.util.List;

class Basket {
    long total(List<Long> prices) {
        long sum = 0;
        for (long price : prices) {
        // ...
    }
}
";
    let after = before
        .replace(
            "import shop.pricing.Discount;\nimport shop.pricing.Rounding;\n",
            "",
        )
        .replace(
            "        Rounding rounding = new Rounding(Discount.none());\n",
            "",
        )
        .replace("rounding.start()", "0");
    check("Basket.java", "", sketch, before, &after);
}

#[test]
fn imports_above_the_first_shown_go_with_their_last_use() {
    let before = "\
import {
  flag as parseFlag,
} from 'flags';
import * as env from 'env';
import { dirname } from 'path';

export function isSet(name: string) {
  return parseFlag(env.get(name));
}

export function folder(name: string) {
  return dirname(name);
}
";
    let sketch = "\
import { dirname } from 'path';

export function isSet(name: string) {
  return name in process.env;
}

// ...
";
    let after = before
        .replace("import {\n  flag as parseFlag,\n} from 'flags';\n", "")
        .replace("import * as env from 'env';\n", "")
        .replace("parseFlag(env.get(name))", "name in process.env");
    check("set.ts", "", sketch, before, &after);
}

#[test]
fn what_else_stands_among_imports_is_not_passed_over_unasked() {
    let before = "\
#pragma once

#ifndef NOMINMAX
#define NOMINMAX
#endif

#include <windows.h>

#include <mutex>
#include <string>

void run();
";
    let sketch = "\
#pragma once

#include <mutex>
#include <string>
#include <vector>
";
    let merge = merged("run.h", "", sketch, before);
    assert!(merge.confidence < CONFIDENT);
    let sketch = sketch.replace("#pragma once\n\n", "");
    let merge = merged("run.h", "", &sketch, before);
    assert!(merge.confidence >= CONFIDENT, "{:?}", merge.doubts);
}

#[test]
fn an_import_for_a_link_in_a_comment_stays_beside_a_new_one() {
    let before = "\
package shop;

import shop.http.Header;
import shop.http.Part;
import shop.http.Path;

/** Converts what {@link Part} and {@link Path} take. */
interface Converter {
  Header header();
}
";
    let sketch = "import shop.http.Header;\nimport shop.http.HeaderMap;\n";
    let after = before.replace(sketch.lines().next().unwrap(), sketch.trim_end());
    check(
        "Converter.java",
        "Add the missing import.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn a_comment_that_points_for_the_reader_is_none_of_the_code() {
    let before =
        "import os\nimport warnings\nfrom abc import ABC\n\n\ndef run():\n    os.exit(1)\n";
    let sketch = "import os\nimport sys  # <-- add this\nimport warnings\n";
    let after = before.replace("import os\n", "import os\nimport sys\n");
    assert_eq!(merged("run.py", "", sketch, before).text, after);
    let of_the_code = sketch.replace("add this", "ends the program");
    let text = merged("run.py", "", &of_the_code, before).text;
    assert!(text.contains("import sys  # <-- ends the program\n"));
}
