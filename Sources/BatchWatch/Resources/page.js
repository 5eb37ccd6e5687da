// The page of `llm4s-batch serve`, and of `llm4s-batch report`.
//
// Read it from above: text, elements, charts, the parts of the overview, the table of jobs, a job, the controls, and at
// the end what asks the server and when. Whatever comes from the server is text of others: it goes through `el` or
// `append`, which make text nodes and nothing else. Where the document holds `report-data` it is a report: it is drawn
// from that, once, and nothing is asked.
"use strict";

const isReport = document.getElementById("report-data") != null;

/** What the server has told last; null: not yet. */
const known = { status: null, stats: null };

// ---------------------------------------------------------------------------------------------------------------- Text

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const count = (value) => (value == null ? "–" : number.format(value));
const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
const rounded = (value, digits) => String(Number(value.toFixed(digits)));

/** Seconds as people write them: `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
function duration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${count(Math.floor(whole / 86400))} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** Microseconds as people write them: `6.6 ms`, `1.25 s`. */
function microseconds(value) {
  if (value == null) return "–";
  if (value < 1e5) return `${rounded(value / 1e3, 1)} ms`;
  if (value < 1e6) return `${rounded(value / 1e3, 0)} ms`;
  return value < 6e7 ? `${rounded(value / 1e6, 2)} s` : duration(value / 1e6);
}

/** US dollars with as many digits as tell something: two of what is less than a cent. */
function dollars(value) {
  if (value === 0) return "$0";
  if (value >= 1000) return `$${number.format(value)}`;
  if (value >= 1) return `$${value.toFixed(2)}`;
  if (value >= 0.01) return `$${rounded(value, 4)}`;
  return value < 1e-12
    ? "less than $0.000000000001"
    : `$${value.toFixed(Math.min(14, 2 - Math.floor(Math.log10(value)))).replace(/0+$/, "")}`;
}

/** A sum of costs, and how many it leaves out. */
function cost(value, unpriced, noun = "answer") {
  const without = unpriced > 0 ? `${counted(unpriced, noun)} without a price` : "";
  if (value == null) return { text: "Not known", note: without };
  return { text: value === 0 ? "Free" : dollars(value), note: without };
}

const clock = (milliseconds) => new Date(milliseconds).toLocaleTimeString("en-GB");
const date = (milliseconds) =>
  new Date(milliseconds).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const day = (milliseconds) => new Date(milliseconds).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
/** A time of day, with its day before it where that must be told. */
const hour = (milliseconds, withDay) => `${withDay ? `${day(milliseconds)}, ` : ""}${clock(milliseconds)}`;
const isOneDay = (from, to) => new Date(from * 1000).toDateString() === new Date(to * 1000).toDateString();
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/** `rate_limit` as words. */
const words = (kind) => String(kind).replaceAll("_", " ");
const named = (row) => `${row.provider}/${row.model}`;

/** The words for what becomes of a job; `interrupted` ones have a part of their answer. */
const statusWord = (status) => (status === "interrupted" ? "partial" : status);
const statuses = ["completed", "failed", "running", "interrupted", "pending", "cancelled"];

/** Characters that have no form of their own, or turn the direction of others. */
const hiddenCharacter = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** The visible name of such a character. */
const characterName = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/**
 * A text in pieces: what can be shown as it is, and between it `{ control }` with the name of a hidden character.
 * Joiners stay, since emoji and several scripts are written with them; line ends and tabs stay in a block of text.
 */
function pieces(text, isBlock) {
  const parts = [];
  let start = 0;
  for (const match of text.matchAll(hiddenCharacter)) {
    const character = match[0];
    if (character === "\u200c" || character === "\u200d") continue;
    if (isBlock && (character === "\n" || character === "\t")) continue;
    if (isBlock && character === "\r" && text[match.index + 1] === "\n") continue;
    if (match.index > start) parts.push(text.slice(start, match.index));
    parts.push({ control: characterName(character) });
    start = match.index + character.length;
  }
  if (start < text.length) parts.push(text.slice(start));
  return parts;
}

/** The same as one text, for titles, labels and the names of options. */
const plain = (text) =>
  pieces(String(text), false)
    .map((part) => part.control ?? part)
    .join("");

// ------------------------------------------------------------------------------------------------------------ Elements

const $ = (id) => document.getElementById(id);

/** Appends text, or elements, or lists of both; the only way by which text gets into the page. */
function append(parent, child, isBlock = false) {
  if (child == null || child === false) return parent;
  if (Array.isArray(child)) {
    for (const one of child) append(parent, one, isBlock);
  } else if (child instanceof Node) {
    parent.appendChild(child);
  } else {
    for (const part of pieces(String(child), isBlock)) {
      const last = parent.lastChild;
      if (typeof part !== "string") {
        const mark = document.createElement("span");
        mark.className = "control";
        mark.textContent = part.control;
        parent.appendChild(mark);
      } else if (last?.nodeType === Node.TEXT_NODE) last.appendData(part);
      else parent.appendChild(document.createTextNode(part));
    }
  }
  return parent;
}

/** An element with attributes (`on…` are listeners) and children. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("aria-")) node.setAttribute(key, plain(value));
    else if (value == null || value === false) continue;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  return append(node, children);
}

/** An element of a drawing. */
function draw(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text != null) node.textContent = plain(text);
  return node;
}

/** A block of text that keeps its lines; a long one is cut until somebody wants the rest. */
function block(text, name = "text", limit = 20000) {
  // Not in the midst of a character.
  const most = text.charCodeAt(limit - 1) >> 10 === 0x36 ? limit - 1 : limit;
  const isLong = text.length > 600;
  const node = el("div", {
    class: name,
    dir: "auto",
    tabindex: isLong ? 0 : null,
    role: isLong ? "group" : null,
    ...(isLong ? { "aria-label": "Text" } : {}),
  });
  append(node, text.length > most ? text.slice(0, most) : text, true);
  if (text.length <= most) return node;
  const more = el(
    "button",
    {
      type: "button",
      onclick: () => {
        more.remove();
        append(node, text.slice(most), true);
      },
    },
    `Show the other ${counted(text.length - most, "character")}`,
  );
  return el("div", {}, node, more);
}

/** A text that may be long: some lines of it, and the whole where the mouse rests. */
const cut = (text) => el("bdi", { class: "cut", title: plain(text ?? "") }, text ?? "");

const link = (id) => el("a", { href: `#job=${encodeURIComponent(id)}`, "data-key": `job:${id}` }, el("bdi", {}, id));
const badge = (status) => el("span", { class: "badge", "data-state": status }, upper(statusWord(status)));

/** Sets a text only where it is another one, so that a reader's selection stays. */
function set(node, text) {
  const shown = plain(text);
  if (node && node.textContent !== shown) node.textContent = shown;
}

/** What a button of the mouse, or a finger, is pressed on: it must not be replaced before it is let go, or the click is lost. */
let pressed = null;
addEventListener("pointerdown", (event) => {
  pressed = event.target;
});
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, () => {
    // The click comes behind this.
    setTimeout(() => {
      pressed = null;
    });
  });
}

/**
 * Replaces what is in an element where its `key` is another one. The focus stays at what has the same `data-key`. While
 * somebody presses on something in it, it stays as it is until the next time.
 */
function fill(node, key, build, replace = (fresh) => node.replaceChildren(...fresh.childNodes)) {
  const text = JSON.stringify(key);
  if (!node || node.shownKey === text || (pressed && node.contains(pressed))) return;
  node.shownKey = text;
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  replace(append(el("div"), build()));
  if (focused && document.activeElement?.dataset.key !== focused)
    [...node.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
}

/** The same for what changes each second: a selection in what stays the same is kept. No listeners may be in it. */
const refill = (node, key, build) => fill(node, key, build, (fresh) => patch(node, fresh));

/** Makes what is in an element what is in a fresh one, and leaves alone what is so already. */
function patch(node, fresh) {
  const old = [...node.childNodes];
  const wanted = [...fresh.childNodes];
  const name = (one) => [one.nodeName, one.dataset?.row, one.dataset?.key].join();
  for (const [index, next] of wanted.entries()) {
    const last = old[index];
    if (!last) node.append(next);
    else if (last.isEqualNode(next)) continue;
    else if (name(last) !== name(next)) last.replaceWith(next);
    else if (last instanceof Text) last.data = next.data;
    else {
      for (const one of [...last.attributes]) if (!next.hasAttribute(one.name)) last.removeAttribute(one.name);
      // As an attribute a style is forbidden by the page's policy.
      for (const one of next.attributes)
        if (one.name === "style") last.style.cssText = one.value;
        else if (last.getAttribute(one.name) !== one.value) last.setAttribute(one.name, one.value);
      patch(last, next);
    }
  }
  for (const rest of old.slice(wanted.length)) rest.remove();
}

/**
 * A table. `columns` are `[title, cell of a row, "number" where figures stand below each other]`. On a narrow screen each
 * row is a card, where a cell has its title before it.
 */
function table(caption, columns, rows, key = () => null) {
  return el(
    "table",
    { class: "cards" },
    el("caption", { class: "unseen" }, caption),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        columns.map(([title, , kind]) => el("th", { scope: "col", class: kind }, title)),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map((row) =>
        el(
          "tr",
          { "data-row": key(row) },
          columns.map(([title, cell, kind], index) => {
            const value = cell(row);
            const isEmpty = value == null || value === "";
            return el(
              index === 0 ? "th" : "td",
              {
                scope: index === 0 ? "row" : null,
                class: [kind, isEmpty ? "none" : ""].filter(Boolean).join(" ") || null,
                "data-title": title,
              },
              isEmpty ? (kind === "number" ? "–" : "") : value,
            );
          }),
        ),
      ),
    ),
  );
}

// -------------------------------------------------------------------------------------------------------------- Charts

/** The ticks of an axis from 0: a few round numbers, the last of them at or over `most`. */
function ticks(most, wanted = 4) {
  if (!(most > 0)) return [0, 1];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const list = [];
  for (let index = 0; index === 0 || list[index - 1] < most * 0.999; index += 1) list.push(index * step);
  return list;
}

const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
];

/** The seconds at which an axis of time has a label, and the labels. */
function timeTicks(from, to, width) {
  const step =
    timeSteps.find((size) => ((to - from) / size) * (size < 60 ? 80 : 60) <= width) ??
    604800 * Math.ceil((((to - from) / 604800) * 60) / width);
  const shift = new Date(from * 1000).getTimezoneOffset() * 60;
  const list = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
    const label = step < 60 ? clock(at * 1000) : clock(at * 1000).slice(0, 5);
    // Where a day begins its date stands, in place of the hour.
    list.push([at, step >= 86400 || clock(at * 1000) === "00:00:00" ? day(at * 1000) : label]);
  }
  return list;
}

/** A number on an axis, short: `12k`, `1.5M`. */
function short(value) {
  if (value >= 1e9) return `${rounded(value / 1e9, 2)}G`;
  if (value >= 1e6) return `${rounded(value / 1e6, 2)}M`;
  if (value >= 1e4) return `${rounded(value / 1e3, 1)}k`;
  return value >= 1000 ? number.format(value) : rounded(value, 2);
}

/**
 * The four charts of a run.
 *
 * `of(rows, length)` gives the series as lists of `[second, value]`, `length` being the seconds of a row; `knows` tells
 * whether a row is known, since what is not is no 0; `text` is a value as words; `unit` stands at the axis. Bars are
 * stacked, and several seconds make one where they would be too thin to be seen.
 */
