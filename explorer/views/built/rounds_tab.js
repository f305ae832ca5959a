// Built from the modules named below by "npm run build". Change those, not this file.

// common/keys.js
var JUST_COMPOSED = 30;
function originOf(event) {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}
var composed = -Infinity;
var composing = (event) => event.isComposing || event.keyCode === 229 || event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED;
function guardKeys(root) {
  root.addEventListener(
    "compositionend",
    (event) => {
      composed = event.timeStamp;
    },
    true
  );
  root.addEventListener(
    "keydown",
    (event) => {
      if (composing(event)) {
        if (event.key === "Enter") {
          event.preventDefault();
        }
        event.stopImmediatePropagation();
      } else if (event.repeat && (event.key === "Enter" || event.key === " ") && originOf(event)?.matches("button, summary, a, input")) {
        if (event.key === "Enter" || !isTyping(event)) {
          event.preventDefault();
        }
      }
    },
    true
  );
}
function isTyping(event) {
  const target = originOf(event);
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  const takesLetters = target instanceof HTMLInputElement ? !/^(range|checkbox|radio|button|submit)$/.test(target.type) : target.matches("textarea, select");
  return target.isContentEditable || takesLetters;
}

// common/elements.js
function node(tag, classes) {
  const element = document.createElement(tag);
  if (classes) {
    element.className = classes;
  }
  return element;
}
function text(tag, classes, words) {
  const element = node(tag, classes);
  element.textContent = words;
  return element;
}
function button(classes, words, help, act) {
  const element = text("button", classes, words);
  element.type = "button";
  if (help) {
    element.title = help;
  }
  element.addEventListener("click", (event) => act(event));
  return element;
}
function options(box, entries) {
  const now = JSON.stringify(entries);
  if (box.dataset.listed === now) {
    return;
  }
  box.dataset.listed = now;
  box.replaceChildren(
    ...entries.map(([value, words, help]) => {
      const option = text("option", "", words);
      option.value = value;
      option.title = help ?? "";
      return option;
    })
  );
}
function makePictures(mime = "image/webp") {
  const urls = /* @__PURE__ */ new Map();
  return {
    /** @param {Key} key @param {ArrayBuffer} bytes */
    address(key, bytes) {
      const url = urls.get(key) ?? URL.createObjectURL(new Blob([bytes], { type: mime }));
      urls.set(key, url);
      return url;
    },
    /** @param {Key[]} keys */
    keep(keys) {
      const wanted = new Set(keys);
      for (const [key, url] of urls) {
        if (!wanted.has(key)) {
          URL.revokeObjectURL(url);
          urls.delete(key);
        }
      }
    },
    count: () => urls.size
  };
}
function hearMessages(model, handlers) {
  model.on("msg:custom", (message) => {
    const act = (
      /** @type {Partial<Record<string, (message: any) => void>>} */
      handlers[message.type]
    );
    act?.(message);
  });
}
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// rounds/certification.js
function makeCertification(send) {
  const box = node("section", "certification"), sentences = node("div", "sentences"), line = node("div", "line"), target = node("input"), tested = node("table", "tested");
  Object.assign(target, { type: "number", min: 50, max: 99, step: 1, value: 90 });
  target.setAttribute("aria-label", "Precision to guarantee, per cent");
  const plan = button(
    "plan",
    "Plan",
    "Show how many answers are needed, of which images, and in which order; nothing is asked yet",
    () => send({ type: "plan", precision: Number(target.value) / 100 })
  );
  const begin = button(
    "primary begin",
    "Start",
    "Fix this plan and ask its first questions",
    () => send({ type: "begin" })
  );
  const drop = button(
    "drop",
    "Cancel",
    "Cancel this certification; another one can be started later",
    () => send({ type: "drop" })
  );
  const wanted = node("span", "line");
  wanted.append(text("span", "", "Guarantee a precision of"), target, text("span", "", "%"));
  line.append(wanted, plan, begin, drop);
  box.append(text("h4", "", "Guaranteed precision"), sentences, tested, line);
  function update(standing) {
    const certification = standing.certification;
    box.hidden = !standing.round;
    sentences.replaceChildren(...certification.sentences.map((words) => text("p", "", words)));
    wanted.hidden = plan.hidden = !["none", "planned", "over"].includes(certification.state);
    begin.hidden = certification.state !== "planned";
    drop.hidden = certification.state !== "asking" && certification.state !== "planned";
    drop.textContent = certification.state === "planned" ? "Discard plan" : "Cancel";
    plan.disabled = Boolean(standing.working);
    tested.hidden = !certification.tested.length;
    const head = node("tr");
    head.append(...["Highest scored", "Sampled", "Yes", "Precision at least"].map((words) => text("th", "", words)));
    tested.replaceChildren(
      head,
      ...certification.tested.map((row) => {
        const cells = node("tr", row.passed ? "passed" : "failed");
        cells.append(...[row.size, row.sampled, row.yes, row.bound].map((words) => text("td", "", words)));
        return cells;
      })
    );
  }
  return { box, update };
}
function makeReleases(send) {
  const box = node("section", "releases"), sentences = node("div", "sentences"), list = node("ul");
  const release = button(
    "release",
    "Release",
    "Store labels, threshold and guaranteed precision as a numbered release that never changes",
    () => send({ type: "release" })
  );
  box.append(text("h4", "", "Release"), sentences, release, list);
  function update(standing) {
    box.hidden = !standing.round;
    sentences.replaceChildren(...standing.release.sentences.map((words) => text("p", "", words)));
    release.disabled = !standing.release.ready || Boolean(standing.working);
    list.replaceChildren(
      ...standing.release.made.map((entry, place) => {
        const line = node("li"), audit = button(
          "audit",
          "Audit this release",
          "Measure with blind answers how good this release is",
          () => send({ type: "audit" })
        );
        line.append(text("b", "", entry.title), text("span", "", ` ${entry.words} `), text("code", "soft", entry.hash));
        if (place === 0) {
          line.append(audit);
        }
        return line;
      })
    );
  }
  return { box, update };
}

