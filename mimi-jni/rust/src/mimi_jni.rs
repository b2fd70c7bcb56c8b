//! The native methods of `io.moshimlx.mimi`: those of `NativeMimi`, `NativeMimiEncoder` and `NativeMimiDecoder`.
//!
//! A codec or a stream is in a box, whose address Java holds as a `long`. Java's side makes sure that calls with the same
//! address follow one another, and that none comes after `close`. Streams outlive their codec.

use std::path::PathBuf;

use jni::objects::{JClass, JFloatArray, JIntArray, JString};
use jni::strings::JNIStr;
use jni::sys::{jint, jlong};
use jni::{jni_mangle, jni_str, EnvUnowned};

use crate::codec::{Codec, Decoder, Encoder};
use crate::config::FRAME_SAMPLES;
use crate::error::{Error, Result};
use crate::throw::{Part, Throw};

struct Mimi;

impl Part for Mimi {
    const NAME: &'static str = "the codec";
    const EXCEPTION: &'static JNIStr = jni_str!("io/moshimlx/mimi/MimiException");
}

fn boxed<T>(value: T) -> jlong {
    Box::into_raw(Box::new(value)) as jlong
}

/// # Safety
/// `handle` is that of a box of this type which is not freed yet, and no other call uses it now.
unsafe fn unboxed<'a, T>(handle: jlong) -> &'a mut T {
    unsafe { &mut *(handle as *mut T) }
}

/// # Safety
/// As for `unboxed`, and no later call uses the handle.
unsafe fn free<T>(handle: jlong) {
    drop(unsafe { Box::from_raw(handle as *mut T) });
}

/// The version of the crate `moshi`, as Cargo.toml pins it: Cargo gives a library its own version only.
fn moshi_version() -> &'static str {
    include_str!("../Cargo.toml")
        .lines()
        .find_map(|line| line.strip_prefix("moshi = \"="))
        .map_or("unknown", |version| version.trim_end_matches('"'))
}

#[jni_mangle("io.moshimlx.mimi.NativeMimi")]
pub fn version<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> JString<'local> {
    env.with_env(|env| -> Result<_> { Ok(env.new_string(moshi_version())?) })
        .resolve::<Throw<Mimi>>()
}

#[jni_mangle("io.moshimlx.mimi.NativeMimi")]
pub fn open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    weights: JString<'local>,
    config: JString<'local>,
    codebooks: jint,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let weights = PathBuf::from(weights.try_to_string(env)?);
        let config = match config.is_null() {
            true => None,
            false => Some(PathBuf::from(config.try_to_string(env)?)),
        };
        let codebooks = usize::try_from(codebooks).unwrap_or(0);
        Ok(boxed(Codec::open(&weights, config.as_deref(), codebooks)?))
    })
    .resolve::<Throw<Mimi>>()
}

#[jni_mangle("io.moshimlx.mimi.NativeMimi")]
pub fn cardinality<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> jint {
    env.with_env(|_| -> Result<jint> {
        Ok(unsafe { unboxed::<Codec>(handle) }.cardinality() as jint)
    })
    .resolve::<Throw<Mimi>>()
}

#[jni_mangle("io.moshimlx.mimi.NativeMimi")]
pub fn new_encoder<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> jlong {
    env.with_env(|_| -> Result<jlong> {
        Ok(boxed(unsafe { unboxed::<Codec>(handle) }.new_encoder()))
    })
    .resolve::<Throw<Mimi>>()
}

#[jni_mangle("io.moshimlx.mimi.NativeMimi")]
pub fn new_decoder<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> jlong {
    env.with_env(|_| -> Result<jlong> {
        Ok(boxed(unsafe { unboxed::<Codec>(handle) }.new_decoder()))
    })
    .resolve::<Throw<Mimi>>()
}

#[jni_mangle("io.moshimlx.mimi.NativeMimi")]
pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
    env.with_env(|_| -> Result<()> {
        unsafe { free::<Codec>(handle) };
        Ok(())
    })
    .resolve::<Throw<Mimi>>()
}

mod encoder {
    use super::*;

    #[jni_mangle("io.moshimlx.mimi.NativeMimiEncoder")]
    pub fn encode<'local>(
        mut env: EnvUnowned<'local>,
        _class: JClass<'local>,
        handle: jlong,
        pcm: JFloatArray<'local>,
    ) -> JIntArray<'local> {
        env.with_env(|env| -> Result<_> {
            let mut samples = vec![0f32; pcm.len(env)?];
            pcm.get_region(env, 0, &mut samples)?;
            let codes = unsafe { unboxed::<Encoder>(handle) }.encode(&samples)?;
            let array = env.new_int_array(codes.len())?;
            array.set_region(env, 0, &codes)?;
            Ok(array)
        })
        .resolve::<Throw<Mimi>>()
    }

    #[jni_mangle("io.moshimlx.mimi.NativeMimiEncoder")]
    pub fn sanitized_samples<'local>(
        mut env: EnvUnowned<'local>,
        _class: JClass<'local>,
        handle: jlong,
    ) -> jlong {
        env.with_env(|_| -> Result<jlong> {
            Ok(unsafe { unboxed::<Encoder>(handle) }.sanitized() as jlong)
        })
        .resolve::<Throw<Mimi>>()
    }

    #[jni_mangle("io.moshimlx.mimi.NativeMimiEncoder")]
    pub fn reset<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
        env.with_env(|_| -> Result<()> {
            unsafe { unboxed::<Encoder>(handle) }.reset();
            Ok(())
        })
        .resolve::<Throw<Mimi>>()
    }

    #[jni_mangle("io.moshimlx.mimi.NativeMimiEncoder")]
    pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
        env.with_env(|_| -> Result<()> {
            unsafe { free::<Encoder>(handle) };
            Ok(())
        })
        .resolve::<Throw<Mimi>>()
    }
}

mod decoder {
    use super::*;

    #[jni_mangle("io.moshimlx.mimi.NativeMimiDecoder")]
    pub fn decode<'local>(
        mut env: EnvUnowned<'local>,
        _class: JClass<'local>,
        handle: jlong,
        codes: JIntArray<'local>,
        frame: JFloatArray<'local>,
    ) {
        env.with_env(|env| -> Result<()> {
            let samples = frame.len(env)?;
            if samples != FRAME_SAMPLES {
                return Err(Error(format!(
                    "a frame has {FRAME_SAMPLES} samples, not {samples}"
                )));
            }
            let mut tokens = vec![0i32; codes.len(env)?];
            codes.get_region(env, 0, &mut tokens)?;
            let pcm = unsafe { unboxed::<Decoder>(handle) }.decode(&tokens)?;
            frame.set_region(env, 0, &pcm)?;
            Ok(())
        })
        .resolve::<Throw<Mimi>>()
    }

    #[jni_mangle("io.moshimlx.mimi.NativeMimiDecoder")]
    pub fn reset<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
        env.with_env(|_| -> Result<()> {
            unsafe { unboxed::<Decoder>(handle) }.reset();
            Ok(())
        })
        .resolve::<Throw<Mimi>>()
    }

    #[jni_mangle("io.moshimlx.mimi.NativeMimiDecoder")]
    pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
        env.with_env(|_| -> Result<()> {
            unsafe { free::<Decoder>(handle) };
            Ok(())
        })
        .resolve::<Throw<Mimi>>()
    }
}
