//! Sizes of a codec: those of the released Mimi, or of another one described by a JSON file in the
//! format that upstream's PyTorch loader reads for `mimi_config_name`.

use std::io::Read;
use std::ops::RangeInclusive;
use std::path::Path;

use moshi::mimi;
use serde_json::{json, Map, Value};

use crate::error::{Error, Result};
use crate::weights::open_file;

pub const SAMPLE_RATE: usize = 24_000;
/// Samples in a frame of 80 ms: 24,000 samples a second at 12.5 frames a second.
pub const FRAME_SAMPLES: usize = 1920;
pub const MAX_CODEBOOKS: usize = 32;

/// Far above any real file, far below what would hurt to read.
const MAX_CONFIG_BYTES: u64 = 1 << 20;
/// Limit of what a codec may hold beside its weights: the KV caches of both transformers, and the
/// kernel of the upsampling that the crate unfolds from one channel each to all by all.
const MAX_STATE_BYTES: usize = 1 << 30;

/// What there is to know of a codec before its weights are read.
#[derive(Debug)]
pub struct Sizes {
    pub mimi: mimi::Config,
    /// Positions of the transformers in a frame.
    pub stride: usize,
    /// How many positions the transformers keep, those of the frame in hand among them.
    ///
    /// Each upstream has its own number, and a codec here does as the upstream that reads the same
    /// files: PyTorch's moshi, which takes a configuration, keeps `context`; rustymimi, which knows the
    /// released size only, lets each position look `context` positions back.
    pub kv_slots: usize,
}

impl Sizes {
    fn released(codebooks: usize) -> Self {
        let mimi = mimi::Config::v0_1(Some(codebooks));
        let stride = FRAME_SAMPLES / mimi.seanet.ratios.iter().product::<usize>();
        Sizes {
            kv_slots: mimi.transformer.context + stride,
            stride,
            mimi,
        }
    }
}

/// Sizes for `codebooks` codebooks: the released Mimi's without a file.
pub fn read(path: Option<&Path>, codebooks: usize) -> Result<Sizes> {
    if !(1..=MAX_CODEBOOKS).contains(&codebooks) {
        return Err(Error(format!(
            "a codec is opened with 1 to {MAX_CODEBOOKS} codebooks, not {codebooks}"
        )));
    }
    let Some(path) = path else {
        return Ok(Sizes::released(codebooks));
    };
    let text = read_text(path).map_err(|error| error.of_file(path))?;
    parse(&text, codebooks).map_err(|error| error.in_file(path))
}

