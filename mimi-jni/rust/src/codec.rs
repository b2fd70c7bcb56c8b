//! A codec and its streams: a frame of 1920 samples at a time, encoded or decoded.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use moshi::StreamTensor;

use crate::config::{self, Sizes, FRAME_SAMPLES};
use crate::error::{Error, Result};
use crate::model::{self, DecoderModel, EncoderModel};
use crate::weights::Weights;
use crate::workers;

/// Samples beyond this are no audio: they count as broken, as NaN and infinity do. Full scale is 1.
const MAX_SAMPLE: f32 = 1e6;

/// The weights, in models that never take a step. A stream begins as a clone of one: its tensors are shared, and counted,
/// so that they outlive the codec for as long as a stream needs them; its state is its own. That holds for a model without
/// state only: a KV cache is written in place, once its first step has made it, and clones would share it.
pub struct Codec {
    encoder: EncoderModel,
    decoder: DecoderModel,
    codebooks: usize,
    cardinality: usize,
}

impl Codec {
    pub fn open(weights: &Path, config: Option<&Path>, codebooks: usize) -> Result<Self> {
        let sizes = config::read(config, codebooks)?;
        let load = || {
            let weights = Weights::open(weights)?;
            let stored = weights.codebooks();
            if stored < codebooks {
                return Err(Error(format!(
                    "has {stored} codebooks, but {codebooks} are needed; give the codec that belongs to the \
                     model"
                )));
            }
            let vb = VarBuilder::from_backend(Box::new(weights), DType::F32, Device::Cpu);
            Codec::new(&sizes, &vb)
        };
        load().map_err(|error: Error| error.of_file(weights))
    }

    fn new(sizes: &Sizes, vb: &VarBuilder) -> Result<Self> {
        let quantizer = model::quantizer(sizes, vb)?;
        Ok(Codec {
            encoder: EncoderModel::new(sizes, quantizer.clone(), vb)?,
            decoder: DecoderModel::new(sizes, quantizer, vb)?,
            codebooks: sizes.mimi.quantizer_n_q,
            cardinality: sizes.mimi.quantizer_bins,
        })
    }

    pub fn cardinality(&self) -> usize {
        self.cardinality
    }

    pub fn new_encoder(&self) -> Encoder {
        Encoder {
            model: self.encoder.clone(),
            pending: Vec::with_capacity(FRAME_SAMPLES),
            sanitized: 0,
        }
    }

    pub fn new_decoder(&self) -> Decoder {
        Decoder {
            model: self.decoder.clone(),
            codebooks: self.codebooks,
            cardinality: self.cardinality,
        }
    }
}

/// A stream of audio into codes. A panic leaves at worst one that `reset` mends.
pub struct Encoder {
    model: EncoderModel,
    /// The beginning of a frame, less than FRAME_SAMPLES.
    pending: Vec<f32>,
    sanitized: u64,
}

impl Encoder {
    /// Codes of every frame that these samples complete, frame after frame.
    pub fn encode(&mut self, pcm: &[f32]) -> Result<Vec<i32>> {
        let mut codes = Vec::new();
        for &sample in pcm {
            // False for NaN, too.
            let sound = sample.abs() <= MAX_SAMPLE;
            self.sanitized += u64::from(!sound);
            self.pending.push(if sound { sample } else { 0.0 });
            if self.pending.len() == FRAME_SAMPLES {
                self.encode_frame(&mut codes)?;
            }
        }
        Ok(codes)
    }

    fn encode_frame(&mut self, codes: &mut Vec<i32>) -> Result<()> {
        let frame = Tensor::from_slice(&self.pending, (1, 1, FRAME_SAMPLES), &Device::Cpu)?;
        self.pending.clear();
        let frame_codes = workers::run(|| self.model.step(frame))??;
        let frame_codes = one_frame(&frame_codes)?.to_vec1::<u32>()?;
        codes.extend(frame_codes.into_iter().map(|code| code as i32));
        Ok(())
    }

    /// How many samples were not numbers, infinite or absurdly loud, and were taken as 0.
    pub fn sanitized(&self) -> u64 {
        self.sanitized
    }

    pub fn reset(&mut self) {
        self.model.reset();
        self.pending.clear();
    }
}

