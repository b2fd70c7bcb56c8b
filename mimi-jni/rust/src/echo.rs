//! Echo cancellation: what the loudspeaker played is taken out of what the microphone heard.
//!
//! The work is done by WebRTC's AEC3 (the crate `aec3`), which sees blocks of 64 samples in one band and
//! does not ask for their rate. It is run at 24 kHz directly rather than at one of its usual rates: the
//! linear filter then reaches up to 12 kHz, and neither a resampler nor a filter bank turns the phase of
//! the near voice. All times in its configuration are counts of blocks, here of 2⅔ ms.

use std::collections::VecDeque;

use aec3::api::config::EchoCanceller3Config;
use aec3::audio_processing::aec3::block::Block;
use aec3::audio_processing::aec3::block_processor::BlockProcessor;

pub const SAMPLE_RATE: usize = 24_000;

/// Samples by which what comes out of `capture` is later than what went in: a block that must fill, and
/// the overlap of the suppressor's windows.
#[cfg(test)]
pub const LATENCY: usize = 2 * BLOCK;

const BLOCK: usize = 64;
const MILLISECOND: usize = SAMPLE_RATE / 1000;

/// AEC3 knows one band as 16 kHz, and samples on the scale of 16-bit ones.
const BAND_RATE: i32 = 16_000;
const FULL_SCALE: f32 = 32_768.0;

/// From here on a sample counts as clipped.
const CLIPPED: f32 = 32_700.0 / FULL_SCALE;

/// How much of a known delay is left for AEC3 to find. It must exceed the error of the measurement and
/// the jitter of the callers together, for an echo that seems to come before its sound is never found.
const LEFT_TO_FIND: usize = 120 * MILLISECOND;

/// A known delay may move by this much without anything being done; AEC3 follows by itself.
const SAME_DELAY: usize = 40 * MILLISECOND;

/// What is kept back may differ by this much from what it should be: a frame of 80 ms may come before or
/// after its counterpart.
const SLACK: usize = 100 * MILLISECOND;

/// How long what is kept back is watched before it is corrected.
const WATCHED: usize = SAMPLE_RATE;

/// No more than this of what was played is kept when nobody listens.
const MOST_KEPT: usize = 2 * SAMPLE_RATE;

/// Longest delay that can be told.
const MOST_DELAY_MS: i32 = 1000;

pub struct EchoCanceller {
    aec: BlockProcessor,
    /// Both in use as scratch, so that nothing is allocated for a block.
    render: Block,
    capture: Block,
    /// What was played and has not been compared with anything heard yet. With a known delay it is kept
    /// back for most of that time.
    played: VecDeque<f32>,
    /// How many samples of `played` should be left over whenever what was heard has been dealt with.
    kept_back: usize,
    /// The fewest that were left over since `watched` was 0.
    fewest: usize,
    watched: usize,
    /// Fills with what is heard, while the block before it is handed out.
    heard: [f32; BLOCK],
    cleaned: [f32; BLOCK],
    filled: usize,
}

impl EchoCanceller {
    pub fn new() -> Self {
        EchoCanceller {
            aec: BlockProcessor::new(configuration(), BAND_RATE, 1, 1),
            render: Block::new(1, 1),
            capture: Block::new(1, 1),
            played: VecDeque::with_capacity(MOST_KEPT),
            kept_back: 0,
            fewest: usize::MAX,
            watched: 0,
            heard: [0.0; BLOCK],
            cleaned: [0.0; BLOCK],
            filled: 0,
        }
    }

    /// Takes what is played next.
    pub fn render(&mut self, samples: &[f32]) {
        self.played.extend(samples.iter().copied().map(sound));
        let surplus = self.played.len().saturating_sub(MOST_KEPT);
        self.played.drain(..surplus);
    }

