//! What the blocks, statements and macros of the file tell about a sketch of it.

use crate::sketch::{check, merged};

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
fn the_arguments_of_a_type_end_on_the_column_where_it_begins() {
    let before = "\
type Defaults = Merge<
	Required<
		Except<
			Options,
			'agent' |
			'body'
		>
	>,
	{
		headers: Headers;
	}
>;

export interface Options {
	agent?: Agent;
	body?: string;
	headers?: Headers;
}
";
    let sketch = "\
type Defaults = Merge<
	Required<
		Except<
			Options,
			'agent' |
			'body' |
			'signal'
		>
	>,
	// ...
>;

export interface Options {
	// ...
	headers?: Headers;
	signal?: Signal;
}
";
    let after = before
        .replace("'body'\n", "'body' |\n\t\t\t'signal'\n")
        .replace(
            "headers?: Headers;\n",
            "headers?: Headers;\n\tsignal?: Signal;\n",
        );
    check("options.ts", "", sketch, before, &after);
}

#[test]
fn blank_lines_beside_a_change_are_the_sketch_s() {
    let before = "\
void run() {
    open();
    \n    read(1);
    \n    close();
}
";
    let sketch = "void run() {\n    open();\n\n    read(2);\n\n    close();\n}\n";
    check("run.cpp", "", sketch, before, sketch);
}

#[test]
fn the_head_of_a_block_is_replaced_in_its_column() {
    let before = "\
<script>
  // writing
  $(\"form\").submit(function(e) {
    post(e);
  });
</script>
";
    let sketch = "$(\"form\").on('submit', function(e) {\n  // ...\n";
    let after = before.replace(".submit(function", ".on('submit', function");
    assert_eq!(merged("chat.js", "", sketch, before).text, after);
}

#[test]
fn cases_shown_at_the_margin_go_where_the_cases_are() {
    let before = "\
void dump(int kind) {
  switch (kind) {
    case kLiteral: {
      int r = literal();
      append(r);
      break;
    }
    case kString:
      append(string());
      break;
  }
}
";
    let sketch = "\
case kLiteral: {
  int r = literal();
  if (latin) {
    push(r);
  } else {
    append(r);
  }
  break;
}
case kString:
  if (latin) {
    push(string());
  } else {
    append(string());
  }
  break;
";
    let inside: String = sketch.lines().map(|line| format!("    {line}\n")).collect();
    let (head, rest) = before.split_once("    case").unwrap();
    let (_, tail) = rest.rsplit_once("      break;\n").unwrap();
    let after = format!("{head}{inside}{tail}");
    assert_eq!(merged("dump.cc", "", sketch, before).text, after);
}
