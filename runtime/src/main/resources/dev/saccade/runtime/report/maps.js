/**
 * The attention maps: every mechanism's weights for one head over the same sentence. One state
 * (head, asking word, word looked at) is shown by all of them at once.
 */
function attentionMaps(report, series, theme) {
  const tokens = report.sample.tokens;
  const size = tokens.length;
  const compared = report.mechanisms.filter((m) => m.status === "compared");
  const shown = compared
    .filter((m) => m.maps.length > 0 && size > 0)
    .sort((a, b) => (b.name === report.teacher) - (a.name === report.teacher));
  const element = (id) => document.getElementById(id);
  const section = element("maps");
  if (shown.length === 0) {
    element("attention").append(make("p", "note", "No mechanism of this comparison showed its attention matrix."));
    return { redraw() {} };
  }
  section.hidden = false;

  const key = (layer, head) => `${layer}/${head}`;
  const weights = new Map(
    shown.map((m) => [m.name, new Map(m.maps.map((map) => [key(map.layer, map.head), map.rows]))]));
  const heads = shown[0].maps.map(({ layer, head }) => ({ layer, head }))
    .sort((a, b) => a.layer - b.layer || a.head - b.head);
  const special = (i) => /^(\[.*\]|<.*>)$/.test(tokens[i]);
  const state = { at: heads[0], query: 0, key: 0, pinned: { query: 0, key: 0 }, root: true, max: 1 };

  /** The rows of a mechanism for the chosen head; undefined where it shows none. */
  const rowsOf = (name) => weights.get(name).get(key(state.at.layer, state.at.head));
  const position = (weight) => {
    const share = Math.max(0, weight) / state.max;
    return state.root ? Math.sqrt(share) : share;
  };

  // ---- one map ------------------------------------------------------------------------------

  const figures = shown.map((mechanism) => {
    const figure = make("figure", `map s${series[mechanism.name]}`);
    const caption = make("figcaption");
    const difference = make("small");
    difference.title = "the share of its attention that this head gives to other words than the teacher";
    const weight = make("span", "weight");
    const name = make("b", "", mechanism.name);
    caption.append(swatch(), name, difference, weight);
    const canvas = make("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "attention map");
    canvas.setAttribute("aria-label", `Attention of ${mechanism.name}; the arrow keys move from cell to cell`);
    canvas.setAttribute("aria-describedby", "readout");
    canvas.dataset.map = mechanism.name;
    figure.append(caption, canvas);
    element("map-grid").append(figure);
    const view = { mechanism, canvas, difference, weight, geometry: null };
    canvas.addEventListener("pointermove", (event) => pointAt(view, event, false));
    canvas.addEventListener("pointerdown", (event) => pointAt(view, event, true));
    canvas.addEventListener("pointerleave", () => look(state.pinned.query, state.pinned.key));
    canvas.addEventListener("keydown", moveByKey);
    return view;
  });

  function pointAt(view, event, pin) {
    const { left, top, cell } = view.geometry;
    const column = Math.floor((event.offsetX - left) / cell);
    const row = Math.floor((event.offsetY - top) / cell);
    if (row >= 0 && row < size && column >= -Math.ceil(left / cell) && column < size) {
      look(row, Math.max(0, column), pin);
    }
  }

  function moveByKey(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) {
      event.preventDefault();
      const clamp = (i) => Math.min(size - 1, Math.max(0, i));
      look(clamp(state.query + step[0]), clamp(state.key + step[1]), true);
    }
  }

  function drawMap(view) {
    const { canvas, mechanism } = view;
    const rows = rowsOf(mechanism.name);
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    const width = canvas.clientWidth || 320;
    const context = canvas.getContext("2d");
    const probe = 11;
    // As wide as the widest word when it is chosen, and therefore bold.
    context.font = `600 ${probe}px ${style.getPropertyValue("--sans")}`;
    const label = Math.min(92, 9 + Math.max(...tokens.map((token) => context.measureText(token).width)));
    const cell = Math.floor(((width - label) / size) * ratio) / ratio;
    const height = Math.ceil(label + cell * size + 2);
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    view.geometry = { left: label, top: label, cell };

    const gap = cell >= 8 ? 1 / ratio : 0;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const weight = rows ? rows[row][column] : 0;
        context.fillStyle = Palette.css(theme(), position(weight));
        context.fillRect(label + column * cell, label + row * cell, cell - gap, cell - gap);
      }
    }

    // The asking row and the column it looks at, and where they cross.
    context.strokeStyle = colour("--ink");
    context.lineWidth = 1;
    context.globalAlpha = 0.45;
    context.strokeRect(label - 0.5, label + state.query * cell - 0.5, size * cell, cell);
    context.strokeRect(label + state.key * cell - 0.5, label - 0.5, cell, size * cell);
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeStyle = theme() === "dark" ? "#fff" : "#000";
    context.strokeRect(label + state.key * cell - 1, label + state.query * cell - 1, cell + 1, cell + 1);

    // Labels: all of them where they fit, else only the two of the cell.
    const font = Math.min(probe, Math.max(8.5, cell * 0.92));
    const every = Math.max(1, Math.ceil(9 / cell));
    context.textBaseline = "middle";
    tokens.forEach((token, i) => {
      const strong = (chosen) => (i === chosen ? [colour("--ink"), "600"] : [colour(special(i) ? "--faint" : "--soft"), "400"]);
      const text = (chosen) => {
        const [fill, weight] = strong(chosen);
        context.fillStyle = fill;
        context.font = `${weight} ${font}px ${style.getPropertyValue("--sans")}`;
        return clip(context, token, label - 8);
      };
      if (i === state.query || (i % every === 0 && (every === 1 || Math.abs(i - state.query) >= every))) {
        const drawn = text(state.query);
        context.textAlign = "right";
        context.fillText(drawn, label - 5, label + (i + 0.5) * cell);
      }
      if (i === state.key || (i % every === 0 && (every === 1 || Math.abs(i - state.key) >= every))) {
        const drawn = text(state.key);
        context.save();
        context.translate(label + (i + 0.5) * cell, label - 5);
        context.rotate(-Math.PI / 2);
        context.textAlign = "left";
        context.fillText(drawn, 0, 0);
        context.restore();
      }
    });
  }

  function clip(context, text, width) {
    let cut = text;
    while (cut.length > 1 && context.measureText(cut).width > width) {
      cut = cut.slice(0, -1);
    }
    return cut === text ? text : `${cut.slice(0, -1)}…`;
  }

  // ---- the choice of a head -----------------------------------------------------------------

  const layers = [...new Set(heads.map((at) => at.layer))];
  const columns = Math.max(...layers.map((layer) => heads.filter((at) => at.layer === layer).length));
  const thumb = columns > 8 ? 30 : 44;
  element("heads").style.gridTemplateColumns = `repeat(${columns}, ${thumb}px)`;
  const buttons = heads.map((at, i) => {
    const button = make("button", "head");
    button.type = "button";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", `layer ${at.layer}, head ${at.head}`);
    button.title = `layer ${at.layer}, head ${at.head}`;
    button.style.width = button.style.height = `${thumb}px`;
    button.style.gridRow = layers.indexOf(at.layer) + 1;
    const canvas = make("canvas");
    canvas.width = canvas.height = size;
    button.append(canvas);
    button.addEventListener("click", () => choose(i));
    element("heads").append(button);
    return button;
  });
  roving(buttons, (i) => choose(i), columns);

  function drawThumbnails() {
    heads.forEach((at, i) => {
      const context = buttons[i].firstChild.getContext("2d");
      const rows = weights.get(shown[0].name).get(key(at.layer, at.head));
      const max = Math.max(...rows.map((row) => Math.max(...row)), 1e-9);
      const image = context.createImageData(size, size);
      rows.forEach((row, r) => row.forEach((weight, c) => {
        image.data.set([...Palette.rgb(theme(), Math.sqrt(Math.max(0, weight) / max)), 255], 4 * (r * size + c));
      }));
      context.putImageData(image, 0, 0);
    });
  }

  function choose(i) {
    state.at = heads[i];
    buttons.forEach((button, j) => {
      button.setAttribute("aria-checked", j === i);
      button.tabIndex = j === i ? 0 : -1;
    });
    element("picked").textContent = `layer ${state.at.layer}, head ${state.at.head}`;
    const teacher = rowsOf(shown[0].name);
    state.max = 1e-9;
    for (const { mechanism, difference } of figures) {
      const rows = rowsOf(mechanism.name);
      if (!rows) {
        difference.textContent = "not shown for this head";
        continue;
      }
      state.max = Math.max(state.max, ...rows.map((row) => Math.max(...row)));
      difference.textContent = mechanism.name === report.teacher
        ? "the teacher"
        : `${(100 * variation(teacher, rows)).toFixed(0)} % elsewhere`;
    }
    const found = strongest(teacher);
    state.pinned = found;
    look(found.query, found.key);
    drawScale();
  }

  /** The mean total variation between rows: the share of the attention that lies elsewhere. */
  function variation(one, other) {
    const total = one.reduce((sum, row, r) =>
      sum + row.reduce((part, weight, c) => part + Math.abs(weight - other[r][c]), 0) / 2, 0);
    return total / size;
  }

  /** Something worth looking at first: the firmest look from one word at another. */
  function strongest(rows) {
    let best = { query: 0, key: 0, weight: -1 };
    rows.forEach((row, query) => row.forEach((weight, k) => {
      if (query !== k && !special(query) && !special(k) && weight > best.weight) {
        best = { query, key: k, weight };
      }
    }));
    return best;
  }

  // ---- the scale ----------------------------------------------------------------------------

  element("root").addEventListener("click", () => {
    state.root = !state.root;
    element("root").setAttribute("aria-pressed", state.root);
    drawScale();
    draw();
  });

  function drawScale() {
    element("ramp").style.background = Palette.gradient(theme());
    element("ticks").replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map((at) => {
      const weight = state.max * (state.root ? at * at : at);
      const tick = make("span", "", weight === 0 ? "0" : weight.toFixed(2));
      tick.style.left = `${100 * at}%`;
      return tick;
    }));
  }

  // ---- the sentence -------------------------------------------------------------------------

  /** A word piece that goes on from the one before it has no space. */
  const joins = (i) => tokens[i].startsWith("##");
  const word = (i) => (joins(i) ? tokens[i].slice(2) : tokens[i]);
  const gap = (parent, i) => i > 0 && !joins(i) && parent.append(" ");

  const asks = tokens.map((_, i) => {
    const button = make("button", "", word(i));
    button.type = "button";
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => ask(i, true));
    button.addEventListener("pointerenter", () => ask(i, false));
    button.addEventListener("pointerleave", () => look(state.pinned.query, state.pinned.key));
    gap(element("ask"), i);
    element("ask").append(button);
    return button;
  });
  roving(asks, (i) => ask(i, true), 0);

  const answers = shown.map((mechanism) => {
    const answer = make("div", `answer s${series[mechanism.name]}`);
    const who = make("span", "who");
    who.append(swatch(), mechanism.name);
    const sentence = make("div", "sentence");
    const words = tokens.map((_, i) => {
      const span = make("span", "", word(i));
      span.addEventListener("pointerenter", () => look(state.query, i));
      span.addEventListener("click", () => ask(i, true));
      gap(sentence, i);
      sentence.append(span);
      return span;
    });
    answer.append(who, sentence);
    element("answers").append(answer);
    return { mechanism, words };
  });

  function ask(query, pin) {
    const row = rowsOf(shown[0].name)[query];
    look(query, row.indexOf(Math.max(...row)), pin);
  }

  function drawSentences() {
    asks.forEach((button, i) => {
      button.setAttribute("aria-checked", i === state.query);
      button.tabIndex = i === state.query ? 0 : -1;
    });
    for (const { mechanism, words } of answers) {
      const rows = rowsOf(mechanism.name);
      words.forEach((span, i) => {
        const weight = rows ? rows[state.query][i] : 0;
        span.style.backgroundColor = Palette.css(theme(), position(weight));
        span.style.color = Palette.inkOn(theme(), position(weight));
        span.title = weight.toFixed(3);
        span.className = i === state.query ? "asker" : "";
      });
    }
  }

  // ---- all together -------------------------------------------------------------------------

  function look(query, to, pin) {
    state.query = query;
    state.key = to;
    if (pin) {
      state.pinned = { query, key: to };
    }
    draw();
  }

  function draw() {
    for (const view of figures) {
      drawMap(view);
      const rows = rowsOf(view.mechanism.name);
      view.weight.textContent = rows ? rows[state.query][state.key].toFixed(3) : "–";
    }
    const said = figures.map(({ mechanism, weight }) => `${mechanism.name} ${weight.textContent}`).join(", ");
    const readout = element("readout");
    readout.replaceChildren(
      make("b", "", tokens[state.query]), make("span", "arrow", "looks at"),
      make("b", "", tokens[state.key]), make("span", "arrow", "with weight"), said);
    drawSentences();
  }

  const missing = compared.filter((m) => m.maps.length === 0).map((m) => m.name);
  if (missing.length > 0) {
    element("no-maps").hidden = false;
    element("no-maps").textContent =
      `Not here: ${missing.join(", ")}, which cannot show an attention matrix.`;
  }
  drawThumbnails();
  choose(0);
  new ResizeObserver(() => figures.forEach(drawMap)).observe(element("map-grid"));

  return {
    redraw() {
      drawThumbnails();
      drawScale();
      draw();
    },
  };
}

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

function swatch() {
  const dot = make("span", "swatch");
  dot.setAttribute("aria-hidden", "true");
  return dot;
}

/** One stop of the tab key for a group; the arrow keys move inside, over rows of `columns`. */
function roving(items, choose, columns) {
  items.forEach((item, i) => item.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -(columns || 1), ArrowDown: columns || 1 }[event.key];
    const next = i + (step || 0);
    if (step && next >= 0 && next < items.length) {
      event.preventDefault();
      choose(next);
      items[next].focus();
    }
  }));
}
