package io.moshimlx.command;

import io.moshimlx.Variables;
import io.moshimlx.checkpoint.Precision;
import io.moshimlx.hub.TypedName;
import io.moshimlx.store.HubModel;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model that a command is about. */
final class NamedModel {
  @Parameters(
      paramLabel = "NAME|ORG/NAME",
      completionCandidates = ModelNameCandidates.class,
      description =
          "A name that 'moshi-mlx models' lists, with or without its precision, or a repository of "
              + "the hub, also its address, or ORG/NAME@REVISION.")
  private String name;

  @Option(
      names = "--quant",
      paramLabel = "q4|q6|q8|bf16",
      converter = PrecisionConverter.class,
      description =
          "The precision, where the name does not tell it; what comes only in bf16 is quantised.")
  private Precision precision;

  HubModel get(Map<String, String> environment) {
    String plain = TypedName.plain(name, new Variables(environment));
    return HubModel.of(plain, Optional.ofNullable(precision))
        .orElseThrow(() -> HubModel.unknown(plain));
  }
}
