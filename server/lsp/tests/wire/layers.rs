//! What knows what.

use std::path::Path;

#[test]
fn only_the_protocol_knows_tower_lsp() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![sources.clone()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path != sources.join("protocol") {
                folders.push(path);
            } else if path.is_file() {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("tower_lsp"), "{}", path.display());
                read += 1;
            }
        }
    }
    assert!(read > 20, "{read} files are not all");
}
