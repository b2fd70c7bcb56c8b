//! Opus packets into samples, by libopus.

use opus::MSDecoder;

/// A packet lasts no longer than 120 ms.
const LONGEST_PACKET: usize = OpusDecoder::RATE as usize * 120 / 1000;

pub struct OpusDecoder {
    decoder: MSDecoder,
    channels: usize,
    /// Frames at the start that are the encoder's.
    skip: usize,
}

/// What a stream says of itself in its `OpusHead`.
struct Head {
    mapping: Vec<u8>,
    streams: u8,
    coupled: u8,
    skip: u16,
    gain: i16,
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Head> {
        let fields = bytes.strip_prefix(b"OpusHead")?;
        let (&version, &channels) = (fields.first()?, fields.get(1)?);
        let pair = |at: usize| Some([*fields.get(at)?, *fields.get(at + 1)?]);
        let (skip, gain) = (pair(2)?, pair(8)?);
        // In an MP4 file version is 0 and numbers are big-endian.
        let (skip, gain) = match version {
            0 => (u16::from_be_bytes(skip), i16::from_be_bytes(gain)),
            _ => (u16::from_le_bytes(skip), i16::from_le_bytes(gain)),
        };
        if *fields.get(10)? == 0 {
            return Head::plain(usize::from(channels), skip, gain);
        }
        let mapping = fields.get(13..13 + usize::from(channels))?.to_vec();
        Some(Head {
            mapping,
            streams: *fields.get(11)?,
            coupled: *fields.get(12)?,
            skip,
            gain,
        })
    }

    /// Mono or stereo in one stream.
    fn plain(channels: usize, skip: u16, gain: i16) -> Option<Head> {
        (1..=2).contains(&channels).then(|| Head {
            mapping: (0..channels as u8).collect(),
            streams: 1,
            coupled: channels as u8 - 1,
            skip,
            gain,
        })
    }
}

impl OpusDecoder {
    /// Of any rate that Opus has it decodes to this one.
    pub const RATE: u32 = 48_000;

    /// A decoder for a stream with this head, or, where it has none, of so many channels.
    pub fn new(head: Option<&[u8]>, channels: usize) -> Result<Self, String> {
        let failed = |_| "holds an Opus stream that cannot be decoded".to_owned();
        let head = head
            .and_then(Head::parse)
            .or_else(|| Head::plain(channels, 0, 0))
            .ok_or_else(|| "holds an Opus stream without a proper head".to_owned())?;
        let mut decoder = MSDecoder::new(Self::RATE, head.streams, head.coupled, &head.mapping)
            .map_err(failed)?;
        decoder.set_gain(i32::from(head.gain)).map_err(failed)?;
        Ok(OpusDecoder {
            decoder,
            channels: head.mapping.len(),
            skip: usize::from(head.skip),
        })
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Replaces what the vector holds by the packet's samples, interleaved.
    pub fn decode(&mut self, packet: &[u8], samples: &mut Vec<f32>) -> Result<(), opus::Error> {
        samples.clear();
        if packet.is_empty() {
            return Ok(());
        }
        samples.resize(LONGEST_PACKET * self.channels, 0.0);
        let frames = match self.decoder.decode_float(packet, samples, false) {
            Ok(frames) => frames,
            Err(error) => {
                samples.clear();
                return Err(error);
            }
        };
        samples.truncate(frames * self.channels);
        let skipped = self.skip.min(frames);
        self.skip -= skipped;
        samples.drain(..skipped * self.channels);
        Ok(())
    }
}
