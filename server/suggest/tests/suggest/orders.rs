//! What markers and the request's words say of names.

use crate::sketch::check;

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