// common/attribute_tab_parts.js
function makeNotes() {
  const box = node("div", "notes");
  box.setAttribute("role", "status");
  function note(message) {
    const line = node("div", `note ${message.kind}`), shut = button("plain", "×", "Close", () => line.remove());
    shut.setAttribute("aria-label", "Close");
    line.append(text("p", "", message.text), shut);
    box.replaceChildren(line);
  }
  const clear = () => box.replaceChildren();
  function about(attribute) {
    if (box.dataset.attribute !== attribute) {
      clear();
    }
    box.dataset.attribute = attribute;
  }
  return { box, note, clear, about };
}
function makeTabHead(send) {
  const box = node("header", "head"), choose = node("select"), steps = node("ol", "steps");
  choose.setAttribute("aria-label", "Attribute");
  choose.addEventListener("change", () => send({ type: "choose", attribute: choose.value }));
  box.append(choose, steps);
  function update(standing) {
    options(choose, [["", "Choose an attribute …"], ...choicesOf(standing.attributes ?? [])]);
    choose.value = standing.attribute ?? "";
    steps.replaceChildren(
      ...(standing.steps ?? []).map((step) => {
        const line = node("li", step.state);
        line.append(text("b", "", step.title), text("span", "soft", step.words));
        if (step.state === "now") {
          line.setAttribute("aria-current", "step");
        }
        return line;
      })
    );
  }
  return { box, update };
}
var choicesOf = (entries) => entries.map(({ name, title, help }) => (
  /** @type {const} */
  [name, title, help]
));
function fill(list, figures) {
  list.replaceChildren(...figures.flatMap((entry) => [text("dt", "", entry.name), fact(entry)]));
}
function fact(entry) {
  const box = node("dd", entry.enough ? "" : "few");
  box.append(text("b", "", entry.value), text("span", "soft", entry.more ? ` ${entry.more}` : ""));
  if (entry.beside) {
    box.append(text("span", "soft beside", entry.beside));
  }
  if (entry.help) {
    box.title = entry.help;
  }
  return box;
}
function strip(title, items, acts) {
  const box = node("div", "strip"), line = node("div", "pictures");
  line.append(
    ...items.map((item) => {
      const one = button("picture", "", item.caption, () => acts.open(item.row)), image = node("img");
      image.src = acts.pictures.address(item.row, item.tile);
      image.alt = item.caption;
      one.dataset.row = item.row;
      one.append(image);
      if (item.mark) {
        one.append(text("span", "mark", item.mark));
      }
      return one;
    })
  );
  box.append(text("p", "soft", title), items.length ? line : text("p", "soft none", "none"));
  return box;
}

