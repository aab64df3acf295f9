"use strict";

/**
 * Colours for weights from 0 to 1. Lightness runs in equal steps of Oklab, away from the page, so
 * that twice the contrast is twice the difference, in light and in dark and without colour vision.
 */
const Palette = (() => {
  const oklch = (lightness, chroma, hue) => {
    const angle = (hue * Math.PI) / 180;
    const a = chroma * Math.cos(angle);
    const b = chroma * Math.sin(angle);
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    return [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ].map((linear) => {
      const x = Math.min(1, Math.max(0, linear));
      return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
    });
  };

  const light = (t) => oklch(0.965 - 0.69 * t, 0.008 + 0.135 * Math.sin(Math.PI * t * 0.82), 205 + 68 * t);
  const dark = (t) => oklch(0.24 + 0.69 * t, 0.012 + 0.125 * Math.sin(Math.PI * (0.12 + t * 0.8)) * Math.min(1, 5 * t + 0.1), 268 - 168 * t);

  const table = (ramp) => Array.from({ length: 256 }, (_, i) => ramp(i / 255));
  const tables = { light: table(light), dark: table(dark) };

  return {
    /** [red, green, blue] for t from 0 to 1. */
    rgb: (theme, t) => tables[theme][Math.round(255 * Math.min(1, Math.max(0, t)))],
    css: (theme, t) => `rgb(${Palette.rgb(theme, t).join(" ")})`,
    /** The ink that can be read on that colour. */
    inkOn: (theme, t) => ((theme === "light") === t < 0.52 ? "#1d1f23" : "#f6f6f2"),
    gradient: (theme) =>
      `linear-gradient(90deg, ${Array.from({ length: 17 }, (_, i) => Palette.css(theme, i / 16)).join(", ")})`,
  };
})();
