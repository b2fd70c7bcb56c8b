//! The two halves of the codec, put together from the layers of the `moshi` crate. The crate's own
//! `Mimi` is not used: its attention looks back over a fixed number of positions, of which upstream's
//! packages have two opinions (see `config::Sizes`), and both halves would carry the other along.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use moshi::conv::{ConvDownsample1d, ConvTrUpsample1d};
use moshi::nn::MaybeQuantizedVarBuilder;
use moshi::quantization::SplitResidualVectorQuantizer;
use moshi::seanet::{SeaNetDecoder, SeaNetEncoder};
use moshi::transformer::{self, StreamingTransformer};
use moshi::{StreamMask, StreamTensor, StreamingModule};

use crate::config::Sizes;

pub fn quantizer(sizes: &Sizes, vb: &VarBuilder) -> Result<SplitResidualVectorQuantizer> {
    let config = &sizes.mimi;
    let dimension = Some(config.seanet.dimension);
    SplitResidualVectorQuantizer::new(
        config.quantizer_dim,
        dimension,
        dimension,
        config.quantizer_n_q,
        config.quantizer_bins,
        vb.pp("quantizer"),
    )
}

/// Audio [1, 1, samples] → codes [1, codebooks, frames]. A clone shares the weights.
#[derive(Clone)]
pub struct EncoderModel {
    seanet: SeaNetEncoder,
    transformer: Transformer,
    downsample: ConvDownsample1d,
    quantizer: SplitResidualVectorQuantizer,
}

impl EncoderModel {
    pub fn new(
        sizes: &Sizes,
        quantizer: SplitResidualVectorQuantizer,
        vb: &VarBuilder,
    ) -> Result<Self> {
        Ok(EncoderModel {
            seanet: SeaNetEncoder::new(&sizes.mimi.seanet, vb.pp("encoder"))?,
            transformer: Transformer::new(sizes, vb.pp("encoder_transformer"))?,
            downsample: ConvDownsample1d::new(
                sizes.stride,
                sizes.mimi.seanet.dimension,
                /* causal */ true,
                /* learnt */ true,
                vb.pp("downsample"),
            )?,
            quantizer,
        })
    }

    pub fn step(&mut self, pcm: Tensor) -> Result<StreamTensor> {
        let mask = StreamMask::empty();
        let xs = self.seanet.step(&pcm.into(), &mask)?;
        let xs = self.transformer.step(&xs)?;
        let xs = self.downsample.step(&xs, &mask)?;
        match xs.as_option() {
            Some(xs) => Ok(self.quantizer.encode(xs)?.into()),
            None => Ok(StreamTensor::empty()),
        }
    }

    pub fn reset(&mut self) {
        self.seanet.reset_state();
        self.transformer.0.reset_state();
        self.downsample.reset_state();
    }
}

/// Codes [1, codebooks, frames] → audio [1, 1, samples]. A clone shares the weights.
#[derive(Clone)]
pub struct DecoderModel {
    quantizer: SplitResidualVectorQuantizer,
    upsample: ConvTrUpsample1d,
    transformer: Transformer,
    seanet: SeaNetDecoder,
}

impl DecoderModel {
    pub fn new(
        sizes: &Sizes,
        quantizer: SplitResidualVectorQuantizer,
        vb: &VarBuilder,
    ) -> Result<Self> {
        Ok(DecoderModel {
            quantizer,
            upsample: ConvTrUpsample1d::new(
                sizes.stride,
                sizes.mimi.seanet.dimension,
                /* causal */ true,
                /* learnt */ true,
                vb.pp("upsample"),
            )?,
            transformer: Transformer::new(sizes, vb.pp("decoder_transformer"))?,
            seanet: SeaNetDecoder::new(&sizes.mimi.seanet, vb.pp("decoder"))?,
        })
    }

    pub fn step(&mut self, codes: &Tensor) -> Result<StreamTensor> {
        let mask = StreamMask::empty();
        let xs = self.quantizer.decode(codes)?.into();
        let xs = self.upsample.step(&xs, &mask)?;
        let xs = self.transformer.step(&xs)?;
        self.seanet.step(&xs, &mask)
    }

    pub fn reset(&mut self) {
        self.upsample.reset_state();
        self.transformer.0.reset_state();
        self.seanet.reset_state();
    }
}

/// A transformer over the channels of a convolution, [1, dimension, positions] both ways.
#[derive(Clone)]
struct Transformer(StreamingTransformer);

impl Transformer {
    fn new(sizes: &Sizes, vb: VarBuilder) -> Result<Self> {
        let config = &sizes.mimi.transformer;
        let vb = MaybeQuantizedVarBuilder::Real(vb.pp("transformer"));
        let mut transformer = StreamingTransformer::new(config, vb)?;
        if sizes.kv_slots != config.context {
            // The number of slots is the context of the configuration that the caches were made
            // from: they come from a transformer that is as deep and otherwise as small as can be.
            let donor = transformer::Config {
                context: sizes.kv_slots,
                d_model: 2,
                num_heads: 1,
                dim_feedforward: 1,
                ..config.clone()
            };
            let zeros = VarBuilder::zeros(DType::F32, &Device::Cpu);
            let donor = StreamingTransformer::new(&donor, MaybeQuantizedVarBuilder::Real(zeros))?;
            transformer.copy_state(&donor)?;
        }
        Ok(Transformer(transformer))
    }

    fn step(&mut self, xs: &StreamTensor) -> Result<StreamTensor> {
        match xs.as_option() {
            Some(xs) => {
                let xs = self.0.forward(&xs.transpose(1, 2)?)?;
                Ok(xs.transpose(1, 2)?.into())
            }
            None => Ok(StreamTensor::empty()),
        }
    }
}