const charts = [
  {
    id: "tokens",
    title: "Output tokens a second",
    unit: "tokens/s",
    text: (value) => `${count(value)} tokens/s`,
    axis: short,
    of: (rows, length) => [
      { name: "output", kind: "area", points: rows.map((row) => [row.second, row.output_tokens / length(row)]) },
    ],
  },
  {
    id: "streams",
    title: "Open streams",
    unit: "streams, jobs",
    text: (value) => count(value),
    axis: short,
    of: (rows) => [
      { name: "open streams", kind: "area", points: rows.map((row) => [row.second, row.running]) },
      {
        name: "jobs that wait for another attempt",
        kind: "line",
        points: rows.map((row) => [row.second, row.waiting]),
      },
    ],
  },
  {
    id: "first-token",
    title: "Time to first token",
    unit: "",
    text: microseconds,
    isTime: true,
    knows: (row) => row.first_token_us != null,
    of: (rows) =>
      ["p50", "p99"].map((name) => ({
        name,
        kind: "line",
        points: rows
          .filter((row) => row.first_token_us.count > 0)
          .map((row) => [row.second, row.first_token_us[name]]),
      })),
  },
  {
    id: "errors",
    title: "Errors of attempts",
    unit: "errors",
    text: (value) => count(value),
    axis: short,
    isBars: true,
    knows: (row) => row.errors != null,
    of: (rows) => {
      const sums = new Map();
      for (const row of rows)
        for (const [kind, times] of Object.entries(row.errors)) sums.set(kind, (sums.get(kind) ?? 0) + times);
      const kinds = [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a));
      const shown = kinds.slice(0, kinds.length > 5 ? 4 : 5);
      const series = shown.map((kind) => ({
        name: words(kind),
        kind: "bar",
        points: rows.map((row) => [row.second, row.errors[kind] ?? 0]),
      }));
      if (kinds.length > shown.length) {
        const others = kinds.slice(shown.length);
        series.push({
          name: "others",
          kind: "bar",
          points: rows.map((row) => [row.second, others.reduce((sum, kind) => sum + (row.errors[kind] ?? 0), 0)]),
        });
      }
      return series;
    },
  },
];

/** Sums of bars over `size` seconds each. */
function binned(series, size) {
  return series.map((one) => {
    const sums = new Map();
    for (const [second, value] of one.points) {
      const start = Math.floor(second / size) * size;
      sums.set(start, (sums.get(start) ?? 0) + value);
    }
    return { ...one, points: [...sums] };
  });
}

/** A chart as a drawing of `width` points, with what lies under a place of it. */
function chart(kind, rows, { step, from, to, width, changes, length, id }) {
  const height = 168;
  const left = 44;
  const right = 10;
  const top = 10;
  const bottom = 24;
  // A bar is at least four points wide.
  const size = kind.isBars
    ? step * Math.max(1, Math.ceil((((to - from + step) / step) * 5) / (width - left - right)))
    : step;
  // From when on it is known: the server looks up the newest attempts only. A bar that is known in part is left out.
  const unknown = kind.knows && rows.findLast((row) => !kind.knows(row));
  const since = unknown ? Math.ceil((unknown.second + step) / size) * size : null;
  let series = kind.of(since == null ? rows : rows.filter((row) => row.second >= since), length);
  if (kind.isBars) series = binned(series, size);
  const end = kind.isBars ? to + size : to;
  const withDay = !isOneDay(from, to);
  const span = Math.max(1, end - from);
  const x = (second) => left + ((second - from) / span) * (width - left - right);

  let most = 0;
  if (kind.isBars) {
    const sums = new Map();
    for (const one of series)
      for (const [second, value] of one.points) sums.set(second, (sums.get(second) ?? 0) + value);
    most = Math.max(0, ...sums.values());
  } else for (const one of series) for (const [, value] of one.points) if (value > most) most = value;
  const scale = kind.isTime ? (most >= 1e6 ? 1e6 : 1e3) : 1;
  let marks = ticks(most / scale).map((value) => value * scale);
  if (!kind.isTime && marks.length > 2 && marks[1] < 1) marks = marks.filter((value) => Number.isInteger(value));
  const highest = marks.at(-1) || 1;
  const y = (value) => top + (1 - value / highest) * (height - top - bottom);
  const unit = kind.isTime
    ? scale === 1e6
      ? "s"
      : "ms"
    : kind.isBars
      ? size === 1
        ? "errors/s"
        : `errors in each ${duration(size)}`
      : kind.unit;

  const newest = series
    .map((one) => `${one.name} ${one.points.length ? kind.text(one.points.at(-1)[1]) : "none"}`)
    .join(", ");
  const svg = draw("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    class: "chart",
    "aria-labelledby": `${id}-title ${id}-desc`,
  });
  svg.append(
    draw("title", { id: `${id}-title` }, kind.title),
    draw(
      "desc",
      { id: `${id}-desc` },
      `From ${hour(from * 1000, withDay)} to ${hour(to * 1000, withDay)}; from 0 to ${kind.text(most)}. ${
        since == null ? "" : `Not known before ${hour(since * 1000, withDay)}. `
      }Last: ${newest || "none"}.`,
    ),
  );
  if (since > from) {
    const reach = x(Math.min(since, end)) - left;
    svg.append(draw("rect", { class: "unknown", x: left, y: top, width: reach, height: height - top - bottom }));
  }
  for (const value of marks) {
    svg.append(
      draw("line", { class: value === 0 ? "axis" : "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      draw(
        "text",
        { class: "tick", x: left - 6, y: y(value) + 4, "text-anchor": "end" },
        kind.isTime ? short(value / scale) : kind.axis(value),
      ),
    );
  }
  for (const [second, label] of timeTicks(from, to, width - left - right)) {
    if (x(second) > width - right - 14 || x(second) < left + 8) continue;
    svg.append(
      draw("line", { class: "axis", x1: x(second), x2: x(second), y1: height - bottom, y2: height - bottom + 4 }),
      draw("text", { class: "tick", x: x(second), y: height - 6, "text-anchor": "middle" }, label),
    );
  }
  for (const change of changes) {
    const at = x(change.at_ms / 1000);
    if (at < left || at > width - right) continue;
    const mark = draw("line", { class: "change", x1: at, x2: at, y1: top, y2: height - bottom });
    mark.append(draw("title", {}, `${change.command} ${change.value ?? ""}`));
    svg.append(mark);
  }
  if (kind.isBars) drawBars(svg, series, size, x, y);
  else for (const [index, one] of series.entries()) drawLine(svg, one, index, step, x, y, kind.isTime ? 15 : 3);
  return { svg, series, unit, size, from, to: end, since, withDay, left, right, width };
}

function drawBars(svg, series, size, x, y) {
  const heights = new Map();
  series.forEach((one, index) => {
    let path = "";
    for (const [second, value] of one.points) {
      if (!(value > 0)) continue;
      const below = heights.get(second) ?? 0;
      heights.set(second, below + value);
      const [start, end] = [x(second), Math.max(x(second) + 1, x(second + size) - 1)];
      path += `M${start.toFixed(1)} ${y(below).toFixed(1)}V${y(below + value).toFixed(1)}H${end.toFixed(1)}V${y(below).toFixed(1)}Z`;
    }
    if (path) svg.append(draw("path", { class: `bar-${index}`, d: path }));
  });
}

/** A line, broken where more than `gap` steps have no value; a value that stands alone is a dot. */
function drawLine(svg, series, index, step, x, y, gap) {
  const runs = [];
  for (const point of series.points) {
    const last = runs.at(-1);
    if (last && point[0] - last.at(-1)[0] <= gap * step) last.push(point);
    else runs.push([point]);
  }
  let [line, area, dots] = ["", "", ""];
  for (const run of runs) {
    const places = run.map(([second, value]) => `${x(second).toFixed(1)} ${y(value).toFixed(1)}`);
    if (run.length === 1) dots += `M${places[0]}h0`;
    line += `M${places.join("L")}`;
    area += `M${x(run[0][0]).toFixed(1)} ${y(0).toFixed(1)}L${places.join("L")}L${x(run.at(-1)[0]).toFixed(1)} ${y(0).toFixed(1)}Z`;
  }
  if (series.kind === "area" && area) svg.append(draw("path", { class: `area-${index}`, d: area }));
  if (line) svg.append(draw("path", { class: `line-${index}`, d: line }));
  if (dots) svg.append(draw("path", { class: `line-${index} dot`, d: dots }));
}

/** What a chart's values are at a place, in words. */
function reading(kind, drawn, second) {
  const at = kind.isBars ? Math.floor(second / drawn.size) * drawn.size : Math.round(second / drawn.size) * drawn.size;
  const values = drawn.series
    .map((one) => {
      let best = null;
      for (const point of one.points) {
        const distance = Math.abs(point[0] - at);
        if (distance <= (kind.isTime ? 15 : 1) * drawn.size && (!best || distance < best.distance))
          best = { distance, value: point[1] };
      }
      return best && !(kind.isBars && best.value === 0)
        ? `${drawn.series.length > 1 ? `${one.name} ` : ""}${kind.text(best.value)}`
        : null;
    })
    .filter(Boolean);
  const none = at < drawn.since ? "not known" : kind.isBars ? "none" : "no value";
  return { at, text: values.join(" · ") || none };
}

/** The figure of a chart: heading, newest value, drawing, legend, and the numbers as a table. */
function figureOf(kind, id) {
  const figure = el("figure", { class: "plot", id: `chart-${id}` });
  const now = el("span", { class: "now" });
  const unit = el("span", { class: "quiet" });
  const host = el("div", { class: "drawing" });
  const legend = el("ul", { class: "legend" });
  const rows = el("div", { class: "scroll" });
  const details = el(
    "details",
    { class: "numbers" },
    el("summary", {}, "Numbers", el("span", { class: "unseen" }, ` of ${kind.title}`)),
    rows,
  );
  append(figure, [
    el("figcaption", {}, el("h3", {}, kind.title), " ", unit, now),
    host,
    legend,
    details,
  ]);
  let drawn = null;
  let latest = "";
  let line = null;
  // Where the mouse is, as a share of the width; null: elsewhere. A new drawing has the line at the same place.
  let pointer = null;
  const point = () => {
    line?.remove();
    line = null;
    const place = (pointer ?? -1) * drawn.width;
    const share = (place - drawn.left) / (drawn.width - drawn.left - drawn.right);
    if (!(share >= 0 && share <= 1)) return set(now, latest);
    const { at, text } = reading(kind, drawn, drawn.from + share * (drawn.to - drawn.from));
    set(now, `${hour(at * 1000, drawn.withDay)} · ${text}`);
    line = draw("line", { class: "cursor", x1: place, x2: place, y1: 10, y2: 144 });
    drawn.svg.append(line);
  };
  host.addEventListener("pointermove", (event) => {
    const box = host.getBoundingClientRect();
    pointer = (event.clientX - box.left) / box.width;
    if (drawn) point();
  });
  host.addEventListener("pointerleave", () => {
    pointer = null;
    if (drawn) point();
  });
  const numbers = () => {
    if (!details.open || !drawn) return;
    const seconds = [...new Set(drawn.series.flatMap((one) => one.points.map(([second]) => second)))]
      .sort((a, b) => b - a)
      .slice(0, isReport ? undefined : 120);
    const values = drawn.series.map((one) => new Map(one.points));
    refill(rows, drawn.series, () =>
      seconds.length === 0
        ? el("p", { class: "quiet" }, "No values.")
        : table(
            `${kind.title}, newest first`,
            [
              ["Time", (second) => date(second * 1000)],
              ...drawn.series.map((one, index) => [
                upper(one.name),
                (second) => (values[index].get(second) == null ? null : kind.text(values[index].get(second))),
                "number",
              ]),
            ],
            seconds,
          ),
    );
  };
  details.addEventListener("toggle", numbers);
  return {
    figure,
    update(seconds, frame) {
      const width = Math.max(280, Math.round(host.clientWidth || 560));
      drawn = chart(kind, seconds, { ...frame, width, id });
      host.replaceChildren(drawn.svg);
      set(unit, drawn.unit ? `(${drawn.unit})` : "");
      const newest = drawn.series
        .filter((one) => one.points.length)
        .map((one) => `${drawn.series.length > 1 ? `${one.name} ` : ""}${kind.text(one.points.at(-1)[1])}`);
      latest =
        kind.isBars || isReport || !hasWorker(known.status)
          ? ""
          : kind.isTime
            ? newest.join(" · ")
            : count(drawn.series[0].points.at(-1)?.[1]);
      point();
      const hasNone = drawn.series.every((one) => one.points.length === 0);
      const told =
        kind.id === "tokens"
          ? frame.changes.filter((change) => change.at_ms >= frame.from * 1000).slice(-4)
          : [];
      const since = drawn.since == null ? null : hour(drawn.since * 1000, drawn.withDay);
      fill(legend, [drawn.series.map((one) => one.name), hasNone, told, since], () => {
        const unknown = since && el("li", {}, el("i", { class: "key unknown" }), `not known before ${since}`);
        if (hasNone) return [el("li", {}, `${kind.isBars ? "No errors" : "No values"} in this time.`), unknown];
        if (told.length > 0)
          return told.map((change) =>
            el(
              "li",
              {},
              el("i", { class: "key told" }),
              `${change.command}${change.value == null ? "" : ` ${change.value}`}, ${hour(change.at_ms, drawn.withDay)}`,
            ),
          );
        const isTold = drawn.series.length > 1 || kind.isBars;
        return [
          isTold &&
            drawn.series.map((one, index) =>
              el("li", {}, el("i", { class: `key ${kind.isBars ? "bar" : "line"}-${index}` }), one.name),
            ),
          unknown,
        ];
      });
      numbers();
    },
  };
}

