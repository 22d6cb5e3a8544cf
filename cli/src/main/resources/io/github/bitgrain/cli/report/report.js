// Brings the report to life: charts, sorting, filters, details. Everything it shows is in the page; nothing is fetched.
(() => {
  "use strict";
  const data = { layers: [], blocks: [], curves: [], tensors: [], accumulators: [], ...JSON.parse(document.getElementById("data").textContent) };
  const charts = new Set();
  const root = document.documentElement;
  root.classList.add("js");

  const color = name => getComputedStyle(root).getPropertyValue(name).trim();
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const short = value => value === 0 ? "0" : Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? String(+value.toPrecision(4)) : value.toExponential(2);
  const percent = value => value == null ? "–" : short(100 * value) + " %";
  const superscript = number => String(number).replace(/[-\d]/g, digit => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]);
  const power = exponent => exponent >= -3 && exponent <= 4 ? String(+(10 ** exponent).toPrecision(1)) : "10" + superscript(exponent);
  const log = value => value > 0 ? Math.log10(value) : null;

  // Axes and series ask for their colours at every drawing, so that a change between light and dark takes effect.
  const axis = options => ({
    stroke: () => color("--soft"), grid: { stroke: () => color("--line"), width: 1 }, ticks: { show: false },
    font: "12px system-ui, sans-serif", ...options
  });
  // Ticks at powers of ten for values that are given as logarithms.
  const decades = (unit, size = 56) => axis({
    size,
    splits: (u, i, low, high) => {
      const step = Math.max(1, Math.ceil((high - low) / 6));
      const ticks = [];
      for (let t = Math.ceil(low); t <= high; t++) if (t % step === 0) ticks.push(t);
      return ticks;
    },
    values: (u, ticks) => ticks.map(unit)
  });
  const range = values => {
    const known = values.filter(v => v != null && isFinite(v));
    const low = Math.min(...known), high = Math.max(...known);
    return known.length ? [Math.floor(low - 0.2), Math.max(high + 0.1, Math.floor(low - 0.2) + 1)] : [0, 1];
  };

  /** A chart with a line of text that tells what the pointer or the arrow keys are at. */
  function chart(container, label, height, options, columns, describe) {
    const plot = make("div", { class: "plot", tabindex: "0", role: "group", "aria-label": label + ". Arrow keys read the values." });
    const output = make("output", { "aria-live": "polite" });
    output.textContent = "Point at the chart, or focus it and use the arrow keys.";
    container.append(make("figure", { class: "chart" }, plot, output));
    const u = new uPlot({
      width: Math.max(200, plot.clientWidth), height, legend: { show: false }, padding: [8, 8, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { show: false }, ...options.cursor },
      ...options,
      hooks: { ...options.hooks, setCursor: [c => { if (c.cursor.idx != null && c.cursor.left >= 0) output.textContent = describe(c.cursor.idx); }] }
    }, columns, plot);
    let at = -1;
    plot.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      at = Math.max(0, Math.min(columns[0].length - 1, at + step));
      u.setCursor({ left: u.valToPos(columns[0][at], "x"), top: 1 });
    });
    new ResizeObserver(() => {
      const width = plot.clientWidth;
      if (width > 0 && width !== u.width) u.setSize({ width, height });
    }).observe(plot);
    charts.add(u);
    return u;
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach(u => u.redraw()));

  const bars = (name, align, size, fillTo) => ({
    stroke: () => color(name), fill: () => color(name), width: 0, points: { show: false },
    paths: uPlot.paths.bars({ size: [size, 40], align }), ...(fillTo ? { fillTo } : {})
  });
  const numbers = n => Array.from({ length: n }, (_, i) => i);
  const places = n => ({ time: false, range: [-0.6, n - 0.4] });
  const positions = n => axis({
    size: 28, grid: { show: false },
    splits: () => { const step = Math.max(1, Math.ceil(n / 8)); return numbers(n).filter(i => i % step === 0); },
    values: (u, ticks) => ticks.map(i => i + 1)
  });
  const floor = u => u.scales.y.min;

  /** Two bars per item on a logarithmic scale: before and after training. */
  function pairs(id, label, items, unit, tell) {
    const container = document.getElementById(id);
    if (!container || !items.length) return;
    const before = items.map(item => log(item.b)), after = items.map(item => item.a == null ? null : log(item.a));
    const both = after.some(v => v != null);
    chart(container, label, 240, {
      scales: { x: places(items.length), y: { range: range([...before, ...after]) } },
      axes: [positions(items.length), decades(unit)],
      series: [{}, bars("--before", both ? -1 : 0, both ? 0.42 : 0.7, floor), ...(both ? [bars("--after", 1, 0.42, floor)] : [])]
    }, [numbers(items.length), before, ...(both ? [after] : [])], i => items[i].n + ": " + tell(items[i]));
  }

  /** A line across the chart. */
  function across(u, value, name, dash = []) {
    const y = Math.round(u.valToPos(value, "y", true));
    u.ctx.save();
    u.ctx.strokeStyle = color(name);
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.setLineDash(dash.map(length => length * devicePixelRatio));
    u.ctx.beginPath();
    u.ctx.moveTo(u.bbox.left, y);
    u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
    u.ctx.stroke();
    u.ctx.restore();
  }

  // The end of a path tells layers apart; what it ends in is the operator, as in /block.3/conv/Conv.
  const brief = name => {
    const short = name.length > 18 ? name.replace(/\/[A-Z][A-Za-z]+$/, "") : name;
    return short.length > 18 ? "…" + short.slice(-17) : short;
  };
  // Names below the bars, slanted; where they do not fit, every second one or fewer.
  const names = items => axis({
    size: 24 + 4.6 * Math.max(...items.map(item => brief(item.n).length)), rotate: -45, grid: { show: false }, gap: 4,
    splits: u => { const step = Math.max(1, Math.ceil(items.length * 20 / u.width)); return numbers(items.length).filter(i => i % step === 0); },
    values: (u, ticks) => ticks.map(i => brief(items[i].n))
  });
  // A mark for each item in its place, without lines: dots, or diamonds.
  const marks = (name, diamond) => ({
    stroke: () => color(name), width: 0, paths: () => null,
    points: { show: (u, series) => {
      const size = 4.5 * devicePixelRatio;
      u.ctx.save();
      u.ctx.fillStyle = color(name);
      u.ctx.strokeStyle = color("--paper");
      u.ctx.lineWidth = devicePixelRatio;
      u.data[series].forEach((value, i) => {
        if (value == null) return;
        const x = u.valToPos(u.data[0][i], "x", true), y = u.valToPos(value, "y", true);
        u.ctx.beginPath();
        if (diamond) [[0, -size], [size, 0], [0, size], [-size, 0]].forEach(([dx, dy]) => u.ctx.lineTo(x + dx, y + dy));
        else u.ctx.arc(x, y, size, 0, 2 * Math.PI);
        u.ctx.closePath();
        u.ctx.fill();
        u.ctx.stroke();
      });
      u.ctx.restore();
      return false;
    } }
  });

  /** The layers of an analysis: what each does alone, what 16 bits for it would leave of the whole error, and what has gathered there. */
  function ranking(items, whole) {
    const container = document.getElementById("ranking-chart");
    if (!container || !items.length) return;
    const columns = ["one", "all", "wide"].map(field => items.map(item => log(item[field])));
    chart(container, "Sensitivity of each layer, the most sensitive first", 330, {
      padding: [8, 40, 0, 0],
      scales: { x: places(items.length), y: { range: range([...columns.flat(), log(whole)]) } },
      axes: [names(items), decades(exponent => power(exponent + 2) + " %")],
      series: [{}, bars("--after", 0, 0.6, floor), marks("--before", true), marks("--good", false)],
      hooks: { drawAxes: [u => { if (whole > 0) across(u, log(whole), "--bad", [6, 4]); }] }
    }, [numbers(items.length), ...columns], i => `${items[i].n}: alone ${percent(items[i].one)}; at 16 bits it would leave ${percent(items[i].wide)} of ${percent(whole)}; `
      + `cumulated ${percent(items[i].all)}`);
  }

  function headroom(items) {
    const container = document.getElementById("headroom-chart");
    if (!container || !items.length) return;
    const seen = items.map(item => item.s), proven = items.map(item => item.p), known = seen.filter(v => v != null);
    const low = Math.min(0, ...known, ...proven), high = Math.max(1, ...known, ...proven), both = known.length > 0;
    chart(container, "Bits left in the accumulators of each layer", 200, {
      scales: { x: places(items.length), y: { range: [low - 0.5, high + 0.5] } },
      axes: [positions(items.length), axis({ size: 44 })],
      series: [{}, bars("--before", both ? -1 : 0, both ? 0.42 : 0.7), bars("--after", 1, 0.42)],
      hooks: { draw: [u => across(u, 0, "--bad")] }
    }, [numbers(items.length), proven, seen], i => `${items[i].n}: ${items[i].p} bits left proven by the weights` + (items[i].s == null ? "" : `, ${items[i].s} seen`));
  }

  function curve(container, item) {
    const steps = item.l.map((_, i) => Math.round((i + 0.5) * item.s / item.l.length));
    const losses = item.l.map(log);
    chart(container, "Training loss of " + item.n, 180, {
      scales: { x: { time: false }, y: { range: range(losses) } },
      axes: [axis({ size: 28 }), decades(power)],
      series: [{}, { stroke: () => color("--after"), width: 2, points: { show: item.l.length === 1 } }]
    }, [steps, losses], i => `step ${steps[i]} of ${item.s}: loss ${short(item.l[i])}`);
  }

  /** Counts on a logarithmic scale; what the exponent cannot hold is shaded. */
  function histogram(container, tensor) {
    const bins = tensor.c.length, width = (tensor.t - tensor.f) / bins || 1;
    const centers = numbers(bins).map(i => tensor.f + (i + 0.5) * width);
    const tall = tensor.c.map(count => Math.log10(1 + count));
    const limits = u => {
      const { left, top, width: w, height: h } = u.bbox;
      u.ctx.save();
      for (const [limit, below] of [[tensor.lo, true], [tensor.hi, false]]) {
        const x = u.valToPos(limit, "x", true);
        if (x < left || x > left + w) continue;
        u.ctx.fillStyle = color("--shade");
        u.ctx.fillRect(below ? left : x, top, below ? x - left : left + w - x, h);
        u.ctx.fillStyle = color("--bad");
        u.ctx.fillRect(Math.round(x) - devicePixelRatio / 2, top, devicePixelRatio, h);
      }
      u.ctx.restore();
    };
    chart(container, "Histogram of " + tensor.n, 170, {
      scales: { x: { time: false, range: [tensor.f - width, tensor.t + width] }, y: { range: [0, Math.max(1, ...tall) * 1.05] } },
      axes: [axis({ size: 28 }), axis({
        size: 44,
        splits: (u, i, low, high) => numbers(Math.ceil(high)).filter(t => t % Math.ceil(high / 4) === 0).map(t => t === 0 ? 0 : Math.log10(1 + 10 ** t)),
        values: (u, ticks) => ticks.map(t => t === 0 ? "0" : power(Math.round(t)))
      })],
      series: [{}, bars("--after", 0, 0.9)],
      hooks: { draw: [limits] }
    }, [centers, tall], i => `${short(tensor.f + i * width)} … ${short(tensor.f + (i + 1) * width)}: ${tensor.c[i].toLocaleString("en")} values`);
  }

  function tensorDetail(container, tensor) {
    const exponent = tensor.e[0] === tensor.e[1] ? "exponent " + tensor.e[0] : `exponents ${tensor.e[0]} … ${tensor.e[1]}`;
    container.append(make("h3", {}, `${tensor.n} (${tensor.r} of ${tensor.o})`), make("p", {},
      `${tensor.b} bits, ${exponent}: holds ${short(tensor.lo)} … ${short(tensor.hi)}; values ${short(tensor.min)} … ${short(tensor.max)}, mean ${short(tensor.m)}, `
      + `standard deviation ${short(tensor.d)}; rounding it costs ${percent(tensor.q)} of its power; `
      + (tensor.x == null ? "" : `largest channel ${short(tensor.x)} times the median one; `)
      + (tensor.k ? `${tensor.k.toLocaleString("en")} clipped (${percent(tensor.k / tensor.v)})` + (tensor.i ? ", in place of an activation" : "") : "none clipped")));
    histogram(container, tensor);
  }

  const details = {
    tensor: (container, index) => tensorDetail(container, data.tensors[index]),
    layer: (container, index) => {
      const layer = data.layers[index];
      if (layer.one != null) container.append(make("p", {}, `Alone it makes ${percent(layer.one)} of noise at the outputs: its weights ${percent(layer.w)}, its activations `
        + `${percent(layer.v)}. Of ${percent(data.whole)} with everything quantized, float for it would leave ${percent(layer.f)}`
        + (layer.bits === 8 ? `, 16 bits ${percent(layer.wide)}` : "") + `. At its own output ${percent(layer.all)} have gathered, mean squared error ${short(layer.mse)}.`));
      const room = data.accumulators.find(item => item.n === layer.n);
      if (room) container.append(make("p", {}, `${room.w}-bit accumulators: ${room.p} bits left proven` + (room.s == null ? "" : `, ${room.s} seen`)
        + (room.x ? `; ${room.x.toLocaleString("en")} additions saturated` : "")));
      const many = make("div", { class: "many" });
      container.append(many);
      data.tensors.filter(tensor => tensor.o === layer.n).forEach(tensor => {
        const cell = make("div");
        many.append(cell);
        tensorDetail(cell, tensor);
      });
      if (!many.childElementCount) many.append(make("p", {}, "Its tensors share the exponents of its neighbours."));
    },
    block: (container, index) => {
      const item = data.curves.find(other => other.n === data.blocks[index].n);
      if (item) curve(container, item);
      else container.append(make("p", {}, "This block was not trained by itself."));
    }
  };

  document.querySelectorAll("button.more").forEach(button => button.addEventListener("click", () => {
    const row = button.closest("tr");
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) {
      row.nextElementSibling.hidden = true;
    } else if (row.nextElementSibling?.classList.contains("detail")) {
      row.nextElementSibling.hidden = false;
    } else {
      const inside = make("div", { class: "inside" });
      row.after(make("tr", { class: "detail" }, make("td", { colspan: row.cells.length }, inside)));
      details[button.dataset.kind](inside, +button.dataset.index);
    }
    // The table scrolls by itself: what opens below its edge would not be seen. Charts have their height in the next frame.
    if (!open) requestAnimationFrame(() => row.nextElementSibling.scrollIntoView({ block: "nearest" }));
  }));

  document.querySelectorAll("button.sort").forEach(button => button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const column = head.cellIndex, number = head.classList.contains("number");
    const falling = head.getAttribute("aria-sort") === "descending" ? false
      : head.getAttribute("aria-sort") === "ascending" ? true : number;
    table.querySelectorAll("th[aria-sort]").forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const value = row => {
      const cell = row.cells[column];
      return number ? (cell.dataset.value === "" ? NaN : +cell.dataset.value) : (cell.dataset.value ?? cell.textContent.trim());
    };
    const rows = [...body.rows].filter(row => !row.classList.contains("detail"))
      .map(row => [row, row.nextElementSibling?.classList.contains("detail") ? row.nextElementSibling : null, value(row)]);
    const compare = (a, b) => !number ? a.localeCompare(b, "en", { numeric: true }) : a - b;
    rows.sort(([, , a], [, , b]) => {
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
      return falling ? compare(b, a) : compare(a, b);
    });
    rows.forEach(([row, detail]) => body.append(row, ...(detail ? [detail] : [])));
  }));

  document.querySelectorAll("input[data-filter]").forEach(input => input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of document.getElementById(input.dataset.filter).tBodies[0].rows) {
      if (row.classList.contains("detail")) {
        const button = row.previousElementSibling.querySelector("button.more");
        row.hidden = row.previousElementSibling.hidden || button.getAttribute("aria-expanded") !== "true";
      } else {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      }
    }
  }));

  document.querySelectorAll("td[data-spark]").forEach(cell => {
    const picture = svg("svg", { class: "spark", viewBox: "0 0 120 24", preserveAspectRatio: "none", "aria-hidden": "true" });
    if (cell.dataset.spark === "tensor") {
      const tensor = data.tensors[+cell.dataset.index], top = Math.log(1 + Math.max(1, ...tensor.c)), step = 120 / tensor.c.length;
      picture.append(svg("path", { d: tensor.c.map((count, i) => {
        const height = 24 * Math.log(1 + count) / top;
        return height ? `M${(i * step).toFixed(1)} 24v${(-height).toFixed(1)}h${step.toFixed(2)}V24z` : "";
      }).join("") }));
      const span = tensor.t - tensor.f;
      for (const limit of [tensor.lo, tensor.hi]) {
        const x = 120 * (limit - tensor.f) / span;
        if (span > 0 && x >= 0 && x <= 120) picture.append(svg("line", { x1: x, x2: x, y1: 0, y2: 24 }));
      }
    } else {
      const item = data.curves.find(other => other.n === data.blocks[+cell.dataset.index].n);
      const losses = item ? item.l.map(log).filter(v => v != null) : [];
      const low = Math.min(...losses), span = Math.max(...losses) - low || 1;
      if (losses.length > 1) picture.append(svg("path", { class: "line", d: losses.map((v, i) =>
        `${i ? "L" : "M"}${(120 * i / (losses.length - 1)).toFixed(1)} ${(22 - 20 * (v - low) / span).toFixed(1)}`).join("") }));
    }
    cell.append(picture);
  });

  pairs("error-chart", "Error of each layer in the order of the network", data.layers, exponent => power(exponent + 2) + " %",
    item => percent(item.b) + " after calibration" + (item.a == null ? "" : ", " + percent(item.a) + " after training"));
  pairs("block-chart", "Loss of each block", data.blocks, power, item => `loss ${short(item.b)} before, ${short(item.a)} after`);
  document.querySelectorAll("[data-curve]").forEach(place => curve(place, data.curves[+place.dataset.curve]));
  headroom(data.accumulators);
  ranking(data.layers, data.whole);
})();
