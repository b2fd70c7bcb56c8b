package io.moshimlx.event;

import com.google.gson.annotations.SerializedName;

/** Why a session ended. */
public enum EndReason {
  /** The input and the silence after it have ended. */
  @SerializedName("input_ended")
  INPUT_ENDED,
  /** The user stopped it. */
  @SerializedName("interrupted")
  INTERRUPTED,
  /** Something failed; the exit status is 1. */
  @SerializedName("failed")
  FAILED
}
