package io.moshimlx.dialogue;

import java.util.Optional;

/**
 * The outcome of one step.
 *
 * @param textToken of the inner monologue
 * @param codes the frame of Moshi's voice that the step completed, a code for each codebook; empty
 *     while the delays fill
 */
public record Answer(int textToken, Optional<int[]> codes) {}
