/// Why nothing can be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// There is nothing in the file.
    #[error("the file is empty: there is nothing to edit, so paste the suggestion itself")]
    EmptyFile,
    /// There is nothing in the edit.
    #[error("the edit is empty: give a chat reply, a sketch or a diff")]
    EmptyEdit,
    /// Every block of the edit is for another file.
    #[error("the edit has no block for this file: {0}")]
    NoBlock(String),
    /// The model alone was asked, and there is none.
    #[error("there is no model: {0}")]
    NoModel(String),
    /// The model, its files or its context.
    #[error(transparent)]
    Engine(#[from] fast_apply_engine::Error),
}