// ------------------------------------------------------------------------------------------- The parts of the overview

/** What of all jobs has ended, in whole percent: 100 only when all have. */
function percentOf(jobs) {
  const ended = jobs.completed + jobs.failed + jobs.cancelled;
  return jobs.total > 0 ? Math.floor((ended / jobs.total) * 100) : 0;
}

const stateWords = {
  new: "No run yet",
  running: "Running",
  paused: "Paused",
  frozen: "Frozen",
  dead: "Worker is dead",
  stopped: "Stopped",
  finished: "Finished",
};
const hasWorker = (status) => ["running", "paused", "frozen"].includes(status?.state);

/** Why a run stopped with work left, as a sentence. */
function stopped(run, left) {
  const reason = run.stop_reason?.replace(/\.$/, "");
  if (reason) return reason.startsWith("since ") ? `It stopped ${reason}.` : `${upper(reason)}.`;
  return `It ended with ${counted(left, "job")} left${run.exit_code == null ? "" : `, exit status ${run.exit_code}`}.`;
}

/** A path as a shell takes it for one, and a program for no option. */
function quoted(path) {
  const safe = path.startsWith("-") ? `./${path}` : path;
  return /^[\w@%+:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

/** How the run stands: a word, a kind of it for the colour, and a sentence with what to do, `code` being typed. */
function standing(status) {
  const { run, jobs, database } = status;
  const path = quoted(database);
  const left = jobs.pending + jobs.interrupted + jobs.running;
  const place = run ? `process ${run.pid} on ${run.host}` : "";
  const now = status.now_ms;
  switch (status.state) {
    case "new":
      return {
        tone: "none",
        text:
          jobs.total === 0
            ? "There are no jobs in this database yet. Start some: "
            : `${counted(jobs.total, "job")} wait for a run: `,
        code: jobs.total === 0 ? `llm4s-batch run FILE --db ${path}` : `llm4s-batch resume --db ${path}`,
      };
    case "running":
      return { tone: "running", text: `${run.command}, ${place}, for ${duration((now - run.started_ms) / 1000)}.` };
    case "paused":
      return {
        tone: "paused",
        text: `Nothing more is sent${status.open_streams > 0 ? `; ${counted(status.open_streams, "open stream")} ${status.open_streams === 1 ? "goes" : "go"} on to ${status.open_streams === 1 ? "its end" : "their ends"}` : ""}. Continue goes on.`,
      };
    case "frozen":
      return {
        tone: "paused",
        text: `The worker (${place}) lives, and has written nothing for ${duration(status.silent_s ?? 15)}: it is stopped, or its disk does not answer.`,
      };
    case "dead":
      return {
        tone: "failed",
        text: `The worker (${place}) ended without a word${status.silent_s == null ? "" : `, last heard of ${duration(status.silent_s)} ago`}. What was counted is stored. Go on: `,
        code: `llm4s-batch resume --db ${path}`,
      };
    case "stopped":
      return {
        tone: "paused",
        text: `${stopped(run, left)} Go on: `,
        code: `llm4s-batch resume --db ${path}`,
      };
    case "finished": {
      const seconds = (run.finished_ms - run.started_ms) / 1000;
      const took = `${run.command} ended after ${duration(seconds)}.`;
      if (jobs.failed > 0)
        return {
          tone: "failed",
          word: "Finished, with failures",
          text: `${took} ${counted(jobs.failed, "job")} failed. Once what made them fail is mended: `,
          code: `llm4s-batch retry --db ${path}`,
        };
      return {
        tone: "completed",
        text: `${took} ${left > 0 ? `${counted(left, "job")} left.` : "Every job has ended. The answers: "}`,
        code: left > 0 ? null : `llm4s-batch results --db ${path}`,
      };
    }
    default:
      return { tone: "none", text: "" };
  }
}

function renderHead(status) {
  const name = status.database.split("/").at(-1) || status.database;
  set($("database").firstChild, name);
  set(
    $("path"),
    [status.database === name ? null : status.database, status.shard ? `shard ${status.shard}` : null]
      .filter(Boolean)
      .join(" · "),
  );
  const stand = standing(status);
  const word = stand.word ?? stateWords[status.state] ?? upper(String(status.state));
  if ($("state").dataset.state !== "unknown" && $("state").textContent !== word) announce(`${word}. ${stand.text}`);
  set($("state"), word);
  $("state").dataset.state = stand.tone;
  fill($("sentence"), [stand.text, stand.code], () => [
    stand.text,
    stand.code ? el("code", { tabindex: 0 }, stand.code) : null,
  ]);
  const left = status.jobs.pending + status.jobs.interrupted + status.jobs.running;
  const time =
    status.state === "running" && status.seconds_left != null && left > 0 ? duration(status.seconds_left) : null;
  fill($("left"), [time], () => (time ? [el("b", {}, time), " left"] : null));
  if (!$("job") || $("job").hidden)
    document.title = status.jobs.total > 0 ? `${percentOf(status.jobs)} % · ${plain(name)}` : plain(name);
}

function renderProgress(status) {
  const { jobs } = status;
  const percent = percentOf(jobs);
  const ended = jobs.completed + jobs.failed + jobs.cancelled;
  set($("percent"), jobs.total > 0 ? `${percent} %` : "No jobs");
  set(
    $("ended"),
    jobs.total > 0
      ? `${count(ended)} of ${counted(jobs.total, "job")} ended${jobs.gone > 0 ? `; ${count(jobs.gone)} are gone from their file` : ""}`
      : "This page shows them as soon as a run has read some.",
  );
  const bar = $("bar");
  bar.setAttribute("aria-valuenow", percent);
  bar.setAttribute(
    "aria-valuetext",
    `${percent} percent: ${statuses.map((name) => `${count(jobs[name])} ${statusWord(name)}`).join(", ")}`,
  );
  if (bar.children.length === 0)
    append(
      bar,
      statuses.filter((name) => name !== "pending").map((name) => el("span", { "data-state": name })),
    );
  for (const part of bar.children) {
    const share = jobs.total > 0 ? jobs[part.dataset.state] / jobs.total : 0;
    part.style.width = `${share * 100}%`;
    part.hidden = share === 0;
  }
  fill(
    $("counts"),
    statuses.map((name) => jobs[name]),
    () =>
      statuses.map((name) => {
        const label = [
          el("i", { class: "key", "data-state": name }),
          el("span", {}, upper(statusWord(name))),
          el("b", {}, count(jobs[name])),
        ];
        return el(
          "li",
          {},
          isReport
            ? el("span", { class: "count" }, label)
            : el(
                "a",
                { class: "count", href: filterHash({ status: name }), "data-key": name, "data-zero": jobs[name] === 0 },
                label,
              ),
        );
      }),
  );
}

/**
 * What was spent: by all attempts, which is what the limit is about; by the answers until that is known. The answers are
 * told each second, the attempts more seldom, so that theirs may be the lesser sum for a while.
 */
function spending(status, stats) {
  const priced = (stats?.usage ?? []).filter((row) => row.cost_usd != null);
  const all = priced.reduce((sum, row) => sum + row.cost_usd, 0);
  if (priced.length > 0) return { sum: Math.max(all, status.cost_usd ?? 0), of: "all attempts" };
  return { sum: status.cost_usd, of: "completed answers" };
}

function renderFigures(status, stats) {
  const { jobs, limits } = status;
  const isLive = hasWorker(status);
  const ended = jobs.completed + jobs.failed + jobs.cancelled;
  const first = stats?.first_token_us?.count > 0 ? stats.first_token_us : null;
  const { sum, of } = spending(status, stats);
  const spent = cost(sum, status.unpriced);
  const budget = limits.max_cost;
  const width = limits.concurrency;
  const retries = status.waiting.reduce((sum, group) => sum + group.jobs, 0);
  const list = [
    isLive
      ? ["Output", count(status.tokens_per_second), "tokens/s", `${rounded(status.jobs_per_second, 1)} jobs a second`]
      : ["Output", count(status.tokens.completion), "tokens", `${count(status.tokens.prompt)} tokens in`],
    [
      "Open streams",
      count(status.open_streams),
      width ? `of ${Number.isFinite(width) ? count(width) : width}` : "",
      retries > 0
        ? `${counted(retries, "job")} wait for another attempt`
        : isLive
          ? "no job waits for another attempt"
          : "no worker",
    ],
    [
      "First token",
      first ? microseconds(first.p50) : "–",
      first ? "median" : "",
      first ? `p99 ${microseconds(first.p99)}` : stats ? "no answer yet" : "is being read",
    ],
    [
      "Cost",
      spent.text,
      budget ? `of ${dollars(budget)}` : "",
      sum == null
        ? spent.note || "no price known"
        : [`${of}, ${budget ? `${count(Math.floor((sum / budget) * 100))} % of the limit` : "no limit is set"}`, spent.note]
            .filter(Boolean)
            .join("; "),
      budget && sum != null ? Math.min(1, sum / budget) : null,
    ],
    [
      "Failed",
      count(jobs.failed),
      jobs.failed === 1 ? "job" : "jobs",
      ended > 0 ? `${rounded((jobs.failed / ended) * 100, 1)} % of those that ended` : "none has ended",
      null,
      jobs.failed > 0 ? "failed" : null,
    ],
  ];
  refill($("figures"), list, () =>
    list.map(([name, value, unit, note, share, tone]) => {
      const meter = share == null ? null : el("span", { class: "meter", "data-full": share > 0.9 }, el("i"));
      if (meter) meter.firstChild.style.width = `${share * 100}%`;
      return el(
        "div",
        { class: "card figure", "data-tone": tone },
        el("dt", {}, name),
        el(
          "dd",
          {},
          el("b", {}, value),
          unit ? [" ", el("span", { class: "unit" }, unit)] : null,
          meter,
          el("span", { class: "note" }, note),
        ),
      );
    }),
  );
}

/** A time that is still to come, as its distance and its hour. */
function until(milliseconds, now) {
  if (milliseconds == null) return "";
  return milliseconds <= now ? "now" : `in ${duration((milliseconds - now) / 1000)}, at ${clock(milliseconds)}`;
}

/** What a wait is for, and until when: `[name, verb, what, when]`. */
function waitRow(wait, now) {
  const name = wait.untold > 0 ? `${wait.name} and ${count(wait.untold)} more` : wait.name;
  if (wait.streams != null) {
    const cause = wait.reason === "a free stream" ? "the concurrency that is set" : "refusals";
    return [
      name,
      "is limited",
      `to ${counted(wait.streams, "stream")} by ${cause}`,
      wait.silent > 0 ? `${count(wait.silent)} silent for ${duration(wait.silent_s ?? 0)}` : "",
    ];
  }
  if (wait.reason === "paused" || wait.reason === "a pause")
    return ["Everything", "waits", "since the run is paused", "until Continue"];
  return [
    name,
    "waits for",
    wait.reason,
    wait.until_ms == null ? (wait.reason === "a free stream" ? "until one ends" : "") : until(wait.until_ms, now),
  ];
}

function renderWaits(status) {
  const rows = status.waits.map((wait) => waitRow(wait, status.now_ms));
  const when = hasWorker(status) ? "" : "when a run goes on";
  for (const group of status.waiting) {
    rows.push([
      `${counted(group.jobs, "job")} of ${group.provider}`,
      "wait for",
      `another attempt, after ${group.error_kind ? words(group.error_kind) : "an error"}`,
      status.state !== "running"
        ? when
        : group.next_due_ms == null
          ? ""
          : `the next ${until(group.next_due_ms, status.now_ms)}`,
    ]);
  }
  const none =
    status.state === "running"
      ? "Nothing: every job that can be sent is sent."
      : hasWorker(status)
        ? "Not told."
        : status.state === "finished"
          ? "Nothing is left to wait for."
          : "Nothing: there is no worker.";
  if (!isReport) $("waits-section").hidden = rows.length === 0 && !hasWorker(status);
  refill($("waits"), [rows, none], () =>
    rows.length === 0
      ? el("p", { class: "nothing" }, none)
      : el(
          "ul",
          { class: "waits" },
          rows.map(([name, verb, what, when]) =>
            el(
              "li",
              {},
              el("bdi", {}, name),
              el("span", {}, verb, " ", el("b", {}, what)),
              el("span", { class: "quiet" }, when),
            ),
          ),
        ),
  );
}

/** How the endpoints stand, of which there is more to tell than the number that was set: those that `status` prints. */
function renderEndpoints(status) {
  const rows = status.endpoints.filter((row) => status.endpoints_of.includes(row.provider));
  $("endpoints-section").hidden = rows.length === 0;
  const sum = (name) => rows.reduce((all, row) => all + (row[name] ?? 0), 0);
  const silent = sum("silent") > 0 ? `, ${count(sum("silent"))} silent` : "";
  set(
    $("endpoints-sum"),
    `${counted(rows.length, "endpoint")}, ${count(sum("running"))} of ${counted(sum("width"), "stream")}${silent}`,
  );
  refill($("endpoints"), rows, () =>
    table(
      "Endpoints",
      [
        ["Endpoint", (row) => cut(row.endpoint)],
        ["Provider", (row) => cut(row.provider)],
        ["Streams", (row) => `${count(row.running)} of ${count(row.width)}`, "number"],
        ["Silent", (row) => (row.silent > 0 ? count(row.silent) : null), "number"],
        ["Why", (row) => cut(row.reason)],
      ],
      rows,
      (row) => `${row.provider} ${row.endpoint}`,
    ),
  );
}

function renderFailures(status, stats) {
  const kinds = new Map();
  for (const group of status.failures) kinds.set(group.kind, [...(kinds.get(group.kind) ?? []), group]);
  const mended = (stats?.errors ?? []).filter((error) => error.tries > 0);
  const node = $("failures");
  const isOpen = node.querySelector("details")?.open;
  fill(node, [status.failures, mended], () => {
    const list = [...kinds].map(([kind, groups]) => {
      const jobs = groups.reduce((sum, group) => sum + group.jobs, 0);
      const advice = [...new Set(groups.map((group) => group.advice).filter(Boolean))];
      return el(
        "li",
        { class: "failure" },
        el(
          "div",
          { class: "heading" },
          el("h3", {}, el("b", { class: "times" }, count(jobs)), " ", words(kind)),
          isReport
            ? null
            : el(
                "a",
                {
                  class: "button",
                  href: filterHash({ status: "failed", error_kind: kind }),
                  "data-key": `kind:${kind}`,
                },
                jobs === 1 ? "Show the job" : `Show all ${count(jobs)}`,
                el("span", { class: "unseen" }, ` that failed by ${words(kind)}`),
              ),
        ),
        groups
          .slice(0, 3)
          .map((group) =>
            el(
              "p",
              { class: "example" },
              group.http_status ? el("span", { class: "tag" }, `HTTP ${group.http_status}`) : null,
              groups.length > 1 ? el("span", { class: "tag" }, counted(group.jobs, "job")) : null,
              group.example
                ? [
                    el("span", { dir: "auto" }, group.example.error),
                    " ",
                    el(
                      "span",
                      { class: "quiet" },
                      isReport ? el("bdi", {}, group.example.id) : link(group.example.id),
                      group.example.source
                        ? ` ${group.example.source}${group.example.line == null ? "" : `:${group.example.line}`}`
                        : "",
                    ),
                  ]
                : el("span", { class: "quiet" }, "with other messages"),
            ),
          ),
        groups.length > 3 ? el("p", { class: "quiet" }, `and ${counted(groups.length - 3, "other message")}`) : null,
        advice.map((text) => el("p", { class: "advice" }, upper(text))),
      );
    });
    const others =
      mended.length === 0
        ? null
        : el(
            "details",
            { open: isOpen || isReport },
            el(
              "summary",
              {},
              `All ${counted(
                mended.reduce((sum, error) => sum + error.tries, 0),
                "error",
              )} of attempts, also those that were made good`,
            ),
            el(
              "div",
              { class: "scroll", tabindex: 0 },
              table(
                "Errors of attempts",
                [
                  ["Kind", (error) => words(error.kind)],
                  ["HTTP", (error) => error.http_status, "number"],
                  ["Attempts", (error) => count(error.tries), "number"],
                  ["Jobs", (error) => count(error.jobs), "number"],
                ],
                mended,
              ),
            ),
          );
    return [
      list.length > 0
        ? el("ul", { class: "plain" }, list)
        : el("p", { class: "nothing" }, status.jobs.completed > 0 ? "No job has failed." : "No job has failed so far."),
      others,
    ];
  });
}

function renderCost(status, stats) {
  const rows = [];
  for (const usage of stats?.usage ?? []) {
    const tiers = (stats.tiers ?? []).filter((tier) => named(tier) === named(usage));
    rows.push({ ...usage, name: named(usage) });
    if (tiers.some((tier) => tier.service_tier != null))
      for (const tier of tiers)
        rows.push({ ...tier, name: tier.service_tier ?? "tier not told", isTier: true, completed: null });
  }
  const { resuming } = status;
  const resumed =
    resuming && (resuming.attempts > 0 || resuming.wasted_tokens > 0)
      ? `${counted(resuming.attempts, "attempt")} went on from kept text: ${counted(resuming.saved_tokens, "token")} saved, ${count(resuming.wasted_tokens)} billed and in no answer.`
      : null;
  fill($("cost"), [rows, resumed], () => [
    rows.length === 0
      ? el("p", { class: "nothing" }, "No attempt yet.")
      : el(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": "Cost and tokens by model" },
          table(
            "Cost and tokens by model and tier",
            [
              [
                "Model or tier",
                (row) => (row.isTier ? el("span", { class: "tier" }, row.name) : el("bdi", {}, row.name)),
              ],
              ["Answers", (row) => (row.isTier ? count(row.responses) : count(row.completed)), "number"],
              ["Attempts", (row) => (row.isTier ? null : count(row.tries)), "number"],
              ["Tokens in", (row) => count(row.prompt_tokens), "number"],
              ["from a cache", (row) => (row.cached_tokens == null ? null : count(row.cached_tokens)), "number"],
              ["Tokens out", (row) => count(row.completion_tokens), "number"],
              ["of thinking", (row) => (row.reasoning_tokens == null ? null : count(row.reasoning_tokens)), "number"],
              [
                "Cost",
                (row) => {
                  const sum = cost(row.cost_usd, row.unpriced, row.isTier ? "response" : "answer");
                  return [sum.text, sum.note && row.cost_usd != null ? el("span", { class: "note" }, sum.note) : null];
                },
                "number",
              ],
            ],
            rows,
          ),
        ),
    resumed ? el("p", { class: "quiet" }, resumed) : null,
  ]);
}

// ----------------------------------------------------------------------------------------------------------- Over time

const ranges = [
  { name: "10 minutes", limit: 600, step: () => 1 },
  { name: "1 hour", limit: 600, step: () => 6 },
  { name: "All", limit: 600, step: (span) => Math.min(86400, Math.max(1, Math.ceil(span / 590))) },
];

/**
 * The seconds that are shown, `step` of them in a row, of a run from `began` to `ended`. `turn` changes with each
 * question, so that the answer to an older one is not shown.
 */
const over = {
  range: ranges[0],
  run: null,
  step: 1,
  rows: [],
  changes: [],
  began: 0,
  ended: 0,
  plots: null,
  askedAt: 0,
  turn: 0,
};

/**
 * So many of the newest seconds are asked for again. A second's row is written while it goes on, and of the attempts that
 * ended in it those are counted that are stored: they are whole only some seconds later.
 */
const unsettled = 5;

/** When the newest run ended, in Unix seconds: now while it has a worker; with its newest second where it was killed. */
function endOfRun({ run, last_second: last, now_ms: now, ...status }) {
  if (hasWorker(status)) return now / 1000;
  return run.finished_ms != null ? run.finished_ms / 1000 : last != null ? last + 1 : now / 1000;
}

/** Draws the charts of seconds into an element. */
function renderCharts(host, plots, { rows, step, changes, began, ended }, isWhole) {
  // The first and the last stretch of a run are not whole.
  const length = ({ second }) => Math.max(1, Math.min(second + step, ended) - Math.max(second, began));
  const last = rows.at(-1)?.second ?? Math.floor(Date.now() / 1000);
  const start = rows[0]?.second ?? last - 60;
  // A run of a few seconds is not drawn out to the whole width.
  const from = isWhole ? Math.min(start, last - 20) : Math.max(last - 600 * step, Math.min(start, last - 60 * step));
  // Seconds in which nothing was written leave room for older ones than are shown.
  const shown = rows.filter((row) => row.second >= from);
  for (const plot of plots) plot.update(shown, { step, from, to: last, changes, length });
  host.dataset.empty = rows.length === 0;
}

function makePlots(host, run = "") {
  const plots = charts.map((kind) => figureOf(kind, `${kind.id}${run}`));
  append(
    host,
    plots.map((plot) => plot.figure),
  );
  return plots;
}

async function askSeconds(status) {
  const { range } = over;
  const run = status.run?.run_id ?? null;
  const step = range.step(run == null ? 0 : endOfRun(status) - status.run.started_ms / 1000);
  const isSame = run === over.run && step === over.step && over.rows.length > 0;
  // Stretches of several seconds grow until they are past: they are asked for anew, and not so often.
  if (step > 1 && isSame && Date.now() - over.askedAt < Math.min(30, step) * 1000) return;
  const after = isSame && step === 1 ? over.rows.at(-1).second - unsettled : null;
  over.turn += 1;
  const { turn } = over;
  const answer = await ask(`/api/seconds?limit=${range.limit}&step=${step}${after == null ? "" : `&after=${after}`}`);
  if (turn !== over.turn) return;
  // Another run has begun since the status.
  if (after != null && answer.run_id !== run) {
    over.rows = [];
    return;
  }
  const settled = after == null ? [] : over.rows.filter((row) => row.second <= after);
  Object.assign(over, {
    rows: [...settled, ...answer.seconds].slice(-range.limit),
    run: answer.run_id,
    step,
    changes: answer.changes,
    began: answer.started_ms / 1000,
    ended: run == null ? 0 : endOfRun(status),
    askedAt: Date.now(),
  });
  showSeconds();
}

const showSeconds = () => renderCharts($("charts"), over.plots, over, over.range === ranges[2]);

function startCharts() {
  over.plots = makePlots($("charts"));
  append(
    $("ranges"),
    ranges.map((range) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": range === over.range,
          onclick: (event) => {
            over.range = range;
            over.rows = [];
            for (const button of $("ranges").children)
              button.setAttribute("aria-pressed", button === event.currentTarget);
            if (known.status) askSeconds(known.status).catch(passOver);
          },
        },
        range.name,
      ),
    ),
  );
  whenResized($("charts"), showSeconds);
}

