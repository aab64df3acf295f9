/** Puts the page together, and keeps it in step with the light. */
(() => {
  const { report, series } = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = () => root.dataset.theme || (darkSystem.matches ? "dark" : "light");

  const maps = attentionMaps(report, series, theme);
  const charts = curves(report, series);
  const toggle = document.getElementById("theme");

  function redraw() {
    toggle.textContent = theme() === "dark" ? "Light" : "Dark";
    toggle.setAttribute("aria-label", `Switch to ${toggle.textContent.toLowerCase()} colours`);
    maps.redraw();
    charts.redraw();
  }

  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    redraw();
  });
  darkSystem.addEventListener("change", redraw);

  // Paper is white.
  let onScreen;
  window.addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
    redraw();
    charts.resize();
  });
  window.addEventListener("afterprint", () => {
    if (onScreen) {
      root.dataset.theme = onScreen;
    } else {
      delete root.dataset.theme;
    }
    redraw();
  });

  const copy = document.getElementById("copy");
  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById("command").textContent);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Copy it by hand";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1600);
  });

  redraw();
})();
