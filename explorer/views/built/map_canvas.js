// Built from the modules named below by "npm run build". Change those, not this file.

// map/map_connection.js
var ASK_AGAIN = 1e3;
var KEPT = "bam-explorer";
var pause = (ms) => new Promise((done) => {
  setTimeout(done, ms);
});
function makeConnection(model, bokehDocument, say, viewNow) {
  const key = `${KEPT}:${location.pathname}`;
  let waiting = false, leaving = false;
  const answers = () => fetch(location.href, { method: "HEAD", cache: "no-store" }).then(
    (answer) => answer.status < 500,
    () => false
  );
  async function recover() {
    if (waiting || leaving || !model.served) {
      return;
    }
    waiting = true;
    say("The connection to the server was lost. Waiting for it; this page comes back as it is now.");
    const state = JSON.stringify({ view: viewNow(), session: model.session });
    while (!await answers()) {
      await pause(ASK_AGAIN);
    }
    try {
      sessionStorage.setItem(key, state);
    } catch {
    }
    location.reload();
  }
  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(key));
      sessionStorage.removeItem(key);
      return found;
    } catch {
      return null;
    }
  }
  let width = -1;
  function tell(first = false) {
    if (!model.served || width === innerWidth || width < 0 && !first) {
      return;
    }
    width = innerWidth;
    model.send_msg({ type: "window", width });
  }
  const resized = () => tell();
  window.addEventListener("resize", resized);
  bokehDocument?.on_event?.("connection_lost", recover);
  window.addEventListener("pagehide", () => {
    leaving = true;
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  return { kept, tell, end: () => window.removeEventListener("resize", resized) };
}

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
var presses = (event, buttons = "button, summary, a") => (event.key === "Enter" || event.key === " ") && Boolean(event.composedPath()[0].matches?.(buttons));
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

// map/map_keys.js
function makeMapKeys(root, model, { everywhere, here }, before) {
  const help = () => root.parts.help;
  const shut = {
    Escape: () => {
      help().hidden = true;
    }
  };
  let begun = false;
  function press(event, keymap) {
    if (presses(event, "button")) {
      return;
    }
    before();
    pressKey(event, help().hidden ? keymap : { ...keymap, ...shut });
  }
  onKeys(root, (event) => press(event, { ...everywhere, ...here }));
  const nothing = () => [null, document.body, document.documentElement].includes(document.activeElement);
  const deaf = onKeys(window, (event) => {
    if (!model.served || event.defaultPrevented || event.composedPath().includes(root) || isTyping(event) || isInWindow(event)) {
      return;
    }
    press(event, nothing() ? { ...everywhere, ...here } : everywhere);
  });
  return {
    // The keys are the map's from the first picture on, unless somebody works elsewhere already.
    begin() {
      if (!begun && model.served && nothing()) {
        root.focus({ preventScroll: true });
      }
      begun = true;
    },
    end: deaf
  };
}
var isInWindow = (event) => event.composedPath().some((one) => one.matches?.("dialog, [role=dialog], [role=menu], [role=listbox]"));

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

// map/map_labels.js
var NAME_FROM = 34;
var NAME_UNTIL = 0.62;
var NAME_GAP = 5;
function makeLabels(box) {
  let entries = [], nodes = [], sizes = [];
  function build2(labels) {
    entries = labels;
    const finest = Math.max(0, ...labels.map((entry) => entry.level));
    nodes = labels.map((entry) => {
      const label = node("div", `label level-${Math.min(entry.level, 2)}`);
      label.textContent = entry.text;
      label.finest = entry.level === finest;
      return label;
    });
    sizes = nodes.map(() => null);
    box.replaceChildren(...nodes);
  }
  const sizeOf = (index) => sizes[index] ??= nodes[index].offsetWidth ? [nodes[index].offsetWidth, nodes[index].offsetHeight] : null;
  function place(toScreen, scale, { w, h }, wanted, taken) {
    entries.forEach((entry, index) => {
      const label = nodes[index], [x, y] = toScreen(entry.x, entry.y), radius = entry.radius * scale;
      const telling = radius >= NAME_FROM && (label.finest || radius <= NAME_UNTIL * Math.max(w, h));
      const near = wanted && telling && x > 0 && x < w && y > 0 && y < h;
      const size = near && sizeOf(index);
      let shown = false;
      if (size) {
        const [wide, high] = [size[0] / 2 + NAME_GAP, size[1] / 2 + NAME_GAP], area = [x - wide, y - high, x + wide, y + high];
        const inside = area[0] > 0 && area[2] < w && area[1] > 0 && area[3] < h;
        shown = inside && taken.every((b) => b[2] <= area[0] || b[0] >= area[2] || b[3] <= area[1] || b[1] >= area[3]);
        if (shown) {
          taken.push(area);
          label.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(-50%, -50%)`;
        }
      }
      const visibility = shown ? "visible" : "hidden";
      if (label.style.visibility !== visibility) {
        label.style.visibility = visibility;
      }
    });
  }
  return { build: build2, place };
}

// map/map_nothing.js
function makeNothing(root, model, showAll) {
  const box = node("div", "nothing ex-nothing"), words = text("p", "", ""), line = node("div", "line");
  const all = button("", "Show everything (0)", "", () => {
    showAll();
    root.focus({ preventScroll: true });
  });
  const lift = button("", "Lift the filters", "Switch all filters off", () => {
    model.send_msg({ type: "lift" });
    root.focus({ preventScroll: true });
  });
  box.setAttribute("role", "status");
  box.hidden = true;
  line.append(all, lift);
  box.append(words, line);
  root.insertBefore(box, root.parts.tip);
  function show(frame, whole) {
    const none = frame.filtered && frame.passing === 0;
    box.hidden = !none && frame.seen > 0;
    words.textContent = none ? "No image passes the filters." : frame.filtered && !frame.dimmed ? "Nothing that passes the filters lies here." : whole ? "There is nothing on this map." : "Nothing here.";
    all.hidden = whole || none;
    lift.hidden = !frame.filtered;
    root.dataset.nothing = box.hidden ? "" : words.textContent;
  }
  return {
    show,
    hide: () => {
      box.hidden = true;
      root.dataset.nothing = "";
    }
  };
}

// map/map_overlays.js
function fillLegend(box, legend) {
  box.hidden = !legend?.title;
  if (box.hidden) {
    return;
  }
  const title = node("h4");
  title.textContent = legend.title;
  const rows = [title];
  if (legend.kind === "scale") {
    const bar = node("div", "scale"), ends = node("div", "ends");
    bar.style.background = `linear-gradient(to right, ${legend.colors.join(", ")})`;
    ends.append(
      ...legend.entries.map((entry) => {
        const end = node("span");
        end.textContent = entry.text;
        return end;
      })
    );
    rows.push(bar, ends);
  } else {
    rows.push(...legend.entries.map((entry) => legendRow(entry.color, entry.text, entry.count)));
  }
  if (legend.unknown?.count) {
    rows.push(legendRow(legend.unknown.color, legend.unknown.text, legend.unknown.count));
  }
  box.replaceChildren(...rows);
}
function legendRow(color, text2, count) {
  const row = node("div", "entry"), swatch = node("i"), words = node("span", "text"), number = node("span", "number");
  swatch.style.background = color;
  words.textContent = text2;
  words.title = text2;
  number.textContent = count.toLocaleString("en");
  row.append(swatch, words, number);
  return row;
}
function makeCards(box) {
  let cards = [], notes = [], serial = 0;
  function build2(entries, ofFrame = 0) {
    serial = ofFrame;
    cards = entries.map((entry) => {
      const card = node("div", "card"), caption = node("div", "caption"), terms = node("div", "terms");
      caption.textContent = entry.caption;
      terms.append(
        ...entry.terms.map((term) => {
          const chip = node("span");
          chip.textContent = term;
          return chip;
        })
      );
      card.append(caption, terms);
      return { card, box: entry.box };
    });
    box.replaceChildren(...cards.map(({ card }) => card));
    showNotes();
  }
  function place(toScreen, least) {
    for (const { card, box: area } of cards) {
      const [left, top] = toScreen(area[0], area[3]), [right, bottom] = toScreen(area[2], area[1]);
      card.hidden = right - left < least;
      Object.assign(card.style, {
        transform: `translate(${left}px, ${top}px)`,
        width: `${right - left}px`,
        height: `${bottom - top}px`
      });
    }
  }
  function note(message) {
    notes = [...notes.filter((one) => one.serial === message.serial), message];
    showNotes();
  }
  function showNotes() {
    for (const { box: area, text: text2 } of notes.filter((one) => one.serial === serial)) {
      const found = cards.find((entry) => entry.box.every((value, at) => value === area[at]));
      if (!found) {
        continue;
      }
      const words = node("div", "note");
      words.textContent = text2;
      found.card.querySelector(".note")?.remove();
      found.card.prepend(words);
    }
  }
  return { build: build2, note, place };
}
function drawOriginal(context, bitmap, left, top, width, height, ground) {
  const fit = Math.min(width / bitmap.width, height / bitmap.height), w = bitmap.width * fit, h = bitmap.height * fit;
  context.save();
  context.beginPath();
  context.roundRect(left, top, width, height, 0.09 * width / 2);
  context.clip();
  context.fillStyle = ground;
  context.fillRect(left, top, width, height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, left + (width - w) / 2, top + (height - h) / 2, w, h);
  context.restore();
}

// map/map_page.js
function build() {
  const root = node("div", "map ex-map");
  root.tabIndex = 0;
  guardKeys(root);
  root.setAttribute("role", "application");
  root.setAttribute(
    "aria-label",
    "Map of the images. Arrow keys pan, plus and minus zoom, 0 shows everything, Enter opens the picture in the middle."
  );
  const canvas = node("canvas"), labels = node("div", "labels"), cards = node("div", "cards"), legend = node("div", "legend ex-legend"), ring = node("div", "ring"), tip = node("div", "tip");
  const spinner = node("div", "spinner ex-busy"), preparing = node("div", "preparing ex-preparing"), help = node("div", "help"), problem = node("div", "problem"), buttons = node("div", "buttons");
  tip.append(node("div", "tip-text"), node("div", "tip-more"));
  for (const part of [ring, tip, spinner, preparing, help, problem, legend]) {
    part.hidden = true;
  }
  preparing.setAttribute("role", "status");
  spinner.setAttribute("role", "status");
  spinner.setAttribute("aria-label", "Drawing");
  for (const [action, sign, words] of [
    ["in", "+", "Zoom in (+)"],
    ["out", "−", "Zoom out (−)"],
    ["home", "⌂", "Show everything (0)"],
    ["help", "?", "Help (?)"]
  ]) {
    const button2 = node("button");
    button2.textContent = sign;
    button2.title = words;
    button2.setAttribute("aria-label", words);
    button2.dataset.action = action;
    buttons.append(button2);
  }
  const rows = [
    ["Drag", "move the map"],
    ["Wheel, pinch, double click", "zoom"],
    ["Click a picture", "see it large, with its scores"],
    ["← → ↑ ↓", "move the map"],
    ["+  −", "zoom"],
    ["0", "show everything"],
    ["Enter", "open the picture in the middle"],
    ["f", "fill the window with the open picture"],
    ["n", "names over clusters on or off"],
    ["Esc", "close"]
  ];
  const title = node("h3");
  title.textContent = "The map";
  const list = node("dl");
  for (const [key, words] of rows) {
    const dt = node("dt"), dd = node("dd");
    dt.textContent = key;
    dd.textContent = words;
    list.append(dt, dd);
  }
  const text2 = node("p");
  text2.textContent = "Similar pictures lie near each other. Each cell shows one of the images that lie there, and the number of those that pass the filters; dimmed pictures do not pass. Zoom in to see the others. Distances between far groups mean little.";
  help.append(title, list, text2);
  problem.setAttribute("role", "alert");
  root.append(canvas, cards, labels, ring, legend, spinner, preparing, tip, buttons, help, problem);
  root.parts = { canvas, cards, labels, legend, ring, tip, spinner, preparing, buttons, help, problem };
  return root;
}

// map/map_selection.js
var MOST_POINTS = 1200;
var POINT_STEP = 3;
var DRAW_SLACK = 5;
var FLASH = 2500;
var SVG = "http://www.w3.org/2000/svg";
var MODES = {
  pan: [
    "v",
    "Move the map (v)",
    ["M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3"]
  ],
  box: ["b", "Select a box (b): Shift adds, Alt takes away", ["M4 5h16v14H4z"], "3.2 2.6"],
  lasso: [
    "l",
    "Select with a lasso (l): Shift adds, Alt takes away",
    ["M12 4c5 0 8.5 2.3 8.5 5.4S17 15 12 15s-8.5-2.5-8.5-5.6S7 4 12 4z", "M7.5 14.5c-2 1-2 3.5 0 3.5s2.5 1.5 1 3"]
  ]
};
var SELECTING_HELP = [
  ["Shift + drag", "select with a lasso"],
  ["b  l", "box or lasso; then drag: Shift adds, Alt takes away"],
  ["v", "back to moving"],
  ["Ctrl + click, s", "select a picture or the one in the middle, or no longer"],
  ["Ctrl + A", "select all that pass"],
  ["Ctrl + Z", "undo the last change of the selection"],
  ["Esc", "leave a mode, then close, then select nothing"]
];
var Selecting = class {
  #root;
  #model;
  #toLayout;
  #toScreen;
  #mode = "pan";
  #outline = null;
  #pressed = null;
  #serial = 0;
  #flashing = 0;
  #svg = document.createElementNS(SVG, "svg");
  #halo = document.createElementNS(SVG, "path");
  #line = document.createElementNS(SVG, "path");
  #bar = node("div", "selection-bar ex-selection-bar");
  #open = node("button", "open");
  #buttons;
  keys;
  modes;
  constructor(root, model, { toLayout, toScreen }) {
    this.#root = root;
    this.#model = model;
    this.#toLayout = toLayout;
    this.#toScreen = toScreen;
    this.#svg.setAttribute("class", "outline");
    this.#halo.setAttribute("class", "halo");
    this.#svg.append(this.#halo, this.#line);
    this.#svg.style.display = "none";
    const clear = node("button", "clear");
    for (const [part, words] of [
      [this.#open, "Open the selection"],
      [clear, "Select nothing (Esc)"]
    ]) {
      part.type = "button";
      part.title = words;
    }
    clear.textContent = "×";
    clear.setAttribute("aria-label", "Select nothing");
    this.#open.setAttribute("role", "status");
    this.#open.addEventListener("click", () => this.#model.send_msg({ type: "tab" }));
    clear.addEventListener("click", () => {
      this.#model.send_msg({ type: "clear" });
      this.#root.focus({ preventScroll: true });
    });
    this.#bar.append(this.#open, clear);
    this.#root.insertBefore(this.#svg, this.#root.parts.tip);
    this.#root.append(this.#bar);
    this.#buttons = makeModeButtons(this.#root.parts, (chosen) => {
      this.setMode(chosen);
      this.#root.focus({ preventScroll: true });
    });
    this.keys = {
      "Ctrl+a": () => this.#model.send_msg({ type: "select_all" }),
      "Ctrl+z": () => this.#model.send_msg({ type: "undo" })
    };
    this.modes = Object.fromEntries(Object.entries(MODES).map(([name, [key]]) => [key, () => this.setMode(name)]));
    this.#model.on("selection", this.#show);
    this.#model.on("remove", () => clearTimeout(this.#flashing));
    this.setMode("pan");
    this.#show();
  }
  setMode(next) {
    this.#mode = next;
    this.cancel();
    this.#root.dataset.mode = next;
    for (const [name, button2] of Object.entries(this.#buttons)) {
      button2.setAttribute("aria-pressed", name === next);
    }
  }
  down(event, at) {
    const shape = this.#mode !== "pan" ? this.#mode : event.shiftKey ? "lasso" : null;
    if (!shape) {
      return;
    }
    const how = event.altKey || this.#mode !== "pan" && event.ctrlKey ? "subtract" : event.shiftKey && this.#mode !== "pan" ? "add" : "replace";
    this.#pressed = { at, shape, how };
  }
  // Give whether the hand draws, so that the map does not move under it.
  move(at) {
    if (!this.#pressed) {
      return false;
    }
    const { at: from, shape, how } = this.#pressed;
    if (!this.#outline || this.#outline.done) {
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) < DRAW_SLACK) {
        return true;
      }
      this.#outline = { shape, how, points: [this.#toLayout(...from)], last: from, done: false };
    }
    if (shape === "box") {
      this.#outline.points[1] = this.#toLayout(...at);
    } else {
      this.#follow(at);
    }
    this.place();
    return true;
  }
  #follow(at) {
    if (Math.hypot(at[0] - this.#outline.last[0], at[1] - this.#outline.last[1]) < POINT_STEP) {
      return;
    }
    this.#outline.points.push(this.#toLayout(...at));
    this.#outline.last = at;
    if (this.#outline.points.length > MOST_POINTS) {
      this.#outline.points = this.#outline.points.filter((_, index) => index % 2 === 0);
    }
  }
  // Give whether something was drawn, so that letting go is not a tap.
  up(event) {
    const drawn = this.#pressed && this.#outline && !this.#outline.done;
    this.#pressed = null;
    if (!drawn) {
      return false;
    }
    if (event.type !== "pointerup" || this.#outline.points.length < (this.#outline.shape === "box" ? 2 : 3)) {
      this.cancel();
      return true;
    }
    this.#outline.done = true;
    this.#serial += 1;
    this.place();
    this.#model.send_msg({
      type: "select",
      serial: this.#serial,
      shape: this.#outline.shape,
      how: this.#outline.how,
      points: this.#outline.points
    });
    return true;
  }
  cancel() {
    this.#outline = this.#pressed = null;
    this.place();
  }
  answered(message) {
    if (message.serial !== this.#serial) {
      return;
    }
    if (this.#outline?.done) {
      this.cancel();
    }
    if (message.found === 0) {
      this.#flash("Nothing inside passes the filters");
    }
    this.#root.dataset.answered = this.#serial;
  }
  place() {
    this.#svg.style.display = this.#outline ? "" : "none";
    if (!this.#outline) {
      return;
    }
    const path = this.#outline.shape === "box" ? boxPath(...this.#outline.points.map((point) => this.#toScreen(...point))) : `M${this.#outline.points.map(
      (point) => this.#toScreen(...point).map((value) => value.toFixed(1)).join(" ")
    ).join("L")}Z`;
    this.#svg.classList.toggle("waiting", this.#outline.done);
    this.#svg.classList.toggle("subtract", this.#outline.how === "subtract");
    for (const part of [this.#halo, this.#line]) {
      part.setAttribute("d", path);
    }
  }
  // Leave what was begun last; gives whether there was anything.
  leave() {
    if (this.#outline && !this.#outline.done) {
      this.cancel();
      return true;
    }
    if (this.#mode !== "pan") {
      this.setMode("pan");
      return true;
    }
    if (this.#model.selected_place?.length || !this.#model.selection.count) {
      return false;
    }
    this.#model.send_msg({ type: "clear" });
    return true;
  }
  #flash(words) {
    clearTimeout(this.#flashing);
    this.#bar.hidden = false;
    this.#open.textContent = words;
    this.#flashing = setTimeout(this.#show, FLASH);
  }
  #show = () => {
    const { count, words } = this.#model.selection;
    this.#bar.hidden = !count;
    this.#root.dataset.selected = count || 0;
    this.#open.textContent = count ? `${count.toLocaleString("en")} selected${words ? ` · ${words}` : ""}` : "";
  };
  mode() {
    return this.#mode === "pan" ? "" : this.#mode;
  }
};
function boxPath([x0, y0], [x1, y1]) {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`;
}
function makeModeButtons({ buttons, help }, choose) {
  const made = {};
  for (const [name, [, words, shapes, dashes]] of Object.entries(MODES)) {
    const button2 = node("button", name === "pan" ? "mode first" : "mode"), icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    for (const shape of shapes) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", shape);
      if (dashes) {
        path.setAttribute("stroke-dasharray", dashes);
      }
      icon.append(path);
    }
    button2.type = "button";
    button2.title = words;
    button2.setAttribute("aria-label", words);
    button2.dataset.mode = name;
    button2.append(icon);
    button2.addEventListener("click", () => choose(name));
    made[name] = button2;
    buttons.append(button2);
  }
  const list = help.querySelector("dl");
  list.lastElementChild.remove();
  list.lastElementChild.remove();
  for (const [keys, words] of SELECTING_HELP) {
    const term = node("dt"), meaning = node("dd");
    term.textContent = keys;
    meaning.textContent = words;
    list.append(term, meaning);
  }
  return made;
}

// map/map_canvas.js
var OVERSCAN = 0.1;
var ZOOM_STEP = 1.0018;
var FILL = 0.92;
var CARD_FROM = 150;
var MAX_DPR = 2;
var MOST_UNANSWERED = 3;
var SPINNER_AFTER = 120;
var HOVER_AFTER = 110;
var ROOMLESS = 1e3;
var TAP_SLACK = 5;
function render({ model, view: component }) {
  const root = build();
  const { canvas, spinner, preparing, tip, ring, problem, legend, buttons } = root.parts;
  const context = canvas.getContext("2d", { alpha: false });
  const labels = makeLabels(root.parts.labels), cards = makeCards(root.parts.cards);
  let view = null, frame = null, backdrop = null, originals = [], newest = 0, requested = 0, answered = 0, asked = false, pendingView = false, fresh = true, frozen = false, drag = null;
  let hoverTimer = 0, spinnerTimer = 0, wheelAt = 0, painted = false, pointers = /* @__PURE__ */ new Map();
  const size = () => ({ w: Math.max(1, root.clientWidth), h: Math.max(1, root.clientHeight) });
  const dpr = () => Math.min(MAX_DPR, window.devicePixelRatio || 1);
  const toScreen = (x, y) => {
    const { w, h } = size();
    return [(x - view.cx) * view.scale + w / 2, (view.cy - y) * view.scale + h / 2];
  };
  const toLayout = (px, py) => {
    const { w, h } = size();
    return [view.cx + (px - w / 2) / view.scale, view.cy - (py - h / 2) / view.scale];
  };
  function homeView() {
    const [x0, y0, x1, y1] = model.extent;
    const { w, h } = size();
    const scale = Math.min(w / (x1 - x0), h / (y1 - y0));
    return { cx: (x0 + x1) / 2, cy: (y0 + y1) / 2, scale };
  }
  function limit() {
    const home = homeView();
    const { w, h } = size(), closest = Math.max(home.scale, FILL * Math.min(w, h) / model.finest_cell);
    view.scale = Math.min(Math.max(view.scale, home.scale * 0.6), closest);
    const [x0, y0, x1, y1] = model.extent;
    view.cx = Math.min(Math.max(view.cx, x0), x1);
    view.cy = Math.min(Math.max(view.cy, y0), y1);
  }
  function zoomAt(px, py, factor) {
    const [x, y] = toLayout(px, py);
    view.scale *= factor;
    limit();
    const { w, h } = size();
    view.cx = x - (px - w / 2) / view.scale;
    view.cy = y + (py - h / 2) / view.scale;
    limit();
    changed();
  }
  function panBy(dx, dy) {
    view.cx -= dx / view.scale;
    view.cy += dy / view.scale;
    limit();
    changed();
  }
  function fill() {
    const place = model.selected_place;
    if (place?.length !== 2) {
      return;
    }
    const [x0, y0] = model.square, side = model.finest_cell;
    const [cx, cy] = [x0, y0].map((origin, axis) => origin + (Math.floor((place[axis] - origin) / side) + 0.5) * side);
    view = { cx, cy, scale: Infinity };
    limit();
    changed();
  }
  const selecting = new Selecting(root, model, { toLayout, toScreen, middle: () => [size().w / 2, size().h / 2] });
  const nothing = makeNothing(root, model, goHome);
  const atHome = () => {
    const home = homeView();
    return view.scale <= home.scale && Math.abs(view.cx - home.cx) + Math.abs(view.cy - home.cy) < 1e-9;
  };
  function goHome() {
    view = homeView();
    changed();
  }
  function goTo({ x, y, radius }) {
    const { w, h } = size();
    view = { cx: x, cy: y, scale: Math.min(w, h) / (3 * radius) };
    limit();
    changed();
  }
  function changed() {
    hideTip();
    nothing.hide();
    draw();
    ask();
  }
  function ask() {
    pendingView = true;
    if (asked || requested - answered >= MOST_UNANSWERED) {
      return;
    }
    asked = true;
    pendingView = false;
    const { w, h } = size(), half = { x: w / view.scale * (0.5 + OVERSCAN), y: h / view.scale * (0.5 + OVERSCAN) };
    requested += 1;
    root.dataset.requested = requested;
    root.dataset.scale = view.scale.toFixed(3);
    spinnerTimer ||= setTimeout(() => {
      spinner.hidden = false;
    }, SPINNER_AFTER);
    model.send_msg({
      type: "view",
      id: requested,
      fresh,
      dpr: dpr(),
      margin: OVERSCAN,
      width: Math.round(w * (1 + 2 * OVERSCAN)),
      height: Math.round(h * (1 + 2 * OVERSCAN)),
      x0: view.cx - half.x,
      y0: view.cy - half.y,
      x1: view.cx + half.x,
      y1: view.cy + half.y
    });
    fresh = false;
    requestAnimationFrame(() => {
      asked = false;
      if (pendingView) {
        ask();
      }
    });
  }
  async function receive(message) {
    newest = Math.max(newest, message.serial);
    const bitmap = await createImageBitmap(new Blob([message.picture], { type: message.mime })).catch(() => null);
    model.send_msg({ type: "seen", serial: message.serial });
    finish(message.id);
    if (!bitmap) {
      return;
    }
    if (message.layout !== model.layout_name || frame && message.serial < frame.serial) {
      return bitmap.close();
    }
    frozen = false;
    keep({ ...message, bitmap, picture: null });
    restore();
    keys.begin();
    connection.tell(true);
    cards.build(message.cards, message.serial);
    draw();
    requestAnimationFrame(() => {
      root.dataset.frame = message.id;
      root.dataset.serial = message.serial;
      root.dataset.level = message.level;
      root.dataset.drawn = message.drawn;
      if (message.id === requested && !pendingView) {
        nothing.show(message, atHome());
      }
      if (message.id === requested && !pendingView && wheelAt) {
        root.dataset.latency = (performance.now() - wheelAt).toFixed(1);
        wheelAt = 0;
      }
    });
  }
  function keep(next) {
    const wider = (a, b) => a.x1 - a.x0 > b.x1 - b.x0;
    if (backdrop && (backdrop.era !== next.era || !wider(backdrop, next))) {
      backdrop.bitmap.close();
      backdrop = null;
    }
    if (frame && frame.era === next.era && wider(frame, next) && (!backdrop || wider(frame, backdrop))) {
      backdrop?.bitmap.close();
      backdrop = frame;
    } else {
      frame?.bitmap.close();
    }
    frame = next;
    dropOriginals(next.serial);
  }
  function dropOriginals(except) {
    originals.forEach((entry) => {
      if (entry.serial !== except) {
        entry.bitmap.close();
      }
    });
    originals = originals.filter((entry) => entry.serial === except);
  }
  function dropFrames() {
    for (const held of [frame, backdrop]) {
      held?.bitmap.close();
    }
    frame = backdrop = null;
    dropOriginals();
    cards.build([]);
  }
  async function receiveOriginal(message) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(new Blob([message.picture]));
    } catch {
      return;
    }
    if (message.serial !== newest) {
      return bitmap.close();
    }
    originals.push({ bitmap, box: message.box, serial: message.serial });
    root.dataset.originals = originals.length;
    draw();
  }
  function finish(id) {
    answered = Math.max(answered, id);
    if (pendingView) {
      ask();
    }
    if (answered < requested) {
      return;
    }
    clearTimeout(spinnerTimer);
    spinnerTimer = 0;
    spinner.hidden = true;
  }
  function draw() {
    if (painted) {
      return;
    }
    painted = true;
    requestAnimationFrame(() => {
      painted = false;
      paint();
    });
  }
  function note() {
    const held = [frame, backdrop, ...originals].filter(Boolean).map((entry) => entry.bitmap.width * entry.bitmap.height * 4);
    root.dataset.paints = Number(root.dataset.paints || 0) + 1;
    root.dataset.held = held.reduce((sum, bytes) => sum + bytes, canvas.width * canvas.height * 4);
  }
  function paint() {
    if (!view || frozen) {
      return;
    }
    note();
    const { w, h } = size(), ratio = dpr();
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = model.ground;
    context.fillRect(0, 0, w, h);
    for (const held of [backdrop, frame]) {
      if (held) {
        paintFrame(held, ratio);
      }
    }
    for (const entry of originals.filter((one) => one.serial === frame?.serial)) {
      const [left, top, width, height] = onScreen(entry.box);
      drawOriginal(context, entry.bitmap, left, top, width, height, model.ground);
    }
    cards.place(toScreen, CARD_FROM * 0.8);
    placeLabels();
    placeRing();
    selecting.place();
  }
  function paintFrame(held, ratio) {
    const [left, top, width, height] = onScreen([held.x0, held.y0, held.x1, held.y1]);
    const exact = Math.abs(width - held.width) < 0.5;
    context.imageSmoothingEnabled = !exact;
    const at = exact ? [Math.round(left * ratio) / ratio, Math.round(top * ratio) / ratio, held.width, held.height] : [left, top, width, height];
    context.fillRect(...at);
    context.drawImage(held.bitmap, ...at);
  }
  function onScreen([x0, y0, x1, y1]) {
    const [left, top] = toScreen(x0, y1), [right, bottom] = toScreen(x1, y0);
    return [left, top, right - left, bottom - top];
  }
  function placeLabels() {
    const { w, h } = size(), taken = [[w - 60, 0, w, 310]];
    if (!legend.hidden) {
      taken.push([0, h - legend.offsetHeight - 16, legend.offsetWidth + 16, h]);
    }
    labels.place(toScreen, view.scale, { w, h }, model.show_labels, taken);
  }
  function placeRing() {
    const place = model.selected_place;
    ring.hidden = !(frame && place && place.length === 2);
    if (ring.hidden) {
      return;
    }
    const [x0, y0, whole] = model.square, side = whole / 2 ** frame.level;
    const left0 = x0 + Math.floor((place[0] - x0) / side) * side, bottom0 = y0 + Math.floor((place[1] - y0) / side) * side;
    const [left, top, width, height] = onScreen([left0, bottom0, left0 + side, bottom0 + side]);
    Object.assign(ring.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }
  const position = (event) => {
    const box = root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  root.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      wheelAt = performance.now();
      const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? size().h : 1;
      const delta = Math.max(-400, Math.min(400, event.deltaY * unit));
      zoomAt(...position(event), Math.pow(ZOOM_STEP, -delta * (event.ctrlKey ? 4 : 1)));
    },
    { passive: false }
  );
  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button")) {
      return;
    }
    root.focus({ preventScroll: true });
    root.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, position(event));
    drag = { at: position(event), moved: 0 };
    if (pointers.size === 1) {
      selecting.down(event, position(event));
    } else {
      selecting.cancel();
    }
  });
  root.addEventListener("pointermove", (event) => {
    const at = position(event);
    if (!pointers.has(event.pointerId)) {
      return hover(at);
    }
    const before = pointers.get(event.pointerId);
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const distance = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      pointers.set(event.pointerId, at);
      drag = { at, moved: TAP_SLACK + 1 };
      return zoomAt((at[0] + other[0]) / 2, (at[1] + other[1]) / 2, distance(at) / Math.max(1, distance(before)));
    }
    pointers.set(event.pointerId, at);
    if (!drag || selecting.move(at)) {
      return;
    }
    drag.moved = Math.max(drag.moved, Math.hypot(at[0] - drag.at[0], at[1] - drag.at[1]));
    if (drag.moved > TAP_SLACK) {
      root.classList.add("dragging");
      panBy(at[0] - before[0], at[1] - before[1]);
    }
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) {
      return;
    }
    root.classList.remove("dragging");
    const drawn = selecting.up(event);
    if (!drawn && event.type === "pointerup" && drag && drag.moved <= TAP_SLACK) {
      tap(...position(event), event.ctrlKey || event.metaKey);
    }
    if (!pointers.size) {
      drag = null;
    }
  };
  root.addEventListener("pointerup", release);
  root.addEventListener("pointercancel", release);
  root.addEventListener("pointerleave", hideTip);
  root.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button") && !selecting.mode()) {
      zoomAt(...position(event), event.shiftKey ? 0.5 : 2);
    }
  });
  function tap(px, py, mark = false) {
    if (!frame) {
      return;
    }
    const [x, y] = toLayout(px, py);
    model.send_msg({ type: mark ? "mark" : "tap", x, y, level: frame.level });
  }
  function hover(at) {
    hideTip();
    hoverTimer = setTimeout(() => {
      if (!frame || !view) {
        return;
      }
      const [x, y] = toLayout(...at);
      tip.dataset.at = at.join();
      model.send_msg({ type: "hover", x, y, level: frame.level, at: at.join() });
    }, HOVER_AFTER);
  }
  function hideTip() {
    clearTimeout(hoverTimer);
    tip.hidden = true;
    tip.dataset.at = "";
  }
  function showTip(message) {
    if (message.at !== tip.dataset.at || !message.text) {
      return;
    }
    const [x, y] = message.at.split(",").map(Number), { w } = size();
    tip.firstChild.textContent = message.text;
    tip.lastChild.textContent = message.more;
    tip.hidden = false;
    tip.style.left = `${Math.min(Math.max(8, x + 14), Math.max(8, w - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, y - tip.offsetHeight - 10)}px`;
  }
  const actions = {
    in: () => zoomAt(size().w / 2, size().h / 2, 1.5),
    out: () => zoomAt(size().w / 2, size().h / 2, 1 / 1.5),
    home: goHome,
    help: () => {
      root.parts.help.hidden = !root.parts.help.hidden;
    }
  };
  root.addEventListener("click", (event) => {
    const action = event.target.closest("button")?.dataset.action;
    if (action) {
      actions[action]();
    } else if (!root.parts.help.hidden) {
      root.parts.help.hidden = true;
    }
  });
  const keys = makeMapKeys(
    root,
    model,
    {
      everywhere: {
        "+": actions.in,
        "=": actions.in,
        "-": actions.out,
        0: goHome,
        "?": actions.help,
        f: fill,
        n: () => model.send_msg({ type: "labels" }),
        ...selecting.modes
      },
      here: {
        ArrowLeft: () => panBy(80, 0),
        ArrowRight: () => panBy(-80, 0),
        ArrowUp: () => panBy(0, 80),
        ArrowDown: () => panBy(0, -80),
        Home: goHome,
        Enter: () => tap(size().w / 2, size().h / 2),
        s: () => tap(size().w / 2, size().h / 2, true),
        ...selecting.keys,
        Escape: () => {
          if (!selecting.leave()) {
            model.send_msg({ type: "close" });
          }
        }
      }
    },
    () => {
      wheelAt = 0;
    }
  );
  model.on("msg:custom", (message) => {
    if (message.type === "frame") {
      problem.hidden = true;
      receive(message);
    }
    if (message.type === "original") {
      receiveOriginal(message);
    }
    if (message.type === "note") {
      cards.note(message);
    }
    if (message.type === "mode") {
      selecting.setMode(message.mode);
      root.focus({ preventScroll: true });
    }
    if (message.type === "go" && view) {
      goTo(message);
    }
    if (message.type === "tip") {
      showTip(message);
    }
    if (message.type === "selected") {
      selecting.answered(message);
    }
    if (message.type === "tapped") {
      root.dataset.met = message.met ? "yes" : "";
      root.dataset.tapped = Number(root.dataset.tapped ?? 0) + 1;
    }
    if (message.type === "problem") {
      say(message.text);
      finish(message.id);
    }
  });
  function say(text2) {
    problem.textContent = text2;
    problem.hidden = false;
  }
  model.on("layout_name", () => {
    frozen = frame !== null;
    dropFrames();
    if (size().w < 2) {
      return;
    }
    begin();
    changed();
  });
  model.on("preparing", () => {
    preparing.textContent = model.preparing;
    preparing.hidden = !model.preparing;
  });
  model.on("labels", () => {
    labels.build(model.labels);
    draw();
  });
  model.on("legend", () => {
    fillLegend(legend, model.legend);
    draw();
  });
  model.on("show_labels", draw);
  model.on("selected_place", draw);
  model.on("ground", () => {
    theme();
    draw();
  });
  const theme = () => {
    root.classList.toggle("dark", model.dark);
  };
  model.on("dark", theme);
  theme();
  labels.build(model.labels);
  fillLegend(legend, model.legend);
  const connection = makeConnection(model, component?.model?.document, say, () => ({
    ...view,
    layout: model.layout_name
  }));
  let kept = connection.kept(), keptView = kept?.view;
  function restore() {
    if (kept) {
      model.send_msg({ type: "restore", session: kept.session });
    }
    kept = null;
  }
  function begin() {
    view = homeView();
    const fits = keptView?.layout === model.layout_name && [keptView.scale, keptView.cx, keptView.cy].every(isFinite);
    if (fits) {
      view = { ...keptView };
      keptView = null;
      limit();
    }
  }
  let lastHome = null, roomless = 0;
  const watcher = new ResizeObserver(() => {
    const { w, h } = size(), away = w < 2 || h < 2;
    root.classList.toggle("away", away);
    clearTimeout(roomless);
    if (away) {
      roomless = setTimeout(() => connection.tell(true), ROOMLESS);
      return;
    }
    const home = homeView(), stayed = lastHome && ["cx", "cy", "scale"].every((name) => view[name] === lastHome[name]);
    lastHome = home;
    if (!view) {
      begin();
    } else if (stayed) {
      view = { ...home };
    }
    draw();
    ask();
  });
  watcher.observe(root);
  const awake = () => {
    if (!document.hidden && view) {
      fresh = true;
      asked = false;
      answered = requested;
      ask();
    }
  };
  document.addEventListener("visibilitychange", awake);
  model.on("remove", () => {
    watcher.disconnect();
    document.removeEventListener("visibilitychange", awake);
    keys.end();
    connection.end();
    dropFrames();
    for (const timer of [hoverTimer, spinnerTimer, roomless]) {
      clearTimeout(timer);
    }
  });
  return root;
}
export {
  render
};
