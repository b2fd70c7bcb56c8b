//! The canceller in simulated rooms: speech comes out of a loudspeaker and, later and reverberant, into the
//! microphone, with noise and with another voice. `--nocapture` prints the figures.

use std::ops::Range;

use crate::echo::{EchoCanceller, LATENCY, SAMPLE_RATE};

const FRAME: usize = 1920;

/// What a frame's worth of samples means: Moshi's voice, and the user's.
static FAR: &[u8] = include_bytes!("../../src/test/resources/io/moshimlx/mimi/speech.wav");
static NEAR: &[u8] = include_bytes!("../../src/test/resources/io/moshimlx/mimi/other-voice.wav");

/// dB re full scale. The noise leaves room for no more than 35 dB.
const FAR_LEVEL: f64 = -24.0;
const ECHO_LEVEL: f64 = -30.0;
const NOISE_LEVEL: f64 = -65.0;

const DELAYS_MS: [usize; 8] = [20, 50, 80, 120, 150, 180, 215, 250];

/// Begins after the header of 44 bytes; repeated as long as needed.
fn speech(wav: &[u8], seconds: usize) -> Vec<f32> {
    let samples = wav[44..].chunks_exact(2);
    let samples = samples.map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0);
    samples.cycle().take(seconds * SAMPLE_RATE).collect()
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From -1 to 1.
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Normal, near enough.
    fn normal(&mut self) -> f64 {
        (0..3).map(|_| self.uniform()).sum()
    }

    /// An impulse response: the direct sound after the delay, 2 ms later the first of a tail that has half its
    /// power and decays by 60 dB in 0.2 to 0.5 s.
    fn room(&mut self, delay_ms: usize) -> Vec<f32> {
        let decay = (0.35 + 0.15 * self.uniform()) * SAMPLE_RATE as f64;
        let mut tail: Vec<f64> = (0..decay as usize)
            .map(|i| self.normal() * 10f64.powf(-3.0 * i as f64 / decay))
            .collect();
        tail[..SAMPLE_RATE / 500].fill(0.0);
        let power: f64 = tail.iter().map(|x| x * x).sum();
        let mut response = vec![0.0; delay_ms * SAMPLE_RATE / 1000];
        response.extend(tail.iter().map(|x| (x * (0.5 / power).sqrt()) as f32));
        for (i, direct) in [0.8, 0.5, -0.3].into_iter().enumerate() {
            response[delay_ms * SAMPLE_RATE / 1000 + i] += direct;
        }
        response
    }
}

fn convolve(signal: &[f32], response: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; signal.len()];
    for (i, &x) in response.iter().enumerate().filter(|(_, &x)| x != 0.0) {
        for (out, &sample) in out[i..].iter_mut().zip(signal) {
            *out += x * sample;
        }
    }
    out
}

fn power(signal: &[f32]) -> f64 {
    signal.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / signal.len() as f64
}

fn db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

fn at_level(mut signal: Vec<f32>, level: f64) -> Vec<f32> {
    let gain = (10f64.powf(level / 10.0) / power(&signal)).sqrt() as f32;
    signal.iter_mut().for_each(|x| *x *= gain);
    signal
}

fn seconds(range: Range<usize>) -> Range<usize> {
    range.start * SAMPLE_RATE..range.end * SAMPLE_RATE
}

/// Three streams of equal length; the microphone hears the sum of all but the first.
struct Scene {
    far: Vec<f32>,
    echo: Vec<f32>,
    near: Vec<f32>,
    noise: Vec<f32>,
}

impl Scene {
    /// The echo's path is the first room's, then the second's, and so on, for as long each.
    fn new(random: &mut Random, each: usize, delays_ms: &[usize]) -> Self {
        let far = at_level(speech(FAR, each * delays_ms.len()), FAR_LEVEL);
        let mut echo = Vec::new();
        for &delay_ms in delays_ms {
            let here = convolve(&far, &random.room(delay_ms));
            echo.extend_from_slice(&here[echo.len()..][..each * SAMPLE_RATE]);
        }
        let noise = far.iter().map(|_| random.normal() as f32).collect();
        Scene {
            near: vec![0.0; far.len()],
            echo: at_level(echo, ECHO_LEVEL),
            noise: at_level(noise, NOISE_LEVEL),
            far,
        }
    }

