//! Tensors of a safetensors file, read one by one as the model asks for them. The file is not mapped
//! into memory: if it were cut short while mapped, the process would be killed.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::Init;
use safetensors::tensor::{Dtype, Metadata};

use crate::error::{Error, Result};

/// The limit that the format itself sets.
const MAX_HEADER_BYTES: u64 = 100_000_000;

pub struct Weights {
    file: File,
    data_start: u64,
    metadata: Metadata,
}

/// Opens a file that is one: a pipe would keep the caller waiting.
pub fn open_file(path: &Path) -> Result<File> {
    match std::fs::metadata(path)?.is_file() {
        true => Ok(File::open(path)?),
        false => Err(Error("is not a file".to_owned())),
    }
}

impl Weights {
    pub fn open(path: &Path) -> Result<Self> {
        let file = open_file(path)?;
        let file_bytes = file.metadata()?.len();
        let mut header_bytes = [0u8; 8];
        if file_bytes < 8 {
            return Err(Error(
                "is not a safetensors file: it is too short".to_owned(),
            ));
        }
        file.read_exact_at(&mut header_bytes, 0)?;
        let header_bytes = u64::from_le_bytes(header_bytes);
        let data_start = header_bytes.saturating_add(8);
        if header_bytes > MAX_HEADER_BYTES || data_start > file_bytes {
            return Err(Error(format!(
                "is truncated or not a safetensors file: its header claims {header_bytes} bytes, \
                 the file has {file_bytes}; download it again"
            )));
        }
        let mut header = vec![0u8; header_bytes as usize];
        file.read_exact_at(&mut header, 8)?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| Error(format!("is not a safetensors file: {error}")))?;
        let needed_bytes = data_start.saturating_add(metadata.data_len() as u64);
        if needed_bytes != file_bytes {
            return Err(Error(format!(
                "is damaged: by its header it has {needed_bytes} bytes, but it has {file_bytes}; \
                 download it again"
            )));
        }
        Ok(Weights {
            file,
            data_start,
            metadata,
        })
    }

    /// Codebooks stored: the semantic one and the acoustic ones.
    pub fn codebooks(&self) -> usize {
        let stored = |rvq: &str, layer: usize| {
            let name = format!("quantizer.{rvq}.vq.layers.{layer}._codebook.embedding_sum");
            self.metadata.info(&name).is_some()
        };
        let semantic = usize::from(stored("rvq_first", 0));
        semantic + (0..).take_while(|&layer| stored("rvq_rest", layer)).count()
    }

    fn read(&self, name: &str, shape: Option<&Shape>) -> Result<Tensor> {
        // The codec's convolutions are looked up as weight_g and weight_v when they have no weight.
        let shown = name.strip_suffix("_g").unwrap_or(name);
        let info = self.metadata.info(name).ok_or_else(|| {
            Error(format!(
                "has no tensor {shown}; give the codec that belongs to the model"
            ))
        })?;
        if let Some(shape) = shape.filter(|shape| shape.dims() != info.shape) {
            return Err(Error(format!(
                "has {name} of shape {:?}, but {:?} is needed; give the codec that belongs to the model",
                info.shape,
                shape.dims()
            )));
        }
        let dtype = match info.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                return Err(Error(format!(
                    "has {name} as {other:?}, but F32, F16 or BF16 is needed"
                )))
            }
        };
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0u8; end - start];
        self.file
            .read_exact_at(&mut bytes, self.data_start + start as u64)?;
        // Whatever the file holds, the codec computes in float32: it does not work in less.
        let tensor = Tensor::from_raw_buffer(&bytes, dtype, &info.shape, &Device::Cpu)?
            .to_dtype(DType::F32)?;
        if !tensor.sum_all()?.to_scalar::<f32>()?.is_finite() {
            return Err(Error(format!(
                "has numbers in {name} that are infinite or not numbers; download it again"
            )));
        }
        // Matrices of the transformers are laid out column by column, or the matrix product would lay
        // them out anew for each frame: it takes two rows at a time, all else is cheap beside that.
        if name.contains("_transformer.") && tensor.rank() == 2 {
            return Ok(tensor.t()?.contiguous()?.t()?);
        }
        Ok(tensor)
    }
}

impl SimpleBackend for Weights {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _init: Init,
        _dtype: DType,
        _device: &Device,
    ) -> candle_core::Result<Tensor> {
        self.read(name, Some(&shape))
            .map_err(|error| candle_core::Error::Msg(error.0))
    }

    fn get_unchecked(
        &self,
        name: &str,
        _dtype: DType,
        _device: &Device,
    ) -> candle_core::Result<Tensor> {
        self.read(name, None)
            .map_err(|error| candle_core::Error::Msg(error.0))
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.metadata.info(name).is_some()
    }
}
