//! The error of codec and echo canceller: a sentence for the user, "WHAT; REMEDY" where there is a remedy.

use std::fmt;
use std::path::Path;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub struct Error(pub String);

impl Error {
    /// "PATH WHAT", for a text that goes on after the file's name.
    pub fn of_file(self, path: &Path) -> Self {
        Error(format!("{} {}", path.display(), self.0))
    }

    /// "PATH: WHAT", for a text that is a sentence by itself.
    pub fn in_file(self, path: &Path) -> Self {
        Error(format!("{}: {}", path.display(), self.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        // With RUST_BACKTRACE set, candle appends a backtrace to the first line.
        let text = error.to_string();
        Error(text.lines().next().unwrap_or_default().to_owned())
    }
}

/// The text goes on after the file's name.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error(match error.kind() {
            std::io::ErrorKind::NotFound => "cannot be read: there is no such file".to_owned(),
            _ => format!("cannot be read: {error}"),
        })
    }
}

impl From<jni::errors::Error> for Error {
    fn from(error: jni::errors::Error) -> Self {
        Error(format!("a call into the JVM failed: {error}"))
    }
}
