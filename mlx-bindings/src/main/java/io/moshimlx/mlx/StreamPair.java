package io.moshimlx.mlx;

import static io.moshimlx.mlx.c.MlxC.mlx_device_free;
import static io.moshimlx.mlx.c.MlxC.mlx_get_default_stream;
import static io.moshimlx.mlx.c.MlxC.mlx_stream_free;
import static io.moshimlx.mlx.c.MlxC.mlx_stream_new_device;

import java.util.function.UnaryOperator;

/** The streams of one thread: the default one of the default device, and another beside it. */
final class StreamPair {
  private final ThreadContext context;
  private long current;

  /** 0 until it is used. */
  private long second;

  StreamPair(ThreadContext context) {
    this.context = context;
    refresh();
  }

  /** The stream that operations are built on. */
  long current() {
    return current;
  }

  /** Takes the streams of what is the default device now. */
  void refresh() {
    long device = context.defaultDevice();
    int status = mlx_get_default_stream(context.out(), device);
    mlx_device_free(device);
    if (status != 0) {
      throw noStream();
    }
    if (current != 0) {
      mlx_stream_free(current);
    }
    current = context.takeOut();
    if (second != 0) {
      mlx_stream_free(second);
      second = 0;
    }
  }

  private static MlxException noStream() {
    MlxException reason = Errors.take("default stream");
    Device.Type device = Device.getDefault();
    return Device.isAvailable(device) ? reason : Device.unavailable(device);
  }

  /** Builds an operation on the second stream. */
  MlxArray beside(UnaryOperator<MlxArray> operation, MlxArray x) {
    if (second == 0) {
      second = newStream();
    }
    long first = current;
    current = second;
    try {
      return operation.apply(x);
    } finally {
      current = first;
    }
  }

  private long newStream() {
    long device = context.defaultDevice();
    long made = mlx_stream_new_device(device);
    mlx_device_free(device);
    if (made == 0) {
      throw Errors.take("new stream");
    }
    return made;
  }
}