// common/charts.js
var SVG = "http://www.w3.org/2000/svg";
function shape(tag, attributes, words) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  if (words !== void 0) {
    element.textContent = words;
  }
  return element;
}
var LEFT = 34;
var RIGHT = 10;
var TOP = 8;
var BOTTOM = 22;
function scalesOf(points, { xAxis, wide, high }) {
  const xs = points.map((point) => point.x);
  const most = Math.max(...xs, 1), first = Math.min(...xs), least = xAxis === "share" || first < most / 2 ? 0 : first;
  return {
    least,
    most,
    across: (x) => LEFT + (wide - LEFT - RIGHT) * (x - least) / (most - least || 1),
    up: (y) => TOP + (high - TOP - BOTTOM) * (1 - y)
  };
}
function axesOf({ across, up, least, most }, { xAxis, xWords, wide, high }) {
  const share = xAxis === "share", ends = share ? [0, 0.5, 1] : [least, most];
  const sides = ["start", ...ends.slice(2).map(() => "middle"), "end"];
  return [
    ...[0, 0.5, 1].flatMap((y) => [
      shape("line", { x1: LEFT, x2: wide - RIGHT, y1: up(y), y2: up(y), class: "rule" }),
      shape("text", { x: LEFT - 6, y: up(y) + 4, class: "tick end" }, y === 0.5 ? ".5" : String(y))
    ]),
    ...ends.map(
      (x, place) => shape(
        "text",
        { x: across(x), y: high - 6, class: `tick ${sides[place]}` },
        share ? String(x) : Math.round(x).toLocaleString("en")
      )
    ),
    shape(
      "text",
      { x: share ? across(0.75) : (LEFT + wide - RIGHT) / 2, y: high - 6, class: "tick middle axis" },
      xWords
    )
  ];
}
function yNameOf({ up }, { yWords, yAt, wide }) {
  const x = yAt === "end" ? wide - RIGHT - 4 : LEFT + 4;
  return shape("text", { x, y: up(0) - 5, class: `tick ${yAt} axis` }, yWords);
}
function intervalsOf(points, { across, up }, bars) {
  if (points.length < 2 || bars) {
    return points.map(
      (p) => shape("line", { x1: across(p.x), x2: across(p.x), y1: up(p.low), y2: up(p.high), class: "whisker" })
    );
  }
  const there = pathOf(points, across, (p) => up(p.high)), back = pathOf([...points].reverse(), across, (p) => up(p.low)).replace("M", "L");
  return [shape("path", { d: `${there}${back}Z`, class: "band" })];
}
function dotsOf(points, { across, up }) {
  if (points.length > 30) {
    return [];
  }
  return points.map((p) => {
    const dot = shape("circle", { cx: across(p.x), cy: up(p.y), r: 3, class: "dot" });
    dot.append(shape("title", {}, p.words));
    return dot;
  });
}
var pathOf = (points, across, yOf) => points.map((p, place) => `${place ? "L" : "M"}${across(p.x).toFixed(1)} ${yOf(p).toFixed(1)}`).join("");
var factsOf = (options2) => ({ bars: false, yAt: "start", wide: 372, high: 132, ...options2 });
function makeCurve(options2) {
  const facts = factsOf(options2);
  const { wide, high } = facts;
  const box = shape("svg", { viewBox: `0 0 ${wide} ${high}`, class: "curve", role: "img" });
  function update(points, spot, goal) {
    const scales = scalesOf(points, facts), { across, up } = scales;
    const aim = facts.goal ?? goal;
    const compare = aim ? [shape("line", { x1: LEFT, x2: wide - RIGHT, y1: up(aim[0]), y2: up(aim[1]), class: "goal" })] : [];
    const line = points.length > 1 ? [shape("path", { d: pathOf(points, across, (p) => up(p.y)), class: "line" })] : [];
    const here = spot ? [shape("circle", { cx: across(spot.x), cy: up(spot.y), r: 5, class: "here" })] : [];
    const words = points.map((point) => point.words).filter(Boolean);
    box.setAttribute("aria-label", `${facts.label}. ${words.join("; ")}`);
    box.replaceChildren(
      ...axesOf(scales, facts),
      ...compare,
      ...intervalsOf(points, scales, facts.bars),
      ...line,
      ...dotsOf(points, scales),
      ...here,
      yNameOf(scales, facts)
      // over the dots
    );
  }
  return { box, update };
}
function makeHistogram({ wide = 372, high = 84 }) {
  const box = shape("svg", {
    viewBox: `0 0 ${wide} ${high}`,
    class: "histogram",
    preserveAspectRatio: "none",
    "aria-hidden": "true"
  });
  let bars = [];
  function update(counts) {
    const most = Math.sqrt(Math.max(1, ...counts)), step = wide / (counts.length || 1);
    bars = counts.map((count, place) => {
      const tall = count ? Math.max(1.5, (high - 2) * Math.sqrt(count) / most) : 0;
      return shape("rect", {
        x: (place * step).toFixed(2),
        width: Math.max(0.5, step - 0.8).toFixed(2),
        y: high - tall,
        height: tall
      });
    });
    box.replaceChildren(...bars);
  }
  function shade(upper, lower) {
    bars.forEach((bar, place) => {
      const middle = (place + 0.5) / bars.length;
      bar.setAttribute("class", middle >= upper ? "above" : middle >= lower ? "between" : "below");
    });
  }
  return { box, update, shade };
}