    /// Replaces what was heard next by the same without echo, `LATENCY` samples late.
    pub fn capture(&mut self, samples: &mut [f32]) {
        for sample in samples {
            self.heard[self.filled] = sound(*sample);
            *sample = self.cleaned[self.filled];
            self.filled += 1;
            if self.filled == BLOCK {
                self.filled = 0;
                self.process_block();
            }
        }
    }

    /// Says how long it takes from handing a sample to `render` until its echo comes to `capture`. Not
    /// needed, but the echo is found sooner. A rough figure will do.
    pub fn set_delay_ms(&mut self, ms: i32) {
        let delay = ms.clamp(0, MOST_DELAY_MS) as usize * MILLISECOND;
        let wanted = delay.saturating_sub(LEFT_TO_FIND);
        if wanted.abs_diff(self.kept_back) > SAME_DELAY {
            self.keep_back(wanted);
        }
    }

    fn keep_back(&mut self, wanted: usize) {
        self.shift(wanted as isize - self.kept_back as isize);
        self.kept_back = wanted;
    }

    /// Compares what is heard with what was played so many samples earlier than until now.
    fn shift(&mut self, samples: isize) {
        if samples < 0 {
            let fewer = samples.unsigned_abs().min(self.played.len());
            self.played.drain(..fewer);
        } else {
            for _ in 0..samples {
                self.played.push_front(0.0);
            }
        }
        self.fewest = usize::MAX;
        self.watched = 0;
    }

    fn process_block(&mut self) {
        for sample in self.render.view_mut(0, 0) {
            // Where nothing is left to be played the loudspeaker is silent.
            *sample = self.played.pop_front().unwrap_or(0.0) * FULL_SCALE;
        }
        self.aec.buffer_render(&self.render);

        let clipped = self.heard.iter().any(|sample| sample.abs() >= CLIPPED);
        let capture = self.capture.view_mut(0, 0);
        for (sample, heard) in capture.iter_mut().zip(self.heard) {
            *sample = heard * FULL_SCALE;
        }
        self.aec
            .process_capture(false, clipped, None, &mut self.capture);
        let capture = self.capture.view(0, 0);
        for (cleaned, sample) in self.cleaned.iter_mut().zip(capture) {
            *cleaned = sample / FULL_SCALE;
        }

        self.fewest = self.fewest.min(self.played.len());
        self.watched += BLOCK;
        if self.watched >= WATCHED {
            self.correct();
        }
    }

    /// Brings the two streams together again if one of them lost samples.
    fn correct(&mut self) {
        let error = self.kept_back as isize - self.fewest as isize;
        self.shift(if error.unsigned_abs() > SLACK {
            error
        } else {
            0
        });
    }
}

/// A sample as a converter would have it: within full scale, and silence where it is no number.
fn sound(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// AEC3's defaults but for what is set here. The figures are the worst of the tests' scenes with three sets
/// of seeds: dB of echo removed with a known delay, and dB of SI-SDR that a voice as loud as it gains.
fn configuration() -> EchoCanceller3Config {
    let mut config = EchoCanceller3Config::default();
    let filter = &mut config.filter;
    // 107 ms of the room instead of 35 ms: 19.6 become 32.1 dB removed, and 3.8 become 7.7 dB gained.
    filter.main.length_blocks = 40;
    filter.main_initial.length_blocks = 40;
    filter.shadow.length_blocks = 40;
    filter.shadow_initial.length_blocks = 40;
    // A filter so long is slow unless it keeps adapting: 22.6 become 32.1 dB removed, for 0.6 dB of gain.
    filter.main.error_floor = 0.02;
    filter.main_initial.error_floor = 0.02;
    // Believes the filter if it removes up to 12 dB, not 6: 5.3 become 7.7 dB gained, for 3 dB removed.
    config.erle.max_l = 16.0;
    // Lets the near voice through sooner after echo: 5.6 become 7.7 dB gained, for 3 dB removed.
    config.suppressor.normal_tuning.max_inc_factor = 3.0;
    config.suppressor.nearend_tuning.max_inc_factor = 3.0;
    config
}