fn read_text(path: &Path) -> Result<String> {
    let mut text = String::new();
    open_file(path)?
        .take(MAX_CONFIG_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Sizes from the text of a configuration.
pub fn parse(text: &str, codebooks: usize) -> Result<Sizes> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Error(format!("the text is not JSON ({error})")))?;
    let mut root = Section::new("", value)?;
    let mut seanet = root.section("seanet")?;
    let mut transformer = root.section("transformer")?;
    let mut quantizer = root.section("quantizer")?;

    let mut config = mimi::Config::v0_1(Some(codebooks));
    root.fixed("sample_rate", json!(SAMPLE_RATE))?;
    root.fixed("channels", json!(1))?;
    root.fixed("frame_rate", json!(12.5))?;
    root.end()?;

    let s = &mut config.seanet;
    seanet.size("dimension", &mut s.dimension, 1..=2048)?;
    seanet.size("n_filters", &mut s.n_filters, 1..=512)?;
    seanet.size("n_residual_layers", &mut s.n_residual_layers, 0..=4)?;
    seanet.size("kernel_size", &mut s.kernel_size, 1..=31)?;
    seanet.size("residual_kernel_size", &mut s.residual_kernel_size, 1..=31)?;
    seanet.size("last_kernel_size", &mut s.last_kernel_size, 1..=31)?;
    seanet.size("dilation_base", &mut s.dilation_base, 1..=8)?;
    seanet.size("compress", &mut s.compress, 1..=8)?;
    seanet.sizes("ratios", &mut s.ratios)?;
    seanet.fixed("channels", json!(1))?;
    seanet.fixed("causal", json!(true))?;
    seanet.fixed("activation", json!("ELU"))?;
    seanet.fixed("norm", json!("none"))?;
    seanet.fixed("pad_mode", json!("constant"))?;
    seanet.fixed("true_skip", json!(true))?;
    seanet.fixed("disable_norm_outer_blocks", json!(0))?;
    seanet.end()?;
    let dimension = s.dimension;
    if s.n_filters < s.compress {
        return Err(Error(format!(
            "seanet.n_filters is {}, which is less than seanet.compress, {}",
            s.n_filters, s.compress
        )));
    }
    let stride = s
        .ratios
        .iter()
        .try_fold(1usize, |hop, &ratio| hop.checked_mul(ratio))
        .filter(|hop| FRAME_SAMPLES.is_multiple_of(*hop))
        .map(|hop| FRAME_SAMPLES / hop)
        .filter(|stride| (2..=16).contains(stride));
    let Some(stride) = stride else {
        return Err(Error(format!(
            "seanet.ratios is {:?}, whose product does not go 2 to 16 times into a frame of \
             {FRAME_SAMPLES} samples",
            s.ratios
        )));
    };

    let t = &mut config.transformer;
    t.d_model = dimension;
    transformer.fixed("d_model", json!(dimension))?;
    transformer.size("num_heads", &mut t.num_heads, 1..=dimension)?;
    transformer.size("num_layers", &mut t.num_layers, 1..=64)?;
    transformer.size("dim_feedforward", &mut t.dim_feedforward, 1..=16_384)?;
    transformer.size("context", &mut t.context, 2..=8192)?;
    transformer.size("max_period", &mut t.max_period, 1..=1_000_000_000)?;
    transformer.fixed("input_dimension", json!(dimension))?;
    transformer.fixed("output_dimensions", json!([dimension]))?;
    transformer.fixed("causal", json!(true))?;
    transformer.fixed("conv_layout", json!(true))?;
    transformer.fixed("gating", json!("none"))?;
    transformer.fixed("norm", json!("layer_norm"))?;
    transformer.fixed("positional_embedding", json!("rope"))?;
    transformer.number("layer_scale")?;
    transformer.end()?;
    if !dimension.is_multiple_of(2 * t.num_heads) {
        return Err(Error(format!(
            "transformer.num_heads is {}, which does not divide {dimension} into heads of even size",
            t.num_heads
        )));
    }

    let mut stored_codebooks = MAX_CODEBOOKS;
    quantizer.size("dimension", &mut config.quantizer_dim, 1..=2048)?;
    quantizer.size("n_q", &mut stored_codebooks, 1..=MAX_CODEBOOKS)?;
    quantizer.size("bins", &mut config.quantizer_bins, 2..=65_536)?;
    quantizer.fixed("input_dimension", json!(dimension))?;
    quantizer.fixed("output_dimension", json!(dimension))?;
    quantizer.end()?;
    if codebooks > stored_codebooks {
        return Err(Error(format!(
            "quantizer.n_q is {stored_codebooks}, but {codebooks} codebooks are needed"
        )));
    }

    let cache = 2 * 2 * t.num_layers * t.context * dimension;
    let upsampling = dimension * dimension * 2 * stride;
    if (cache + upsampling) * size_of::<f32>() > MAX_STATE_BYTES {
        return Err(Error(format!(
            "transformer.num_layers {}, transformer.context {} and seanet.dimension {dimension} \
             together take more than 1 GiB",
            t.num_layers, t.context
        )));
    }
    Ok(Sizes {
        kv_slots: t.context,
        stride,
        mimi: config,
    })
}

/// An object of the file, whose keys are taken out one by one: what is left at the end is unknown.
struct Section {
    /// Empty for the whole file, else the section's name and a dot.
    prefix: String,
    keys: Map<String, Value>,
}

impl Section {
    fn new(prefix: &str, value: Value) -> Result<Self> {
        match value {
            Value::Object(keys) => Ok(Section {
                prefix: prefix.to_owned(),
                keys,
            }),
            _ if prefix.is_empty() => Err(Error("the text is not a JSON object".to_owned())),
            _ => Err(Error(format!(
                "{} is not a JSON object",
                prefix.trim_end_matches('.')
            ))),
        }
    }

    fn section(&mut self, name: &str) -> Result<Section> {
        let value = self.keys.remove(name).unwrap_or_else(|| json!({}));
        Section::new(&format!("{name}."), value)
    }

    fn size(&mut self, key: &str, size: &mut usize, allowed: RangeInclusive<usize>) -> Result<()> {
        if let Some(value) = self.keys.remove(key) {
            *size = self.in_range(key, &value, &allowed)?;
        }
        Ok(())
    }

    fn sizes(&mut self, key: &str, sizes: &mut Vec<usize>) -> Result<()> {
        match self.keys.remove(key) {
            None => Ok(()),
            Some(Value::Array(values)) if (1..=8).contains(&values.len()) => {
                *sizes = values
                    .iter()
                    .map(|value| self.in_range(key, value, &(1..=FRAME_SAMPLES)))
                    .collect::<Result<_>>()?;
                Ok(())
            }
            Some(value) => Err(Error(format!(
                "{}{key} is {}, but must be a list of 1 to 8 numbers",
                self.prefix,
                shown(&value)
            ))),
        }
    }

    fn in_range(&self, key: &str, value: &Value, allowed: &RangeInclusive<usize>) -> Result<usize> {
        let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
        size.filter(|size| allowed.contains(size)).ok_or_else(|| {
            Error(format!(
                "{}{key} is {}, but must be a whole number from {} to {}",
                self.prefix,
                shown(value),
                allowed.start(),
                allowed.end()
            ))
        })
    }

