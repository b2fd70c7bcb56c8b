//! The one error of this library: a sentence for the user, thrown as a `MimiException`.

use std::any::Any;
use std::fmt;
use std::path::Path;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub struct Error(pub String);

impl Error {
    /// Says which file the error is about.
    pub fn in_file(self, path: &Path) -> Self {
        Error(format!("{}: {}", path.display(), self.0))
    }

    /// A caught panic: its message is all that is known about it.
    pub fn from_panic(payload: Box<dyn Any + Send>) -> Self {
        let message = match payload.downcast::<String>() {
            Ok(message) => *message,
            Err(payload) => match payload.downcast::<&'static str>() {
                Ok(message) => (*message).to_owned(),
                Err(_) => "no message".to_owned(),
            },
        };
        Error(format!("The codec failed internally: {message}."))
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

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file.".to_owned(),
            _ => format!("cannot be read ({error})."),
        })
    }
}

impl From<jni::errors::Error> for Error {
    fn from(error: jni::errors::Error) -> Self {
        Error(format!("A call into the JVM failed: {error}."))
    }
}
