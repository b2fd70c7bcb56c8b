//! Native helpers of moshi-mlx. Each has a Java package of its own, which a file of native methods serves:
//! `io.moshimlx.mimi` (`mimi_jni.rs`: the codec), `io.moshimlx.echo` (`echo_jni.rs`: echo cancellation) and
//! `io.moshimlx.recording` (`audio_file_jni.rs`: recordings in the usual formats).

mod audio_file;
mod audio_file_jni;
mod codec;
mod config;
mod cut_off;
mod echo;
mod echo_jni;
#[cfg(test)]
mod echo_test;
mod error;
mod mimi_jni;
mod model;
mod opus_decoder;
mod throw;
mod weights;
mod workers;

use std::ffi::c_void;

use jni::sys::{jint, JavaVM, JNI_VERSION_10};

/// Makes all settings that hold for the whole process, once, while the JVM loads the library.
#[no_mangle]
pub extern "system" fn JNI_OnLoad(_vm: *mut JavaVM, _reserved: *mut c_void) -> jint {
    // A panic becomes an exception; this library's own copy of std need not print it as well.
    std::panic::set_hook(Box::new(|_| {}));
    // Spreading a matrix product over threads costs more than it gives: a frame has one thread (`workers.rs`).
    gemm::set_threading_threshold(usize::MAX);
    JNI_VERSION_10
}