    /// A key that other codecs of the family may vary, but of which only one value is supported.
    fn fixed(&mut self, key: &str, supported: Value) -> Result<()> {
        match self.keys.remove(key) {
            None => Ok(()),
            Some(value) if same(&value, &supported) => Ok(()),
            Some(value) => Err(Error(format!(
                "{}{key} is {}, but only {supported} is supported",
                self.prefix,
                shown(&value)
            ))),
        }
    }

    /// A key that matters to training alone.
    fn number(&mut self, key: &str) -> Result<()> {
        match self.keys.remove(key) {
            None | Some(Value::Number(_)) => Ok(()),
            Some(value) => Err(Error(format!(
                "{}{key} is {}, but must be a number",
                self.prefix,
                shown(&value)
            ))),
        }
    }

    fn end(&self) -> Result<()> {
        match self.keys.keys().next() {
            None => Ok(()),
            Some(key) => Err(Error(format!("{}{key} is not a known key", self.prefix))),
        }
    }
}

/// 24000 and 24000.0 are the same number to whoever writes JSON.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// A value short enough for a message.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        parse(text, 8).expect_err(text).0
    }

    #[test]
    fn an_empty_object_is_the_released_mimi() {
        let sizes = parse("{}", 8).unwrap();
        let released = Sizes::released(8);
        assert_eq!(format!("{:?}", sizes.mimi), format!("{:?}", released.mimi));
        assert_eq!(sizes.stride, 2);
        assert_eq!(sizes.kv_slots, 250);
        assert_eq!(released.kv_slots, 252);
    }

    #[test]
    fn sizes_are_taken_from_the_file() {
        let config = parse(
            r#"{"sample_rate": 24000, "channels": 1, "frame_rate": 12.5,
                "seanet": {"dimension": 16, "n_filters": 2, "ratios": [8, 6, 5, 4]},
                "transformer": {"d_model": 16, "num_heads": 2, "num_layers": 1,
                                "dim_feedforward": 32, "context": 25, "layer_scale": 0.01},
                "quantizer": {"dimension": 8, "n_q": 8, "bins": 64}}"#,
            4,
        )
        .unwrap()
        .mimi;
        assert_eq!(config.seanet.dimension, 16);
        assert_eq!(config.seanet.n_filters, 2);
        assert_eq!(config.transformer.d_model, 16);
        assert_eq!(config.transformer.context, 25);
        assert_eq!(config.quantizer_dim, 8);
        assert_eq!(config.quantizer_bins, 64);
        assert_eq!(config.quantizer_n_q, 4);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("[]", "is not a JSON object"),
            ("{", "is not JSON"),
            (r#"{"seanet": 1}"#, "seanet is not a JSON object"),
            (r#"{"bins": 64}"#, "bins is not a known key"),
            (
                r#"{"seanet": {"lstm": 2}}"#,
                "seanet.lstm is not a known key",
            ),
            (r#"{"frame_rate": 25}"#, "frame_rate is 25, but only 12.5"),
            (r#"{"seanet": {"dimension": 0}}"#, "seanet.dimension is 0"),
            (
                r#"{"seanet": {"dimension": 1e30}}"#,
                "seanet.dimension is 1e+30",
            ),
            (r#"{"seanet": {"n_filters": -3}}"#, "seanet.n_filters is -3"),
            (
                r#"{"seanet": {"n_filters": 1}}"#,
                "less than seanet.compress",
            ),
            (r#"{"seanet": {"ratios": [7]}}"#, "seanet.ratios is [7]"),
            (r#"{"seanet": {"ratios": []}}"#, "seanet.ratios is []"),
            (
                r#"{"seanet": {"ratios": [1920, 1920, 1920, 1920, 1920, 1920, 1920]}}"#,
                "seanet.ratios is",
            ),
            (
                r#"{"seanet": {"norm": "weight_norm"}}"#,
                "seanet.norm is \"weight_norm\"",
            ),
            (
                r#"{"transformer": {"d_model": 64}}"#,
                "transformer.d_model is 64",
            ),
            (
                r#"{"transformer": {"num_heads": 3}}"#,
                "transformer.num_heads is 3",
            ),
            (
                r#"{"transformer": {"layer_scale": null}}"#,
                "transformer.layer_scale is null",
            ),
            (
                r#"{"seanet": {"dimension": 2048}, "transformer": {"num_layers": 64, "context": 8192}}"#,
                "more than 1 GiB",
            ),
            (
                r#"{"quantizer": {"n_q": 4}}"#,
                "quantizer.n_q is 4, but 8 codebooks",
            ),
            (r#"{"quantizer": {"bins": 1}}"#, "quantizer.bins is 1"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
    }

    #[test]
    fn the_number_of_codebooks_has_limits() {
        assert!(read(None, 0).is_err());
        assert!(read(None, 33).is_err());
        assert_eq!(read(None, 32).unwrap().mimi.quantizer_n_q, 32);
    }

    #[test]
    fn a_long_value_is_shortened() {
        let text = format!(r#"{{"seanet": {{"norm": "{}"}}}}"#, "ü".repeat(500));
        assert!(refusal(&text).len() < 200);
    }
}