    /// The other voice, from a second on, so many dB louder than the echo.
    fn with_near_from(mut self, second: usize, louder: f64) -> Self {
        let both = second * SAMPLE_RATE..self.far.len();
        let near = speech(NEAR, self.far.len() / SAMPLE_RATE - second);
        let near = at_level(near, db(power(&self.echo[both.clone()])) + louder);
        self.near[both].copy_from_slice(&near);
        self
    }

    fn microphone(&self) -> Vec<f32> {
        let sum = self.echo.iter().zip(&self.near).zip(&self.noise);
        sum.map(|((echo, near), noise)| echo + near + noise)
            .collect()
    }

    fn heard_by(&self, canceller: &mut EchoCanceller) -> Vec<f32> {
        let mut out = self.microphone();
        for (far, out) in self.far.chunks(FRAME).zip(out.chunks_mut(FRAME)) {
            canceller.render(far);
            canceller.capture(out);
        }
        out
    }

    /// dB of echo that are gone; noise that is left counts as echo.
    fn removed(&self, out: &[f32], range: Range<usize>) -> f64 {
        db(power(&self.echo[range.clone()]) / power(&out[range]))
    }
}

/// Scale-invariant signal-to-distortion ratio, dB.
fn si_sdr(reference: &[f32], estimate: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let scale = product(reference, estimate) / product(reference, reference);
    let signal = scale * scale * product(reference, reference);
    let errors = reference.iter().zip(estimate);
    let error: f64 = errors
        .map(|(&r, &e)| (f64::from(e) - scale * f64::from(r)).powi(2))
        .sum();
    db(signal / error)
}

/// The same for the near voice in what the canceller made of the scene.
fn near_si_sdr(scene: &Scene, out: &[f32], range: Range<usize>) -> f64 {
    let late = range.start + LATENCY..(range.end + LATENCY).min(out.len());
    si_sdr(&scene.near[range.start..][..late.len()], &out[late])
}

#[test]
fn echo_is_removed_within_three_seconds_at_any_delay_and_after_it_changed() {
    for (seed, delay_ms) in DELAYS_MS.into_iter().enumerate() {
        for jump in [-35, 30] {
            let Some(then_ms) = delay_ms.checked_add_signed(jump).filter(|&ms| ms > 0) else {
                continue;
            };
            let mut random = Random(seed as u64);
            let scene = Scene::new(&mut random, 9, &[delay_ms, then_ms]);
            let out = scene.heard_by(&mut EchoCanceller::new());
            let first = scene.removed(&out, seconds(3..9));
            let then = scene.removed(&out, seconds(12..18));
            println!("{delay_ms} ms: {first:.1} dB; {then_ms} ms: {then:.1} dB");
            assert!(first >= 25.0, "{delay_ms} ms: {first:.1} dB");
            assert!(then >= 25.0, "{delay_ms}, then {then_ms} ms: {then:.1} dB");
        }
    }
}

#[test]
fn a_near_voice_no_louder_than_the_echo_comes_out_of_it() {
    for (seed, delay_ms) in DELAYS_MS.into_iter().enumerate() {
        for louder in [0.0, -6.0] {
            let mut random = Random(100 + seed as u64);
            let scene = Scene::new(&mut random, 14, &[delay_ms]).with_near_from(4, louder);
            let out = scene.heard_by(&mut EchoCanceller::new());
            let range = seconds(4..14);
            let before = si_sdr(
                &scene.near[range.clone()],
                &scene.microphone()[range.clone()],
            );
            let after = near_si_sdr(&scene, &out, range);
            println!("{delay_ms} ms: SI-SDR {before:.1} dB, without echo {after:.1} dB");
            assert!(
                after >= before + 3.0,
                "{delay_ms} ms: {before:.1}, {after:.1}"
            );
        }
    }
}

#[test]
fn a_known_delay_may_be_long_and_roughly_known() {
    for (seed, delay_ms) in [20, 150, 250, 400, 900].into_iter().enumerate() {
        for error in [-40, 0, 40] {
            let scene = Scene::new(&mut Random(200 + seed as u64), 9, &[delay_ms]);
            let mut canceller = EchoCanceller::new();
            canceller.set_delay_ms(delay_ms as i32 + error);
            let out = scene.heard_by(&mut canceller);
            let removed = scene.removed(&out, seconds(3..9));
            println!("{delay_ms} ms, {error} wrong: {removed:.1} dB");
            assert!(
                removed >= 25.0,
                "{delay_ms} ms, {error} wrong: {removed:.1} dB"
            );
        }
    }
}

