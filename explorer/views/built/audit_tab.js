// Built from the modules named below by "npm run build". Change those, not this file.

// shared/keys.js
var JUST_COMPOSED = 30;
var MAY_REPEAT = /* @__PURE__ */ new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "+", "=", "-"]);
var NAMED = /^[A-Z][A-Za-z0-9]+$/;
var LATIN = /^[a-z]$/;
var ALPHABET = /^[\p{L}\p{M}\u200c\u200d]+$/u;
var OF_LATIN = /\p{Script=Latin}/u;
var composed = -Infinity;
var composing = (event) => event.isComposing || event.keyCode === 229 || event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED;
function onKeys(target, act) {
  const heard = (event) => {
    if (!composing(event)) {
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
      } else if (event.repeat && (event.key === "Enter" || event.key === " ") && event.composedPath()[0].matches?.("button, summary, a, input")) {
        if (event.key === "Enter" || !isTyping(event)) {
          event.preventDefault();
        }
      }
    },
    true
  );
}
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) {
    return false;
  }
  return target.isContentEditable || target.matches("input, textarea, select") && !/^(range|checkbox|radio|button|submit)$/.test(target.type);
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
    keymap[name](event);
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

// shared/elements.js
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
function makePictures(mime = "image/webp") {
  let urls = /* @__PURE__ */ new Map();
  return {
    address(key, bytes) {
      if (!urls.has(key)) {
        urls.set(key, URL.createObjectURL(new Blob([bytes], { type: mime })));
      }
      return urls.get(key);
    },
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
    "Colour the map by this",
    "Every image in the colour of its region's precision",
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

// audit/plan.js
function makeAuditPlan(send) {
  const box = node("details", "plan"), title = text("summary", "", ""), body = node("div"), line = node("div", "line");
  const wish = (name, value) => send({ type: "wish", name, value });
  const release = chooser("Release to audit", (value) => wish("release", Number(value))), about = text("p", "soft about", "");
  const sentence = text("p", "sentence", ""), said = node("div", "said"), cannot = text("p", "advice warn", ""), there = text("p", "soft", "");
  const table = node("table", "prices"), wishes = node("div", "wishes");
  const rule = chooser("What counts as a yes", (value) => wish("rule", value));
  const fields = {
    target: number("Precision to show, per cent", (value) => wish("target", value), { min: 50, max: 99.9, step: 0.5 }),
    truth: number("Precision that you suppose, per cent", (value) => wish("truth", value), {
      min: 50,
      max: 100,
      step: 0.5
    }),
    positives: number("Positives to ask", (value) => wish("positives", value), { min: 0, step: 1 }),
    negatives: number("Negatives to ask", (value) => wish("negatives", value), { min: 0, step: 1 }),
    jointly: number("Attributes jointly", (value) => wish("jointly", value), { min: 1, step: 1 })
  };
  const fixed = button(
    "fixed",
    "At the end",
    "Fixed: the bound speaks once, when all images have a verdict; the fewest images",
    () => wish("kind", "fixed")
  );
  const anytime = button(
    "anytime",
    "After every answer",
    "Anytime: a bound that may be watched and stopped at, at the price of some more images",
    () => wish("kind", "anytime")
  );
  const kinds = node("span", "kinds");
  kinds.setAttribute("role", "group");
  kinds.setAttribute("aria-label", "When the bound speaks");
  kinds.append(fixed, anytime);
  const freeze = button(
    "primary freeze",
    "Freeze",
    "Fix release, plan and population under their hashes; nothing is drawn yet",
    () => send({ type: "freeze" })
  );
  const classic = button(
    "classic",
    "Classic: 100 + 100, as BAM",
    "100 positives and 100 negatives, any of two people",
    () => wish("classic", true)
  );
  for (const [words, help, field] of [
    ["Show a precision of", "What the certificate shall say: at least so many per cent", withUnit(fields.target, "%")],
    ["You suppose it is", "The better the truth, the fewer images do", withUnit(fields.truth, "%")],
    ["Truth", "What the answers of several people make of an image", rule],
    ["The bound speaks", "Fixed before the draw", kinds],
    ["Positives to ask", "Left empty: as many as show the precision if the truth is as you suppose", fields.positives],
    ["Negatives to ask", "For recall: what the release misses", fields.negatives],
    ["Attributes jointly", "How many audits shall hold at once; each is then tested more strictly", fields.jointly]
  ]) {
    const part = node("label");
    part.title = help;
    part.append(text("span", "soft", words), field);
    wishes.append(part);
  }
  line.append(freeze, classic);
  body.append(release, about, sentence, cannot, line, said, wishes, table, there);
  box.append(title, body);
  let first = "";
  function update(standing, anew = false) {
    const plan = standing.plan;
    box.hidden = !plan;
    if (!plan) {
      return;
    }
    const again = Boolean(standing.result), now = `${standing.attribute}:${again}`;
    if (now !== first) {
      first = now;
      box.open = !again;
    }
    title.textContent = again ? "Plan another audit" : "Plan";
    options(release, plan.releases, plan.release);
    release.hidden = plan.releases.length < 2;
    about.textContent = release.hidden ? `${plan.releases[0].title}: ${plan.about}` : plan.about;
    sentence.textContent = plan.sentence;
    options(rule, plan.rules, plan.rule);
    for (const [name, field] of Object.entries(fields)) {
      put(field, plan[name], anew);
    }
    fields.positives.placeholder = plan.placeholder ?? "";
    fixed.setAttribute("aria-pressed", plan.kind === "fixed");
    anytime.setAttribute("aria-pressed", plan.kind === "anytime");
    classic.setAttribute("aria-pressed", plan.classic);
    table.hidden = !plan.table.length;
    const count = plan.positives || plan.placeholder;
    rowsOf(
      table,
      ["If the truth is", "images needed", `chance with ${Number(count).toLocaleString("en")}`],
      plan.table.map((row) => [row.truth, row.images, row.chance])
    );
    said.replaceChildren(...plan.said.map((words) => text("p", "", words)));
    cannot.textContent = plan.cannot;
    cannot.hidden = !plan.cannot;
    there.textContent = plan.population;
    freeze.disabled = !plan.ready;
  }
  return { box, update };
}
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
function put(field, value, anew) {
  if (anew || field.getRootNode().activeElement !== field || field.value === "") {
    field.value = value;
  }
}
function options(box, entries, value) {
  const now = JSON.stringify(entries);
  if (box.dataset.listed !== now) {
    box.dataset.listed = now;
    box.replaceChildren(
      ...entries.map((entry) => {
        const option = text("option", "", entry.title);
        option.value = entry.name;
        option.title = entry.help ?? "";
        return option;
      })
    );
  }
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

// shared/charts.js
var SVG = "http://www.w3.org/2000/svg";
function shape(tag, attributes, words) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  if (words !== void 0) {
    element.textContent = words;
  }
  return element;
}
function makeCurve({
  label,
  xWords,
  yWords,
  xAxis,
  bars = false,
  goal = null,
  yAt = "start",
  wide = 372,
  high = 132
}) {
  const box = shape("svg", { viewBox: `0 0 ${wide} ${high}`, class: "curve", role: "img" });
  const left = 34, right = 10, top = 8, bottom = 22;
  function update(points, mark) {
    const most = Math.max(...points.map((point) => point.x), xAxis === "share" ? 1 : 1), first = Math.min(...points.map((point) => point.x)), least = xAxis === "share" || first < most / 2 ? 0 : first;
    const across = (x) => left + (wide - left - right) * (x - least) / (most - least || 1), up = (y) => top + (high - top - bottom) * (1 - y);
    const path = (list) => list.map(([x, y], place) => `${place ? "L" : "M"}${across(x).toFixed(1)} ${up(y).toFixed(1)}`).join("");
    const grid = [0, 0.5, 1].flatMap((y) => [
      shape("line", { x1: left, x2: wide - right, y1: up(y), y2: up(y), class: "rule" }),
      shape("text", { x: left - 6, y: up(y) + 4, class: "tick end" }, y === 0.5 ? ".5" : y)
    ]);
    const ends = xAxis === "share" ? [0, 0.5, 1] : [least, most];
    const below = ends.map(
      (x, place) => shape(
        "text",
        {
          x: across(x),
          y: high - 6,
          class: `tick ${place === 0 ? "start" : place === ends.length - 1 ? "end" : "middle"}`
        },
        xAxis === "share" ? x : Math.round(x).toLocaleString("en")
      )
    );
    const names = [
      shape(
        "text",
        { x: xAxis === "share" ? across(0.75) : (left + wide - right) / 2, y: high - 6, class: "tick middle axis" },
        xWords
      )
    ];
    const aim = goal ?? mark?.goal, compare = aim ? [shape("line", { x1: left, x2: wide - right, y1: up(aim[0]), y2: up(aim[1]), class: "goal" })] : [];
    const band = points.length > 1 && !bars ? [
      shape("path", {
        d: `${path(points.map((p) => [p.x, p.high]))}${path([...points].reverse().map((p) => [p.x, p.low])).replace("M", "L")}Z`,
        class: "band"
      })
    ] : points.map(
      (p) => shape("line", { x1: across(p.x), x2: across(p.x), y1: up(p.low), y2: up(p.high), class: "whisker" })
    );
    const line = points.length > 1 ? [shape("path", { d: path(points.map((p) => [p.x, p.y])), class: "line" })] : [];
    const dots = points.length <= 30 ? points.map((p) => {
      const dot = shape("circle", { cx: across(p.x), cy: up(p.y), r: 3, class: "dot" });
      dot.append(shape("title", {}, p.words ?? ""));
      return dot;
    }) : [];
    const cut = mark?.x !== void 0 ? [shape("circle", { cx: across(mark.x), cy: up(mark.y), r: 5, class: "here" })] : [];
    box.setAttribute(
      "aria-label",
      `${label}. ${points.map((point) => point.words).filter(Boolean).join("; ")}`
    );
    box.replaceChildren(
      ...grid,
      ...below,
      ...names,
      ...compare,
      ...band,
      ...line,
      ...dots,
      ...cut,
      shape(
        "text",
        { x: yAt === "end" ? wide - right - 4 : left + 4, y: up(0) - 5, class: `tick ${yAt} axis` },
        yWords
      )
    );
  }
  return { box, update };
}

// audit/progress.js
function makeAuditProgress(send) {
  const box = node("section", "current"), title = text("h3", "", ""), said = node("div", "said"), more = node("details"), population = text("p", "soft", "");
  const hashes = node("dl", "hashes"), bar = node("progress"), progress = text("p", "answered", ""), people = node("ul", "people"), note = text("p", "advice warn", ""), fitted = text("p", "advice warn", "");
  const line = node("div", "line"), asking = makeQuestion(), watched = makeWatched();
  const draw = button(
    "primary draw",
    "Draw",
    "Draw the images, mix and shuffle them, and ask them in the Label tab",
    () => send({ type: "draw" })
  );
  const answer = button(
    "primary answer",
    "Answer",
    "Answer in the Label tab: the same interface, set and score hidden (a)",
    () => send({ type: "answer" })
  );
  const publish = button("publish", "Publish", "End the audit and write its certificate", () => end());
  const drop = button(
    "drop",
    "Give it up",
    "End it without a certificate",
    () => asking.ask(
      "Give this audit up? Its images are asked no more and enter no later audit; what was answered stays in the log.",
      "Give it up",
      () => send({ type: "drop" }),
      "Go on with it"
    )
  );
  progress.setAttribute("role", "status");
  more.append(text("summary", "soft", "What is fixed"), said, population, hashes);
  line.append(draw, answer, publish, drop);
  box.append(title, bar, progress, people, watched.box, note, line, asking.box, fitted, more);
  let shown = null;
  function end() {
    if (shown.complete) {
      send({ type: "publish" });
      return;
    }
    asking.ask(
      `${shown.waiting} still wait for answers. What is open counts against the release, and nothing can be answered after publishing.`,
      "Publish as it is",
      () => send({ type: "publish" }),
      "Go on answering"
    );
  }
  function update(standing) {
    const now = standing.current;
    box.hidden = !now;
    if (!now) {
      shown = null;
      asking.forget();
      return;
    }
    if (shown?.number !== now.number || shown?.state !== now.state) {
      asking.forget();
      more.open = now.state === "frozen";
    }
    shown = now;
    title.textContent = now.title;
    const drawn = now.state === "drawn";
    draw.hidden = drawn;
    answer.hidden = publish.hidden = bar.hidden = progress.hidden = !drawn;
    answer.disabled = now.complete;
    publish.classList.toggle("primary", now.complete);
    answer.classList.toggle("primary", !now.complete);
    bar.max = Math.max(1, now.images);
    bar.value = now.done;
    bar.setAttribute("aria-label", "Images answered");
    progress.textContent = now.progress;
    people.replaceChildren(
      ...now.people.map((person) => {
        const one = node("li");
        one.append(text("span", "", person.name), text("span", "soft", ` ${person.count}`));
        return one;
      })
    );
    people.hidden = !now.people.length;
    note.textContent = now.note;
    note.hidden = !now.note;
    fitted.textContent = now.fitted;
    fitted.hidden = !now.fitted;
    watched.update(now.watched);
    said.replaceChildren(...now.said.map((words) => text("p", "", words)));
    population.textContent = now.population;
    fillHashes(hashes, now.hashes);
    box.dataset.done = now.done;
    box.dataset.images = now.images;
  }
  return { box, update };
}
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
      chart.update(watched.points, { goal: watched.goal });
    }
    words.textContent = watched.words;
    hour.textContent = watched.hour;
    hour.hidden = !watched.hour;
  }
  return { box, update };
}
function makeQuestion() {
  const box = node("div", "ask");
  box.hidden = true;
  box.setAttribute("role", "alertdialog");
  function forget() {
    box.hidden = true;
    box.replaceChildren();
  }
  function ask(words, yes, act, no) {
    const back = box.getRootNode().activeElement, keep = button("keep", no, "", () => {
      forget();
      back?.focus?.();
    }), line = node("div", "line");
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
    if (pressKey(event, { Escape: () => box.querySelector(".keep")?.click() })) {
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

// shared/attribute_tab_parts.js
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
  let listed = "";
  function update(standing) {
    const now = JSON.stringify(standing.attributes);
    if (now !== listed) {
      listed = now;
      choose.replaceChildren(
        ...[{ name: "", title: "Choose an attribute …" }, ...standing.attributes].map((entry) => {
          const option = text("option", "", entry.title);
          option.value = entry.name;
          return option;
        })
      );
    }
    choose.value = standing.attribute;
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
function fill(list, figures) {
  list.replaceChildren(...figures.flatMap((entry) => [text("dt", "", entry.name), fact(entry)]));
}
function fact(entry) {
  const box = node("dd", entry.enough === false ? "few" : "");
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

// audit/result.js
function makeAuditResult(send, acts) {
  const box = node("section", "result"), which = node("select"), title = text("p", "soft", ""), expired = text("p", "advice warn expired", ""), statement = text("p", "statement", "");
  const rule = text("p", "soft", ""), hour = text("p", "soft hour", ""), figures = node("dl", "figures"), said = node("div", "said"), more = node("details"), hashes = node("dl", "hashes"), files = node("div", "line files");
  const hidden = text("p", "advice", ""), lost = text("p", "advice warn", ""), wall = node("div", "wall"), watched = makeWatched(), regions = makeRegions(send);
  const cuts = pictured(
    "Precision against recall",
    makeCurve({ label: "Precision against recall", xWords: "recall", yWords: "precision", xAxis: "share" })
  );
  const bins = pictured(
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
  const people = makeAgreement();
  let shown = 0;
  which.setAttribute("aria-label", "Audit");
  which.addEventListener("change", () => send({ type: "show", number: Number(which.value) }));
  for (const [kind, words] of [
    ["html", "Certificate, as a page"],
    ["json", "as JSON"]
  ]) {
    const one = button(
      `certificate ${kind}`,
      words,
      kind === "html" ? "One page to read, print and pass on" : "The same for programs, with every answer",
      () => send({ type: "save", kind, number: shown })
    );
    files.append(one);
  }
  files.append(
    button(
      "check",
      "Check it",
      "Make the certificate anew from release, draw and log, and name any difference",
      () => send({ type: "check", number: shown })
    )
  );
  more.append(text("summary", "soft", "In words, and hashes"), said, hashes);
  box.append(
    which,
    title,
    expired,
    statement,
    rule,
    figures,
    watched.box,
    hour,
    files,
    more,
    hidden,
    lost,
    cuts.box,
    bins.box,
    regions.box,
    wall,
    people.box
  );
  function update(standing) {
    const result = standing.result;
    box.hidden = !result;
    if (!result) {
      return;
    }
    shown = result.number;
    options(which, standing.published, String(result.number));
    which.hidden = standing.published.length < 2;
    title.textContent = result.title;
    tell(expired, result.expired);
    statement.textContent = result.statement;
    statement.classList.toggle("certified", result.certified);
    rule.textContent = result.rule;
    fill(figures, result.figures);
    watched.update(result.watched);
    tell(hour, result.hour);
    said.replaceChildren(...result.said.map((words) => text("p", "", words)));
    fillHashes(hashes, result.hashes);
    tell(hidden, result.hidden);
    tell(lost, result.lost);
    cuts.update(result.cuts?.points ?? [], result.cuts?.here, result.cuts?.words ?? "");
    bins.update(
      result.bins,
      null,
      result.bins.length ? "On the dashed line a score is what it says; bars are intervals." : ""
    );
    regions.update(result.regions);
    people.update(result);
    wall.hidden = Boolean(result.hidden);
    box.dataset.number = result.number;
  }
  function mistakes(message) {
    const again = button(
      "again",
      "Ask about such images in the next round",
      "Images like the mistakes, none of the audited ones, wait then in the Label tab",
      () => send({ type: "again" })
    );
    wall.replaceChildren(
      ...message.words ? [text("h4", "", "Mistakes"), text("p", "", message.words)] : [],
      ...message.sides.filter((side) => side.items.length).map((side) => strip(side.title, side.items, acts))
    );
    if (message.any) {
      wall.append(again);
    }
    acts.pictures.keep(message.sides.flatMap((side) => side.items.map((item) => item.row)));
  }
  return { box, update, mistakes };
}
function tell(box, words) {
  box.textContent = words;
  box.hidden = !words;
}
function pictured(title, chart) {
  const box = node("div", "pictured"), words = text("p", "soft", "");
  box.append(text("h4", "", title), chart.box, words);
  return {
    box,
    update(points, mark, said) {
      box.hidden = !points.length;
      if (points.length) {
        chart.update(points, mark);
      }
      words.textContent = said;
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
      ["Person", "Answers", "Time each", "Finds yes", "False yes", "Steady"],
      result.people.map((one) => [
        one.name,
        one.answers,
        one.seconds,
        one.sensitivity.value,
        one.false_positives.value,
        one.consistency.value
      ])
    );
    for (const [place, help] of [
      [3, "Of gold questions that are yes"],
      [4, "Of gold questions that are no"],
      [5, "Second looks that said the same"]
    ]) {
      table.rows[0].cells[place].title = help;
      result.people.forEach((one, at) => {
        table.rows[at + 1].cells[place].title = one[["sensitivity", "false_positives", "consistency"][place - 3]].help;
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
  const plan = makeAuditPlan(send), current = makeAuditProgress(send), result = makeAuditResult(send, acts), family = makeFamily(send);
  const nothing = "Choose an attribute: an audit has images of a release looked at, blind, and says how good it is, with an interval that holds.";
  const empty = text("p", "soft empty", nothing);
  head.box.addEventListener("change", () => {
    empty.textContent = "Reading its audits …";
  });
  const none = node("div", "none"), words = text("p", "soft empty", "");
  none.append(
    words,
    button("rounds", "To the Rounds tab", "Train, look, and make a release", () => send({ type: "rounds" }))
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
    family.update(standing.family);
    root.dataset.state = standing.current?.state ?? (standing.result ? "published" : standing.plan ? "plan" : "");
  }
  const told = {
    note: notes.note,
    mistakes: result.mistakes,
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
  model.on("msg:custom", (message) => told[message.type]?.(message));
  model.on("standing", update);
  model.on("remove", () => pictures.keep([]));
  update();
  send({ type: "hello" });
  return root;
}
export {
  render
};
