package io.moshimlx.dialogue;

/** Answers the user, frame by frame. */
@FunctionalInterface
interface StepModel {

  /** Runs the step that reads this frame. */
  Answer answer(UserFrame user);
}