#[test]
fn a_near_voice_alone_is_left_as_it_is() {
    let mut scene = Scene::new(&mut Random(300), 8, &[100]).with_near_from(0, 0.0);
    scene.far.fill(0.0);
    scene.echo.fill(0.0);
    let out = scene.heard_by(&mut EchoCanceller::new());
    let left = near_si_sdr(&scene, &out, seconds(1..8));
    println!("near voice alone: SI-SDR {left:.1} dB");
    assert!(left >= 20.0, "{left:.1}");
}

/// The threads that play and that listen take turns now and then the other way round.
#[test]
fn callers_may_be_a_frame_early_or_late() {
    let mut random = Random(400);
    let scene = Scene::new(&mut random, 10, &[180]);
    let mut out = scene.microphone();
    let mut canceller = EchoCanceller::new();
    let frames = scene.far.chunks(FRAME).zip(out.chunks_mut(FRAME));
    for (i, (far, out)) in frames.enumerate() {
        if i > 20 && random.next().is_multiple_of(4) {
            canceller.capture(out);
            canceller.render(far);
        } else {
            canceller.render(far);
            canceller.capture(out);
        }
    }
    let removed = scene.removed(&out, seconds(5..10));
    println!("callers that jitter: {removed:.1} dB");
    assert!(removed >= 25.0, "{removed:.1} dB");
}

/// Half a second of what was heard, then of what was played, never arrives.
#[test]
fn lost_frames_are_recovered_from() {
    let scene = Scene::new(&mut Random(500), 21, &[150]);
    let mut out = scene.microphone();
    let mut canceller = EchoCanceller::new();
    let frames = scene.far.chunks(FRAME).zip(out.chunks_mut(FRAME));
    for (i, (far, out)) in frames.enumerate() {
        let second = i * FRAME / SAMPLE_RATE;
        let lost = i * FRAME % SAMPLE_RATE < SAMPLE_RATE / 2;
        if !(second == 14 && lost) {
            canceller.render(far);
        }
        if !(second == 7 && lost) {
            canceller.capture(out);
        }
    }
    for range in [3..7, 11..14, 18..21] {
        let removed = scene.removed(&out, seconds(range.clone()));
        println!("frames lost: {removed:.1} dB");
        assert!(removed >= 25.0, "{range:?}: {removed:.1} dB");
    }
}

#[test]
fn the_length_of_a_frame_makes_no_difference() {
    let scene = Scene::new(&mut Random(600), 4, &[60]).with_near_from(2, 0.0);
    let expected = scene.heard_by(&mut EchoCanceller::new());
    for length in [240, 480, 960, 3840] {
        let mut out = scene.microphone();
        let mut canceller = EchoCanceller::new();
        for (far, out) in scene.far.chunks(length).zip(out.chunks_mut(length)) {
            canceller.render(far);
            canceller.capture(out);
        }
        assert!(out == expected, "frames of {length}");
    }
}

#[test]
fn samples_that_are_no_sound_do_no_harm() {
    let scene = Scene::new(&mut Random(800), 8, &[100]);
    let mut canceller = EchoCanceller::new();
    let mut random = Random(801);
    for second in 0..3 {
        let odd = [
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            f32::MIN_POSITIVE / 2.0,
            1.0,
            -1.0,
        ];
        let mut frame = || -> Vec<f32> {
            let any = |random: &mut Random| odd[random.next() as usize % odd.len()];
            (0..SAMPLE_RATE).map(|_| any(&mut random)).collect()
        };
        canceller.render(&frame());
        let mut out = frame();
        canceller.capture(&mut out);
        assert!(out.iter().all(|x| x.abs() < 10.0), "second {second}");
    }
    let out = scene.heard_by(&mut canceller);
    let removed = scene.removed(&out, seconds(4..8));
    println!("after noise at full scale: {removed:.1} dB");
    assert!(removed >= 25.0, "{removed:.1} dB");
}

#[test]
fn what_is_played_to_nobody_takes_no_room() {
    let scene = Scene::new(&mut Random(900), 8, &[100]);
    let mut canceller = EchoCanceller::new();
    for _ in 0..20 {
        canceller.render(&scene.far);
    }
    let out = scene.heard_by(&mut canceller);
    let removed = scene.removed(&out, seconds(5..8));
    println!("after playing to nobody: {removed:.1} dB");
    assert!(removed >= 25.0, "{removed:.1} dB");
}
