//! The native methods of `io.moshimlx.echo.NativeEchoCanceller`.
//!
//! A canceller is an `EchoCanceller` in a box, whose address Java holds as a `long`. Java's side makes sure
//! that calls with the same address follow one another, and that none comes after `close`.

use jni::objects::{JClass, JFloatArray};
use jni::strings::JNIStr;
use jni::sys::{jint, jlong};
use jni::{jni_mangle, jni_str, EnvUnowned};

use crate::echo::EchoCanceller;
use crate::error::Result;
use crate::throw::{Part, Throw};

struct Echo;

impl Part for Echo {
    const NAME: &'static str = "the echo canceller";
    const EXCEPTION: &'static JNIStr = jni_str!("io/moshimlx/echo/EchoCancellerException");
}

/// # Safety
/// `handle` is a value of `open` that was not given to `close` yet, and no other call uses it now.
unsafe fn canceller<'a>(handle: jlong) -> &'a mut EchoCanceller {
    unsafe { &mut *(handle as *mut EchoCanceller) }
}

#[jni_mangle("io.moshimlx.echo.NativeEchoCanceller")]
pub fn open<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>) -> jlong {
    env.with_env(|_| -> Result<jlong> {
        Ok(Box::into_raw(Box::new(EchoCanceller::new())) as jlong)
    })
    .resolve::<Throw<Echo>>()
}

#[jni_mangle("io.moshimlx.echo.NativeEchoCanceller")]
pub fn played<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    frame: JFloatArray<'local>,
) {
    env.with_env(|env| -> Result<()> {
        let mut samples = vec![0f32; frame.len(env)?];
        frame.get_region(env, 0, &mut samples)?;
        unsafe { canceller(handle) }.render(&samples);
        Ok(())
    })
    .resolve::<Throw<Echo>>()
}

#[jni_mangle("io.moshimlx.echo.NativeEchoCanceller")]
pub fn heard<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    frame: JFloatArray<'local>,
) {
    env.with_env(|env| -> Result<()> {
        let mut samples = vec![0f32; frame.len(env)?];
        frame.get_region(env, 0, &mut samples)?;
        unsafe { canceller(handle) }.capture(&mut samples);
        frame.set_region(env, 0, &samples)?;
        Ok(())
    })
    .resolve::<Throw<Echo>>()
}

#[jni_mangle("io.moshimlx.echo.NativeEchoCanceller")]
pub fn set_delay_millis<'local>(
    mut env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    millis: jint,
) {
    env.with_env(|_| -> Result<()> {
        unsafe { canceller(handle) }.set_delay_ms(millis);
        Ok(())
    })
    .resolve::<Throw<Echo>>()
}

#[jni_mangle("io.moshimlx.echo.NativeEchoCanceller")]
pub fn close<'local>(mut env: EnvUnowned<'local>, _class: JClass<'local>, handle: jlong) {
    env.with_env(|_| -> Result<()> {
        drop(unsafe { Box::from_raw(handle as *mut EchoCanceller) });
        Ok(())
    })
    .resolve::<Throw<Echo>>()
}
