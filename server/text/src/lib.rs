//! Text as editors and files hold it: byte order marks, line endings, lines and hunks.
