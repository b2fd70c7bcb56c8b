//! The native methods of `io.moshimlx.recording.NativeAudioFile`.
//!
//! A file is an `AudioFile` in a box, whose address Java holds as a `long`. Java's side makes sure that calls with the
//! same address follow one another, and that none comes after `close`.

use std::any::Any;
use std::path::PathBuf;

use jni::errors::ErrorPolicy;
use jni::objects::{JClass, JFloatArray, JString};
use jni::strings::JNIString;
use jni::sys::{jint, jlong};
use jni::{jni_mangle, jni_str, Env, EnvUnowned};

use crate::audio_file::{AudioFile, Refusal};

/// No recording has more; a header may claim anything.
const MOST_FRAMES: u64 = 1 << 40;

type Result<T> = std::result::Result<T, Failure>;

enum Failure {
    Refused(Refusal),
    Java(jni::errors::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<jni::errors::Error> for Failure {
    fn from(error: jni::errors::Error) -> Self {
        Failure::Java(error)
    }
}

/// Turns refusals and panics into `AudioFileException`s, and those without remedy into `NoSoundException`s.
struct ThrowAudioFileException;

impl<T: Default> ErrorPolicy<T, Failure> for ThrowAudioFileException {
    type Captures<'local: 'method, 'method> = ();

    fn on_error<'local: 'method, 'method>(
        env: &mut Env<'local>,
        _: &mut (),
        failure: Failure,
    ) -> jni::errors::Result<T> {
        if !env.exception_check() {
            let (class, message) = match failure {
                Failure::Refused(Refusal::NoSound(text)) => {
                    (jni_str!("io/moshimlx/recording/NoSoundException"), text)
                }
                Failure::Refused(Refusal::NotUnderstood(text)) => {
                    (jni_str!("io/moshimlx/recording/AudioFileException"), text)
                }
                Failure::Java(error) => (
                    jni_str!("io/moshimlx/recording/AudioFileException"),
                    format!("cannot be read: a call into the JVM failed: {error}"),
                ),
            };
            // An error is its answer once the exception is on its way.
            let _ = env.throw_new(class, JNIString::from(message));
        }
        Ok(T::default())
    }

    fn on_panic<'local: 'method, 'method>(
        env: &mut Env<'local>,
        captures: &mut (),
        _: Box<dyn Any + Send>,
    ) -> jni::errors::Result<T> {
        let refusal = Refusal::NotUnderstood("is too damaged to be read".to_owned());
        Self::on_error(env, captures, Failure::Refused(refusal))
    }
}

/// # Safety
/// `handle` is a value of `open` that was not given to `close` yet, and no other call uses it now.
unsafe fn file<'a>(handle: jlong) -> &'a mut AudioFile {
    unsafe { &mut *(handle as *mut AudioFile) }
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn open<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    path: JString<'local>,
) -> jlong {
    env.with_env(|env| -> Result<jlong> {
        let path = PathBuf::from(path.try_to_string(env)?);
        Ok(Box::into_raw(Box::new(AudioFile::open(&path)?)) as jlong)
    })
    .resolve::<ThrowAudioFileException>()
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn rate<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) -> jint {
    env.with_env(|_| -> Result<jint> {
        Ok(i32::try_from(unsafe { file(handle) }.rate()).unwrap_or(i32::MAX))
    })
    .resolve::<ThrowAudioFileException>()
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn channels<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> jint {
    env.with_env(|_| -> Result<jint> { Ok(unsafe { file(handle) }.channels() as jint) })
        .resolve::<ThrowAudioFileException>()
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn frames<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) -> jlong {
    env.with_env(|_| -> Result<jlong> {
        Ok(unsafe { file(handle) }
            .expected_frames()
            .filter(|frames| *frames <= MOST_FRAMES)
            .map_or(-1, |frames| frames as jlong))
    })
    .resolve::<ThrowAudioFileException>()
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn read<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    samples: JFloatArray<'local>,
    length: jint,
) -> jint {
    env.with_env(|env| -> Result<jint> {
        let mut buffer = vec![0f32; usize::try_from(length).unwrap_or(0)];
        let count = unsafe { file(handle) }.read(&mut buffer)?;
        samples.set_region(env, 0, &buffer[..count])?;
        Ok(count as jint)
    })
    .resolve::<ThrowAudioFileException>()
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn lack<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> JString<'local> {
    env.with_env(|env| -> Result<_> {
        Ok(match unsafe { file(handle) }.lack() {
            Some(lack) => env.new_string(lack)?,
            None => JString::default(),
        })
    })
    .resolve::<ThrowAudioFileException>()
}

#[jni_mangle("io.moshimlx.recording.NativeAudioFile")]
pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
    env.with_env(|_| -> Result<()> {
        drop(unsafe { Box::from_raw(handle as *mut AudioFile) });
        Ok(())
    })
    .resolve::<ThrowAudioFileException>()
}
