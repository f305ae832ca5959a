// Built from the modules named below by "npm run build". Change those, not this file.

// common/keys.js
var JUST_COMPOSED = 30;
var MAY_REPEAT = /* @__PURE__ */ new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "+", "=", "-"]);
var NAMED = /^[A-Z][A-Za-z0-9]+$/;
var LATIN = /^[a-z]$/;
var ALPHABET = /^[\p{L}\p{M}\u200c\u200d]+$/u;
var OF_LATIN = /\p{Script=Latin}/u;
function originOf(event) {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}
var composed = -Infinity;
var composing = (event) => event.isComposing || event.keyCode === 229 || event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED;
function onKeys(target, act) {
  const heard = (event) => {
    if (event instanceof KeyboardEvent && !composing(event)) {
      act(event);
    }
  };
  target.addEventListener("keydown", heard);
  return () => target.removeEventListener("keydown", heard);
}
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
function keyIn(event, keymap) {
  if (composing(event) || event.altKey || event.getModifierState?.("AltGraph")) {
    return "";
  }
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "", has = (name) => name !== "" && Object.hasOwn(keymap, name);
  for (const key of readings(event)) {
    const shifted = event.shiftKey && LATIN.test(key) ? `${command}Shift+${key}` : "";
    if (has(shifted)) {
      return shifted;
    }
    if (has(command + key) && !(command && event.shiftKey)) {
      return command + key;
    }
  }
  return "";
}
function pressKey(event, keymap) {
  const name = keyIn(event, keymap);
  if (!name) {
    return false;
  }
  event.preventDefault();
  if (!event.repeat || MAY_REPEAT.has(name)) {
    keymap[name]?.(event);
  }
  return true;
}
function readings(event) {
  const key = event.key ?? "";
  if (NAMED.test(key)) {
    return [key];
  }
  const printed = key.normalize("NFKC").toLowerCase().replace("̇", "");
  return LATIN.test(printed) ? [printed] : [printed, atPlace(event, printed)].filter(Boolean);
}
function atPlace(event, printed) {
  const [, letter] = /^Key([A-Z])$/.exec(event.code ?? "") ?? [], [, digit] = /^(?:Digit|Numpad)([0-9])$/.exec(event.code ?? "") ?? [];
  const foreign = ALPHABET.test(printed) && !OF_LATIN.test(printed);
  if (letter) {
    return foreign ? letter.toLowerCase() : "";
  }
  if (digit) {
    return /^\p{Nd}$/u.test(printed) || !event.shiftKey ? digit : "";
  }
  if (event.code === "Slash" && !/^[ -~]*$/.test(printed) && !OF_LATIN.test(printed)) {
    return event.shiftKey ? "?" : "/";
  }
  return "";
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
function saveFile({ name, mime, data }) {
  const link = node("a"), address = URL.createObjectURL(new Blob([data], { type: mime }));
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 6e4);
}
function focusedBeside(element) {
  const tree = element.getRootNode();
  const focused = tree instanceof Document || tree instanceof ShadowRoot ? tree.activeElement : null;
  return focused instanceof HTMLElement ? focused : null;
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

// audit/charts.js
function shareBar({ value, low, high, target }) {
  const box = node("span", "share"), bar = node("i", "value"), interval = node("i", "interval");
  box.setAttribute("aria-hidden", "true");
  bar.style.width = `${100 * (value ?? 0)}%`;
  interval.style.left = `${100 * low}%`;
  interval.style.width = `${100 * (high - low)}%`;
  box.append(bar, interval);
  if (target !== void 0) {
    const tick = node("i", "target");
    tick.style.left = `${100 * target}%`;
    box.append(tick);
  }
  return box;
}
function makeFamily(send) {
  const box = node("section", "family"), list = node("ul", "bars"), words = text("p", "", "");
  box.append(text("h4", "", "All audited attributes"), list, words);
  function update(family) {
    box.hidden = !family;
    if (!family) {
      return;
    }
    list.replaceChildren(
      ...family.rows.map((row) => {
        const line = node("li"), open = button(
          `bar${row.here ? " here" : ""}${row.expired ? " expired" : ""}`,
          "",
          row.help,
          () => send({ type: "choose", attribute: row.name })
        );
        const mark = row.expired ? "expired" : row.certified ? "✓" : "";
        open.append(
          text("span", "title", row.title),
          shareBar(row),
          text("b", "", row.words),
          text("span", row.expired ? "mark soft" : "mark", mark)
        );
        open.setAttribute(
          "aria-label",
          `${row.title}: ${row.words}, ${row.help}${row.certified ? ", certified jointly" : ""}`
        );
        line.append(open);
        return line;
      })
    );
    words.textContent = family.words;
  }
  return { box, update };
}
function makeRegions(send) {
  const box = node("div", "regions"), list = node("ul", "bars"), paint = button(
    "paint",
    "Colour the map by precision",
    "Colour every image by the precision of its region",
    () => send({ type: "color" })
  );
  box.append(text("h4", "", "Precision by region of the map"), list, paint);
  function update(regions) {
    box.hidden = !regions.length;
    list.replaceChildren(
      ...regions.map((row) => {
        const line = node("li"), open = button(
          "bar",
          "",
          `${row.help}. ${row.warning || "Go there on the map"}`,
          () => send({ type: "region", region: row.region })
        );
        open.append(
          text("span", "title", row.title),
          shareBar(row),
          text("b", "", row.words),
          text("span", "mark", row.warning ? "!" : "")
        );
        open.setAttribute("aria-label", `${row.title}: ${row.words}, ${row.help}. ${row.warning}`);
        line.append(open);
        if (row.warning) {
          line.append(text("p", "warn", row.warning));
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

// audit/plan.js
var NUMBERS = (
  /** @type {const} */
  ["target", "truth", "positives", "negatives", "jointly"]
);
var AuditPlan = class {
  #send;
  box = node("details", "plan");
  #title = text("summary", "", "");
  #release;
  #about = text("p", "soft about", "");
  #sentence = text("p", "sentence", "");
  #sentences = node("div", "sentences");
  #cannot = text("p", "advice warn", "");
  #there = text("p", "soft", "");
  #table = node("table", "prices");
  #rule;
  #fields;
  #fixed;
  #anytime;
  #freeze;
  #classic;
  #first = "";
  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
    const body = node("div");
    const line = node("div", "line");
    this.#release = chooser("Release to audit", (value) => this.#choose("release", Number(value)));
    this.#rule = chooser("Rule for a yes", (value) => this.#choose("rule", value));
    this.#fields = {
      target: number("Precision to show, per cent", (value) => this.#choose("target", value), {
        min: 50,
        max: 99.9,
        step: 0.5
      }),
      truth: number("Expected precision, per cent", (value) => this.#choose("truth", value), {
        min: 50,
        max: 100,
        step: 0.5
      }),
      positives: number("Positives to ask", (value) => this.#choose("positives", value), { min: 0, step: 1 }),
      negatives: number("Negatives to ask", (value) => this.#choose("negatives", value), { min: 0, step: 1 }),
      jointly: number("Attributes jointly", (value) => this.#choose("jointly", value), { min: 1, step: 1 })
    };
    this.#fixed = button(
      "fixed",
      "once at the end",
      "Fixed plan: the bound is reported once, when all images have a verdict; needs the fewest images",
      () => this.#choose("kind", "fixed")
    );
    this.#anytime = button(
      "anytime",
      "after every answer",
      "Anytime plan: you may watch the bound and stop at any time; needs some more images",
      () => this.#choose("kind", "anytime")
    );
    const kinds = node("span", "kinds");
    kinds.setAttribute("role", "group");
    kinds.setAttribute("aria-label", "Report the bound");
    kinds.append(this.#fixed, this.#anytime);
    this.#freeze = button(
      "primary freeze",
      "Freeze",
      "Fix release, plan and population under hashes; nothing is drawn yet",
      () => this.#send({ type: "freeze" })
    );
    this.#classic = button(
      "classic",
      "Classic: 100 + 100, as BAM",
      "100 positives and 100 negatives, any of two people",
      () => this.#choose("classic", true)
    );
    line.append(this.#freeze, this.#classic);
    body.append(
      this.#release,
      this.#about,
      this.#sentence,
      this.#cannot,
      line,
      this.#sentences,
      this.#optionsBeside(kinds),
      this.#table,
      this.#there
    );
    this.box.append(this.#title, body);
  }
  /** @param {HTMLElement} kinds */
  #optionsBeside(kinds) {
    const box = node("div", "options");
    const fields = [
      [
        "Show a precision of",
        "The target: the certificate states at least this precision",
        withUnit(this.#fields.target, "%")
      ],
      [
        "Expected precision",
        "Your guess of the true precision; the higher it is, the fewer images are needed",
        withUnit(this.#fields.truth, "%")
      ],
      ["Truth", "How several answers decide an image", this.#rule],
      ["Report the bound", "Fixed before the draw", kinds],
      ["Positives to ask", "Left empty, as many as certify the precision if it is as expected", this.#fields.positives],
      ["Negatives to ask", "For recall: the positives that the release misses", this.#fields.negatives],
      [
        "Attributes jointly",
        "Number of audits to claim at once; each one is tested more strictly",
        this.#fields.jointly
      ]
    ];
    for (const [words, help, field] of fields) {
      const part = node("label");
      part.title = help;
      part.append(text("span", "soft", words), field);
      box.append(part);
    }
    return box;
  }
  /** @param {string} name @param {string | number | boolean} value */
  #choose(name, value) {
    return this.#send({ type: "plan_form", name, value });
  }
  /** @param {Standing} standing @param {boolean} [always] replaces what a person is typing, too */
  update(standing, always = false) {
    const plan = standing.plan;
    this.box.hidden = !plan;
    if (!plan) {
      return;
    }
    const again = Boolean(standing.result), now = `${standing.attribute}:${again}`;
    if (now !== this.#first) {
      this.#first = now;
      this.box.open = !again;
    }
    this.#title.textContent = again ? "Plan another audit" : "Plan";
    choices(this.#release, plan.releases, plan.release);
    this.#release.hidden = plan.releases.length < 2;
    this.#about.textContent = this.#release.hidden ? `${plan.releases[0]?.title ?? ""}: ${plan.about}` : plan.about;
    this.#sentence.textContent = plan.sentence;
    choices(this.#rule, plan.rules, plan.rule);
    for (const name of NUMBERS) {
      put(this.#fields[name], plan[name], always);
    }
    this.#fields.positives.placeholder = plan.placeholder;
    this.#fixed.setAttribute("aria-pressed", String(plan.kind === "fixed"));
    this.#anytime.setAttribute("aria-pressed", String(plan.kind === "anytime"));
    this.#classic.setAttribute("aria-pressed", String(plan.classic));
    this.#table.hidden = !plan.table.length;
    const count = plan.positives || plan.placeholder;
    rowsOf(
      this.#table,
      ["If the precision is", "images needed", `chance with ${Number(count).toLocaleString("en")}`],
      plan.table.map((row) => [row.truth, row.images, row.chance])
    );
    this.#sentences.replaceChildren(...plan.sentences.map((words) => text("p", "", words)));
    this.#cannot.textContent = plan.cannot;
    this.#cannot.hidden = !plan.cannot;
    this.#there.textContent = plan.population;
    this.#freeze.disabled = !plan.ready;
  }
};
function chooser(label, act) {
  const box = node("select");
  box.setAttribute("aria-label", label);
  box.addEventListener("change", () => act(box.value));
  return box;
}
function number(label, act, limits) {
  const box = node("input");
  Object.assign(box, { type: "number", ...limits });
  box.setAttribute("aria-label", label);
  box.addEventListener("change", () => act(box.value));
  return box;
}
function withUnit(field, unit) {
  const box = node("span", "unit");
  box.append(field, text("span", "soft", unit));
  return box;
}
function put(field, value, always) {
  if (always || focusedBeside(field) !== field || field.value === "") {
    field.value = String(value);
  }
}
function choices(box, entries, value) {
  options(box, choicesOf(entries));
  box.value = value;
}
function rowsOf(table, head, rows) {
  const top = node("tr");
  top.append(
    ...head.map((words) => {
      const cell = text("th", "", words);
      cell.scope = "col";
      return cell;
    })
  );
  table.replaceChildren(
    top,
    ...rows.map((row) => {
      const line = node("tr");
      line.append(...row.map((words) => text("td", "", words)));
      return line;
    })
  );
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

// audit/progress.js
var AuditProgress = class {
  #send;
  box = node("section", "current");
  #title = text("h3", "", "");
  #sentences = node("div", "sentences");
  #more = node("details");
  #population = text("p", "soft", "");
  #hashes = node("dl", "hashes");
  #bar = node("progress");
  #progress = text("p", "answered", "");
  #people = node("ul", "people");
  #note = text("p", "advice warn", "");
  #fitted = text("p", "advice warn", "");
  #asking = makeQuestion();
  #watched = makeWatched();
  #draw;
  #answer;
  #publish;
  /** @type {Server.CurrentAudit | null} the open audit */
  #shown = null;
  /** @param {Send} send */
  constructor(send) {
    this.#send = send;
    const line = node("div", "line");
    this.#draw = button(
      "primary draw",
      "Draw",
      "Draw the images, shuffle them, and ask them in the Label tab",
      () => this.#send({ type: "draw" })
    );
    this.#answer = button(
      "primary answer",
      "Answer",
      "Answer in the Label tab; the set and the score of an image are hidden (a)",
      () => this.#send({ type: "answer" })
    );
    this.#publish = button("publish", "Publish", "End the audit and write its certificate", () => this.#end());
    const drop = button(
      "drop",
      "Cancel",
      "End this audit without a certificate",
      () => this.#asking.ask(
        "Cancel this audit? Its images are not asked any more and are excluded from later audits. The answers stay in the log.",
        "Cancel the audit",
        () => this.#send({ type: "drop" }),
        "Continue the audit"
      )
    );
    this.#progress.setAttribute("role", "status");
    this.#more.append(text("summary", "soft", "Frozen plan"), this.#sentences, this.#population, this.#hashes);
    line.append(this.#draw, this.#answer, this.#publish, drop);
    this.box.append(
      this.#title,
      this.#bar,
      this.#progress,
      this.#people,
      this.#watched.box,
      this.#note,
      line,
      this.#asking.box,
      this.#fitted,
      this.#more
    );
  }
  #end() {
    if (!this.#shown || this.#shown.complete) {
      this.#send({ type: "publish" });
      return;
    }
    this.#asking.ask(
      `${this.#shown.waiting} still wait for answers. Open images count against the release, and no answer is possible after publishing.`,
      "Publish now",
      () => this.#send({ type: "publish" }),
      "Continue answering"
    );
  }
  /** @param {Server.OrEmpty<Server.AuditStanding>} standing */
  update(standing) {
    const now = standing.current;
    this.box.hidden = !now;
    if (!now) {
      this.#shown = null;
      this.#asking.forget();
      return;
    }
    if (this.#shown?.number !== now.number || this.#shown?.state !== now.state) {
      this.#asking.forget();
      this.#more.open = now.state === "frozen";
    }
    this.#shown = now;
    this.#title.textContent = now.title;
    const drawn = now.state === "drawn";
    this.#draw.hidden = drawn;
    this.#answer.hidden = this.#publish.hidden = this.#bar.hidden = this.#progress.hidden = !drawn;
    this.#answer.disabled = now.complete;
    this.#publish.classList.toggle("primary", now.complete);
    this.#answer.classList.toggle("primary", !now.complete);
    this.#bar.max = Math.max(1, now.images);
    this.#bar.value = now.done;
    this.#bar.setAttribute("aria-label", "Images answered");
    this.#progress.textContent = now.progress;
    this.#people.replaceChildren(
      ...now.people.map((person) => {
        const one = node("li");
        one.append(text("span", "", person.name), text("span", "soft", ` ${person.count}`));
        return one;
      })
    );
    this.#people.hidden = !now.people.length;
    this.#note.textContent = now.note;
    this.#note.hidden = !now.note;
    this.#fitted.textContent = now.fitted;
    this.#fitted.hidden = !now.fitted;
    this.#watched.update(now.watched);
    this.#sentences.replaceChildren(...now.sentences.map((words) => text("p", "", words)));
    this.#population.textContent = now.population;
    fillHashes(this.#hashes, now.hashes);
    this.box.dataset.done = String(now.done);
    this.box.dataset.images = String(now.images);
  }
};
function makeWatched() {
  const box = node("div", "watched"), after = text("b", "after", ""), words = text("p", "", ""), hour = text("p", "soft", "");
  const chart = makeCurve({
    label: "Bound after every answer",
    xWords: "verdicts of positives",
    yWords: "precision, at least"
  });
  box.append(after, chart.box, words, hour);
  function update(watched) {
    box.hidden = !watched;
    if (!watched) {
      return;
    }
    after.textContent = watched.after;
    after.hidden = !watched.after;
    chart.box.toggleAttribute("hidden", !watched.points.length);
    if (watched.points.length) {
      chart.update(watched.points, null, watched.goal);
    }
    words.textContent = watched.words;
    hour.textContent = watched.hour;
    hour.hidden = !watched.hour;
  }
  return { box, update };
}
function makeQuestion() {
  const box = node("div", "ask");
  let keep = null;
  box.hidden = true;
  box.setAttribute("role", "alertdialog");
  function forget() {
    box.hidden = true;
    box.replaceChildren();
    keep = null;
  }
  function ask(words, yes, act, no) {
    const back = focusedBeside(box), line = node("div", "line");
    keep = button("keep", no, "", () => {
      forget();
      back?.focus();
    });
    line.append(
      button("sure", yes, "", () => {
        forget();
        act();
      }),
      keep
    );
    box.setAttribute("aria-label", yes);
    box.replaceChildren(text("p", "", words), line);
    box.hidden = false;
    keep.focus();
  }
  onKeys(box, (event) => {
    if (pressKey(event, { Escape: () => keep?.click() })) {
      event.stopPropagation();
    }
  });
  return { box, ask, forget };
}
function fillHashes(list, hashes) {
  list.replaceChildren(
    ...hashes.flatMap((entry) => {
      const value = node("dd");
      value.append(text("code", "", entry.short));
      value.title = entry.whole;
      return [text("dt", "soft", entry.name), value];
    })
  );
}

// audit/result.js
var RATES = (
  /** @type {const} */
  [
    { place: 3, name: "sensitivity", help: "Share of yes among the gold questions whose answer is yes" },
    { place: 4, name: "false_positives", help: "Share of yes among the gold questions whose answer is no" },
    { place: 5, name: "consistency", help: "Share of repeats with the same answer" }
  ]
);
var AuditResult = class {
  #send;
  #acts;
  box = node("section", "result");
  #which = node("select");
  #title = text("p", "soft", "");
  #expired = text("p", "advice warn expired", "");
  #statement = text("p", "statement", "");
  #rule = text("p", "soft", "");
  #hour = text("p", "soft hour", "");
  #figures = node("dl", "figures");
  #sentences = node("div", "sentences");
  #hashes = node("dl", "hashes");
  #hidden = text("p", "advice", "");
  #lost = text("p", "advice warn", "");
  #wall = node("div", "wall");
  #watched = makeWatched();
  #regions;
  #thresholds = pictured(
    "Precision against recall",
    makeCurve({ label: "Precision against recall", xWords: "recall", yWords: "precision", xAxis: "share" })
  );
  #bins = pictured(
    "Scores against answers",
    makeCurve({
      label: "Scores against answers",
      xWords: "mean score",
      yWords: "share of yes",
      xAxis: "share",
      bars: true,
      goal: [0, 1],
      yAt: "end"
    })
  );
  #people = makeAgreement();
  #shown = 0;
  /** @param {Send} send @param {PictureActs} acts */
  constructor(send, acts) {
    this.#send = send;
    this.#acts = acts;
    const more = node("details");
    const files = node("div", "line files");
    this.#regions = makeRegions(this.#send);
    this.#which.setAttribute("aria-label", "Audit");
    this.#which.addEventListener("change", () => this.#send({ type: "show", number: Number(this.#which.value) }));
    for (const [kind, words] of [
      ["html", "Certificate, as a page"],
      ["json", "as JSON"]
    ]) {
      const one = button(
        `certificate ${kind}`,
        words,
        kind === "html" ? "One page to read, print and pass on" : "The certificate for programs, with every answer",
        () => this.#send({ type: "save", kind, number: this.#shown })
      );
      files.append(one);
    }
    files.append(
      button(
        "check",
        "Verify",
        "Compute the certificate again from release, draw and log, and name every difference",
        () => this.#send({ type: "check", number: this.#shown })
      )
    );
    more.append(text("summary", "soft", "Details and hashes"), this.#sentences, this.#hashes);
    this.box.append(
      this.#which,
      this.#title,
      this.#expired,
      this.#statement,
      this.#rule,
      this.#figures,
      this.#watched.box,
      this.#hour,
      files,
      more,
      this.#hidden,
      this.#lost,
      this.#thresholds.box,
      this.#bins.box,
      this.#regions.box,
      this.#wall,
      this.#people.box
    );
  }
  /** @param {Server.OrEmpty<Server.AuditStanding>} standing */
  update(standing) {
    const result = standing.result;
    this.box.hidden = !result;
    if (!result) {
      return;
    }
    this.#shown = result.number;
    choices(this.#which, standing.published, String(result.number));
    this.#which.hidden = standing.published.length < 2;
    this.#title.textContent = result.title;
    showText(this.#expired, result.expired);
    this.#statement.textContent = result.statement;
    this.#statement.classList.toggle("certified", result.certified);
    this.#rule.textContent = result.rule;
    fill(this.#figures, result.figures);
    this.#watched.update(result.watched);
    showText(this.#hour, result.hour);
    this.#sentences.replaceChildren(...result.sentences.map((words) => text("p", "", words)));
    fillHashes(this.#hashes, result.hashes);
    showText(this.#hidden, result.hidden);
    showText(this.#lost, result.lost);
    this.#thresholds.update(
      result.thresholds?.points ?? [],
      result.thresholds?.here ?? null,
      result.thresholds?.words ?? ""
    );
    this.#bins.update(
      result.bins,
      null,
      result.bins.length ? "On the dashed line, scores equal the share of yes. The bars are intervals." : ""
    );
    this.#regions.update(result.regions);
    this.#people.update(result);
    this.#wall.hidden = Boolean(result.hidden);
    this.box.dataset.number = String(result.number);
  }
  // The mistakes come in a message of their own, because they carry pictures.
  /** @param {Server.MistakesMessage} message */
  mistakes(message) {
    const again = button(
      "again",
      "Ask about similar images in the next round",
      "Add questions about images that are similar to the mistakes, without audited images",
      () => this.#send({ type: "again" })
    );
    this.#wall.replaceChildren(
      ...message.words ? [text("h4", "", "Mistakes"), text("p", "", message.words)] : [],
      ...message.sides.filter((side) => side.items.length).map((side) => strip(side.title, side.items, this.#acts))
    );
    if (message.any) {
      this.#wall.append(again);
    }
    this.#acts.pictures.keep(message.sides.flatMap((side) => side.items.map((item) => item.row)));
  }
};
function showText(box, words) {
  box.textContent = words;
  box.hidden = !words;
}
function pictured(title, chart) {
  const box = node("div", "pictured"), words = text("p", "soft", "");
  box.append(text("h4", "", title), chart.box, words);
  return {
    box,
    /** @param {Server.ChartPoint[]} points @param {Server.Spot | null} spot @param {string} caption */
    update(points, spot, caption) {
      box.hidden = !points.length;
      if (points.length) {
        chart.update(points, spot);
      }
      words.textContent = caption;
    }
  };
}
function makeAgreement() {
  const box = node("div", "agreement"), figures = node("dl", "figures"), words = text("p", "soft", ""), table = node("table", "prices people");
  box.append(text("h4", "", "People"), figures, words, table);
  function update(result) {
    box.hidden = !result.agreement;
    if (!result.agreement) {
      return;
    }
    fill(figures, result.agreement.figures);
    words.textContent = result.agreement.words;
    table.hidden = !result.people.length;
    rowsOf(
      table,
      ["Person", "Answers", "Time per answer", "Sensitivity", "False positives", "Consistency"],
      result.people.map((one) => [
        one.name,
        one.answers,
        one.seconds,
        one.sensitivity.value,
        one.false_positives.value,
        one.consistency.value
      ])
    );
    for (const { place, name, help } of RATES) {
      table.rows[0].cells[place].title = help;
      result.people.forEach((one, at) => {
        table.rows[at + 1].cells[place].title = one[name].help;
      });
    }
  }
  return { box, update };
}

// audit/audit_tab.js
function render({ model }) {
  const root = makeRoot(model, "div", "attribute-tab audit ex-audit");
  root.tabIndex = -1;
  const send = (message) => {
    notes.clear();
    model.send_msg(message);
  };
  const pictures = makePictures("image/jpeg");
  const notes = makeNotes();
  const acts = { pictures, open: (row) => send({ type: "open", row }) };
  const head = makeTabHead(send);
  const plan = new AuditPlan(send), current = new AuditProgress(send), result = new AuditResult(send, acts), family = makeFamily(send);
  const nothing = "Choose an attribute. An audit measures how good a release is. People answer a random sample of its images blind, and the result is an exact interval.";
  const empty = text("p", "soft empty", nothing);
  head.box.addEventListener("change", () => {
    empty.textContent = "Reading the audits …";
  });
  const none = node("div", "none"), words = text("p", "soft empty", "");
  none.append(
    words,
    button("rounds", "Open the Rounds tab", "Train, evaluate, and make a release", () => send({ type: "rounds" }))
  );
  root.append(notes.box, head.box, empty, none, current.box, result.box, plan.box, family.box);
  function update() {
    const standing = model.standing;
    notes.about(standing.attribute ?? "");
    head.update(standing);
    empty.hidden = Boolean(standing.attribute);
    if (standing.attribute) {
      empty.textContent = nothing;
    }
    none.hidden = !standing.none;
    words.textContent = standing.none ?? "";
    for (const part of [plan, current, result]) {
      part.update(standing);
    }
    family.update(standing.family ?? null);
    root.dataset.state = standing.current?.state ?? (standing.result ? "published" : standing.plan ? "plan" : "");
  }
  const handlers = {
    note: notes.note,
    mistakes: (message) => result.mistakes(message),
    refused: () => plan.update(model.standing, true),
    file: saveFile
  };
  onKeys(root, (event) => {
    const open = model.standing.current;
    if (isTyping(event) || open?.state !== "drawn" || open.complete) {
      return;
    }
    pressKey(event, { a: () => send({ type: "answer" }) });
  });
  hearMessages(model, handlers);
  model.on("standing", update);
  model.on("remove", () => pictures.keep([]));
  update();
  send({ type: "hello" });
  return root;
}
export {
  render
};
