//! Where new code goes, and that it takes the place of nothing.

use fast_apply_suggest::CONFIDENT;

use crate::sketch::{check, merged};

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

fn indented(code: &str) -> String {
    code.lines().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn new_code_goes_to_the_end_of_what_the_words_name() {
    let before = "\
fn run() {}

mod tests {
    use super::*;

    #[test]
    fn it_runs() {
        run();
    }
}

fn last() {}
";
    let sketch = "\
#[test]
fn it_runs_twice() {
    run();
    run();
}
";
    let after = before.replace(
        "        run();\n    }\n",
        "        run();\n    }\n\n    #[test]\n    fn it_runs_twice() {\n        run();\n        run();\n    }\n",
    );
    let words = "Add this at the end of the `tests` module.";
    check("run.rs", words, sketch, before, &after);
}

#[test]
fn new_code_goes_in_front_of_several_of_one_name() {
    let before = "\
fn first() {}

#[cfg(unix)]
fn open() {}

#[cfg(not(unix))]
fn open() {}
";
    let sketch = "\
fn close() {
    open();
}
";
    let after = before.replace(
        "#[cfg(unix)]",
        "fn close() {\n    open();\n}\n\n#[cfg(unix)]",
    );
    let words = "The helper goes in front of the two `open` functions.";
    check("open.rs", words, sketch, before, &after);
}
