//! Replies of several blocks.

use fast_apply_suggest::{Context, Language, Merge, merge, parse};

fn merged(path: &str, reply: &str, before: &str) -> Merge {
    let suggestion = parse(reply).for_file(path, before).suggestion;
    let context = Context {
        language: Language::from_path(path),
        instruction: "",
    };
    merge(before, &suggestion, &context).expect("a sketch always merges")
}

#[test]
fn a_block_is_for_the_part_that_its_words_name() {
    let before = "\
TEST(Helper, Entity) {
    const auto entity = registry.create();
    registry.emplace<int>(entity);
    ASSERT_TRUE(registry.valid());
}

TEST(Helper, StableEntity) {
    const auto entity = registry.create();
    registry.emplace<stable>(entity);
    ASSERT_TRUE(registry.valid());
}
";
    let reply = "\
In `Entity`:

```cpp
    const auto entity = registry.create();
    auto &&storage = registry.storage<int>();
    storage.emplace(entity);
```

And in `StableEntity`:

```cpp
    const auto entity = registry.create();
    auto &&storage = registry.storage<stable>();
    storage.emplace(entity);
```
";
    let after = before
        .replace(
            "    registry.emplace<int>(entity);\n",
            "    auto &&storage = registry.storage<int>();\n    storage.emplace(entity);\n",
        )
        .replace(
            "    registry.emplace<stable>(entity);\n",
            "    auto &&storage = registry.storage<stable>();\n    storage.emplace(entity);\n",
        );
    assert_eq!(merged("helper.cpp", reply, before).text, after);
}

#[test]
fn readings_of_a_block_go_through_those_behind_it() {
    let before = "\
fn first() {
    one();
    two();
    three();
}

fn second() {
    four();
}
";
    let reply = "\
```rust
fn first() {
    one();
    three();
    // ...
    five();
}
```

```rust
fn second() {
    six();
}
```
";
    let merged = merged("a.rs", reply, before);
    assert!(merged.alternatives.len() > 1, "{merged:?}");
    assert_eq!(merged.alternatives[0], merged.text);
    for text in &merged.alternatives {
        assert!(text.contains("six()") && !text.contains("four()"), "{text}");
    }
}

#[test]
fn what_goes_in_a_later_block_stays_in_no_earlier_one() {
    let before = "fn first() {\n    one();\n}\n\nfn second() {\n    cast();\n    two();\n}\n";
    let reply = "\
Delete `cast();`:

```rust
fn first() {
    three();
}
```

```rust
fn second() {
    two();
}
```
";
    let merged = merged("a.rs", reply, before);
    assert_eq!(
        merged.text,
        before.replace("one", "three").replace("    cast();\n", "")
    );
    assert!(
        merged.doubts.iter().all(|doubt| !doubt.contains("stays")),
        "{merged:?}"
    );
}
