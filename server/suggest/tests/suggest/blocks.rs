//! What the blocks, statements and macros of the file tell about a sketch of it.

use fast_apply_suggest::{CONFIDENT, Context, Language, Merge, merge, parse};

/// Merges a sketch, given as the reply's code.
fn merged(path: &str, instruction: &str, sketch: &str, before: &str) -> Merge {
    let reply = format!("```\n{sketch}```\n");
    let suggestion = parse(&reply).for_file(path, before).suggestion;
    let context = Context {
        language: Language::from_path(path),
        instruction,
    };
    merge(before, &suggestion, &context).expect("a sketch always merges")
}

/// Merges a sketch that leaves no doubt.
fn check(path: &str, instruction: &str, sketch: &str, before: &str, after: &str) {
    let merged = merged(path, instruction, sketch, before);
    assert_eq!(merged.text, after, "{sketch}");
    assert!(
        merged.confidence >= CONFIDENT,
        "{sketch}{:?}",
        merged.doubts
    );
}

#[test]
fn a_block_that_grows_ends_where_it_ended() {
    let before = "\
func open(name string, retry bool) error {
	if name == \"\" {
		return errEmpty
	}

	if retry {
		if err := dial(name); err != nil {
			return err
		}
	}

	return connect(name)
}
";
    let sketch = "\
func open(name string, retry bool) error {
	if name == \"\" {
		switch {
		case retry:
			return errRetry
		default:
			return errEmpty
		}
	}

	// ... rest of open unchanged ...
}
";
    let after = before.replace(
        "\t\treturn errEmpty\n",
        "\t\tswitch {\n\t\tcase retry:\n\t\t\treturn errRetry\n\t\tdefault:\n\t\t\treturn errEmpty\n\t\t}\n",
    );
    check("dial.go", "Tell retries apart.", sketch, before, &after);
}

#[test]
fn a_statement_shown_on_one_row_goes_whole() {
    let before = "\
void watch() {
    auto handle = open();
    bool seen = false;

    handle->on<Failure>([&seen](const auto &, auto &) {
        check(seen);
        seen = true;
    });

    handle->on<Data>([](const auto &, auto &) {
        print();
    });

    run();
}
";
    let sketch = "\
void watch() {
    auto handle = open();
    bool seen = false;

    handle->on<Failure>([](const auto &, auto &) { stop(); });

    // ... Data listener unchanged ...

    run();
}
";
    let after = before.replace(
        "([&seen](const auto &, auto &) {\n        check(seen);\n        seen = true;\n    });",
        "([](const auto &, auto &) { stop(); });",
    );
    let merged = merged("watch.cpp", "Just stop on a failure.", sketch, before);
    assert_eq!(merged.text, after);
}

