/** The curves: time and memory against length, error by layer. One colour a mechanism throughout. */
function curves(report, series) {
  const compared = report.mechanisms.filter((m) => m.status === "compared");
  const hidden = new Set();
  const markers = ["circle", "rectRot", "triangle", "rect", "star", "crossRot", "circle", "triangle", "rectRot"];
  const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const millis = (ms) => (ms < 1 ? `${+(ms * 1000).toPrecision(3)} µs` : ms < 1000 ? `${+ms.toPrecision(3)} ms` : `${+(ms / 1000).toPrecision(3)} s`);
  const bytes = (count) => {
    const unit = Math.max(0, Math.min(4, Math.floor(Math.log2(count) / 10)));
    return `${+(count / 1024 ** unit).toPrecision(3)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
  };
  const plain = (value) => value.toFixed(3);

  // ---- plugins: what Chart.js does not draw itself -------------------------------------------

  /** Pixels that a mechanism's crosses take above the plot. */
  const STRIP = 14;

  /** Bars for the spread; above the plot, crosses for lengths that ran out of memory. */
  const marks = {
    id: "marks",
    afterDatasetsDraw(chart) {
      const { ctx, scales: { x, y }, chartArea } = chart;
      let strip = 0;
      ctx.save();
      chart.data.datasets.forEach((dataset, i) => {
        if (!chart.isDatasetVisible(i)) {
          return;
        }
        ctx.strokeStyle = dataset.borderColor;
        ctx.lineWidth = 1.25;
        for (const point of dataset.data) {
          if (point.spread > 0) {
            const at = x.getPixelForValue(point.x);
            ctx.beginPath();
            ctx.moveTo(at, Math.max(chartArea.top, y.getPixelForValue(point.y + point.spread)));
            ctx.lineTo(at, Math.min(chartArea.bottom, y.getPixelForValue(Math.max(point.y - point.spread, y.min))));
            ctx.stroke();
          }
        }
        if (!dataset.exhausted || dataset.exhausted.length === 0) {
          return;
        }
        const top = chartArea.top - 12 - STRIP * strip++;
        for (const length of dataset.exhausted) {
          const at = x.getPixelForValue(length);
          ctx.lineWidth = 2;
          ctx.beginPath();
          ctx.moveTo(at - 3.5, top - 3.5);
          ctx.lineTo(at + 3.5, top + 3.5);
          ctx.moveTo(at + 3.5, top - 3.5);
          ctx.lineTo(at - 3.5, top + 3.5);
          ctx.stroke();
        }
        ctx.fillStyle = variable("--soft");
        ctx.font = `11px ${variable("--sans")}`;
        ctx.textAlign = "right";
        ctx.textBaseline = "middle";
        ctx.fillText(`${shorten(dataset.label)} out of memory`, x.getPixelForValue(dataset.exhausted[0]) - 9, top);
      });
      ctx.restore();
    },
  };

  /** Names at the ends of the lines, pushed apart where they would overlap. */
  const endLabels = {
    id: "endLabels",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const labels = chart.data.datasets
        .map((dataset, i) => ({ dataset, meta: chart.getDatasetMeta(i), visible: chart.isDatasetVisible(i) }))
        .filter(({ meta, visible }) => visible && meta.data.length > 0)
        .map(({ dataset, meta }) => {
          const last = meta.data[meta.data.length - 1];
          const ended = last.x < chartArea.right - 0.08 * chartArea.width;
          return { text: dataset.label, colour: dataset.borderColor, x: last.x, y: last.y, ended };
        })
        .sort((a, b) => a.y - b.y);
      const spacing = 14;
      // A line that ends early is named on its left, where a rising line leaves room.
      const early = labels.filter((label) => label.ended);
      const atEdge = labels.filter((label) => !label.ended);
      early.forEach((label) => (label.at = Math.max(chartArea.top + 6, label.y - 6)));
      atEdge.forEach((label, i) => {
        label.at = i === 0 ? label.y : Math.max(label.y, atEdge[i - 1].at + spacing);
      });
      const overflow = atEdge.length ? atEdge[atEdge.length - 1].at - chartArea.bottom : 0;
      if (overflow > 0) {
        atEdge.forEach((label) => (label.at = Math.max(chartArea.top, label.at - overflow)));
      }
      ctx.save();
      ctx.font = `600 12px ${variable("--sans")}`;
      ctx.textBaseline = "middle";
      for (const label of labels) {
        ctx.fillStyle = label.colour;
        ctx.textAlign = label.ended ? "right" : "left";
        ctx.fillText(shorten(label.text), label.x + (label.ended ? -9 : 9), label.at);
      }
      ctx.restore();
    },
  };

  /** From where on a mechanism is faster than the teacher. */
  const crossing = {
    id: "crossing",
    beforeDatasetsDraw(chart) {
      const { ctx, scales: { x, y }, chartArea } = chart;
      ctx.save();
      ctx.setLineDash([2, 4]);
      ctx.font = `11px ${variable("--sans")}`;
      const crossed = (chart.options.crossover || []).filter((c) => c.length !== null && !hidden.has(c.mechanism));
      crossed.forEach((c, i) => {
        const at = x.getPixelForValue(c.length);
        ctx.strokeStyle = variable(`--s${series[c.mechanism]}`);
        if (crossed.length > 2) {
          // Many lines with labels would be in each other's way.
          const own = chart.data.datasets.find((d) => d.label === c.mechanism).data.find((p) => p.x === c.length);
          ctx.setLineDash([]);
          ctx.beginPath();
          ctx.arc(at, y.getPixelForValue(own.y), 8, 0, 2 * Math.PI);
          ctx.stroke();
          return;
        }
        ctx.fillStyle = variable("--soft");
        ctx.beginPath();
        ctx.moveTo(at, chartArea.top);
        ctx.lineTo(at, chartArea.bottom);
        ctx.stroke();
        ctx.textAlign = at > (chartArea.left + chartArea.right) / 2 ? "right" : "left";
        ctx.fillText(`${shorten(c.mechanism)} from ${c.length}`, at + (ctx.textAlign === "right" ? -5 : 5), chartArea.bottom - 8 - 14 * i);
      });
      ctx.restore();
    },
  };

  const shorten = (name) => (name.length > 12 ? `${name.slice(0, 11)}…` : name);

  // ---- charts --------------------------------------------------------------------------------

  function dataset(mechanism, points) {
    const colour = variable(`--s${series[mechanism.name]}`);
    return {
      label: mechanism.name,
      data: points,
      borderColor: colour,
      backgroundColor: variable("--paper"),
      pointBackgroundColor: colour,
      pointBorderColor: colour,
      pointStyle: markers[series[mechanism.name]],
      pointRadius: 3.5,
      pointHoverRadius: 5,
      borderWidth: mechanism.name === report.teacher ? 2.5 : 2,
      // Markers on the edge are drawn whole.
      clip: 8,
      hidden: hidden.has(mechanism.name),
    };
  }

  /** Only the values that are asked for, so that the lines between them are few. */
  const logTicks = (base) => (axis) => {
    const low = Math.ceil(Math.log(axis.min) / Math.log(base) - 1e-9);
    const high = Math.floor(Math.log(axis.max) / Math.log(base) + 1e-9);
    axis.ticks = [];
    for (let power = low; power <= high; power++) {
      axis.ticks.push({ value: base ** power, major: true });
    }
  };

  function chart(id, datasets, { xTitle, x, y, format, crossover }) {
    const canvas = document.getElementById(id);
    if (datasets.every((d) => d.data.length === 0)) {
      const box = canvas.parentElement;
      box.classList.add("empty");
      box.textContent = "Not measured.";
      return null;
    }
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", describe(canvas, datasets, xTitle, format));
    const longest = Math.max(...datasets.map((d) => shorten(d.label).length));
    const tick = { color: variable("--soft"), font: { size: 11, family: variable("--sans") }, maxRotation: 0, autoSkipPadding: 14 };
    const made = new Chart(canvas, {
      type: "line",
      data: { datasets },
      plugins: [crossing, marks, endLabels],
      options: {
        animation: false,
        maintainAspectRatio: false,
        crossover,
        layout: { padding: { right: 12 + 7.2 * longest, top: 6 + STRIP * datasets.filter((d) => d.exhausted && d.exhausted.length > 0).length } },
        interaction: { mode: "x", intersect: false },
        scales: {
          x: { ...x, title: { display: true, text: xTitle, color: variable("--soft"), font: { size: 11 } }, grid: { display: false }, border: { color: variable("--faint") }, ticks: { ...tick, ...x.ticks } },
          y: { ...y, grid: { color: variable("--rule") }, border: { display: false }, ticks: { ...tick, ...y.ticks } },
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            backgroundColor: variable("--ink"),
            titleColor: variable("--paper"),
            bodyColor: variable("--paper"),
            usePointStyle: true,
            boxPadding: 4,
            itemSort: (a, b) => b.parsed.y - a.parsed.y,
            callbacks: {
              title: (items) => (items.length ? `${items[0].parsed.x} ${xTitle}`.replace(/^(\d+) layer$/, "layer $1") : ""),
              label: (item) => ` ${item.dataset.label}  ${format(item.parsed.y)}${item.raw.spread > 0 ? ` ± ${format(item.raw.spread)}` : ""}`,
            },
          },
        },
      },
    });
    return made;
  }

  function describe(canvas, datasets, xTitle, format) {
    const caption = canvas.closest("figure").querySelector("figcaption").firstChild.textContent.trim();
    const ends = datasets.filter((d) => d.data.length > 0).map((d) => {
      const first = d.data[0];
      const last = d.data[d.data.length - 1];
      return `${d.label} from ${format(first.y)} at ${xTitle} ${first.x} to ${format(last.y)} at ${last.x}`;
    });
    return `${caption}: ${ends.join("; ")}`;
  }

  function againstLength(id, timings, value, spread, format, base, crossover) {
    const lengths = [...new Set(compared.flatMap((m) => m[timings].map((t) => t.length)))].sort((a, b) => a - b);
    const datasets = compared.map((m) => ({
      ...dataset(m, m[timings].filter((t) => t.status === "measured" && t[value] > 0)
        .sort((a, b) => a.length - b.length)
        .map((t) => ({ x: t.length, y: t[value], spread: spread ? t[spread] : 0 }))),
      exhausted: m[timings].filter((t) => t.status === "out of memory").map((t) => t.length).sort((a, b) => a - b),
    }));
    const values = datasets.flatMap((d) => d.data.map((p) => p.y));
    return chart(id, datasets, {
      xTitle: "tokens",
      format,
      crossover,
      x: {
        type: "logarithmic",
        min: lengths[0] * 0.88,
        max: lengths[lengths.length - 1] * 1.02,
        afterBuildTicks: (axis) => (axis.ticks = lengths.map((length) => ({ value: length, major: true }))),
        ticks: { callback: (length) => length },
      },
      y: {
        type: "logarithmic",
        min: base ** Math.floor(Math.log(Math.min(...values) * 0.9) / Math.log(base)),
        max: base ** Math.ceil(Math.log(Math.max(...values) * 1.1) / Math.log(base)),
        afterBuildTicks: logTicks(base),
        ticks: { callback: (tick) => format(tick) },
      },
    });
  }

  function byLayer(id, value) {
    const datasets = compared.filter((m) => m.fidelity).map((m) => dataset(m,
      [...m.fidelity.layers].sort((a, b) => a.layer - b.layer).map((layer) => ({ x: layer.layer, y: layer[value] }))));
    const layers = [...new Set(datasets.flatMap((d) => d.data.map((p) => p.x)))].sort((a, b) => a - b);
    return chart(id, datasets, {
      xTitle: "layer",
      format: plain,
      x: {
        type: "linear",
        min: layers[0] - 0.15,
        max: layers[layers.length - 1] + 0.05,
        afterBuildTicks: (axis) => (axis.ticks = layers.map((layer) => ({ value: layer }))),
        ticks: { callback: (layer) => layer },
      },
      y: { type: "linear", min: 0, ticks: { maxTicksLimit: 6, callback: (tick) => +tick.toFixed(3) } },
    });
  }

  let charts = [];

  function draw() {
    charts.forEach((made) => made.destroy());
    charts = [
      againstLength("model-time", "latency", "medianMillis", "spreadMillis", millis, 10),
      againstLength("layer-time", "layerLatency", "medianMillis", "spreadMillis", millis, 10, report.crossover),
      againstLength("model-memory", "latency", "peakBytes", null, bytes, 4),
      againstLength("layer-memory", "layerLatency", "peakBytes", null, bytes, 4),
      byLayer("layer-hidden", "hiddenError"),
      byLayer("layer-context", "contextError"),
    ].filter((made) => made !== null);
  }

  for (const mechanism of compared) {
    const button = make("button", `s${series[mechanism.name]}`);
    button.type = "button";
    button.append(swatch(), mechanism.name);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const show = hidden.delete(mechanism.name);
      if (!show) {
        hidden.add(mechanism.name);
      }
      button.setAttribute("aria-pressed", show);
      draw();
    });
    document.getElementById("legend").append(button);
  }
  document.getElementById("crossover-note").hidden = report.crossover.every((c) => c.length === null);
  return { redraw: draw, resize: () => charts.forEach((made) => made.resize()) };
}
