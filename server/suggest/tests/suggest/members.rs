//! Members of a class or a file that move, get a name, or are seen by no parser.

use crate::sketch::{check, merged};

const SET: &str = "\
class Set {
    bool empty() const {
        return direct.empty();
    }

    const T *data() const {
        return direct.data();
    }

    int size() const {
        return direct.size();
    }

    T *begin() const {
        return direct.begin();
    }

    T *end() const {
        return direct.end();
    }
};
";

#[test]
fn a_member_moves_to_where_it_is_shown() {
    let (size, rest) = (
        "    int size() const {\n        return direct.size();\n    }\n\n",
        "    int capacity() const {\n        return direct.capacity();\n    }\n\n",
    );
    let after = SET
        .replace(size, "")
        .replace("class Set {\n", &format!("class Set {{\n{size}{rest}"));
    let sketch = after.replace(
        "    T *end() const {\n        return direct.end();\n    }\n",
        "    // ...\n",
    );
    check(
        "set.hpp",
        "Add capacity, and put size first.",
        &sketch,
        SET,
        &after,
    );
}

#[test]
fn a_member_beside_a_marker_stays_where_it_is() {
    let sketch = "\
class Set {
    int size() const {
        return count;
    }

    // ...

    bool empty() const {
        return count == 0;
    }

    // ...
};
";
    let after = SET
        .replace("direct.size()", "count")
        .replace("direct.empty()", "count == 0");
    let merged = merged("set.hpp", "Keep a count.", sketch, SET);
    assert_eq!(merged.text, after);
}

#[test]
fn what_was_handed_on_in_place_gets_a_name() {
    let before = "\
request.once('error', async (error) => {
	if (promise.isCanceled) {
		return;
	}

	reject(error);
	finish();
});

request.once('end', () => resolve());
";
    let sketch = "\
const onError = (error) => {
	if (promise.isCanceled) {
		return;
	}

	reject(error);
	finish();
};

request.once('error', onError);

request.once('end', () => resolve());
";
    check("request.js", "Name the handler.", sketch, before, sketch);
}

#[test]
fn a_method_beside_a_macro_is_the_file_s() {
    let before = "\
class Queue {
    [[nodiscard]] size_type size() const QUEUE_NOEXCEPT {
        return items.size();
    }

    [[nodiscard]] bool empty() const QUEUE_NOEXCEPT {
        return items.empty();
    }
};
";
    let sketch = "    [[nodiscard]] size_type size() const noexcept {
        return items.size();
    }

// ...

    [[nodiscard]] bool empty() const noexcept {
        return items.empty();
    }
";
    let after = before.replace("QUEUE_NOEXCEPT", "noexcept");
    check("queue.hpp", "Plain noexcept.", sketch, before, &after);
}

#[test]
fn a_field_does_not_replace_the_constructor_behind_a_marker() {
    let before = "\
class Name {
    private final String keyword;

    private Name(String keyword) {
        this.keyword = keyword;
    }

    @Override public String toString() {
        return keyword;
    }
}
";
    let sketch = "    private final String keyword;

    private String cached;

    // ...

    @Override public String toString() {
        if (cached == null) cached = keyword;
        return cached;
    }
";
    let after = before
        .replace(
            "keyword;\n\n    private Name",
            "keyword;\n\n    private String cached;\n\n    private Name",
        )
        .replace(
            "        return keyword;",
            "        if (cached == null) cached = keyword;\n        return cached;",
        );
    check("Name.java", "Cache it.", sketch, before, &after);
}

#[test]
fn calls_behind_the_end_of_a_changed_statement_go() {
    let before = "\
void bind() {
  flags(\"Flags\")
      .value(\"all\", all)
      .export_values()
      .def(self | self);

  other();
}
";
    let sketch = "  flags(\"Flags\")
      .value(\"all\", all)
      .export_values()
      .def(\"or\", either);

  // ...
";
    let after = before.replace(".def(self | self);", ".def(\"or\", either);");
    let merged = merged("bind.cc", "", sketch, before);
    assert_eq!(merged.text, after);
}

#[test]
fn a_docstring_can_be_left_out_in_part() {
    let before = "\
class Config:
    \"\"\"All settings.

    Read from a file.

    :param path: where it is.
    \"\"\"
    def __init__(self, path=None,
                 strict=False):
        self.path = path
        self.strict = strict
";
    let sketch = "\
class Config:
    \"\"\"All settings.

    ... (unchanged up to here) ...

    :param path: where it is.
    :param strict: whether to fail.
    \"\"\"
    def __init__(self, ...):
        # ... unchanged ...
";
    let after = before.replace(
        "where it is.\n",
        "where it is.\n    :param strict: whether to fail.\n",
    );
    check("config.py", "Document strict.", sketch, before, &after);
}
