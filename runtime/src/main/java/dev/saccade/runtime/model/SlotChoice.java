package dev.saccade.runtime.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a user wants in one attention slot.
 *
 * @param mechanism the mechanism's name; its newest installed version is used
 * @param options texts by option name; those not named keep their default
 */
public record SlotChoice(String mechanism, Map<String, String> options) {

  public SlotChoice {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }
}