/// A stream of codes into audio. A panic leaves at worst one that `reset` mends.
pub struct Decoder {
    model: DecoderModel,
    codebooks: usize,
    cardinality: usize,
}

impl Decoder {
    /// The FRAME_SAMPLES samples of one frame.
    pub fn decode(&mut self, codes: &[i32]) -> Result<Vec<f32>> {
        let (codebooks, cardinality) = (self.codebooks, self.cardinality);
        if codes.len() != codebooks {
            return Err(Error(format!(
                "a frame is decoded from {codebooks} codes, one a codebook, not from {}",
                codes.len()
            )));
        }
        let checked = codes.iter().enumerate().map(|(codebook, &code)| {
            u32::try_from(code)
                .ok()
                .filter(|&code| (code as usize) < cardinality)
                .ok_or_else(|| {
                    Error(format!(
                        "code {code} of codebook {codebook} is outside 0 to {}",
                        cardinality - 1
                    ))
                })
        });
        let codes = checked.collect::<Result<Vec<u32>>>()?;
        let codes = Tensor::from_vec(codes, (1, codebooks, 1), &Device::Cpu)?;
        let pcm = workers::run(|| self.model.step(&codes))??;
        Ok(one_frame(&pcm)?.to_vec1()?)
    }

    pub fn reset(&mut self) {
        self.model.reset();
    }
}

fn one_frame(output: &StreamTensor) -> Result<Tensor> {
    match output.as_option() {
        Some(frame) => Ok(frame.flatten_all()?),
        None => Err(Error("the codec gave nothing for a whole frame".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small codec whose weights are all zero: what it says is of no interest, only how much.
    fn codec() -> Codec {
        codec_with("[8, 6, 5, 4]", 4)
    }

    fn codec_with(ratios: &str, context: usize) -> Codec {
        let text = format!(
            r#"{{"seanet": {{"dimension": 16, "n_filters": 2, "ratios": {ratios}}},
                "transformer": {{"num_heads": 2, "num_layers": 1, "context": {context}}},
                "quantizer": {{"bins": 64}}}}"#
        );
        let sizes = config::parse(&text, 8).unwrap();
        Codec::new(&sizes, &VarBuilder::zeros(DType::F32, &Device::Cpu)).unwrap()
    }

    #[test]
    fn samples_wait_until_they_fill_a_frame() {
        let mut encoder = codec().new_encoder();
        assert_eq!(encoder.encode(&[0.0; FRAME_SAMPLES - 1]).unwrap().len(), 0);
        assert_eq!(encoder.encode(&[0.0; 1]).unwrap().len(), 8);
        assert_eq!(
            encoder.encode(&[0.0; 3 * FRAME_SAMPLES + 5]).unwrap().len(),
            24
        );
        assert_eq!(encoder.pending.len(), 5);
        encoder.reset();
        assert_eq!(encoder.pending.len(), 0);
    }

    #[test]
    fn broken_samples_are_counted() {
        let mut encoder = codec().new_encoder();
        let pcm = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.1e6, -1e6, 1.0];
        encoder.encode(&pcm).unwrap();
        assert_eq!(encoder.sanitized(), 4);
        assert_eq!(encoder.pending, [0.0, 0.0, 0.0, 0.0, -1e6, 1.0]);
    }

    #[test]
    fn a_frame_is_decoded_from_codes_in_range() {
        let mut decoder = codec().new_decoder();
        assert_eq!(decoder.decode(&[63; 8]).unwrap().len(), FRAME_SAMPLES);
        for refused in [&[0; 7][..], &[0; 9], &[0, 0, 0, 0, 0, 0, 0, 64], &[-1; 8]] {
            assert!(decoder.decode(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn streams_outlast_the_context() {
        // Also one that is shorter than the 16 positions of a frame, and one that they do not divide.
        for (ratios, context) in [("[8, 6, 5, 4]", 4), ("[6, 5, 4]", 2), ("[6, 5, 4]", 41)] {
            let codec = codec_with(ratios, context);
            let (mut encoder, mut decoder) = (codec.new_encoder(), codec.new_decoder());
            for _ in 0..20 {
                let codes = encoder.encode(&[0.1; FRAME_SAMPLES]).unwrap();
                assert_eq!(decoder.decode(&codes).unwrap().len(), FRAME_SAMPLES);
            }
        }
    }
}
