//! Recordings in the formats that people have beside WAV: AIFF, CAF, FLAC, MP3, MP4 with AAC or ALAC, Ogg and WebM with
//! Vorbis or Opus. They are read by the crate `symphonia`, and Opus, for which it has no decoder, by libopus.
//!
//! Which format a file has is seen from its content. It is decoded packet by packet, as samples are asked for. What an
//! encoder put before and after the sound is left out where the file says how much that is.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase};

use crate::cut_off::CutOff;
use crate::opus_decoder::OpusDecoder;

/// Less than this is no reason to say that something lacks: lengths in headers are rounded.
const SLACK_SECONDS: f64 = 0.25;

const CUT_OFF: &str = "is cut off: its last part is missing";
const DAMAGED: &str = "is damaged: what comes after the damage is left out";

/// No packet that lasts longer is believed.
const LONGEST_PACKET_SECONDS: f64 = 2.0;

/// Why a file cannot be read; each text goes on after the file's name.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// Another program may be able to convert it.
    NotUnderstood(String),
    /// There is nothing in it to convert.
    NoSound(String),
}

pub type Result<T> = std::result::Result<T, Refusal>;

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        Refusal::NotUnderstood(match error {
            MediaError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => {
                "is cut off before its sound begins".to_owned()
            }
            MediaError::IoError(e) => format!("cannot be read: {e}"),
            MediaError::Unsupported(what) if what.starts_with("core (probe)") => {
                "is no recording of a known kind".to_owned()
            }
            other => format!("is damaged or of an unknown kind ({other})"),
        })
    }
}

enum Decoder {
    Library(Box<dyn AudioDecoder>),
    Opus(Box<OpusDecoder>),
}

impl Decoder {
    fn of(parameters: &AudioCodecParameters) -> Result<Decoder> {
        if parameters.codec == CODEC_ID_OPUS {
            return Ok(Decoder::Opus(Box::new(
                OpusDecoder::new(parameters.extra_data.as_deref(), channels_of(parameters))
                    .map_err(Refusal::NotUnderstood)?,
            )));
        }
        symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map(Decoder::Library)
            .map_err(|_| {
                Refusal::NotUnderstood(format!(
                    "holds {}, which is not understood",
                    name_of(parameters.codec)
                ))
            })
    }
}

fn channels_of(parameters: &AudioCodecParameters) -> usize {
    parameters.channels.as_ref().map_or(0, |c| c.count())
}

fn name_of(codec: AudioCodecId) -> &'static str {
    match codec {
        CODEC_ID_AC3 | CODEC_ID_EAC3 | CODEC_ID_AC4 => "Dolby Digital sound",
        CODEC_ID_DCA => "DTS sound",
        CODEC_ID_SPEEX => "Speex sound",
        CODEC_ID_AAC => "AAC sound of an uncommon profile",
        CODEC_ID_WMA => "Windows Media sound",
        CODEC_ID_TRUEHD => "TrueHD sound",
        _ => "sound of an uncommon kind",
    }
}

/// What one packet becomes.
enum Decoded {
    Sound { rate: u32, channels: usize },
    Damaged,
}

pub struct AudioFile {
    format: Box<dyn FormatReader>,
    track: u32,
    time_base: Option<TimeBase>,
    decoder: Decoder,
    rate: u32,
    channels: usize,
    /// Frames that the file says it has, exactly or as good as that.
    expected: Option<u64>,
    /// Where the encoder's padding begins, if packets do not say it.
    end: Option<u64>,
    /// Interleaved samples of the last packet, and how many were fetched.
    samples: Vec<f32>,
    fetched: usize,
    decoded_frames: u64,
    damaged_packets: u64,
    ended: bool,
    /// Whether the file lacks the mark that its format has at the end.
    open_ended: bool,
    /// What the demuxer met before the end.
    broken: Option<String>,
}

impl AudioFile {
    /// Opens a file and decodes its first sound, so that rate and channels are those that come out.
    pub fn open(path: &Path) -> Result<AudioFile> {
        let unreadable = |e| Refusal::NotUnderstood(format!("cannot be read: {e}"));
        let file = File::open(path).map_err(unreadable)?;
        match Self::read_from(Box::new(file), path) {
            Err(refusal @ Refusal::NotUnderstood(_)) => {
                let file = File::open(path).and_then(CutOff::new).map_err(unreadable)?;
                let open_ended = file.lacks();
                match Self::read_from(Box::new(file), path) {
                    Ok(cut_off) => Ok(AudioFile {
                        open_ended,
                        ..cut_off
                    }),
                    Err(_) => Err(refusal),
                }
            }
            result => result,
        }
    }