// rounds/threshold.js
var Threshold = class {
  #acts;
  box = node("section", "threshold");
  #chart = makeHistogram({});
  #upper;
  #lower;
  #figures = node("dl", "figures");
  #sides = node("div", "sides");
  #hasBand = node("input");
  #known = "";
  #placed = "";
  /** @type {{ upper: number, lower: number } | null} the thresholds of the next request */
  #waiting = null;
  #requested = false;
  /** @param {ThresholdActs} acts */
  constructor(acts) {
    this.#acts = acts;
    const plot = node("div", "plot");
    this.#upper = this.#slider("Threshold: images with this score or a higher one are positive");
    this.#lower = this.#slider(
      "Unsure band: images below this score are negative, and images from here to the threshold stay unsure"
    );
    const band = node("label", "check");
    const target = node("input");
    const find = button(
      "",
      "Find threshold",
      "Set the lowest threshold whose estimated precision is at least this; an estimate, not a guarantee",
      () => this.#acts.find(Number(target.value) / 100)
    );
    this.#lower.className = "lower";
    this.#hasBand.type = "checkbox";
    band.append(this.#hasBand, text("span", "", "Keep an unsure band below the threshold"));
    Object.assign(target, { type: "number", min: 50, max: 99, step: 1, value: 90 });
    target.setAttribute("aria-label", "Precision wanted, per cent");
    const wanted = node("div", "line wanted");
    const use = button(
      "",
      "Filter the map by this threshold",
      "Show on the map which images pass this threshold",
      () => this.#acts.useOnMap()
    );
    wanted.append(text("span", "", "Precision of at least"), target, text("span", "", "%"), find, use);
    plot.append(this.#chart.box, this.#lower, this.#upper);
    this.box.append(text("h4", "", "Threshold"), plot, this.#figures, wanted, band, this.#sides);
    this.#upper.addEventListener("input", this.#move);
    this.#lower.addEventListener("input", this.#move);
    this.#hasBand.addEventListener("change", () => {
      this.#lower.hidden = !this.#hasBand.checked;
      if (this.#hasBand.checked) {
        this.#lower.value = String(Math.max(0, Number(this.#upper.value) - 0.2));
      }
      this.#move();
    });
  }
  /** @param {string} words */
  #slider(words) {
    const one = node("input");
    Object.assign(one, { type: "range", min: 0, max: 1, step: "any" });
    one.setAttribute("aria-label", words);
    one.title = words;
    return one;
  }
  // The chart follows at once. Only one request is open at a time, because a slider makes more events than the server can
  // answer.
  #move = () => {
    if (this.#hasBand.checked) {
      this.#lower.value = String(Math.min(Number(this.#lower.value), Number(this.#upper.value)));
    }
    this.#shade();
    this.#waiting = {
      upper: Number(this.#upper.value),
      lower: this.#hasBand.checked ? Number(this.#lower.value) : Number(this.#upper.value)
    };
    if (!this.#requested) {
      this.#ask();
    }
  };
  #ask() {
    if (!this.#waiting) {
      return;
    }
    this.#requested = true;
    this.#acts.evaluate(this.#waiting);
    this.#waiting = null;
  }
  #shade() {
    this.#chart.shade(
      Number(this.#upper.value),
      this.#hasBand.checked ? Number(this.#lower.value) : Number(this.#upper.value)
    );
  }
  /** @param {Server.OrEmpty<Server.RoundsStanding>} standing */
  update(standing) {
    this.box.hidden = !standing.histogram;
    if (!standing.histogram) {
      return;
    }
    const now = `${standing.attribute}:${standing.version}`;
    if (now === this.#known) {
      return;
    }
    this.#known = now;
    this.#chart.update(standing.histogram);
    const place = `${standing.attribute}:${standing.placed}`;
    if (place !== this.#placed) {
      this.#placed = place;
      this.#upper.value = String(standing.threshold);
      this.#hasBand.checked = standing.lower < standing.threshold;
      this.#lower.value = String(standing.lower);
      this.#lower.hidden = !this.#hasBand.checked;
    }
    this.#requested = false;
    this.#move();
  }
  /** @param {Server.ThresholdMessage} message */
  receive(message) {
    this.#requested = false;
    if (message.set) {
      this.#upper.value = String(message.upper);
      if (!this.#hasBand.checked || message.lower > message.upper) {
        this.#lower.value = String(message.upper);
      }
      this.#shade();
    }
    fill(this.#figures, message.figures);
    this.#sides.replaceChildren(...message.sides.map((side) => strip(side.title, side.items, this.#acts)));
    this.#ask();
  }
};

