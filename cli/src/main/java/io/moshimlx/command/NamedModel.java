package io.moshimlx.command;

import io.moshimlx.Variables;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.TypedName;
import io.moshimlx.store.HubModel;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model that a command works on. */
final class NamedModel {
  @Parameters(
      paramLabel = "NAME|ORG/NAME",
      completionCandidates = ModelNameCandidates.class,
      description = {
        "Name or repository of the model.",
        "A name that 'moshi-mlx models' lists, with or without a precision; or a repository of "
            + "the hub: ORG/NAME, ORG/NAME@REVISION or its address."
      })
  private String name;

  @Option(
      names = "--quant",
      paramLabel = ModelOptions.QUANT,
      converter = PrecisionConverter.class,
      description = {
        "Precision, if the name has none.",
        "A model that comes only in bf16 or float32 is quantised."
      })
  private Precision precision;

  HubModel get(Map<String, String> environment) {
    String plain = TypedName.plain(name, new Variables(environment));
    return HubModel.of(plain, Optional.ofNullable(precision))
        .orElseThrow(() -> HubModel.unknown(plain));
  }
}