/** Draws anew what is as wide as an element. */
function whenResized(node, redraw) {
  let width = 0;
  new ResizeObserver(([entry]) => {
    if (Math.abs(entry.contentRect.width - width) < 4) return;
    width = entry.contentRect.width;
    redraw();
  }).observe(node);
}

// --------------------------------------------------------------------------------------------------- The table of jobs

const pageSize = 50;

/**
 * The jobs that are shown: the filters, where each page up to this one began, and what came. `looking` changes with each
 * question, so that the answer to an older one is not shown.
 */
const list = {
  filters: {},
  starts: [{ after: null, first: 1 }],
  rows: [],
  next: null,
  looking: 0,
  isBusy: false,
  askedAt: 0,
};
const filterNames = ["status", "error_kind", "model", "q"];

/** The address of the table with these filters. */
function filterHash(filters) {
  const set = filterNames.filter((name) => filters[name]).map((name) => `${name}=${encodeURIComponent(filters[name])}`);
  return `#${set.length > 0 ? set.join("&") : "jobs"}`;
}

function jobsPath(after, limit) {
  const query = filterNames
    .filter((name) => list.filters[name])
    .map((name) => `${name}=${encodeURIComponent(list.filters[name])}`);
  if (after != null) query.push(`after=${encodeURIComponent(after)}`);
  return `/api/jobs?${[...query, `limit=${limit}`].join("&")}`;
}

/**
 * Fills the page that is shown. The server looks at a part of the jobs for each answer, so a rare kind takes several;
 * meanwhile it says how far it is and can be stopped. A `quiet` one keeps what is shown until all is there, and gives up
 * where that takes too long. What came of one that a person `wanted` is announced.
 */
