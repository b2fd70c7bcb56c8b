//! Errors and panics of native methods, thrown in Java as the exception of the package that was called.

use std::any::Any;
use std::marker::PhantomData;

use jni::errors::ErrorPolicy;
use jni::strings::{JNIStr, JNIString};
use jni::Env;

use crate::error::Error;

/// A part of this library with an exception of its own.
pub trait Part {
    /// In sentences.
    const NAME: &'static str;
    /// A class with a constructor of one string.
    const EXCEPTION: &'static JNIStr;
}

/// Throws the exception of a part.
pub struct Throw<P>(PhantomData<P>);

impl<P: Part, T: Default> ErrorPolicy<T, Error> for Throw<P> {
    type Captures<'local: 'method, 'method> = ();

    fn on_error<'local: 'method, 'method>(
        env: &mut Env<'local>,
        _: &mut (),
        error: Error,
    ) -> jni::errors::Result<T> {
        if !env.exception_check() {
            // An error is its answer once the exception is on its way.
            let _ = env.throw_new(P::EXCEPTION, JNIString::from(error.0));
        }
        Ok(T::default())
    }

    fn on_panic<'local: 'method, 'method>(
        env: &mut Env<'local>,
        captures: &mut (),
        payload: Box<dyn Any + Send>,
    ) -> jni::errors::Result<T> {
        let error = Error(format!(
            "{} failed internally: {}; please report it",
            P::NAME,
            message(payload)
        ));
        Self::on_error(env, captures, error)
    }
}

/// All that is known about a caught panic.
fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => match payload.downcast::<&'static str>() {
            Ok(message) => (*message).to_owned(),
            Err(_) => "no message".to_owned(),
        },
    }
}
