package dev.saccade.plugins.sea.cuda;

/** The two ways through an operation. */
public enum Pass {
  FORWARD,
  BACKWARD
}
