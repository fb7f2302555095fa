//! What markers and the request's words say of names.

use fast_apply_suggest::CONFIDENT;

use crate::sketch::{check, merged};

#[test]
fn a_marker_can_say_what_stays_and_what_goes() {
    let before = "\
func (c *Conn) open(name string) error {
	return c.send(\"open\", name)
}

func (c *Conn) Open(name string) error {
	return c.open(name)
}

func (c *Conn) close(name string) error {
	return c.send(\"close\", name)
}

func (c *Conn) Close(name string) error {
	return c.close(name)
}
";
    let sketch = "\
func (c *Conn) open(command, name string) error {
	return c.send(command, name)
}

// ... Open unchanged; close() removed ...

func (c *Conn) Close(name string) error {
	return c.open(\"close\", name)
}
";
    let after = "\
func (c *Conn) open(command, name string) error {
	return c.send(command, name)
}

func (c *Conn) Open(name string) error {
	return c.open(name)
}

func (c *Conn) Close(name string) error {
	return c.open(\"close\", name)
}
";
    check("conn.go", "", sketch, before, after);
}

#[test]
fn several_tests_go_by_how_their_names_begin() {
    let before = "\
def test_today():
    assert today() == 1


def test_old_plain():
    assert plain() == 2


def test_old_zoned():
    assert zoned() == 3


def test_now():
    assert now() == 4
";
    let sketch = "\
def test_today():
    assert today() == 1


# removed: the test_old_* tests


def test_now():
    assert now() == 4
";
    let after = "\
def test_today():
    assert today() == 1


def test_now():
    assert now() == 4
";
    check("test_time.py", "Drop the old tests.", sketch, before, after);
}

#[test]
fn a_method_whose_words_change_places_is_renamed() {
    let before = "\
export class Tasks {
    /** Runs before the others. */
    preLoad() {
        return source([\"./src/**/*.js\"])
            .pipe(first())
            .pipe(second());
    }

    /** Runs all. */
    all() {
        return run();
    }
}
";
    let sketch = "\
export class Tasks {
    // ...

    loadPre() {
        return source([\"./build/**/*.js\"])
            .pipe(first())
            .pipe(second());
    }

    // ...
}
";
    let after = before
        .replace("preLoad", "loadPre")
        .replace("./src", "./build");
    check(
        "tasks.ts",
        "Load what is built; it is loadPre now.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn a_removal_comment_takes_out_the_line_it_shows() {
    let before = "\
import java.util.List;
import java.util.Map;

class Names {
    List<String> names;
}
";
    let sketch = "\
// ...
// (removed import java.util.Map;)

class Names {
    // ...
}
";
    let after = before.replace("import java.util.Map;\n", "");
    check("Names.java", "Tidy up.", sketch, before, &after);
}

#[test]
fn a_removal_comment_takes_out_the_block_that_a_line_opens() {
    let before = "\
describe(\"queue\", () => {
  it(\"grows\", () => {
    expect(queue.push(1)).toBe(1);
  });

  when(\"it is full\", () => {
    expect(queue.isFull).toBe(true);
    expect(queue.push(9)).toBe(0);
  });
});
";
    let sketch = "\
describe(\"queue\", () => {
  it(\"grows\", () => {
    expect(queue.push(2)).toBe(2);
  });

  // removed: when(\"it is full\", () => {
});
";
    let after = "\
describe(\"queue\", () => {
  it(\"grows\", () => {
    expect(queue.push(2)).toBe(2);
  });
});
";
    check("queue.test.ts", "It has no end now.", sketch, before, after);
}

#[test]
fn what_is_quoted_in_a_removal_comment_names_nothing() {
    let before = "\
type child struct {
	pid int
}

func run() error {
	// kill child procs
	stop()
	return wait(child{})
}
";
    let sketch = "\
// ...

func run() error {
	// (removed: the \"kill child procs\" call)
	return wait(child{})
}
";
    let after = before.replace("\t// kill child procs\n\tstop()\n", "");
    let merged = merged("run.go", "", sketch, before);
    assert_eq!(merged.text, after);
}

#[test]
fn a_line_goes_that_the_words_order_out() {
    let before = "\
#include <vector>
#include \"config.h\"
#include \"process.hpp\"

class Queue {
    int size() const NOEXCEPT { return 1; }
};
";
    let sketch = "\
#include \"process.hpp\"

// ...

    int size() const noexcept { return 1; }
";
    let words = "With that, `#include \"config.h\"` is gone from the list.";
    let after = before
        .replace("#include \"config.h\"\n", "")
        .replace("NOEXCEPT", "noexcept");
    let merged = merged("queue.hpp", words, sketch, before);
    assert_eq!(merged.text, after);
}

#[test]
fn a_list_of_what_goes_is_obeyed() {
    let before = "\
package names;

import java.util.regex.Pattern;

class Names {
    private static final Pattern BLANKS = Pattern.compile(\" +\");
    private static final String NONE = \"\";

    static String tidy(String name) {
        return BLANKS.matcher(name).replaceAll(NONE);
    }
}
";
    let sketch = "\
package names;

class Names {
    private static final String NONE = \"\";

    // ... other fields ...

    static String tidy(String name) {
        return name.strip();
    }
}
";
    let words = "Removed as unused: the `BLANKS` pattern and the `java.util.regex.Pattern` import.";
    let after = "\
package names;

class Names {
    private static final String NONE = \"\";

    static String tidy(String name) {
        return name.strip();
    }
}
";
    let merged = merged("Names.java", words, sketch, before);
    assert_eq!(merged.text, after);
}

#[test]
fn what_stays_against_the_words_is_doubted() {
    let before = "\
const defaults = { theme: \"light\", size: 4 };

function get(key) {
  return defaults[key];
}
";
    let sketch = "\
function get(key) {
  return defaults[key] ?? null;
}
";
    let after = before.replace("[key]", "[key] ?? null");
    let words = "Also delete `size: 4` from the defaults.";
    let merged = merged("settings.js", words, sketch, before);
    assert_eq!(merged.text, after);
    assert!(merged.confidence < CONFIDENT, "{:?}", merged.doubts);
}