async function lookForJobs({ quiet = false, wanted = false } = {}) {
  list.looking += 1;
  const turn = list.looking;
  const start = list.starts.at(-1);
  let [rows, after, seen, isStopped] = [[], start.after, 0, false];
  list.isBusy = true;
  list.askedAt = Date.now();
  $("stop").onclick = () => {
    isStopped = true;
  };
  try {
    do {
      const answer = await ask(jobsPath(after, pageSize - rows.length));
      if (turn !== list.looking) return;
      rows = rows.concat(answer.jobs);
      seen += answer.looked_at;
      after = answer.next;
      if (!quiet && after != null && rows.length < pageSize) {
        renderJobs(rows);
        $("stop").hidden = false;
        set($("page-note"), `${counted(rows.length, "job")} so far, looked at ${count(seen)} …`);
      }
    } while (after != null && rows.length < pageSize && !isStopped && !(quiet && seen > 100000));
    list.isCostly = seen > 100000;
    if (quiet && after != null && rows.length < pageSize) return;
    list.rows = rows;
    list.next = after;
    renderJobs(rows);
    renderPages(isStopped, seen);
    if (wanted) announce(`Jobs: ${$("page-note").textContent || $("jobs").textContent}`);
  } catch (error) {
    if (turn !== list.looking) return;
    if (!quiet || error.status > 0) set($("page-note"), `${upper(error.message)}.`);
    throw error;
  } finally {
    if (turn === list.looking) {
      list.isBusy = false;
      $("stop").hidden = true;
    }
  }
}

function renderJobs(rows) {
  const now = known.status?.now_ms ?? Date.now();
  const what = (job) => {
    // A running one still has the error of the attempt before.
    if (job.error_kind && job.status !== "completed" && job.status !== "running")
      return el(
        "span",
        { class: "error" },
        el("span", { class: "tag" }, words(job.error_kind)),
        el("span", { dir: "auto" }, job.error ?? ""),
      );
    return job.finish_reason && job.finish_reason !== "stop"
      ? el("span", { class: "tag" }, words(job.finish_reason))
      : null;
  };
  refill($("jobs"), rows, () => {
    if (rows.length === 0)
      return el(
        "p",
        { class: "nothing" },
        known.status?.jobs.total === 0 ? "There are no jobs yet." : "No job is like that.",
      );
    return table(
      "Jobs",
      [
        ["Id", (job) => link(job.id)],
        [
          "Status",
          (job) => [
            badge(job.status),
            job.not_before_ms > now ? el("span", { class: "note" }, `waits until ${clock(job.not_before_ms)}`) : null,
          ],
        ],
        ["Model", (job) => el("bdi", {}, named(job))],
        ["Attempts", (job) => count(job.attempts), "number"],
        [
          "Tokens in / out",
          (job) =>
            job.completion_tokens == null ? null : `${count(job.prompt_tokens)} / ${count(job.completion_tokens)}`,
          "number",
        ],
        ["First token", (job) => (job.ttft_us == null ? null : microseconds(job.ttft_us)), "number"],
        ["Time", (job) => (job.duration_us == null ? null : microseconds(job.duration_us)), "number"],
        ["Cost", (job) => (job.cost_usd == null ? null : cost(job.cost_usd).text), "number"],
        ["What happened", what],
      ],
      rows,
      (job) => job.id,
    );
  });
}

function renderPages(isStopped, seen) {
  const { first } = list.starts.at(-1);
  const last = first + list.rows.length - 1;
  const only = Object.values(list.filters).filter(Boolean).length;
  const total =
    only === 0
      ? known.status?.jobs.total
      : only === 1 && list.filters.status
        ? known.status?.jobs[list.filters.status]
        : null;
  $("previous").disabled = list.starts.length === 1;
  $("next").disabled = list.next == null;
  const range =
    list.rows.length === 0 ? "" : `${count(first)} to ${count(last)}${total >= last ? ` of ${count(total)}` : ""}`;
  set($("page-note"), isStopped ? `${range || "None found"}; stopped after ${count(seen)} jobs, Next looks on` : range);
}

function renderFilters() {
  const { status, stats } = known;
  const chosen = list.filters;
  fill($("statuses"), [status?.jobs, chosen.status ?? ""], () =>
    [["", status?.jobs.total], ...statuses.map((name) => [name, status?.jobs[name]])].map(([name, jobs]) =>
      el(
        "button",
        {
          type: "button",
          "data-key": name || "all",
          "aria-pressed": (chosen.status ?? "") === name,
          onclick: () => setFilters({ ...list.filters, status: name }),
        },
        name ? upper(statusWord(name)) : "All",
        " ",
        el("span", { class: "times" }, jobs == null ? "" : count(jobs)),
      ),
    ),
  );
  const kinds = new Set(
    [
      ...(status?.failures ?? []).map((group) => group.kind),
      ...(status?.waiting ?? []).map((group) => group.error_kind),
      chosen.error_kind,
    ].filter(Boolean),
  );
  const models = new Set([...(stats?.usage ?? []).map(named), chosen.model].filter(Boolean));
  for (const [node, values, value, word] of [
    [$("filter-kind"), kinds, chosen.error_kind, words],
    [$("filter-model"), models, chosen.model, (name) => name],
  ]) {
    fill(node, [[...values]], () => [
      el("option", { value: "" }, "any"),
      [...values].sort().map((one) => el("option", { value: one }, plain(word(one)))),
    ]);
    if (document.activeElement !== node) node.value = value ?? "";
  }
  if (document.activeElement !== $("filter-q")) $("filter-q").value = chosen.q ?? "";
}

/** Goes to the table with other filters; while somebody types, in place of the last ones. */
function setFilters(filters, isTyping = false) {
  const hash = filterHash(filters);
  if (isTyping) {
    history.replaceState(null, "", hash);
    route(false);
  } else if (location.hash === hash) route(false);
  else {
    list.keepsPlace = true;
    location.hash = hash;
  }
}

function startJobs() {
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filter-kind").addEventListener("change", (event) =>
    setFilters({ ...list.filters, error_kind: event.target.value }),
  );
  $("filter-model").addEventListener("change", (event) => setFilters({ ...list.filters, model: event.target.value }));
  let timer = null;
  $("filter-q").addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Not where somebody has opened a job meanwhile.
      if (open.id == null) setFilters({ ...list.filters, q: event.target.value }, true);
    }, 250);
  });
  const turn = () => {
    lookForJobs({ wanted: true }).catch(passOver);
    $("jobs-heading").focus({ preventScroll: true });
    $("jobs-heading").scrollIntoView({ block: "start" });
  };
  $("next").addEventListener("click", () => {
    list.starts.push({ after: list.next, first: list.starts.at(-1).first + list.rows.length });
    turn();
  });
  $("previous").addEventListener("click", () => {
    list.starts.pop();
    turn();
  });
}

// --------------------------------------------------------------------------------------------------------------- A job

/**
 * The job that is shown: null in the overview. `live` is what of its answer has come while it is written. Beside what was
 * told a job has `partial`, the part of an answer that is kept, and as keys of what can be large the numbers of the whole
 * readings that brought it, `reading`, and its request, `asked`.
 */
const open = { id: null, job: null, source: null, live: null, hasRead: false, askedAt: 0, scroll: 0 };
const hasEnded = (job) => ["completed", "failed", "cancelled"].includes(job?.status);

function buildJob(id) {
  const part = (name, title, ...children) =>
    el(
      "section",
      { class: "card", "aria-labelledby": `${name}-title` },
      el("h3", { id: `${name}-title` }, title),
      children,
      el("div", { id: name }),
    );
  $("job").replaceChildren(
    el("p", { class: "back" }, el("a", { href: filterHash(list.filters) }, "← All jobs")),
    el(
      "div",
      { class: "job-head" },
      el("h2", { id: "job-heading", tabindex: -1 }, el("bdi", {}, id)),
      el("div", { id: "job-facts", class: "facts" }),
      el(
        "div",
        { id: "job-controls", class: "controls", role: "group", "aria-label": "Steer this job" },
        el(
          "button",
          { type: "button", id: "job-now", disabled: true, onclick: () => steerJob("now", $("job-now"), "Sending …") },
          "Send next",
        ),
        el(
          "button",
          {
            type: "button",
            id: "job-cancel",
            class: "danger",
            disabled: true,
            onclick: () => steerJob("cancel", $("job-cancel"), "Cancelling …"),
          },
          "Cancel job",
        ),
        el("p", { id: "job-note", class: "note", role: "status" }),
      ),
    ),
    el("div", { id: "job-error" }),
    el(
      "div",
      { class: "job-parts" },
      el(
        "div",
        {},
        part("conversation", "Conversation"),
        part("answer", "Answer", el("p", { id: "answer-note", class: "quiet" })),
      ),
      el("div", {}, part("attempts", "Attempts"), part("usage", "Usage and cost"), part("request", "Request")),
    ),
  );
}

async function showJob(id) {
  closeJob();
  open.id = id;
  buildJob(id);
  $("overview").hidden = true;
  $("job").hidden = false;
  document.title = plain(id);
  scrollTo(0, 0);
  $("job-heading").focus({ preventScroll: true });
  await askJob();
}

function closeJob() {
  open.source?.close();
  Object.assign(open, { id: null, job: null, source: null, live: null, hasRead: false });
  $("job").hidden = true;
}

/** What of a job changes where an attempt begins or ends. */
const standOf = (job) => JSON.stringify([job.status, job.attempts.map((one) => [one.attempt_id, one.status])]);

/**
 * Asks for the job anew, and begins to read its answer while there is a worker that may write it. Its request and its
 * partial texts can be large: they are asked for when it is opened, and when an attempt has begun or ended since.
 */
async function askJob(isWhole = open.job == null) {
  const { id } = open;
  open.askedAt = Date.now();
  let job;
  try {
    job = await ask(`/api/job?id=${encodeURIComponent(id)}${isWhole ? "" : "&request=0"}`);
  } catch (error) {
    const fault = error.status === 404 ? "There is no job with this id" : upper(error.message);
    if (open.id === id && open.job == null)
      fill($("job-error"), fault, () => el("p", { class: "failed-box" }, `${fault}.`));
    throw error;
  }
  if (open.id !== id) return null;
  const last = open.job;
  if (!isWhole && (last == null || standOf(job) !== standOf(last))) return askJob(true);
  if (isWhole) {
    const newest = job.attempts.findLast((one) => one.partial);
    const isRejected = ["invalid_answer", "repetition"].includes(newest?.error_kind);
    job.partial = newest ? { ...newest.partial, isRejected } : null;
    for (const one of job.attempts) delete one.partial;
    job.reading = (last?.reading ?? 0) + 1;
    // The same request stays as it is shown: somebody may read in it.
    const isSame = last && JSON.stringify(job.request) === JSON.stringify(last.request);
    job.asked = isSame ? last.asked : job.reading;
  } else Object.assign(job, { request: last.request, partial: last.partial, reading: last.reading, asked: last.asked });
  open.job = job;
  renderJob(job);
  const mayRead = !document.hidden && !open.source && !open.live?.isPaused;
  if (mayRead && !hasEnded(job) && (!open.hasRead || (job.status === "running" && hasWorker(known.status))))
    readAnswer(id);
  return job;
}

function renderJob(job) {
  fill($("job-facts"), [job.status, job.not_before_ms], () => [
    badge(job.status),
    el("bdi", {}, named(job)),
    el(
      "span",
      { class: "quiet" },
      el("bdi", {}, job.source ?? ""),
      job.line == null ? (job.source ? ", which no longer has it" : "") : `:${job.line}`,
    ),
    job.not_before_ms ? el("span", { class: "quiet" }, `waits until ${clock(job.not_before_ms)}`) : null,
  ]);
  fill($("job-error"), [job.error, job.advice, job.status], () =>
    job.error && job.status !== "completed" && job.status !== "running"
      ? el(
          "div",
          { class: job.status === "failed" ? "failed-box" : "box" },
          el("p", {}, el("b", {}, upper(words(job.error.kind))), ": ", el("span", { dir: "auto" }, job.error.message)),
          job.advice ? el("p", { class: "advice" }, upper(job.advice)) : null,
        )
      : null,
  );
  fill($("conversation"), job.asked, () => conversation(job.request));
  fill($("attempts"), [job.attempts, job.attempts.some((one) => one.duration_us == null) ? job.now_ms : 0], () =>
    attempts(job),
  );
  fill($("usage"), [job.usage, job.cost_usd, job.answers.length, job.attempts.length], () => usage(job));
  fill($("request"), [job.asked, job.metadata], () => [
    job.metadata == null ? null : [el("h4", {}, "Metadata"), block(JSON.stringify(job.metadata, null, 2), "text code")],
    el(
      "details",
      { "data-key": "request" },
      el("summary", {}, "As it was given, JSON"),
      block(JSON.stringify(job.request, null, 2), "text code"),
    ),
  ]);
  if (hasEnded(job) || !open.live?.hasText) renderAnswer(job);
  renderJobControls(job);
}

