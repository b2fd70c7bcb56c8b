package io.moshimlx.audio;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it is told, a word each. */
final class Notices implements AudioNotices {
  private final List<String> heard = new CopyOnWriteArrayList<>();

  List<String> heard() {
    return List.copyOf(heard);
  }

  @Override
  public void dropped(int frames) {
    heard.add("dropped " + frames);
  }

  @Override
  public void underrun() {
    heard.add("underrun");
  }

  @Override
  public void overrun(int frames) {
    heard.add("overrun " + frames);
  }

  @Override
  public void lost(AudioDevice device) {
    heard.add("lost " + device.name());
  }

  @Override
  public void back(AudioDevice device) {
    heard.add("back " + device.name());
  }

  @Override
  public void silentMicrophone() {
    heard.add("silent");
  }
}