    fn read_from(source: Box<dyn MediaSource>, path: &Path) -> Result<AudioFile> {
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        // Pictures of covers are of no interest, and may be large.
        let metadata = MetadataOptions::default().limit_visual_bytes(Limit::Maximum(1 << 20));
        let format = symphonia::default::get_probe().probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            metadata,
        )?;
        let track = match sound_track(format.as_ref()) {
            Some(track) => track,
            None => return Err(without_sound(format.as_ref(), path)),
        };
        let parameters = audio_parameters(track).expect("a sound track has parameters");
        let mut file = AudioFile {
            track: track.id,
            time_base: track.time_base,
            decoder: Decoder::of(parameters)?,
            rate: 0,
            channels: 0,
            expected: None,
            end: None,
            samples: Vec::new(),
            fetched: 0,
            decoded_frames: 0,
            damaged_packets: 0,
            ended: false,
            open_ended: false,
            broken: None,
            format,
        };
        if !file.next_sound()? {
            return Err(match (file.damaged_packets, &file.broken) {
                (0, None) => Refusal::NoSound("holds no sound".to_owned()),
                _ => Refusal::NotUnderstood("is damaged: none of its sound can be decoded".into()),
            });
        }
        file.set_lengths();
        Ok(file)
    }

    fn set_lengths(&mut self) {
        let kind = self.format.format_info().short_name;
        let Some(track) = self.format.tracks().iter().find(|t| t.id == self.track) else {
            return;
        };
        // Elsewhere lengths are estimated, or those of a video.
        let exact =
            matches!(kind, "flac" | "isomp4" | "aiff" | "caf" | "ogg") || track.padding.is_some();
        if let (true, Some(duration)) = (exact, track.duration) {
            self.expected = frames_of(duration, self.time_base, self.rate);
        }
        self.open_ended |= kind == "ogg" && track.duration.is_none();
        if kind == "caf" && track.padding.is_some_and(|padding| padding > 0) {
            self.end = self.expected;
        }
    }

    pub fn rate(&self) -> u32 {
        self.rate
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Frames in all, where the file says so.
    pub fn expected_frames(&self) -> Option<u64> {
        self.expected
    }

    /// Fills the buffer with interleaved samples; gives how many there were, fewer only at the end.
    pub fn read(&mut self, target: &mut [f32]) -> Result<usize> {
        let mut filled = 0;
        while filled < target.len() {
            if self.fetched == self.samples.len() && !self.next_sound()? {
                break;
            }
            let count = (target.len() - filled).min(self.samples.len() - self.fetched);
            target[filled..filled + count]
                .copy_from_slice(&self.samples[self.fetched..self.fetched + count]);
            self.fetched += count;
            filled += count;
        }
        Ok(filled)
    }

    /// What lacks of what was read so far, once the end was reached; it goes on after the file's name.
    pub fn lack(&self) -> Option<String> {
        if self.broken.is_some() || !self.ended {
            return self.broken.clone();
        }
        let seconds = |frames: u64| frames as f64 / f64::from(self.rate.max(1));
        match self.expected {
            Some(expected) if seconds(expected) > seconds(self.decoded_frames) + SLACK_SECONDS => {
                Some(format!(
                    "is cut off: {:.1} of {:.1} seconds are there",
                    seconds(self.decoded_frames),
                    seconds(expected)
                ))
            }
            _ if self.damaged_packets > 0 => Some(format!(
                "is damaged: {} of its packets cannot be decoded and are left silent",
                self.damaged_packets
            )),
            _ => None,
        }
    }

    /// Decodes until there are samples to fetch; false at the end.
    fn next_sound(&mut self) -> Result<bool> {
        self.samples.clear();
        self.fetched = 0;
        while !self.ended && self.samples.is_empty() {
            // Damage that the library did not foresee ends in a panic; what came before it is sound.
            let step = catch_unwind(AssertUnwindSafe(|| self.step()));
            match step {
                Ok(result) => result?,
                Err(_) => {
                    self.samples.clear();
                    self.stop(DAMAGED);
                }
            }
        }
        Ok(!self.samples.is_empty())
    }

    fn step(&mut self) -> Result<()> {
        match self.format.next_packet() {
            Ok(Some(packet)) if packet.track_id == self.track => self.take(&packet),
            Ok(Some(_)) => {}
            Ok(None) if self.open_ended => self.stop(CUT_OFF),
            Ok(None) => self.ended = true,
            Err(MediaError::ResetRequired) => self.change_track()?,
            Err(MediaError::IoError(e)) if e.kind() != ErrorKind::UnexpectedEof => {
                return Err(MediaError::IoError(e).into());
            }
            Err(MediaError::IoError(_)) => self.stop(CUT_OFF),
            Err(_) => self.stop(DAMAGED),
        }
        Ok(())
    }

    fn stop(&mut self, why: &str) {
        self.ended = true;
        self.broken = Some(why.to_owned());
    }

    /// Takes up the next of several recordings in one file.
    fn change_track(&mut self) -> Result<()> {
        let Some(track) = sound_track(self.format.as_ref()) else {
            self.ended = true;
            return Ok(());
        };
        let decoder = Decoder::of(audio_parameters(track).expect("a sound track has parameters"))?;
        self.track = track.id;
        self.time_base = track.time_base;
        self.decoder = decoder;
        self.expected = None;
        Ok(())
    }

    fn take(&mut self, packet: &Packet) {
        match self.decode(packet) {
            Decoded::Sound { rate, channels } => {
                if self.samples.is_empty() {
                    return;
                }
                if self.rate == 0 {
                    (self.rate, self.channels) = (rate, channels);
                }
                if (self.rate, self.channels) != (rate, channels) {
                    self.samples.clear();
                    self.stop("changes its rate or its channels; what comes then is left out");
                }
            }
            Decoded::Damaged => {
                self.damaged_packets += 1;
                // Silence in its place, so that what follows stays where it was.
                let frames = frames_of(packet.dur, self.time_base, self.rate).unwrap_or(0);
                let most = (f64::from(self.rate) * LONGEST_PACKET_SECONDS) as u64;
                self.samples.clear();
                self.samples
                    .resize(frames.min(most) as usize * self.channels, 0.0);
            }
        }
        let frames = (self.samples.len() / self.channels.max(1)) as u64;
        if let Some(end) = self.end {
            let left = end.saturating_sub(self.decoded_frames).min(frames);
            self.samples.truncate(left as usize * self.channels);
            self.ended |= left < frames;
        }
        self.decoded_frames += (self.samples.len() / self.channels.max(1)) as u64;
    }

    fn decode(&mut self, packet: &Packet) -> Decoded {
        let (rate, channels) = match &mut self.decoder {
            Decoder::Opus(opus) => match opus.decode(&packet.data, &mut self.samples) {
                Ok(()) => {
                    let padding = packet.trim_end.get().min(u64::from(u32::MAX)) as usize;
                    let length = self.samples.len();
                    let channels = opus.channels();
                    self.samples
                        .truncate(length.saturating_sub(padding.saturating_mul(channels)));
                    return Decoded::Sound {
                        rate: OpusDecoder::RATE,
                        channels,
                    };
                }
                Err(_) => return Decoded::Damaged,
            },
            Decoder::Library(library) => match library.decode(packet) {
                Ok(sound) => {
                    let spec = sound.spec();
                    let described = (spec.rate(), spec.channels().count());
                    sound.copy_to_vec_interleaved(&mut self.samples);
                    described
                }
                Err(_) => return Decoded::Damaged,
            },
        };
        if packet.pts.get() < 0 && packet.trim_start.get() == 0 {
            // What comes before time 0 is the encoder's, not the recording's.
            let before = Duration::from(packet.pts.get().unsigned_abs());
            let frames = frames_of(before, self.time_base, rate).unwrap_or(0) as usize;
            let count = frames.saturating_mul(channels).min(self.samples.len());
            self.samples.drain(..count);
        }
        Decoded::Sound { rate, channels }
    }
}