// Conversation

/** A message's content as blocks: text as it is, all else named. */
function content(value) {
  if (value == null) return null;
  if (typeof value === "string") return block(value);
  if (!Array.isArray(value)) return block(JSON.stringify(value, null, 2), "text code");
  return value.map((part) => {
    if (typeof part === "string") return block(part);
    if (typeof part?.text === "string") return block(part.text);
    const url = part?.image_url?.url ?? part?.image_url;
    if (typeof url === "string")
      return block(
        url.startsWith("data:") ? `[image, ${counted(url.length, "character")}]` : `[image: ${url}]`,
        "text quiet",
      );
    return block(JSON.stringify(part, null, 2), "text code");
  });
}

function message(role, value, others) {
  return el(
    "div",
    { class: "message", "data-role": plain(role) },
    el("h4", {}, upper(String(role)), others?.name ? ` · ${others.name}` : ""),
    content(value),
    (others?.tool_calls ?? []).map(toolCall),
    others?.tool_call_id ? el("p", { class: "quiet" }, `answers the call ${others.tool_call_id}`) : null,
  );
}

const toolCall = (call) =>
  el(
    "div",
    {},
    el("p", { class: "quiet" }, "calls ", el("b", {}, call?.function?.name ?? call?.name ?? "a tool")),
    block(call?.function?.arguments ?? JSON.stringify(call, null, 2), "text code"),
  );

/** The messages of a request, in whichever of the forms it was given. */
function conversation(request) {
  const parts = [];
  const system = request?.system ?? request?.instructions;
  if (system != null) parts.push(message("system", system));
  if (Array.isArray(request?.messages))
    for (const one of request.messages) parts.push(message(one?.role ?? "message", one?.content, one));
  else if (request?.prompt != null) parts.push(message("user", request.prompt));
  else if (Array.isArray(request?.input))
    for (const one of request.input) parts.push(message(one?.role ?? one?.type ?? "item", one?.content ?? one, one));
  else if (request?.input != null) parts.push(message("user", request.input));
  return parts.length > 0 ? parts : block(JSON.stringify(request, null, 2), "text code");
}

// Answer

const attemptNumber = (job, id) => job.attempts.find((attempt) => attempt.attempt_id === id)?.number ?? "?";
const seamMark = (number, strategy, crossing) =>
  el("span", { class: "seam" }, `attempt ${number} goes on${strategy ? ` (${strategy})` : ""}${crossing}`);

/** From which endpoint to which an answer goes where another attempt's text begins; nothing where it stays. */
const crossing = (from, to) => (from && to && from !== to ? `, from ${from} to ${to}` : "");

/** A text with a mark where another attempt's begins. Seams count Unicode scalars, as a text's iterator does. */
function joined(job, text, seams) {
  if (!(seams?.length > 1)) return block(text);
  const scalars = Array.from(text);
  const node = el("div", { class: "text", dir: "auto", tabindex: 0 });
  let start = 0;
  const attemptOf = (seam) => job.attempts.find((one) => one.attempt_id === seam.attempt_id);
  const endpointOf = (seam) => seam.endpoint ?? attemptOf(seam)?.endpoint;
  seams.forEach((seam, index) => {
    const attempt = attemptOf(seam);
    if (index > 0) {
      const way = crossing(endpointOf(seams[index - 1]), endpointOf(seam));
      append(node, seamMark(attempt?.number ?? "?", attempt?.strategy, way));
    }
    const end =
      index === seams.length - 1 ? scalars.length : start + seam.kept + Array.from(seam.restored ?? "").length;
    append(node, scalars.slice(start, end).join(""), true);
    start = end;
  });
  return node;
}

/** An answer, whole or in part, with what stands beside its text. */
function answer(job, one, seams, title) {
  const calls = Array.isArray(one.tool_calls) ? one.tool_calls : [];
  return [
    title ? el("h4", {}, title) : null,
    one.reasoning
      ? el(
          "details",
          { class: "thinking" },
          el("summary", {}, `Thinking, ${counted(Array.from(one.reasoning).length, "character")}`),
          block(one.reasoning),
        )
      : null,
    one.refusal ? [el("p", { class: "quiet" }, "Refused:"), block(one.refusal)] : null,
    one.text
      ? joined(job, one.text, seams)
      : one.refusal || calls.length > 0
        ? null
        : el("p", { class: "nothing" }, "The answer is empty."),
    calls.map(toolCall),
  ];
}

function renderAnswer(job) {
  const isMany = job.answers.length > 1;
  const partial = job.answers.length === 0 ? job.partial : null;
  fill($("answer"), [job.reading, job.status], () => {
    if (job.answers.length > 0)
      return job.answers.map((one) =>
        answer(job, { ...one, text: one.content }, one.seams, isMany ? `Choice ${one.choice}` : null),
      );
    if (partial)
      return (partial.choices ?? []).map((one) =>
        answer(
          job,
          one,
          (partial.seams ?? []).filter((seam) => seam.choice === one.choice),
          partial.choices.length > 1 ? `Choice ${one.choice}` : null,
        ),
      );
    return el(
      "p",
      { class: "nothing" },
      job.status === "failed"
        ? "No answer came."
        : job.status === "cancelled"
          ? "Cancelled before an answer came."
          : "Nothing has come yet.",
    );
  });
  const first = job.answers[0];
  const note = first
    ? [`Finish: ${words(first.finish_reason)}`, first.segments > 1 ? `joined from ${first.segments} pieces` : null]
        .filter(Boolean)
        .join(", ")
    : partial?.isRejected
      ? "An answer that was not taken: the attempts say why."
      : partial
        ? "A part of an answer: it was interrupted, and is kept."
        : "";
  set($("answer-note"), note);
}

// The answer as it is written

const shownKinds = { text: "", reasoning: "Thinking", refusal: "Refused", tool_arguments: "Arguments of a tool" };

/**
 * Reads a job's answer as it is written. Pieces wait in `queue` until the next twentieth of a second, and where a new
 * attempt begins, until it is known whether it goes on from the text before or begins anew.
 */
function readAnswer(id) {
  const live = {
    queue: [],
    attempt: null,
    host: el("div", { class: "live" }),
    blocks: new Map(),
    text: "",
    isCut: false,
    hasText: false,
    timer: null,
    newest: 0,
    isPaused: false,
    isAtEnd: false,
  };
  Object.assign(open, { live, hasRead: true });
  followAnswer(id, live);
}

/** Reads on behind the newest piece that came. */
function followAnswer(id, live) {
  const source = new EventSource(`/api/job/stream?id=${encodeURIComponent(id)}&after=${live.newest}`);
  open.source = source;
  const isOurs = () => open.source === source;
  source.addEventListener("chunk", (event) => {
    if (!isOurs()) return source.close();
    const chunk = JSON.parse(event.data);
    live.newest = chunk.chunk_id;
    live.queue.push(chunk);
    drainSoon(live);
  });
  source.addEventListener("end", () => {
    source.close();
    if (!isOurs()) return;
    live.isAtEnd = true;
    drainSoon(live);
  });
  source.addEventListener("error", () => {
    if (isOurs() && source.readyState === EventSource.CLOSED) {
      open.source = null;
      set(
        $("answer-note"),
        "Its text cannot be read as it comes: too many pages read along, or the server is gone. It is shown once the job has ended.",
      );
    }
  });
}

/**
 * Ends the reading while nobody sees the page: a browser has six connections to a server for all of its windows, and
 * with six answers open none would be left for anything else.
 */
function readVisibly() {
  const { source, live } = open;
  if (document.hidden && source && live) {
    source.close();
    open.source = null;
    live.isPaused = true;
  } else if (!document.hidden && live?.isPaused) {
    live.isPaused = false;
    // The answer of a job that ended meanwhile is shown already.
    if (open.job && hasEnded(open.job)) open.live = null;
    else followAnswer(open.id, live);
  }
}

/** Shows what waits in the queue, one call of this at a time; what cannot be shown yet is tried again. */
function drainSoon(live, pause = 50) {
  live.timer ??= setTimeout(async () => {
    let next = 50;
    try {
      await drainQueue(live);
      if (live.isAtEnd && open.live === live) await endAnswer(live);
    } catch (error) {
      next = 1000;
      passOver(error);
    } finally {
      live.timer = null;
      if (open.live === live && (live.isAtEnd || live.queue.length > 0)) drainSoon(live, next);
    }
  }, pause);
}

async function drainQueue(live) {
  while (live.queue.length > 0 && open.live === live) {
    const chunk = live.queue[0];
    if (chunk.attempt !== live.attempt) await beginAttempt(live, chunk);
    if (open.live !== live) return;
    live.queue.shift();
    if (chunk.kind in shownKinds) addPiece(live, chunk);
  }
}

/** Shows what is stored of an answer of which all that comes has been read. */
async function endAnswer(live) {
  const job = await askJob(true);
  live.isAtEnd = false;
  if (!job || open.live !== live) return;
  open.source = null;
  for (const node of live.host.querySelectorAll(".growing")) node.classList.remove("growing");
  // What is stored of it is joined, and goes before what was read; a process that died has stored the pieces alone.
  if (job.answers.length > 0 || job.partial || hasEnded(job)) {
    open.live = null;
    $("answer").shownKey = null;
    renderAnswer(job);
  } else if (live.hasText) set($("answer-note"), "As far as it was written:");
  if (hasEnded(job)) announce(`The job is ${statusWord(job.status)}.`);
}

async function beginAttempt(live, chunk) {
  const isFirst = live.attempt == null;
  const job = isFirst && chunk.attempt === 1 ? open.job : await askJob();
  if (open.live !== live) return;
  const attempt = job?.attempts.find((one) => one.number === chunk.attempt);
  live.attempt = chunk.attempt;
  const goesOn = attempt?.resumed_from != null && attempt.strategy !== "restart" && !live.isCut && live.text !== "";
  const main = live.blocks.get("text 0 0");
  live.blocks.clear();
  if (goesOn && main) {
    live.text = Array.from(live.text)
      .slice(0, attempt.prefix_chars ?? undefined)
      .join("");
    main.replaceChildren();
    append(main, live.text, true);
    const base = job.attempts.find((one) => one.attempt_id === attempt.resumed_from);
    append(main, seamMark(chunk.attempt, attempt.strategy, crossing(base?.endpoint, attempt.endpoint)));
    live.blocks.set("text 0 0", main);
  } else if (!isFirst) {
    for (const old of live.host.children) old.classList.add("given-up");
    append(live.host, el("p", { class: "quiet" }, `Attempt ${chunk.attempt} begins anew:`));
    live.text = "";
  }
}

function addPiece(live, chunk) {
  const key = `${chunk.kind} ${chunk.choice} ${chunk.item}`;
  if (!live.hasText) {
    live.hasText = true;
    $("answer").shownKey = null;
    $("answer").replaceChildren(live.host);
    set($("answer-note"), "As it is written:");
  }
  let node = live.blocks.get(key);
  if (!node) {
    const title = [shownKinds[chunk.kind], chunk.choice > 0 ? `choice ${chunk.choice}` : ""].filter(Boolean).join(", ");
    node = el("div", { class: `text growing${chunk.kind === "text" ? "" : " aside"}`, dir: "auto", tabindex: 0 });
    append(live.host, [title ? el("h4", {}, upper(title)) : null, node]);
    live.blocks.set(key, node);
  }
  const isAtEnd = node.scrollTop + node.clientHeight >= node.scrollHeight - 8;
  if (key === "text 0 0") live.text += chunk.text;
  append(node, chunk.text, true);
  if (node.textContent.length > 400000) {
    const rest = node.textContent.slice(-200000);
    live.isCut = true;
    node.replaceChildren(el("span", { class: "quiet" }, "… the beginning is left out while it is written …"));
    append(node, rest, true);
  }
  if (isAtEnd) node.scrollTop = node.scrollHeight;
}

// Attempts, usage