// rounds/rounds_tab.js
function render({ model }) {
  const root = makeRoot(model, "div", "attribute-tab rounds ex-rounds");
  root.tabIndex = -1;
  const send = (message) => model.send_msg(message);
  const pictures = makePictures("image/jpeg");
  const acts = {
    pictures,
    evaluate: (thresholds) => send({ type: "threshold", ...thresholds }),
    find: (precision) => send({ type: "find", precision }),
    useOnMap: () => send({ type: "use" }),
    open: (row) => send({ type: "open", row })
  };
  const notes = makeNotes();
  const head = makeTabHead(send), work = makeRoundWork(send), knowledge = makeKnowledge(), threshold = new Threshold(acts);
  const changes = node("section", "crossed"), certification = makeCertification(send), release = makeReleases(send);
  const empty = text(
    "p",
    "soft empty",
    "Choose an attribute. Each round trains on its answers, scores every image, and asks about the images that teach most."
  );
  root.append(
    notes.box,
    head.box,
    empty,
    work.box,
    knowledge.box,
    threshold.box,
    changes,
    certification.box,
    release.box
  );
  function update() {
    const standing = model.standing;
    notes.about(standing.attribute ?? "");
    head.update(standing);
    empty.hidden = Boolean(standing.attribute);
    for (const part of [work, knowledge, certification, release]) {
      part.box.hidden = !standing.attribute;
      if (standing.attribute) {
        part.update(standing);
      }
    }
    threshold.update(standing);
    if (!standing.histogram) {
      changes.replaceChildren();
    }
    root.dataset.round = String(standing.round ?? 0);
    root.dataset.working = standing.working ? "yes" : "";
  }
  const handlers = {
    note: notes.note,
    threshold: (message) => threshold.receive(message),
    crossed(message) {
      changes.replaceChildren(
        text("h4", "", "Changes of the last round"),
        text("p", "", message.words),
        ...message.sides.map((side) => strip(side.title, side.items, acts))
      );
      changes.hidden = !message.words;
    }
  };
  hearMessages(model, handlers);
  model.on("standing", update);
  update();
  send({ type: "hello" });
  return root;
}
function makeRoundWork(send) {
  const box = node("section", "work"), line = node("div", "line"), sentences = node("div", "sentences"), bar = node("progress"), stage = text("p", "soft stage", "");
  const train = button(
    "primary train",
    "Train and rank",
    "Train on all answers, score every image, and ask about the images that teach most",
    () => send({ type: "train" })
  );
  const stop = button("stop", "Stop", "Stop this round; nothing of it is kept", () => send({ type: "stop" }));
  const label = button("answer", "", "Answer the waiting questions in the Label tab", () => send({ type: "answer" }));
  const more = node("details"), strategy = node("select"), batch = node("select");
  strategy.setAttribute("aria-label", "Strategy");
  batch.setAttribute("aria-label", "Questions per round");
  strategy.addEventListener("change", () => send({ type: "option", name: "strategy", value: strategy.value }));
  batch.addEventListener("change", () => send({ type: "option", name: "batch", value: Number(batch.value) }));
  for (const { title, field } of [
    { title: "Strategy", field: strategy },
    { title: "Questions per round", field: batch }
  ]) {
    const part = node("label");
    part.append(text("span", "soft", title), field);
    more.append(part);
  }
  more.prepend(text("summary", "soft", "Options"));
  bar.max = 1;
  stage.setAttribute("role", "status");
  line.append(train, stop, label);
  box.append(line, bar, stage, sentences, more);
  function update(standing) {
    const working = standing.working;
    train.hidden = Boolean(working);
    train.disabled = !standing.can_train;
    train.title = standing.can_train ? "Train on all answers, score every image, and ask about the images that teach most" : standing.cannot;
    stop.hidden = bar.hidden = stage.hidden = !working;
    if (working) {
      bar.value = working.share;
      stage.textContent = working.words;
    }
    label.hidden = !standing.waiting;
    label.textContent = `Answer ${standing.waiting.toLocaleString("en")} question${standing.waiting === 1 ? "" : "s"}`;
    label.classList.toggle("primary", Boolean(standing.waiting) && !standing.can_train);
    sentences.replaceChildren(...standing.sentences.map((words) => text("p", "", words)));
    options(strategy, choicesOf(standing.strategies));
    options(
      batch,
      standing.batches.map((count) => [`${count}`, `${count}`])
    );
    strategy.value = standing.strategy;
    batch.value = String(standing.batch);
  }
  return { box, update };
}
function makeKnowledge() {
  const box = node("section", "knowledge"), figures = node("dl", "figures"), advice = text("p", "advice", "");
  const learning = makeCurve({ label: "Learning curve", xWords: "answers", yWords: "average precision" });
  const trade = makeCurve({ label: "Precision against recall", xWords: "recall", yWords: "precision", xAxis: "share" });
  const more = node("details");
  more.append(text("summary", "soft", "Precision against recall"), trade.box);
  box.append(text("h4", "", "Model quality"), figures, learning.box, advice, more);
  function update(standing) {
    box.hidden = !standing.round;
    fill(figures, standing.figures);
    learning.box.toggleAttribute("hidden", !standing.curve.length);
    if (standing.curve.length) {
      learning.update(standing.curve);
    }
    more.hidden = !standing.trade.length;
    if (standing.trade.length) {
      trade.update(standing.trade, standing.here);
    }
    advice.textContent = standing.advice;
    advice.hidden = !standing.advice;
  }
  return { box, update };
}
export {
  render
};