fn frames_of(duration: Duration, time_base: Option<TimeBase>, rate: u32) -> Option<u64> {
    let base = time_base?;
    let frames = u128::from(duration.get()) * u128::from(base.numer.get()) * u128::from(rate)
        / u128::from(base.denom.get());
    u64::try_from(frames).ok()
}

fn audio_parameters(track: &Track) -> Option<&AudioCodecParameters> {
    track.codec_params.as_ref().and_then(|c| c.audio())
}

/// The sound that a player would play.
fn sound_track(format: &dyn FormatReader) -> Option<&Track> {
    format
        .default_track(TrackType::Audio)
        .filter(|track| audio_parameters(track).is_some())
        .or_else(|| format.first_track_known_codec(TrackType::Audio))
        .or_else(|| format.first_track(TrackType::Audio))
        .filter(|track| audio_parameters(track).is_some())
}

fn without_sound(format: &dyn FormatReader, path: &Path) -> Refusal {
    if is_protected(path) {
        return Refusal::NoSound("is encrypted (FairPlay or the like)".to_owned());
    }
    if format.tracks().iter().any(|t| t.codec_params.is_none()) {
        return Refusal::NotUnderstood("holds no sound of a kind that is understood".to_owned());
    }
    Refusal::NoSound(match format.first_track(TrackType::Video) {
        Some(_) => "is a video without sound".to_owned(),
        None => "holds no sound".to_owned(),
    })
}

/// Whether an MP4 file describes its content as encrypted.
fn is_protected(path: &Path) -> bool {
    const DESCRIPTION: &[u8] = b"stsd";
    /// From the name of a description to that of what it describes: version, count and size come between.
    const TO_KIND: usize = 16;
    const KINDS: [&[u8]; 4] = [b"drms", b"drmi", b"enca", b"encv"];
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut window = Vec::new();
    loop {
        let kept = window.len().min(TO_KIND + 4 - 1);
        window.drain(..window.len() - kept);
        match file.by_ref().take(1 << 16).read_to_end(&mut window) {
            Ok(read) if read > 0 => {}
            _ => return false,
        }
        let found = window.windows(TO_KIND + 4).any(|bytes| {
            bytes.starts_with(DESCRIPTION) && KINDS.contains(&&bytes[TO_KIND..TO_KIND + 4])
        });
        if found {
            return true;
        }
    }
}
