//! Where functions and methods begin and end, and where new ones go.

use fast_apply_suggest::CONFIDENT;

use crate::sketch::{check, merged};

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
fn a_trait_without_its_arguments_is_the_same_trait() {
    let before = "\
struct Lines;
struct Words;

impl Convert<u32> for Lines {
    convert_with!(u32);
}

impl Convert<u64> for Words {
    convert_with!(u64);
}
";
    let sketch = "\
impl Convert for Lines {
    type Target = u32;
    convert_with!(u32);
}

// ...

impl Convert for Words {
    type Target = u64;
    convert_with!(u64);
}
";
    let after = before
        .replace(
            "Convert<u32> for Lines {\n",
            "Convert for Lines {\n    type Target = u32;\n",
        )
        .replace(
            "Convert<u64> for Words {\n",
            "Convert for Words {\n    type Target = u64;\n",
        );
    check("convert.rs", "", sketch, before, &after);
}

#[test]
fn what_is_new_right_above_a_class_has_its_place() {
    let before = "\
import { read } from './read';

class Reader {
  mode: 'fast' | 'slow' = 'fast';

  run() {
    return read();
  }
}
";
    let sketch = "\
type Mode = 'fast' | 'slow';

class Reader {
  mode: Mode = 'fast';

  // ...
}
";
    let after = before.replace(
        "class Reader {\n  mode: 'fast' | 'slow'",
        "type Mode = 'fast' | 'slow';\n\nclass Reader {\n  mode: Mode",
    );
    check("reader.ts", "", sketch, before, &after);
}

#[test]
fn a_new_function_takes_the_place_of_no_imports() {
    let before = "\
import json
import sys


def load(path):
    with open(path) as file:
        return json.load(file)


def main():
    print(load(sys.argv[1]))
";
    let sketch = "\
def is_empty(path):
    return path.stat().st_size == 0


def load(path):
    if is_empty(path):
        return {}
    # ...
";
    let after = before.replace(
        "def load(path):\n",
        "def is_empty(path):\n    return path.stat().st_size == 0\n\n\ndef load(path):\n    if is_empty(path):\n        return {}\n",
    );
    check("load.py", "", sketch, before, &after);
}

#[test]
fn a_marker_stands_for_the_attributes_below_it() {
    let before = "\
class Store {
    @Override
    public void open() {
        count += 1;
        log(count);
    }

    @Override
    public void close() {
        log(count);
    }
}
";
    let sketch = "\
class Store {
    // ...
    public void close() {
        count -= 1;
        log(count);
    }
}
";
    let after = before.replace("close() {\n", "close() {\n        count -= 1;\n");
    check("Store.java", "", sketch, before, &after);
}

#[test]
fn an_attribute_moves_in_front_of_its_method() {
    let before = "\
class Store {
    int count;

    @Override
    public void close() {
        log(count);
    }
}
";
    let sketch = "    @Override public void close() {\n        log(count);\n    }\n";
    let after = before.replace("@Override\n    public", "@Override public");
    check("Store.java", "", sketch, before, &after);
}

#[test]
fn what_is_new_right_below_a_module_has_its_place() {
    let before = "\
pub mod json {
    pub use crate::value::Json;
}

/// What can go wrong.
pub enum Error {
    Empty,
    Short,
}

macro_rules! fail {
    ($what:expr) => {
        return Err($what)
    };
}
";
    let sketch = "\
pub mod json {
    pub use crate::value::Json;
}

pub mod yaml {
    pub use crate::value::Yaml;
}
";
    let after = before.replace(
        "/// What",
        "pub mod yaml {\n    pub use crate::value::Yaml;\n}\n\n/// What",
    );
    check("lib.rs", "", sketch, before, &after);
}

#[test]
fn a_method_that_goes_into_a_class_takes_no_neighbour_s_place() {
    let before = "\
struct Cursor {
    read: usize,
}

impl Cursor {
    fn peek(&self) -> Option<usize> {
        let next = self.read + 1;
        match self.rest.get(next) {
            Some(rest) => {
                self.log(rest);
                Some(next)
            }
            _ => None,
        }
    }

    fn read_exact(&mut self) -> Option<usize> {
        let next = self.read + 1;
        match self.rest.get(next) {
            Some(rest) => {
                self.read = next;
                Some(next)
            }
            _ => None,
        }
    }
}
";
    let sketch = "\
fn seek(&mut self, offset: usize) -> Option<usize> {
    match self.rest.get(offset) {
        Some(rest) => {
            self.read = offset;
            Some(offset)
        }
        _ => None,
    }
}
";
    let method: String = sketch.lines().map(|line| format!("    {line}\n")).collect();
    let after = before.replace("    fn read_exact", &format!("{method}\n    fn read_exact"));
    let words = "This goes into `impl Cursor`, between `peek` and `read_exact`.";
    check("cursor.rs", words, sketch, before, &after);
}

#[test]
fn a_new_method_at_the_end_of_a_sketch_may_stand_above_the_next_one() {
    let before = "\
public class UiCallback<T> {
  public static <T> UiCallback<T> create(Callback<T> delegate) {
    return new UiCallback<T>(delegate);
  }

  public void call(final T t) {
    executor.execute(new Runnable() {
      public void run() {
        delegate.call(t);
      }
    });
  }

  public void expired() {
    executor.execute(new Runnable() {
      public void run() {
        delegate.expired();
      }
    });
  }
}
";
    let sketch = "    return new UiCallback<T>(delegate);
  }

  @Override public void begin() {
    executor.execute(new Runnable() {
      public void run() {
        delegate.begin();
      }
    });
  }