#[test]
fn a_macro_is_replaced_whole() {
    let before = "\
#if ENABLED

#define REGISTER( name, type ) \\
    SUPPRESS_WARNINGS          \\
    namespace{ Entry<type> entry##type( name ); } \\
    UNSUPPRESS_WARNINGS

#else

#define REGISTER(name, type)

#endif
";
    let sketch = "\
#define REGISTER( name, type ) \\
    START_SUPPRESSION          \\
    SUPPRESS_WARNINGS          \\
    namespace{ Entry<type> entry##type( name ); } \\
    STOP_SUPPRESSION
";
    let after = before
        .replace(
            "    SUPPRESS_WARNINGS          \\\n",
            "    START_SUPPRESSION          \\\n    SUPPRESS_WARNINGS          \\\n",
        )
        .replace("    UNSUPPRESS_WARNINGS", "    STOP_SUPPRESSION");
    check("entry.hpp", "", sketch, before, &after);
}

#[test]
fn the_preprocessor_stays_on_the_first_column() {
    let before = "\
class App
{
    public:
        /// Runs it.
        void run()
        {
            validate();
#ifdef WITH_TLS
            if (tls_)
            {
                start_tls();
            }
#endif
            start();
        }
};
";
    let sketch = "\
/// Runs it.
void run()
{
#ifndef WITHOUT_FILES
    serve(\"static\");
#endif
    validate();
#ifdef WITH_TLS
    if (tls_)
    {
        // ... rest of run() unchanged ...
";
    let after = before.replace(
        "            validate();\n",
        "#ifndef WITHOUT_FILES\n            serve(\"static\");\n#endif\n            validate();\n",
    );
    check("app.h", "Serve files first.", sketch, before, &after);
}

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
fn a_method_shown_behind_another_goes_into_its_class() {
    let before = "\
class Outer {
    static class Settings {
        private int limit;

        /** Sets the limit. */
        void setLimits(int limit) {
            this.limit = limit;
        }
    }

    void run() {
        start();
    }
}
";
    let sketch = "\
/** Sets the limit. */
@Deprecated
void setLimits(int limit) {
    setLimit(limit);
}

/** Sets the limit. */
void setLimit(int limit) {
    this.limit = limit;
}
";
    let after = before.replace(
        "        void setLimits(int limit) {
            this.limit = limit;
        }
",
        "        @Deprecated
        void setLimits(int limit) {
            setLimit(limit);
        }

        /** Sets the limit. */
        void setLimit(int limit) {
            this.limit = limit;
        }
",
    );
    check(
        "Outer.java",
        "Add setLimit and deprecate setLimits.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn a_new_function_is_set_off_as_its_place_and_the_sketch_say() {
    let before = "\
namespace text {
int one() {
  return 1;
}
int two() {
  return 2;
}
int three() {
  return 3;
}

template<int N>
struct Count;

}
";
    let sketch = "\
// ... one(), two(), three() ...

template<int N>
int times() {
  return N;
}

template<int N>
struct Count;

// ...
";
    let after = before.replace(
        "\ntemplate<int N>\nstruct",
        "\ntemplate<int N>\nint times() {\n  return N;\n}\n\ntemplate<int N>\nstruct",
    );
    check("count.hpp", "Add times.", sketch, before, &after);
}

#[test]
fn what_sets_off_the_end_of_a_namespace_stays() {
    let before = "\
namespace text {

int one() {
  return 1;
}

int two() {
  return 2;
}

}
";
    let sketch = "\
// ...

int two() {
  return 2;
}

int three() {
  return 3;
}
";
    let after = before.replace(
        "  return 2;\n}\n",
        "  return 2;\n}\n\nint three() {\n  return 3;\n}\n",
    );
    let merged = merged("text.hpp", "Add three.", sketch, before);
    assert_eq!(merged.text, after);
}

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
fn a_header_over_several_rows_has_the_column_of_its_first() {
    let before = "\
class Step:
    \"\"\"A step.\"\"\"

    def __init__(self, start, end,
                 before, after):
        \"\"\"
        Makes a step.

        Its times are in seconds.
        \"\"\"
        self.start = start
        self.end = end
        self.length = measure(start)
        self.before = before

    def __repr__(self):
        return \"Step\"
";
    let sketch = "\
class Step:
    \"\"\"...\"\"\"

    def __init__(self, start, end,
                 before, after):
        \"\"\"
        ...
        \"\"\"
        self.start = start
        self.end = end
        # The end is open.
        self.length = end - start
        self.before = before

    # ... methods unchanged ...
";
    let after = before.replace(
        "        self.length = measure(start)\n",
        "        # The end is open.\n        self.length = end - start\n",
    );
    check(
        "step.py",
        "Take the length from the ends.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn a_marker_for_the_class_does_not_keep_the_end_of_a_method() {
    let before = "\
class Store:
    def read(self, name):
        for line in lines(name):
            line = line.strip()
            if not line:
                continue
            key, value = self.split(line)
            self.raw[key] = value

    def split(self, line):
        return line.split(\"=\")

    def load(self):
        return self.raw
";
    let sketch = "\
class Store:
    def read(self, name):
        for line in lines(name):
            line = line.strip()
            if not line:
                continue
            yield self.split(line)

    # ... split unchanged ...

    def load(self):
        return dict(self.read(self.name))
";
    let after = before
        .replace(
            "            key, value = self.split(line)\n            self.raw[key] = value\n",
            "            yield self.split(line)\n",
        )
        .replace("return self.raw", "return dict(self.read(self.name))");
    check(
        "store.py",
        "Let read yield the pairs.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn a_template_ends_where_its_function_ends() {
    let before = "\
template <class F, class T, int I>
constexpr auto apply_each(F &&f, T &&t,
                          Index<I> unused) {
  return f(get<I>(t),
           I);
}

template <class F, class T>
constexpr auto apply_all(F &&f, T &&t) {
  return apply_each(f, t,
                    Index<1>{});
}

int main() {
  return run([](int unused) {
    stop();
  });
}
";
    let sketch = "\
template <class F, class T, int I>
constexpr auto apply_each(F &&f, T &&t,
                          Index<I> /*unused*/) {
  // ... unchanged ...
}

// ...

  return run([](int /*unused*/) {
    stop();
  });
// ...
";
    let after = before
        .replace("Index<I> unused", "Index<I> /*unused*/")
        .replace("int unused", "int /*unused*/");
    check(
        "apply.hpp",
        "Comment the names out.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn a_comment_on_the_first_column_ends_no_function() {
    let before = "\
inline std::string show(const std::string& text)
{
    const auto width = text.size();
    std::ostringstream out;
    out << text;
    out << newline;
//  ------------------
    out << line(width);
//  ------------------
    out << \" ...\" << newline;
    out << end(width);
    return out.str();
}

inline std::string none()
{
    return {};
}
";
    let sketch = "\
inline std::string show(const std::string& text)
{
    // ...
    out << line(width);
//  ------------------
    if(width > 3)
    {
        out << \" ...\" << newline;
    }
    out << end(width);
    // ... rest of the function unchanged ...
}
";
    let after = before.replace(
        "    out << \" ...\" << newline;\n",
        "    if(width > 3)\n    {\n        out << \" ...\" << newline;\n    }\n",
    );
    let merged = merged(
        "show.hpp",
        "Leave the dots out where the text is short.",
        sketch,
        before,
    );
    assert_eq!(merged.text, after);
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
