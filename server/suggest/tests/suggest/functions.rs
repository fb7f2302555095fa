//! Where functions, methods and other definitions begin and end, and which of the sketch is which of the file.

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