";
    let merge = merged("UiCallback.java", "Add a callback.", sketch, before);
    let is_right = merge.text.contains("call(final T t)") && merge.text.contains("begin()");
    assert!(is_right || merge.confidence < CONFIDENT, "{}", merge.text);
}

#[test]
fn a_module_shown_whole_is_not_the_file() {
    let before = "\
require 'optparse'

module Shop
  module Options
    default :port, 4567
    default :environment, :development

    def log_file
      File.dirname($0) + ('/%s.log' % environment)
    end
  end
end
";
    let module: String = before
        .lines()
        .skip(3)
        .take(8)
        .map(|line| format!("{line}\n"))
        .collect();
    let sketch = module.replace(
        ":development\n",
        ":development\n    default :console, nil\n",
    );
    let after = before.replace(&module, &sketch);
    check("options.rb", "", &sketch, before, &after);
}

#[test]
fn a_new_test_is_not_another_form_of_the_one_it_goes_after() {
    let before = "\
TEST(Replace, ManyInMap) {
  std::map<const char*, const char*> replacements;
  replacements[\"$who\"] = \"Bob\";
  std::string s = Replace(\"$who bought apples\", replacements);
  EXPECT_EQ(\"Bob bought apples\", s);
}

TEST(Replace, Nothing) {
  EXPECT_EQ(\"\", Replace(\"\", {}));
}
";
    let sketch = "\
TEST(Replace, ManyInArray) {
  std::pair<std::string, std::string> replacements[] = {{\"$who\", \"Bob\"}};
  std::string s = Replace(\"$who bought apples\", replacements);
  EXPECT_EQ(\"Bob bought apples\", s);
}
";
    let after = before.replace(
        "TEST(Replace, Nothing)",
        &format!("{sketch}\nTEST(Replace, Nothing)"),
    );
    check(
        "replace_test.cc",
        "Add it right after `ManyInMap`.",
        sketch,
        before,
        &after,
    );
}

#[test]
fn what_is_factored_out_of_a_function_stands_beside_it() {
    let before = "\
impl Walk {
    fn nth(&mut self, n: usize) -> Option<Item> {
        for _ in 0..n {
            self.step();
        }
        self.item()
    }

    fn step(&mut self) {}
}
";
    let sketch = "\
fn try_nth(&mut self, n: usize) -> Result<Item, usize> {
    for _ in 0..n {
        self.step();
    }
    self.item().ok_or(n)
}
";
    let words = "Factor that out of `nth` into a `try_nth`. It goes after `step`.";
    let after = before.replace(
        "    fn step(&mut self) {}\n",
        &format!("    fn step(&mut self) {{}}\n\n{}", indented(sketch)),
    );
    assert_eq!(merged("walk.rs", words, sketch, before).text, after);
}

#[test]
fn words_about_a_class_are_none_about_its_constructor() {
    let before = "\
class Worker {
  private final Pool pool;

  Worker(Pool pool) {
    this.pool = pool;
  }

  public void dispose() {
    pool.release();
  }
}
";
    let sketch = "\
class Worker implements Runnable {
  // ...

  public void dispose() {
    pool.schedule(this);
  }

  public void run() {
    pool.release();
  }
}
";
    let after = before
        .replace("class Worker", "class Worker implements Runnable")
        .replace(
            "pool.release();\n  }\n",
            "pool.schedule(this);\n  }\n\n  public void run() {\n    pool.release();\n  }\n",
        );
    check(
        "Worker.java",
        "`Worker` becomes a `Runnable`.",
        sketch,
        before,
        &after,
    );
}

fn indented(code: &str) -> String {
    code.lines().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn an_implementation_goes_by_its_head() {
    let before = "\
pub enum Color {
    Auto,
    Never,
}

impl Default for Color {
    fn default() -> Self {
        Self::Auto
    }
}

impl Display for Color {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str(\"color\")
    }
}
";
    let sketch = "\
#[derive(Default)]
pub enum Color {
    #[default]
    Auto,
    Never,
}

// removed: the manual `impl Default for Color`

impl Display for Color {
    // ...
}
";
    let (_, display) = before.split_once("impl Display").unwrap();
    let (shown, _) = sketch.split_once("// removed").unwrap();
    check(
        "color.rs",
        "",
        sketch,
        before,
        &format!("{shown}impl Display{display}"),
    );
}

#[test]
fn new_code_goes_beside_a_line_that_the_words_show() {
    let before = "\
function error() {
  const names = { nan: 'NaN' };

  return (issue) => {
    return issue.code;
  };
}

function other() {}
";
    let sketch = "\
  function nameOf(type: string) {
    return names[type] ?? type;
  }
";
    let words = "Add a helper right above `return (issue) => {`.";
    let after = before.replace("  return (issue)", &format!("{sketch}\n  return (issue)"));
    check("error.ts", words, sketch, before, &after);
}

#[test]
fn a_reply_that_ends_within_a_line_was_cut_off() {
    let before = "\
func Handle(level int) error {
	if level < 0 {
		return errLevel
	}
	// Track this logger to guard against recursion.
	track(level)
	return nil
}
";
    let sketch = "\
func Handle(level int) error {
	if level < 1 {
		return errLevel
	}
	// Track this logger to
";
    let merge = merged("handle.go", "", sketch, before);
    assert!(
        merge.text.contains("track(level)") || merge.confidence < 0.3,
        "{merge:?}"
    );
}
