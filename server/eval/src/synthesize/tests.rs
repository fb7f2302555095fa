use std::collections::{BTreeMap, HashSet};

use expect_test::expect;
use fast_apply_suggest::{Context, Language, Method, merge};

use super::*;

const BEFORE: &str = "\
import json

from shop import Order


def load(path):
    with open(path) as file:
        return [Order(**row) for row in json.load(file)]


def total(orders):
    cents = 0
    for order in orders:
        cents += order.price * order.count
    return cents


def late(orders, today):
    return [order for order in orders if order.due < today]


def report(orders, today):
    print(\"orders\", len(orders))
    print(\"total\", total(orders) / 100)
    print(\"late\", len(late(orders, today)))
";

fn pair() -> Pair {
    Pair {
        repo: "shop".to_owned(),
        commit: "c0ffee".to_owned(),
        path: "shop/orders.py".to_owned(),
        lang: "python".to_owned(),
        instruction: "fix(orders): count discounts (#12)".to_owned(),
        before: BEFORE.to_owned(),
        after: BEFORE
            .replace(
                "order.price * order.count",
                "order.price * order.count - order.discount",
            )
            .replace("    print(\"orders\", len(orders))\n", ""),
        ..Pair::default()
    }
}

fn cases(pair: &Pair, count: usize, seed: u64) -> Vec<Case> {
    synthesize(&vec![pair.clone(); count], seed)
}

#[test]
fn a_reply() {
    let case = &cases(&pair(), 9, 2)[8];
    expect![[r#"
        fix(orders): count discounts
        ---
        Sure, here's the edit:

        ```python shop/orders.py
        def total(orders):
            cents = 0
            for order in orders:
                cents += order.price * order.count - order.discount
            return cents


        # ... unchanged code ...


        def report(orders, today):
            print("total", total(orders) / 100)
            print("late", len(late(orders, today)))
        ```

        No other changes are needed.
    "#]]
    .assert_eq(&format!("{}\n---\n{}", case.instruction, case.reply));
}

#[test]
fn the_seed_decides() {
    assert_eq!(cases(&pair(), 20, 1), cases(&pair(), 20, 1));
    assert_ne!(cases(&pair(), 20, 1), cases(&pair(), 20, 2));
}

#[test]
fn every_style_is_drawn_and_every_new_line_is_shown() {
    let cases = cases(&pair(), 300, 3);
    assert!(cases.len() > 280, "{}", cases.len());
    let styles: HashSet<String> = cases
        .iter()
        .map(|case| case.other["style"].to_string())
        .collect();
    assert_eq!(styles.len(), STYLES.len(), "{styles:?}");
    for case in &cases {
        assert!(
            case.reply.contains("order.count - order.discount"),
            "{}",
            case.reply
        );
        assert_eq!(
            (case.before.as_str(), case.other["repo"].as_str()),
            (BEFORE, Some("shop"))
        );
    }
}

/// How many of the cases a merge without a model gets right, by style.
fn right(cases: &[Case]) -> BTreeMap<String, (usize, usize)> {
    let mut right: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for case in cases {
        let (exact, all) = right.entry(case.group_name()).or_default();
        *all += 1;
        *exact += usize::from(case.merged().as_deref() == Some(&case.after));
    }
    right
}

impl Case {
    fn group_name(&self) -> String {
        self.other["style"].as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn replies_tell_the_edit() {
    let right = right(&cases(&pair(), 400, 4));
    for (style, (exact, all)) in &right {
        let least = if style.contains('/') || style.contains("diff") || style == "whole file" {
            1.0
        } else {
            0.6
        };
        assert!(
            *exact as f64 >= least * *all as f64,
            "{style}: {exact} of {all} in {right:?}"
        );
    }
}

#[test]
fn patches_fit_in_one_place() {
    for case in cases(&pair(), 300, 5) {
        if !["unified diff", "search/replace"].contains(&case.group_name().as_str()) {
            continue;
        }
        let context = Context {
            language: Language::from_path(&case.path),
            instruction: "",
        };
        let merged = merge(&case.before, &case.suggestion(), &context).expect("it is a patch");
        assert_eq!(merged.method, Method::Patch, "{}", case.reply);
        assert_eq!(merged.text, case.after, "{}", case.reply);
    }
}

#[test]
fn an_edit_that_has_been_made_changes_nothing() {
    let made = Pair {
        after: BEFORE.to_owned(),
        ..pair()
    };
    let cases = cases(&made, 100, 6);
    assert!(cases.len() > 90, "{}", cases.len());
    let unchanged = cases
        .iter()
        .filter(|case| case.merged().as_deref() == Some(BEFORE));
    assert!(unchanged.count() * 10 > cases.len() * 8);
}

#[test]
fn what_no_reply_can_tell_has_none() {
    let restyled = Pair {
        after: BEFORE.replace("cents = 0\n", "cents = 0  \n"),
        ..pair()
    };
    assert!(cases(&restyled, 5, 7).is_empty());
    let spaced = Pair {
        after: pair()
            .after
            .replace("    return cents\n", "    return cents\n\n"),
        ..pair()
    };
    assert!(cases(&spaced, 5, 7).is_empty());
    let cut = Pair {
        after: BEFORE.trim_end().to_owned(),
        ..pair()
    };
    assert!(cases(&cut, 5, 7).is_empty());
}
