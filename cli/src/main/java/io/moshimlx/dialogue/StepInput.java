package io.moshimlx.dialogue;

import io.moshimlx.model.LmGenerator;

/**
 * What goes into one step of the language model.
 *
 * @param tokens that it reads: the text token, then one token of each codebook
 * @param given for each codebook of Moshi's voice the token that is known already, or {@link
 *     LmGenerator#FREE}
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
public record StepInput(int[] tokens, int[] given) {}
