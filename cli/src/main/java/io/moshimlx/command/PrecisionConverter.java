package io.moshimlx.command;

import io.moshimlx.checkpoint.Precision;
import picocli.CommandLine.ITypeConverter;

/** A precision by its name. */
final class PrecisionConverter implements ITypeConverter<Precision> {
  @Override
  public Precision convert(String value) {
    return Choices.choose(value, Precision.USUAL, Precision::label);
  }
}
