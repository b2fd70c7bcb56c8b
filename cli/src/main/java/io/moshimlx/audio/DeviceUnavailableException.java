package io.moshimlx.audio;

/** Why a device cannot be used now, as a clause about it: "it is not connected". */
final class DeviceUnavailableException extends RuntimeException {
  DeviceUnavailableException(String why) {
    super(why);
  }
}