/** The attempts on one scale of time, each with what is known of it. */
function attempts(job) {
  if (job.attempts.length === 0) return el("p", { class: "nothing" }, "No attempt yet.");
  const start = job.attempts[0].started_ms;
  const endOf = (one) =>
    one.duration_us == null
      ? hasEnded(job)
        ? one.started_ms
        : Math.max(job.now_ms ?? Date.now(), one.started_ms)
      : one.started_ms + one.duration_us / 1000;
  const span = Math.max(1, ...job.attempts.map((one) => endOf(one) - start));
  const isSpread = new Set(job.attempts.map((one) => one.endpoint).filter(Boolean)).size > 1;
  const items = job.attempts.map((one, index) => {
    const bar = el("span", { class: "piece", "data-state": one.status });
    bar.style.left = `${((one.started_ms - start) / span) * 100}%`;
    bar.style.width = `${((endOf(one) - one.started_ms) / span) * 100}%`;
    const first = one.first_chunk_us == null ? null : el("span", { class: "first" });
    if (first) first.style.left = `${((one.started_ms - start + one.first_chunk_us / 1000) / span) * 100}%`;
    const wait = index > 0 ? one.started_ms - endOf(job.attempts[index - 1]) : 0;
    const resumed =
      one.resumed_from == null
        ? null
        : `goes on from attempt ${attemptNumber(job, one.resumed_from)}${one.prefix_chars > 0 ? ` with ${counted(one.prefix_chars, "character")}` : ""}`;
    const facts = [
      [
        "Began",
        `${date(one.started_ms)}${index > 0 ? `, ${microseconds(Math.max(0, wait) * 1000)} after the one before` : ""}`,
      ],
      ["First byte", one.first_byte_us == null ? null : microseconds(one.first_byte_us)],
      ["First token", one.first_chunk_us == null ? null : microseconds(one.first_chunk_us)],
      ["Pieces", one.chunk_count == null ? null : count(one.chunk_count)],
      [
        "Tokens",
        one.completion_tokens == null
          ? null
          : `${count(one.prompt_tokens)} in, ${count(one.completion_tokens)} out${one.usage_source && one.usage_source !== "provider" ? ` (${one.usage_source})` : ""}`,
      ],
      ["Cost", one.cost_usd == null ? null : cost(one.cost_usd).text],
      ["Endpoint", one.endpoint],
      ["Tier", one.service_tier],
      ["Resumed", [one.strategy, resumed, one.resume_reason].filter(Boolean).join("; ") || null],
      ["Asked to wait", one.retry_after_ms == null ? null : microseconds(one.retry_after_ms * 1000)],
      ["Counts", one.counts === false && one.status !== "running" ? "no, not against the job’s attempts" : null],
      ["Request id", one.request_id],
      ["Response id", one.response_id],
      ["Notes", one.notes?.join(" ")],
    ].filter(([, value]) => value != null && value !== "");
    return el(
      "li",
      {},
      el(
        "p",
        { class: "attempt-head" },
        el("b", {}, `Attempt ${one.number}`),
        badge(one.status),
        one.http_status ? el("span", { class: "tag" }, `HTTP ${one.http_status}`) : null,
        one.strategy ? el("span", { class: "tag" }, one.strategy) : null,
        el(
          "span",
          { class: "time" },
          one.duration_us == null ? (hasEnded(job) ? "" : "runs") : microseconds(one.duration_us),
        ),
      ),
      isSpread && one.endpoint ? el("p", { class: "quiet" }, cut(one.endpoint)) : null,
      el(
        "div",
        {
          class: "track",
          role: "img",
          "aria-label": `from ${microseconds((one.started_ms - start) * 1000)} to ${microseconds((endOf(one) - start) * 1000)} of ${microseconds(span * 1000)}`,
        },
        bar,
        first,
      ),
      one.error
        ? el("p", { class: "error-text", dir: "auto" }, `${words(one.error_kind ?? "error")}: ${one.error}`)
        : null,
      el(
        "details",
        { "data-key": `attempt:${one.number}` },
        el("summary", {}, "Details", el("span", { class: "unseen" }, ` of attempt ${one.number}`)),
        facts.length
          ? el(
              "dl",
              { class: "pairs" },
              facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
            )
          : null,
      ),
    );
  });
  const isOpen = new Set([...$("attempts").querySelectorAll("details[open]")].map((one) => one.dataset.key));
  for (const item of items) for (const one of item.querySelectorAll("details")) one.open = isOpen.has(one.dataset.key);
  return [
    el(
      "p",
      { class: "scale quiet" },
      el("span", {}, clock(start)),
      el("span", {}, microseconds(span * 1000)),
      el("span", {}, clock(start + span)),
    ),
    el("ol", { class: "plain attempts" }, items),
  ];
}

function usage(job) {
  const told = job.usage ?? {};
  const sum = job.cost_usd ?? null;
  const first = job.attempts.find((one) => one.first_chunk_us != null)?.first_chunk_us;
  const time = job.attempts.reduce((all, one) => all + (one.duration_us ?? 0), 0);
  const facts = [
    ["Tokens in", told.prompt_tokens == null ? null : count(told.prompt_tokens)],
    ["of them from a cache", told.cached_tokens > 0 ? count(told.cached_tokens) : null],
    ["Tokens out", told.completion_tokens == null ? null : count(told.completion_tokens)],
    ["of them thinking", told.reasoning_tokens > 0 ? count(told.reasoning_tokens) : null],
    [
      "Billed, all attempts",
      job.billed_completion_tokens == null
        ? null
        : `${count(job.billed_prompt_tokens)} in, ${count(job.billed_completion_tokens)} out`,
    ],
    ["Counted by", told.source && told.source !== "none" ? words(told.source) : null],
    ["Cost", sum == null ? "not known" : cost(sum).text],
    ["First token", first == null ? null : microseconds(first)],
    ["Time, all attempts", time > 0 ? microseconds(time) : null],
  ].filter(([, value]) => value != null);
  return el(
    "dl",
    { class: "pairs" },
    facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

// ------------------------------------------------------------------------------------------------------------ Controls

const token = document.querySelector('meta[name="control-token"]')?.content ?? "";

/** Tells the run something; what it answers, once that holds. */
const tell = (body) =>
  ask(
    "/api/ctl",
    {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Control-Token": token },
      body: JSON.stringify(body),
    },
    130000,
  );

/** The sentence for a command that was not taken. */
function refusal(error) {
  if (error.status === 403) return "The server was started anew since this page was loaded: load it again.";
  if (error.status === 0) return "The server does not answer; it is not known whether this holds.";
  return `${upper(error.message.replace(/\.$/, ""))}.`;
}

/**
 * Does what a control is for: it waits for the run's word with `word` on it, then says what became of it.
 */
async function steer(body, button, word, note) {
  if (button.getAttribute("aria-busy") === "true") return null;
  const label = button.textContent;
  button.setAttribute("aria-busy", "true");
  set(button, word);
  note.dataset.tone = "";
  try {
    const answer = await tell(body);
    set(note, `${upper(answer.message ?? "done")}.`);
    note.dataset.tone = "good";
    return answer;
  } catch (error) {
    set(note, refusal(error));
    note.dataset.tone = "bad";
    return null;
  } finally {
    button.removeAttribute("aria-busy");
    set(button, label);
    soon();
  }
}

async function steerJob(command, button, word) {
  const { id } = open;
  await steer({ command, ids: [id] }, button, word, $("job-note"));
  if (open.id === id) askJob().catch(passOver);
}

function renderJobControls(job) {
  const reason = hasEnded(job) ? "" : !hasWorker(known.status) ? "There is no worker to tell anything to." : "";
  $("job-cancel").disabled = hasEnded(job) || reason !== "";
  $("job-now").disabled = $("job-cancel").disabled;
  $("job-controls").hidden = hasEnded(job) && $("job-note").textContent === "";
  $("job-cancel").hidden = hasEnded(job);
  $("job-now").hidden = hasEnded(job) || job.status === "running";
  if (reason || $("job-note").dataset.tone === undefined) set($("job-note"), reason);
}

/** Asks before something that cannot be taken back. */
function confirmed(title, text, yes, no) {
  const dialog = $("ask");
  set($("ask-title"), title);
  set($("ask-text"), text);
  set($("ask-yes"), yes);
  set($("ask-no"), no);
  return new Promise((resolve) => {
    dialog.returnValue = "";
    $("ask-yes").onclick = () => dialog.close("yes");
    $("ask-no").onclick = () => dialog.close("no");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.showModal();
    $("ask-no").focus();
  });
}

/** A form with one number, sent as `command`; empty is `none` where that may be. */
function numberForm(form, body) {
  const input = form.querySelector("input");
  const button = form.querySelector("button");
  input.addEventListener("input", () => {
    input.dataset.edited = "yes";
  });
  const forget = () => {
    delete input.dataset.edited;
    input.value = input.dataset.told ?? "";
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") forget();
  });
  // What was typed and not set is not what the run keeps to: it goes some seconds after the form was left.
  let leaving = null;
  form.addEventListener("focusout", () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      if (!form.contains(document.activeElement) && !button.matches("[aria-busy=true]")) forget();
    }, 10000);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await steer(body(input.value.trim()), button, "Setting …", $("control-note"))) {
      input.dataset.told = input.value;
      delete input.dataset.edited;
    }
  });
}

/** What the run keeps to now goes into a field, unless somebody is writing there. */
function toldValue(input, value) {
  input.dataset.told = value ?? "";
  if (input.dataset.edited || document.activeElement === input) return;
  input.value = value ?? "";
}

function startControls() {
  $("pause").addEventListener("click", () => {
    const isPaused = known.status?.state === "paused";
    steer(
      { command: isPaused ? "continue" : "pause" },
      $("pause"),
      isPaused ? "Continuing …" : "Pausing …",
      $("control-note"),
    );
  });
  $("drain").addEventListener("click", async () => {
    const streams = known.status?.open_streams ?? 0;
    const isSure = await confirmed(
      "End this run?",
      `No more jobs are taken up${streams > 0 ? `; ${counted(streams, "open stream")} may go on for the time of --drain-timeout, then what has come is kept` : ""}. Jobs that are left stay as they are: llm4s-batch resume goes on with them.`,
      "End the run",
      "Keep it running",
    );
    if (isSure) steer({ command: "drain" }, $("drain"), "Ending …", $("control-note"));
  });
  $("limits").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    $("limits").open = false;
    $("limits").querySelector("summary").focus();
  });
  const kept = () => ($("keep").checked ? { keep: true } : {});
  numberForm($("width"), (value) => ({ command: "concurrency", value: Number(value) }));
  $("width-auto").addEventListener("click", async () => {
    const answer = await steer(
      { command: "concurrency", value: "auto" },
      $("width-auto"),
      "Setting …",
      $("control-note"),
    );
    if (answer) delete $("width-value").dataset.edited;
  });
  numberForm($("cost-limit"), (value) => ({
    command: "max-cost",
    value: value === "" ? "none" : Number(value),
    ...kept(),
  }));
}

/** A form for requests and one for tokens a minute, of each provider that the jobs name; those that are there stay. */
function renderRates(providers) {
  const shown = new Map([...$("rates").children].map((node) => [node.dataset.provider, node]));
  let before = null;
  for (const provider of [...providers].reverse()) {
    const node = shown.get(provider) ?? rateForms(provider);
    if (!shown.has(provider)) $("rates").insertBefore(node, before);
    before = node;
  }
}

let rateCount = 0;

function rateForms(provider) {
  const forms = [
    ["rpm", "requests a minute"],
    ["tpm", "tokens a minute"],
  ].map(([name, title]) => {
    rateCount += 1;
    const id = `${name}-${rateCount}`;
    const form = el(
      "form",
      { class: "inline" },
      el("label", { for: id }, el("span", { class: "unseen" }, `${plain(provider)}, `), title),
      el("input", {
        id,
        type: "number",
        min: 1,
        step: 1,
        inputmode: "numeric",
        placeholder: "none",
        autocomplete: "off",
        "data-rate": name,
        "data-provider": provider,
      }),
      el("button", { type: "submit" }, "Set"),
    );
    numberForm(form, (value) => ({
      command: name,
      value: `${provider}=${value === "" ? "none" : value}`,
      ...($("keep").checked ? { keep: true } : {}),
    }));
    return form;
  });
  return el("div", { class: "rate", "data-provider": provider }, el("bdi", { "aria-hidden": true }, provider), forms);
}

