package io.moshimlx.command;

import io.moshimlx.checkpoint.Quantization;
import picocli.CommandLine.ITypeConverter;

/** A precision by its name. */
final class QuantizationConverter implements ITypeConverter<Quantization> {
  @Override
  public Quantization convert(String value) {
    return Choices.choose(value, Quantization.USUAL, Quantization::label);
  }
}