function renderControls(status) {
  const { limits } = status;
  const isLive = hasWorker(status);
  const isPaused = status.state === "paused";
  const button = $("pause");
  if (button.getAttribute("aria-busy") !== "true") set(button, isPaused ? "Continue" : "Pause");
  const providers = [
    ...new Set([
      ...(known.stats?.usage ?? []).map((row) => row.provider),
      ...Object.keys(limits.rpm),
      ...Object.keys(limits.tpm),
      ...status.waiting.map((row) => row.provider),
    ]),
  ]
    .filter((name) => name !== "*")
    .sort()
    .slice(0, 20);
  renderRates(providers);
  for (const control of $("controls").querySelectorAll("button, input")) control.disabled = !isLive;
  toldValue($("width-value"), Number.isFinite(limits.concurrency) ? limits.concurrency : null);
  $("width-value").placeholder = plain(limits.concurrency ?? "");
  toldValue($("cost-value"), limits.max_cost);
  for (const input of $("rates").querySelectorAll("input")) {
    const rates = limits[input.dataset.rate];
    toldValue(input, rates[input.dataset.provider in rates ? input.dataset.provider : "*"]);
  }
  $("controls").dataset.live = isLive;
  const note = $("control-note");
  if (!isLive && note.dataset.tone !== "bad") {
    set(
      note,
      status.state === "new"
        ? "The controls work while a run is under way."
        : "There is no worker: what is set here needs one.",
    );
    note.dataset.tone = "quiet";
  } else if (isLive && note.dataset.tone === "quiet") set(note, "");
}

// ------------------------------------------------------------------------------------------- What asks the server, when

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** What the server answers to a path; `Refusal` with its sentence, status 0 where there is no answer. */
async function ask(path, options = {}, patience = 20000) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(patience), ...options });
  } catch {
    throw new Refusal(0, "the server does not answer");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body != null) return body;
  throw new Refusal(
    response.ok ? 0 : response.status,
    body?.error ?? `the server answers with status ${response.status}`,
  );
}

let silentSince = null;

/** Says why there is no status, and since when; what is shown stays. Nothing but the status tells that a server is gone. */
function fault(error) {
  if (!(error instanceof Refusal)) throw error;
  silentSince ??= Date.now();
  set(
    $("banner"),
    error.status > 0
      ? `${upper(error.message.replace(/\.$/, ""))}, since ${clock(silentSince)}. What you see is from then.`
      : `The server does not answer since ${clock(silentSince)}. What you see is from then; it is asked again.`,
  );
  $("banner").hidden = false;
}

/** Passes over that something besides the status did not come: it is asked for again. */
function passOver(error) {
  if (!(error instanceof Refusal)) throw error;
}

function heard() {
  if (silentSince == null) return;
  silentSince = null;
  $("banner").hidden = true;
  announce("The server answers again.");
}

const announce = (text) => set($("announce"), text);

let timer = null;
let isAsking = false;
let [statsAskedAt, failures] = [0, 0];
const isOlder = (time, milliseconds) => Date.now() - time >= milliseconds;

/** What is asked beside the rounds, by name, until it is answered: none of it holds up the status or another one. */
const asking = new Set();

async function beside(name, question) {
  if (asking.has(name)) return;
  asking.add(name);
  try {
    await question();
  } catch (error) {
    passOver(error);
  } finally {
    asking.delete(name);
  }
}

/** Asks for the statistics: of a million jobs they take many seconds to read. */
async function askStats() {
  statsAskedAt = Date.now();
  known.stats = await ask("/api/stats", {}, 130000);
  renderAll();
}

/** Asks for the status and draws it; then for all else that is shown and due. */
async function round() {
  known.status = await ask("/api/status");
  heard();
  failures = 0;
  const { status } = known;
  renderAll();
  if (isOlder(statsAskedAt, known.stats ? 10000 : 2000)) beside("stats", askStats);
  if (open.id == null) {
    beside("seconds", () => askSeconds(status));
    if (!list.isBusy && isOlder(list.askedAt, list.isCostly ? 30000 : 3000))
      beside("jobs", () => lookForJobs({ quiet: true }));
  } else if (!hasEnded(open.job) && isOlder(open.askedAt, 2000)) beside("job", () => askJob());
}

function renderAll() {
  const { status, stats } = known;
  // What a database without a run, or without a job, has nothing for is not shown.
  $("overview").dataset.has = status.jobs.total === 0 ? "nothing" : status.state === "new" ? "jobs" : "runs";
  renderHead(status);
  renderProgress(status);
  renderFigures(status, stats);
  renderWaits(status);
  renderFailures(status, stats);
  renderCost(status, stats);
  if (isReport) return;
  renderEndpoints(status);
  renderFilters();
  renderControls(status);
  if (open.job) renderJobControls(open.job);
}

async function beat() {
  clearTimeout(timer);
  if (isAsking) return;
  isAsking = true;
  const began = Date.now();
  try {
    await round();
  } catch (error) {
    failures += 1;
    fault(error);
  } finally {
    isAsking = false;
    const pause = failures > 0 ? Math.min(10000, 1000 * 2 ** failures) : document.hidden ? 20000 : 1000;
    timer = setTimeout(beat, Math.max(100, pause - (Date.now() - began)));
  }
}

/** Asks without waiting for the second to be over. */
function soon() {
  clearTimeout(timer);
  timer = setTimeout(beat, 100);
}

/** Shows what the address names: a job, or the table with its filters. */
function route(isStart) {
  const query = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
  const id = query.get("job");
  if (id) {
    if (open.id == null) open.scroll = scrollY;
    showJob(id).catch(passOver);
    return;
  }
  const wasOpen = open.id != null;
  closeJob();
  $("overview").hidden = false;
  const filters = Object.fromEntries(filterNames.map((name) => [name, query.get(name) ?? ""]));
  const isSame = filterNames.every((name) => (list.filters[name] ?? "") === filters[name]);
  if (!isSame || isStart) {
    Object.assign(list, { filters, starts: [{ after: null, first: 1 }] });
    lookForJobs({ wanted: !isStart }).catch(passOver);
  }
  if (known.status) renderAll();
  if (wasOpen) scrollTo(0, open.scroll);
  else if (!isSame && !list.keepsPlace && location.hash.length > 1 && !isStart) {
    $("jobs-heading").scrollIntoView({ block: "start" });
    $("jobs-heading").focus({ preventScroll: true });
  }
  list.keepsPlace = false;
}

function start() {
  startCharts();
  startJobs();
  startControls();
  set($("zone"), `Times in ${zone}`);
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    $("main").focus();
  });
  addEventListener("hashchange", () => route(false));
  addEventListener("pagehide", () => open.source?.close());
  document.addEventListener("visibilitychange", () => {
    readVisibly();
    if (!document.hidden) soon();
  });
  route(true);
  beat();
}

// ---------------------------------------------------------------------------------------------------------- The report

function report(data) {
  const { status, stats, runs } = data;
  Object.assign(known, { status, stats });
  renderAll();
  set($("made"), `Made ${date(data.now_ms)} by llm4s-batch ${data.version}. Times in ${zone}, the zone of this browser.`);
  for (const name of ["runs", "failed", "slowest"]) {
    const [shown, total] = [data[name].length, data[`${name}_total`]];
    if (total > shown) append($(`${name}-heading`), `: ${count(shown)} of ${count(total)}`);
  }
  fill($("runs"), runs, () =>
    runs.length === 0
      ? el("p", { class: "nothing" }, "No run yet.")
      : table(
          "Runs",
          [
            ["Run", (run) => `${run.run_id}: ${run.command}`],
            ["Began", (run) => date(run.started_ms)],
            [
              "Took",
              (run) => (run.finished_ms == null ? null : microseconds((run.finished_ms - run.started_ms) * 1000)),
              "number",
            ],
            ["Ended as", (run) => words(run.status)],
            ["Exit status", (run) => run.exit_code, "number"],
            ["Why it stopped", (run) => run.stop_reason],
          ],
          runs,
        ),
  );
  const drawn = runs.filter((run) => run.seconds.seconds.length > 0);
  if (drawn.length > 0 && drawn.length < data.runs_total) {
    const others = `Drawn are ${drawn.length} of ${count(data.runs_total)} runs: the others are older, or no second is stored.`;
    append($("charts"), el("p", { class: "quiet" }, others));
  }
  const stories = drawn.map((run) => {
    const host = el("div", { class: "charts" });
    const title = `Run ${run.run_id}: ${run.command}, ${date(run.started_ms)}`;
    append($("charts"), [data.runs_total > 1 ? el("h3", { class: "run" }, title) : null, host]);
    const { seconds: rows, step, changes } = run.seconds;
    const isNewest = run.run_id === status.run.run_id;
    const ended = isNewest ? endOfRun(status) : (run.finished_ms ?? Infinity) / 1000;
    const story = { rows, step, changes, began: run.started_ms / 1000, ended };
    const plots = makePlots(host, `-${run.run_id}`);
    return () => renderCharts(host, plots, story, true);
  });
  for (const tell of stories) tell();
  whenResized($("charts"), () => stories.forEach((tell) => tell()));
  if ($("charts").children.length === 0)
    append($("charts"), el("p", { class: "nothing" }, "No second of a run is stored."));
  const columns = [
    ["Id", (job) => el("bdi", {}, job.id)],
    ["Model", (job) => el("bdi", {}, named(job))],
    ["Attempts", (job) => count(job.attempts), "number"],
  ];
  fill($("slowest"), data.slowest, () =>
    data.slowest.length > 0
      ? table(
          "The slowest jobs",
          [
            ...columns,
            ["Tokens out", (job) => (job.completion_tokens == null ? null : count(job.completion_tokens)), "number"],
            ["First token", (job) => (job.ttft_us == null ? null : microseconds(job.ttft_us)), "number"],
            ["Time", (job) => (job.duration_us == null ? null : microseconds(job.duration_us)), "number"],
          ],
          data.slowest,
        )
      : el("p", { class: "nothing" }, "No job has its answer yet."),
  );
  fill($("failed"), data.failed, () =>
    data.failed.length > 0
      ? table(
          "Failed jobs",
          [
            ...columns,
            [
              "What happened",
              (job) =>
                el(
                  "span",
                  { class: "error" },
                  el("span", { class: "tag" }, words(job.error_kind ?? "error")),
                  el("span", { dir: "auto" }, job.error ?? ""),
                ),
            ],
          ],
          data.failed,
        )
      : el("p", { class: "nothing" }, "No job has failed."),
  );
  const pools = stats.by_endpoint.filter((row) =>
    stats.by_endpoint.some((other) => other.provider === row.provider && other.endpoint !== row.endpoint),
  );
  $("by-endpoint-section").hidden = pools.length === 0;
  const quantile = (row, name, percent) => (row[name]?.count > 0 ? row[name][percent] : null);
  const time = (row, percent) => {
    const value = quantile(row, "ttft_us", percent);
    return value == null ? null : microseconds(value);
  };
  fill($("by-endpoint"), pools, () =>
    table(
      "Attempts by endpoint",
      [
        ["Endpoint", (row) => cut(row.endpoint)],
        ["Provider", (row) => cut(row.provider)],
        ["Attempts", (row) => count(row.tries), "number"],
        ["Answers", (row) => count(row.answers), "number"],
        ["Failed", (row) => (row.failures > 0 ? count(row.failures) : null), "number"],
        ["Tokens in", (row) => count(row.prompt_tokens), "number"],
        ["Tokens out", (row) => count(row.completion_tokens), "number"],
        [
          "From a cache",
          (row) => {
            const share = row.cached_share;
            return share == null ? null : `${rounded(share * 100, share < 0.0995 ? 1 : 0)} %`;
          },
          "number",
        ],
        ["First token: p50, p99", (row) => time(row, "p50") && `${time(row, "p50")}, ${time(row, "p99")}`, "number"],
        [
          "Tokens/s: p50",
          (row) => quantile(row, "tokens_per_second", "p50") && short(quantile(row, "tokens_per_second", "p50")),
          "number",
        ],
      ],
      pools,
    ),
  );
  fill($("times"), stats.models, () =>
    stats.models.length === 0
      ? el("p", { class: "nothing" }, "No answer yet.")
      : table(
          "Times by model",
          [
            ["Model", (model) => el("bdi", {}, named(model))],
            ["Answers", (model) => count(model.completed), "number"],
            ...[
              ["First token", "ttft_us"],
              ["Between pieces", "gap_us"],
              ["Duration", "duration_us"],
            ].map(([title, name]) => [
              `${title}: p50, p90, p99`,
              (model) =>
                model[name]?.count > 0
                  ? [model[name].p50, model[name].p90, model[name].p99].map(microseconds).join(", ")
                  : null,
              "number",
            ]),
            [
              "Tokens/s: p50",
              (model) => (model.tokens_per_second?.count > 0 ? short(model.tokens_per_second.p50) : null),
              "number",
            ],
          ],
          stats.models,
        ),
  );
}

if (isReport) report(JSON.parse($("report-data").textContent));
else start();
