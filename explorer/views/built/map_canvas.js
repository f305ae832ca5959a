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
var presses = (event, buttons = "button, summary, a") => (event.key === "Enter" || event.key === " ") && Boolean(originOf(event)?.matches(buttons));
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

// map/canvas/map_camera.js
var FILL = 0.92;
var MAX_DPR = 2;
var Camera = class {
  #root;
  #model;
  #moved;
  /** @type {View} */
  #view = { cx: 0, cy: 0, scale: 1 };
  /** Whether there is a view. There is none until the map has room on the screen. */
  ready = false;
  /** @param {HTMLElement} root @param {Server.MapCanvas} model @param {() => void} moved */
  constructor(root, model, moved) {
    this.#root = root;
    this.#model = model;
    this.#moved = moved;
  }
  get view() {
    return this.#view;
  }
  set view(view) {
    this.#view = view;
    this.ready = true;
  }
  size() {
    return { w: Math.max(1, this.#root.clientWidth), h: Math.max(1, this.#root.clientHeight) };
  }
  middle() {
    const { w, h } = this.size();
    return (
      /** @type {const} */
      [w / 2, h / 2]
    );
  }
  dpr() {
    return Math.min(MAX_DPR, window.devicePixelRatio || 1);
  }
  /** @param {number} x @param {number} y */
  toScreen = (x, y) => {
    const { w, h } = this.size(), { cx, cy, scale } = this.view;
    return (
      /** @type {const} */
      [(x - cx) * scale + w / 2, (cy - y) * scale + h / 2]
    );
  };
  /** @param {number} px @param {number} py */
  toLayout = (px, py) => {
    const { w, h } = this.size(), { cx, cy, scale } = this.view;
    return (
      /** @type {const} */
      [cx + (px - w / 2) / scale, cy - (py - h / 2) / scale]
    );
  };
  // A box of the layout on screen: left, top, width, height.
  /** @param {Box} box @returns {Box} */
  onScreen([x0, y0, x1, y1]) {
    const [left, top] = this.toScreen(x0, y1), [right, bottom] = this.toScreen(x1, y0);
    return [left, top, right - left, bottom - top];
  }
  // The view of all images.
  home() {
    const [x0, y0, x1, y1] = this.#model.extent;
    const { w, h } = this.size();
    const scale = Math.min(w / (x1 - x0), h / (y1 - y0));
    return { cx: (x0 + x1) / 2, cy: (y0 + y1) / 2, scale };
  }
  atHome() {
    const home = this.home(), { cx, cy, scale } = this.view;
    return scale <= home.scale && Math.abs(cx - home.cx) + Math.abs(cy - home.cy) < 1e-9;
  }
  limit() {
    const home = this.home(), { w, h } = this.size(), view = this.view;
    const closest = Math.max(home.scale, FILL * Math.min(w, h) / this.#model.finest_cell);
    view.scale = Math.min(Math.max(view.scale, home.scale * 0.6), closest);
    const [x0, y0, x1, y1] = this.#model.extent;
    view.cx = Math.min(Math.max(view.cx, x0), x1);
    view.cy = Math.min(Math.max(view.cy, y0), y1);
  }
  /** @param {number} px @param {number} py @param {number} factor */
  zoomAt(px, py, factor) {
    if (!this.ready) {
      return;
    }
    const [x, y] = this.toLayout(px, py), view = this.view;
    view.scale *= factor;
    this.limit();
    const { w, h } = this.size();
    view.cx = x - (px - w / 2) / view.scale;
    view.cy = y + (py - h / 2) / view.scale;
    this.limit();
    this.#moved();
  }
  /** @param {number} dx @param {number} dy */
  panBy(dx, dy) {
    if (!this.ready) {
      return;
    }
    this.view.cx -= dx / this.view.scale;
    this.view.cy += dy / this.view.scale;
    this.limit();
    this.#moved();
  }
  goHome = () => {
    this.view = this.home();
    this.#moved();
  };
  /** @param {{ x: number, y: number, radius: number }} place */
  goTo({ x, y, radius }) {
    const { w, h } = this.size();
    this.view = { cx: x, cy: y, scale: Math.min(w, h) / (3 * radius) };
    this.limit();
    this.#moved();
  }
  // The view in which the chosen picture fills the window.
  fill() {
    const place = this.#model.selected_place;
    if (place.length !== 2) {
      return;
    }
    const [x0, y0] = this.#model.square, side = this.#model.finest_cell;
    const middle = (at, origin) => origin + (Math.floor((at - origin) / side) + 0.5) * side;
    this.view = { cx: middle(place[0], x0), cy: middle(place[1], y0), scale: Infinity };
    this.limit();
    this.#moved();
  }
};

// map/canvas/map_connection.js
var ASK_AGAIN = 1e3;
var KEPT = "bam-explorer";
var pause = (ms) => new Promise((done) => {
  setTimeout(() => done(), ms);
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
    say("The connection to the server was lost. Reconnecting … This page will be restored as it is now.");
    const state = { view: viewNow(), session: model.session };
    while (!await answers()) {
      await pause(ASK_AGAIN);
    }
    try {
      sessionStorage.setItem(key, JSON.stringify(state));
    } catch {
    }
    location.reload();
  }
  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(key) ?? "null");
      sessionStorage.removeItem(key);
      return found;
    } catch {
      return null;
    }
  }
  let width = -1;
  function sendWidth(first = false) {
    if (!model.served || width === innerWidth || width < 0 && !first) {
      return;
    }
    width = innerWidth;
    model.send_msg({ type: "window", width });
  }
  const resized = () => sendWidth();
  window.addEventListener("resize", resized);
  bokehDocument?.on_event?.("connection_lost", recover);
  window.addEventListener("pagehide", () => {
    leaving = true;
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  return { kept, sendWidth, end: () => window.removeEventListener("resize", resized) };
}

// map/canvas/map_overlays.js
function fillLegend(box, legend) {
  box.hidden = !legend.title;
  if (!legend.title) {
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
    rows.push(...legend.entries.map((entry) => legendRow(entry)));
  }
  if (legend.unknown.count) {
    rows.push(legendRow(legend.unknown));
  }
  box.replaceChildren(...rows);
}
function legendRow({ color, text: text2, count }) {
  const row = node("div", "entry"), swatch = node("i"), words = node("span", "text"), number = node("span", "number");
  swatch.style.background = color;
  words.textContent = text2;
  words.title = text2;
  number.textContent = (count ?? 0).toLocaleString("en");
  row.append(swatch, words, number);
  return row;
}
function makeCards(box) {
  let cards = [];
  let notes = [];
  let serial = 0;
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
function drawOriginal(context, bitmap, [left, top, width, height], ground) {
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

// map/canvas/map_frames.js
var Frames = class {
  #root;
  #model;
  #camera;
  #placeOverlays;
  #canvas;
  #context;
  /** @type {Frame | null} the newest */
  #frame = null;
  /** @type {Frame | null} a wider one of the same content */
  #backdrop = null;
  /** @type {{ bitmap: ImageBitmap, box: Box, serial: number }[]} */
  #originals = [];
  #newest = 0;
  #painted = false;
  #frozen = false;
  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   * @param {() => void} placeOverlays
   */
  constructor({ root, canvas }, model, camera, placeOverlays) {
    this.#root = root;
    this.#model = model;
    this.#camera = camera;
    this.#placeOverlays = placeOverlays;
    this.#canvas = canvas;
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) {
      throw new Error("This browser cannot draw on a canvas.");
    }
    this.#context = context;
  }
  /** The newest frame, or null. */
  get current() {
    return this.#frame;
  }
  // Return whether the frame of a message is now the one on screen. `decoded` is called after the picture was decoded.
  /** @param {Server.FrameMessage} message @param {() => void} decoded */
  async take(message, decoded) {
    this.#newest = Math.max(this.#newest, message.serial);
    const bitmap = await createImageBitmap(new Blob([message.picture], { type: message.mime })).catch(() => null);
    decoded();
    if (!bitmap) {
      return false;
    }
    if (message.layout !== this.#model.layout_name || this.#frame && message.serial < this.#frame.serial) {
      bitmap.close();
      return false;
    }
    this.#frozen = false;
    const { picture, ...frame } = message;
    this.#keep({ ...frame, bitmap });
    return true;
  }
  // The widest frame of the same content stays behind the newest, so that zooming out shows a coarse picture, not a gap.
  /** @param {Frame} next */
  #keep(next) {
    const wider = (a, b) => a.x1 - a.x0 > b.x1 - b.x0;
    if (this.#backdrop && (this.#backdrop.content_number !== next.content_number || !wider(this.#backdrop, next))) {
      this.#backdrop.bitmap.close();
      this.#backdrop = null;
    }
    const frame = this.#frame;
    if (frame && frame.content_number === next.content_number && wider(frame, next) && (!this.#backdrop || wider(frame, this.#backdrop))) {
      this.#backdrop?.bitmap.close();
      this.#backdrop = frame;
    } else {
      frame?.bitmap.close();
    }
    this.#frame = next;
    this.#dropOriginals(next.serial);
  }
  /** @param {Server.OriginalMessage} message */
  async takeOriginal(message) {
    const bitmap = await createImageBitmap(new Blob([message.picture])).catch(() => null);
    if (!bitmap) {
      return;
    }
    if (message.serial !== this.#newest) {
      bitmap.close();
      return;
    }
    this.#originals.push({ bitmap, box: message.box, serial: message.serial });
    this.#root.dataset.originals = String(this.#originals.length);
    this.draw();
  }
  /** @param {number} [except] serial whose originals stay */
  #dropOriginals(except) {
    for (const entry of this.#originals) {
      if (entry.serial !== except) {
        entry.bitmap.close();
      }
    }
    this.#originals = this.#originals.filter((entry) => entry.serial === except);
  }
  drop() {
    for (const held of [this.#frame, this.#backdrop]) {
      held?.bitmap.close();
    }
    this.#frame = this.#backdrop = null;
    this.#dropOriginals();
  }
  // The screen stays unchanged until there is another frame.
  freeze() {
    this.#frozen = this.#frame !== null;
  }
  draw() {
    if (this.#painted) {
      return;
    }
    this.#painted = true;
    requestAnimationFrame(() => {
      this.#painted = false;
      this.#paint();
    });
  }
  // For benchmarks and tests: number of paintings, and bytes of pictures held.
  #note() {
    const { width, height } = this.#canvas;
    const held = [this.#frame, this.#backdrop, ...this.#originals].filter((entry) => entry !== null).map((entry) => entry.bitmap.width * entry.bitmap.height * 4);
    this.#root.dataset.paints = String(Number(this.#root.dataset.paints || 0) + 1);
    this.#root.dataset.held = String(held.reduce((sum, bytes) => sum + bytes, width * height * 4));
  }
  #paint() {
    if (!this.#camera.ready || this.#frozen) {
      return;
    }
    this.#note();
    const { w, h } = this.#camera.size(), ratio = this.#camera.dpr(), canvas = this.#canvas, context = this.#context;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.#model.ground;
    context.fillRect(0, 0, w, h);
    for (const held of [this.#backdrop, this.#frame]) {
      if (held) {
        this.#paintFrame(held, ratio);
      }
    }
    for (const entry of this.#originals.filter((one) => one.serial === this.#frame?.serial)) {
      drawOriginal(context, entry.bitmap, this.#camera.onScreen(entry.box), this.#model.ground);
    }
    this.#placeOverlays();
  }
  /** @param {Frame} held @param {number} ratio */
  #paintFrame(held, ratio) {
    const [left, top, width, height] = this.#camera.onScreen([held.x0, held.y0, held.x1, held.y1]);
    const exact = Math.abs(width - held.width) < 0.5;
    this.#context.imageSmoothingEnabled = !exact;
    const at = exact ? [Math.round(left * ratio) / ratio, Math.round(top * ratio) / ratio, held.width, held.height] : [left, top, width, height];
    this.#context.fillRect(...at);
    this.#context.drawImage(held.bitmap, ...at);
  }
};

// map/canvas/map_keys.js
function makeMapKeys({ root, help }, model, { everywhere, here }, before) {
  const shut = {
    Escape: () => {
      help.box.hidden = true;
    }
  };
  let begun = false;
  function press(event, keymap) {
    if (presses(event, "button")) {
      return;
    }
    before();
    pressKey(event, help.box.hidden ? keymap : { ...keymap, ...shut });
  }
  onKeys(root, (event) => press(event, { ...everywhere, ...here }));
  const nothing = () => !document.activeElement || document.activeElement.matches("html, body");
  const stopKeys = onKeys(window, (event) => {
    if (!model.served || event.defaultPrevented || event.composedPath().includes(root) || isTyping(event) || isInWindow(event)) {
      return;
    }
    press(event, nothing() ? { ...everywhere, ...here } : everywhere);
  });
  return {
    // The map takes the focus with the first picture, unless another element has it.
    begin() {
      if (!begun && model.served && nothing()) {
        root.focus({ preventScroll: true });
      }
      begun = true;
    },
    end: stopKeys
  };
}
var isInWindow = (event) => event.composedPath().some((one) => one instanceof Element && one.matches("dialog, [role=dialog], [role=menu], [role=listbox]"));

// map/canvas/map_labels.js
var NAME_FROM = 34;
var NAME_UNTIL = 0.62;
var NAME_GAP = 5;
function makeLabels(box) {
  let names = [];
  function build2(labels) {
    const finest = Math.max(0, ...labels.map((entry) => entry.level));
    names = labels.map((entry) => {
      const label = node("div", `label level-${Math.min(entry.level, 2)}`);
      label.textContent = entry.text;
      return { entry, label, finest: entry.level === finest, size: null };
    });
    box.replaceChildren(...names.map(({ label }) => label));
  }
  const sizeOf = (name) => name.size ??= name.label.offsetWidth ? [name.label.offsetWidth, name.label.offsetHeight] : null;
  function place(toScreen, scale, { w, h }, wanted, taken) {
    for (const name of names) {
      const { entry, label, finest } = name, [x, y] = toScreen(entry.x, entry.y), radius = entry.radius * scale;
      const telling = radius >= NAME_FROM && (finest || radius <= NAME_UNTIL * Math.max(w, h));
      const near = wanted && telling && x > 0 && x < w && y > 0 && y < h;
      const size = near && sizeOf(name);
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
    }
  }
  return { build: build2, place };
}

// map/canvas/map_nothing.js
function makeNothing({ root, tip }, model, showAll) {
  const box = node("div", "nothing ex-nothing"), words = text("p", "", ""), line = node("div", "line");
  const all = button("", "Show all images (0)", "", () => {
    showAll();
    root.focus({ preventScroll: true });
  });
  const lift = button("", "Clear filters", "Switch all filters off", () => {
    model.send_msg({ type: "clear_filters" });
    root.focus({ preventScroll: true });
  });
  box.setAttribute("role", "status");
  box.hidden = true;
  line.append(all, lift);
  box.append(words, line);
  root.insertBefore(box, tip.box);
  function show(frame, whole) {
    const none = frame.filtered && frame.passing === 0;
    box.hidden = !none && frame.seen > 0;
    words.textContent = none ? "No image passes the filters." : frame.filtered && !frame.dimmed ? "No image here passes the filters." : whole ? "This map has no images." : "No images here.";
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

// map/canvas/map_page.js
function build(model) {
  const root = makeRoot(model, "div", "map ex-map");
  root.tabIndex = 0;
  root.setAttribute("role", "application");
  root.setAttribute(
    "aria-label",
    "Map of the images. Arrow keys pan, plus and minus zoom, 0 shows all images, Enter opens the picture in the middle."
  );
  const canvas = node("canvas"), labels = node("div", "labels"), cards = node("div", "cards"), legend = node("div", "legend ex-legend"), ring = node("div", "ring"), tip = node("div", "tip");
  const spinner = node("div", "spinner ex-busy"), preparing = node("div", "preparing ex-preparing"), problem = node("div", "problem"), buttons = node("div", "buttons");
  const tipText = node("div", "tip-text"), tipMore = node("div", "tip-more");
  const help = makeHelp();
  tip.append(tipText, tipMore);
  for (const part of [ring, tip, spinner, preparing, help.box, problem, legend]) {
    part.hidden = true;
  }
  preparing.setAttribute("role", "status");
  spinner.setAttribute("role", "status");
  spinner.setAttribute("aria-label", "Drawing");
  for (const [action, sign, words] of [
    ["in", "+", "Zoom in (+)"],
    ["out", "−", "Zoom out (−)"],
    ["home", "⌂", "Show all images (0)"],
    ["help", "?", "Help (?)"]
  ]) {
    const button2 = node("button");
    button2.textContent = sign;
    button2.title = words;
    button2.setAttribute("aria-label", words);
    button2.dataset.action = action;
    buttons.append(button2);
  }
  problem.setAttribute("role", "alert");
  root.append(canvas, cards, labels, ring, legend, spinner, preparing, tip, buttons, help.box, problem);
  return {
    root,
    canvas,
    cards,
    labels,
    legend,
    ring,
    tip: { box: tip, text: tipText, more: tipMore },
    spinner,
    preparing,
    buttons,
    help,
    problem
  };
}
function makeHelp() {
  const box = node("div", "help");
  box.addEventListener("wheel", (event) => event.stopPropagation());
  const rows = [
    ["Drag", "move the map"],
    ["Wheel, pinch, double click", "zoom"],
    ["Click a picture", "open it large, with its scores"],
    ["← → ↑ ↓", "move the map"],
    ["+  −", "zoom"],
    ["0", "show all images"],
    ["Enter", "open the picture in the middle"],
    ["f", "fill the window with the open picture"],
    ["n", "names of clusters on or off"],
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
  text2.textContent = "Similar pictures lie near each other. Each cell shows one of its images, and the number of those that pass the filters. Dimmed pictures do not pass. Zoom in to see the other images. Distances between far groups mean little.";
  box.append(title, list, text2);
  return { box, list };
}

// map/canvas/map_pointer.js
var ZOOM_STEP = 1.0018;
var TAP_SLACK = 5;
var Pointer = class {
  #root;
  #camera;
  #selecting;
  #tip;
  #tap;
  /** @type {Map<number, Place>} */
  #pointers = /* @__PURE__ */ new Map();
  /** @type {{ at: Place, moved: number } | null} start of the drag, and its length */
  #drag = null;
  /** When the wheel last turned, in ms; 0 if it has not turned since the last frame. */
  wheelAt = 0;
  /**
   * @param {HTMLElement} root
   * @param {import("./map_camera.js").Camera} camera
   * @param {Object} parts
   * @param {import("./map_selection.js").Selecting} parts.selecting
   * @param {import("./map_tip.js").Tip} parts.tip
   * @param {(px: number, py: number, mark: boolean) => void} parts.tap
   */
  constructor(root, camera, { selecting, tip, tap }) {
    this.#root = root;
    this.#camera = camera;
    this.#selecting = selecting;
    this.#tip = tip;
    this.#tap = tap;
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    root.addEventListener("pointerdown", (event) => this.#down(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", (event) => this.#release(event));
    root.addEventListener("pointercancel", (event) => this.#release(event));
    root.addEventListener("pointerleave", this.#tip.hide);
    root.addEventListener("dblclick", (event) => {
      if (!originOf(event)?.closest("button") && !this.#selecting.mode()) {
        this.#camera.zoomAt(...this.#position(event), event.shiftKey ? 0.5 : 2);
      }
    });
  }
  /** @param {MouseEvent} event */
  #position(event) {
    const box = this.#root.getBoundingClientRect();
    return (
      /** @type {const} */
      [event.clientX - box.left, event.clientY - box.top]
    );
  }
  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    this.wheelAt = performance.now();
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? this.#camera.size().h : 1;
    const delta = Math.max(-400, Math.min(400, event.deltaY * unit));
    this.#camera.zoomAt(...this.#position(event), Math.pow(ZOOM_STEP, -delta * (event.ctrlKey ? 4 : 1)));
  }
  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || originOf(event)?.closest("button")) {
      return;
    }
    this.#root.focus({ preventScroll: true });
    this.#root.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#position(event));
    this.#drag = { at: this.#position(event), moved: 0 };
    if (this.#pointers.size === 1) {
      this.#selecting.down(event, this.#position(event));
    } else {
      this.#selecting.cancel();
    }
  }
  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#position(event), before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.#tip.hover(at);
      return;
    }
    this.#pointers.set(event.pointerId, at);
    if (this.#pointers.size === 2) {
      this.#pinch(event.pointerId, at, before);
      return;
    }
    if (!this.#drag || this.#selecting.move(at)) {
      return;
    }
    this.#drag.moved = Math.max(this.#drag.moved, distance(at, this.#drag.at));
    if (this.#drag.moved > TAP_SLACK) {
      this.#root.classList.add("dragging");
      this.#camera.panBy(at[0] - before[0], at[1] - before[1]);
    }
  }
  /** @param {number} id @param {Place} at @param {Place} before */
  #pinch(id, at, before) {
    const other = [...this.#pointers].find(([one]) => one !== id)?.[1] ?? at;
    this.#drag = { at, moved: TAP_SLACK + 1 };
    const factor = distance(at, other) / Math.max(1, distance(before, other));
    this.#camera.zoomAt((at[0] + other[0]) / 2, (at[1] + other[1]) / 2, factor);
  }
  /** @param {PointerEvent} event */
  #release(event) {
    if (!this.#pointers.delete(event.pointerId)) {
      return;
    }
    this.#root.classList.remove("dragging");
    const drawn = this.#selecting.up(event);
    if (!drawn && event.type === "pointerup" && this.#drag && this.#drag.moved <= TAP_SLACK) {
      this.#tap(...this.#position(event), event.ctrlKey || event.metaKey);
    }
    if (!this.#pointers.size) {
      this.#drag = null;
    }
  }
};
function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

// map/canvas/map_requests.js
var OVERSCAN = 0.1;
var MOST_UNANSWERED = 3;
var SPINNER_AFTER = 120;
var Requests = class {
  #root;
  #model;
  #camera;
  #spinner;
  #requested = 0;
  #answered = 0;
  #asked = false;
  #pending = false;
  #fresh = true;
  #timer = 0;
  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   */
  constructor({ root, spinner }, model, camera) {
    this.#root = root;
    this.#model = model;
    this.#camera = camera;
    this.#spinner = spinner;
  }
  ask() {
    this.#pending = true;
    if (this.#asked || this.#requested - this.#answered >= MOST_UNANSWERED) {
      return;
    }
    this.#asked = true;
    this.#pending = false;
    const { w, h } = this.#camera.size(), { cx, cy, scale } = this.#camera.view, half = { x: w / scale * (0.5 + OVERSCAN), y: h / scale * (0.5 + OVERSCAN) };
    this.#requested += 1;
    this.#root.dataset.requested = String(this.#requested);
    this.#root.dataset.scale = scale.toFixed(3);
    this.#timer ||= setTimeout(() => {
      this.#spinner.hidden = false;
    }, SPINNER_AFTER);
    this.#model.send_msg({
      type: "view",
      id: this.#requested,
      fresh: this.#fresh,
      dpr: this.#camera.dpr(),
      margin: OVERSCAN,
      width: Math.round(w * (1 + 2 * OVERSCAN)),
      height: Math.round(h * (1 + 2 * OVERSCAN)),
      x0: cx - half.x,
      y0: cy - half.y,
      x1: cx + half.x,
      y1: cy + half.y
    });
    this.#fresh = false;
    requestAnimationFrame(() => {
      this.#asked = false;
      if (this.#pending) {
        this.ask();
      }
    });
  }
  // A request was answered, by a frame or by a problem.
  /** @param {number} id */
  finish(id) {
    this.#answered = Math.max(this.#answered, id);
    if (this.#pending) {
      this.ask();
    }
    if (this.#answered < this.#requested) {
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#spinner.hidden = true;
  }
  // Return whether a request is the newest.
  /** @param {number} id */
  isLatest(id) {
    return id === this.#requested && !this.#pending;
  }
  // A suspended page may have missed messages.
  wake() {
    this.#fresh = true;
    this.#asked = false;
    this.#answered = this.#requested;
    this.ask();
  }
  end() {
    clearTimeout(this.#timer);
  }
};

// map/canvas/map_selection.js
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
  box: ["b", "Select with a box (b). Shift adds, Alt removes.", ["M4 5h16v14H4z"], "3.2 2.6"],
  lasso: [
    "l",
    "Select with a lasso (l). Shift adds, Alt removes.",
    ["M12 4c5 0 8.5 2.3 8.5 5.4S17 15 12 15s-8.5-2.5-8.5-5.6S7 4 12 4z", "M7.5 14.5c-2 1-2 3.5 0 3.5s2.5 1.5 1 3"]
  ]
};
var SELECTING_HELP = [
  ["Shift + drag", "select with a lasso"],
  ["b  l", "box or lasso mode; drag selects, Shift adds, Alt removes"],
  ["v", "move the map again"],
  ["Ctrl + click, s", "add or remove the clicked picture, or the one in the middle"],
  ["Ctrl + A", "select all images that pass"],
  ["Ctrl + Z", "undo the last change of the selection"],
  ["Esc", "leave a mode, then close the card, then clear the selection"]
];
var NAMES = (
  /** @type {const} */
  ["pan", "box", "lasso"]
);
var Selecting = class {
  #root;
  #model;
  #toLayout;
  #toScreen;
  /** @type {Mode} */
  #mode = "pan";
  /** @type {Outline | null} */
  #outline = null;
  /** @type {{ at: Place, shape: "box" | "lasso", how: How } | null} start of a press, and the shape it draws */
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
  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   */
  constructor(page, model, { toLayout, toScreen }) {
    this.#root = page.root;
    this.#model = model;
    this.#toLayout = toLayout;
    this.#toScreen = toScreen;
    this.#svg.setAttribute("class", "outline");
    this.#halo.setAttribute("class", "halo");
    this.#svg.append(this.#halo, this.#line);
    this.#svg.style.display = "none";
    const clear = node("button", "clear");
    this.#open.type = clear.type = "button";
    this.#open.title = "Open the selection";
    clear.title = "Clear the selection (Esc)";
    clear.textContent = "×";
    clear.setAttribute("aria-label", "Clear the selection");
    this.#open.setAttribute("role", "status");
    this.#open.addEventListener("click", () => this.#model.send_msg({ type: "tab" }));
    clear.addEventListener("click", () => {
      this.#model.send_msg({ type: "clear" });
      this.#root.focus({ preventScroll: true });
    });
    this.#bar.append(this.#open, clear);
    this.#root.insertBefore(this.#svg, page.tip.box);
    this.#root.append(this.#bar);
    this.#buttons = makeModeButtons(page, (chosen) => {
      this.setMode(chosen);
      this.#root.focus({ preventScroll: true });
    });
    this.keys = {
      "Ctrl+a": () => this.#model.send_msg({ type: "select_all" }),
      "Ctrl+z": () => this.#model.send_msg({ type: "undo" })
    };
    this.modes = Object.fromEntries(NAMES.map((name) => [MODES[name][0], () => this.setMode(name)]));
    this.#model.on("selection", this.#show);
    this.#model.on("remove", () => clearTimeout(this.#flashing));
    this.setMode("pan");
    this.#show();
  }
  /** @param {Mode} next */
  setMode(next) {
    this.#mode = next;
    this.cancel();
    this.#root.dataset.mode = next;
    for (const [name, button2] of this.#buttons) {
      button2.setAttribute("aria-pressed", String(name === next));
    }
  }
  /** @param {PointerEvent} event @param {Place} at */
  down(event, at) {
    const shape = this.#mode !== "pan" ? this.#mode : event.shiftKey ? "lasso" : null;
    if (!shape) {
      return;
    }
    const how = event.altKey || this.#mode !== "pan" && event.ctrlKey ? "subtract" : event.shiftKey && this.#mode !== "pan" ? "add" : "replace";
    this.#pressed = { at, shape, how };
  }
  // Return whether an outline is being drawn, so that the map does not move.
  /** @param {Place} at */
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
      this.#follow(this.#outline, at);
    }
    this.place();
    return true;
  }
  /** @param {Outline} outline @param {Place} at */
  #follow(outline, at) {
    if (Math.hypot(at[0] - outline.last[0], at[1] - outline.last[1]) < POINT_STEP) {
      return;
    }
    outline.points.push(this.#toLayout(...at));
    outline.last = at;
    if (outline.points.length > MOST_POINTS) {
      outline.points = outline.points.filter((_, index) => index % 2 === 0);
    }
  }
  // Return whether something was drawn, so that the release is not a click.
  /** @param {PointerEvent} event */
  up(event) {
    const drawn = this.#pressed && this.#outline && !this.#outline.done;
    this.#pressed = null;
    if (!drawn || !this.#outline) {
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
  /** @param {Server.SelectedMessage} message */
  answered(message) {
    if (message.serial !== this.#serial) {
      return;
    }
    if (this.#outline?.done) {
      this.cancel();
    }
    if (message.found === 0) {
      this.#flash("No image inside passes the filters");
    }
    this.#root.dataset.answered = String(this.#serial);
  }
  place() {
    this.#svg.style.display = this.#outline ? "" : "none";
    if (!this.#outline) {
      return;
    }
    const points = this.#outline.points.map((point) => this.#toScreen(...point)), path = this.#outline.shape === "box" ? boxPath(points) : lassoPath(points);
    this.#svg.classList.toggle("waiting", this.#outline.done);
    this.#svg.classList.toggle("subtract", this.#outline.how === "subtract");
    for (const part of [this.#halo, this.#line]) {
      part.setAttribute("d", path);
    }
  }
  // Cancel the last step. Return whether there was one.
  leave() {
    if (this.#outline && !this.#outline.done) {
      this.cancel();
      return true;
    }
    if (this.#mode !== "pan") {
      this.setMode("pan");
      return true;
    }
    if (this.#model.selected_place.length || !this.#model.selection.count) {
      return false;
    }
    this.#model.send_msg({ type: "clear" });
    return true;
  }
  /** @param {string} words */
  #flash(words) {
    clearTimeout(this.#flashing);
    this.#bar.hidden = false;
    this.#open.textContent = words;
    this.#flashing = setTimeout(this.#show, FLASH);
  }
  #show = () => {
    const { count, words } = this.#model.selection;
    this.#bar.hidden = !count;
    this.#root.dataset.selected = String(count ?? 0);
    this.#open.textContent = count ? `${count.toLocaleString("en")} selected${words ? ` · ${words}` : ""}` : "";
  };
  mode() {
    return this.#mode === "pan" ? "" : this.#mode;
  }
};
function boxPath([[x0, y0], [x1, y1] = [x0, y0]]) {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`;
}
function lassoPath(points) {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
}
var isMode = (name) => Object.hasOwn(MODES, name);
function makeModeButtons({ buttons, help: { list } }, choose) {
  const made = /* @__PURE__ */ new Map();
  for (const name of NAMES) {
    const [, words, shapes, dashes] = MODES[name], button2 = node("button", name === "pan" ? "mode first" : "mode"), icon = document.createElementNS(SVG, "svg");
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
    made.set(name, button2);
    buttons.append(button2);
  }
  list.lastElementChild?.remove();
  list.lastElementChild?.remove();
  for (const [keys, words] of SELECTING_HELP) {
    const term = node("dt"), meaning = node("dd");
    term.textContent = keys;
    meaning.textContent = words;
    list.append(term, meaning);
  }
  return made;
}

// map/canvas/map_tip.js
var HOVER_AFTER = 110;
var Tip = class {
  #model;
  #camera;
  #frames;
  #box;
  #text;
  #more;
  #timer = 0;
  /**
   * @param {import("./map_page.js").MapPage} page
   * @param {Server.MapCanvas} model
   * @param {import("./map_camera.js").Camera} camera
   * @param {import("./map_frames.js").Frames} frames
   */
  constructor({ tip }, model, camera, frames) {
    this.#box = tip.box;
    this.#text = tip.text;
    this.#more = tip.more;
    this.#model = model;
    this.#camera = camera;
    this.#frames = frames;
  }
  /** @param {import("./map_page.js").Place} at */
  hover(at) {
    this.hide();
    this.#timer = setTimeout(() => {
      const frame = this.#frames.current;
      if (!frame || !this.#camera.ready) {
        return;
      }
      const [x, y] = this.#camera.toLayout(...at);
      this.#box.dataset.at = at.join();
      this.#model.send_msg({ type: "hover", x, y, level: frame.level, at: at.join() });
    }, HOVER_AFTER);
  }
  hide = () => {
    clearTimeout(this.#timer);
    this.#box.hidden = true;
    this.#box.dataset.at = "";
  };
  /** @param {Server.TipMessage} message */
  show(message) {
    const box = this.#box;
    if (message.at !== box.dataset.at || !message.text) {
      return;
    }
    const [x, y] = message.at.split(",").map(Number), { w } = this.#camera.size();
    this.#text.textContent = message.text;
    this.#more.textContent = message.more;
    box.hidden = false;
    box.style.left = `${Math.min(Math.max(8, x + 14), Math.max(8, w - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, y - box.offsetHeight - 10)}px`;
  }
  end() {
    clearTimeout(this.#timer);
  }
};

// map/canvas/map_canvas.js
var CARD_FROM = 150;
var WIDTH_AFTER = 1e3;
var MapCanvas = class {
  #model;
  root;
  #page;
  #camera;
  #frames;
  #requests;
  #labels;
  #cards;
  #tip;
  #selecting;
  #nothing;
  #pointer;
  #keys;
  #connection;
  /** @type {import("./map_connection.js").Kept | null} the state before a reload, until it is restored */
  #kept;
  /** @type {import("./map_connection.js").KeptView | null} */
  #keptView;
  /** @type {import("./map_camera.js").View | null} */
  #lastHome = null;
  #widthTimer = 0;
  /** @param {Server.MapCanvas} model @param {import("./map_connection.js").BokehDocument | undefined} bokehDocument */
  constructor(model, bokehDocument) {
    this.#model = model;
    this.#page = build(model);
    const page = this.#page, { root } = page;
    this.root = root;
    this.#camera = new Camera(root, model, () => this.#moved());
    this.#labels = makeLabels(page.labels);
    this.#cards = makeCards(page.cards);
    this.#frames = new Frames(page, model, this.#camera, () => this.#placeOverlays());
    this.#requests = new Requests(page, model, this.#camera);
    this.#tip = new Tip(page, model, this.#camera, this.#frames);
    this.#selecting = new Selecting(page, model, this.#camera);
    this.#nothing = makeNothing(page, model, this.#camera.goHome);
    const tap = (px, py, mark) => this.#tap(px, py, mark);
    this.#pointer = new Pointer(root, this.#camera, { selecting: this.#selecting, tip: this.#tip, tap });
    this.#keys = this.#makeKeys();
    this.#hearServer();
    this.#followModel();
    const viewNow = () => ({ ...this.#camera.view, layout: model.layout_name });
    this.#connection = makeConnection(model, bokehDocument, (words) => this.#say(words), viewNow);
    this.#kept = this.#connection.kept();
    this.#keptView = this.#kept?.view ?? null;
    this.#followPage();
  }
  #moved() {
    this.#tip.hide();
    this.#nothing.hide();
    this.#frames.draw();
    this.#requests.ask();
  }
  // ---- frames -------------------------------------------------------------------------------------------------
  /** @param {Server.FrameMessage} message */
  async #receive(message) {
    const taken = await this.#frames.take(message, () => {
      this.#model.send_msg({ type: "seen", serial: message.serial });
      this.#requests.finish(message.id);
    });
    if (!taken) {
      return;
    }
    this.#restore();
    this.#keys.begin();
    this.#connection.sendWidth(true);
    this.#cards.build(message.cards, message.serial);
    this.#frames.draw();
    requestAnimationFrame(() => {
      const { dataset } = this.root;
      dataset.frame = String(message.id);
      dataset.serial = String(message.serial);
      dataset.level = String(message.level);
      dataset.drawn = String(message.drawn);
      if (!this.#requests.isLatest(message.id)) {
        return;
      }
      this.#nothing.show(message, this.#camera.atHome());
      if (this.#pointer.wheelAt) {
        dataset.latency = (performance.now() - this.#pointer.wheelAt).toFixed(1);
        this.#pointer.wheelAt = 0;
      }
    });
  }
  // After the first frame, because other parts of the page may not be ready for messages before it.
  #restore() {
    if (this.#kept) {
      this.#model.send_msg({ type: "restore", session: this.#kept.session });
    }
    this.#kept = null;
  }
  #dropFrames() {
    this.#frames.drop();
    this.#cards.build([]);
  }
  // ---- over the frame ---------------------------------------------------------------------------------
  #placeOverlays() {
    this.#cards.place(this.#camera.toScreen, CARD_FROM * 0.8);
    this.#placeLabels();
    this.#placeRing();
    this.#selecting.place();
  }
  #placeLabels() {
    const { w, h } = this.#camera.size(), { legend } = this.#page, taken = [[w - 60, 0, w, 310]];
    if (!legend.hidden) {
      taken.push([0, h - legend.offsetHeight - 16, legend.offsetWidth + 16, h]);
    }
    this.#labels.place(this.#camera.toScreen, this.#camera.view.scale, { w, h }, this.#model.show_labels, taken);
  }
  // A ring around the cell of the chosen image at the level on screen, whichever picture is in front.
  #placeRing() {
    const place = this.#model.selected_place, frame = this.#frames.current, { ring } = this.#page;
    ring.hidden = !frame || place.length !== 2;
    if (!frame || place.length !== 2) {
      return;
    }
    const [x0, y0, whole] = this.#model.square, side = whole / 2 ** frame.level;
    const west = x0 + Math.floor((place[0] - x0) / side) * side, south = y0 + Math.floor((place[1] - y0) / side) * side;
    const [left, top, width, height] = this.#camera.onScreen([west, south, west + side, south + side]);
    Object.assign(ring.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }
  // ---- keyboard and buttons -------------------------------------------------------------------------------------
  /** @param {number} px @param {number} py */
  #tap(px, py, mark = false) {
    const frame = this.#frames.current;
    if (!frame) {
      return;
    }
    const [x, y] = this.#camera.toLayout(px, py);
    this.#model.send_msg({ type: mark ? "mark" : "tap", x, y, level: frame.level });
  }
  #makeKeys() {
    const camera = this.#camera, help = this.#page.help.box;
    const actions = {
      in: () => camera.zoomAt(...camera.middle(), 1.5),
      out: () => camera.zoomAt(...camera.middle(), 1 / 1.5),
      home: camera.goHome,
      help: () => {
        help.hidden = !help.hidden;
      }
    };
    this.root.addEventListener("click", (event) => {
      const action = originOf(event)?.closest("button")?.dataset.action;
      if (action) {
        actions[action]?.();
      } else if (!help.hidden) {
        help.hidden = true;
      }
    });
    const keymaps = { everywhere: this.#keysEverywhere(actions), here: this.#keysHere() };
    return makeMapKeys(this.#page, this.#model, keymaps, () => {
      this.#pointer.wheelAt = 0;
    });
  }
  /** @param {Record<string, () => void>} actions */
  #keysEverywhere(actions) {
    return {
      "+": actions.in,
      "=": actions.in,
      "-": actions.out,
      0: actions.home,
      "?": actions.help,
      f: () => this.#camera.fill(),
      n: () => this.#model.send_msg({ type: "labels" }),
      ...this.#selecting.modes
    };
  }
  #keysHere() {
    const camera = this.#camera;
    return {
      ArrowLeft: () => camera.panBy(80, 0),
      ArrowRight: () => camera.panBy(-80, 0),
      ArrowUp: () => camera.panBy(0, 80),
      ArrowDown: () => camera.panBy(0, -80),
      Home: camera.goHome,
      Enter: () => this.#tap(...camera.middle()),
      s: () => this.#tap(...camera.middle(), true),
      ...this.#selecting.keys,
      Escape: () => {
        if (!this.#selecting.leave()) {
          this.#model.send_msg({ type: "close" });
        }
      }
    };
  }
  // ---- messages from the server -------------------------------------------------------------------------------------
  #hearServer() {
    const { root } = this;
    const handlers = {
      frame: (message) => {
        this.#page.problem.hidden = true;
        this.#receive(message);
      },
      original: (message) => this.#frames.takeOriginal(message),
      note: (message) => {
        if ("box" in message) {
          this.#cards.note(message);
        } else {
          this.#say(message.text);
        }
      },
      mode: (message) => {
        if (isMode(message.mode)) {
          this.#selecting.setMode(message.mode);
        }
        root.focus({ preventScroll: true });
      },
      go: (message) => {
        if (this.#camera.ready) {
          this.#camera.goTo(message);
        }
      },
      tip: (message) => this.#tip.show(message),
      selected: (message) => this.#selecting.answered(message),
      tapped: (message) => {
        root.dataset.met = message.met ? "yes" : "";
        root.dataset.tapped = String(Number(root.dataset.tapped ?? 0) + 1);
      },
      problem: (message) => {
        this.#say(message.text);
        this.#requests.finish(message.id);
      }
    };
    hearMessages(this.#model, handlers);
  }
  /** @param {string} words */
  #say(words) {
    const { problem } = this.#page;
    problem.textContent = words;
    problem.hidden = false;
  }
  #followModel() {
    const model = this.#model, { preparing, legend } = this.#page, draw = () => this.#frames.draw();
    model.on("layout_name", () => {
      this.#frames.freeze();
      this.#dropFrames();
      if (this.#camera.size().w < 2) {
        return;
      }
      this.#begin();
      this.#moved();
    });
    model.on("preparing", () => {
      preparing.textContent = model.preparing;
      preparing.hidden = !model.preparing;
    });
    model.on("labels", () => {
      this.#labels.build(model.labels);
      draw();
    });
    model.on("legend", () => {
      fillLegend(legend, model.legend);
      draw();
    });
    model.on("show_labels", draw);
    model.on("selected_place", draw);
    model.on("ground", draw);
    this.#labels.build(model.labels);
    fillLegend(legend, model.legend);
  }
  // ---- the page around --------------------------------------------------------------------------------------------
  #begin() {
    this.#camera.view = this.#camera.home();
    const kept = this.#keptView;
    if (kept?.layout === this.#model.layout_name && [kept.scale, kept.cx, kept.cy].every(isFinite)) {
      this.#camera.view = { ...kept };
      this.#keptView = null;
      this.#camera.limit();
    }
  }
  #resized() {
    const { w, h } = this.#camera.size(), away = w < 2 || h < 2;
    this.root.classList.toggle("away", away);
    clearTimeout(this.#widthTimer);
    if (away) {
      this.#widthTimer = setTimeout(() => this.#connection.sendWidth(true), WIDTH_AFTER);
      return;
    }
    const home = this.#camera.home(), { view } = this.#camera, last = this.#lastHome;
    const stayed = last && view.cx === last.cx && view.cy === last.cy && view.scale === last.scale;
    this.#lastHome = home;
    if (!this.#camera.ready) {
      this.#begin();
    } else if (stayed) {
      this.#camera.view = { ...home };
    }
    this.#frames.draw();
    this.#requests.ask();
  }
  #followPage() {
    const watcher = new ResizeObserver(() => this.#resized());
    watcher.observe(this.root);
    const awake = () => {
      if (!document.hidden && this.#camera.ready) {
        this.#requests.wake();
      }
    };
    document.addEventListener("visibilitychange", awake);
    this.#model.on("remove", () => {
      watcher.disconnect();
      document.removeEventListener("visibilitychange", awake);
      this.#keys.end();
      this.#connection.end();
      this.#dropFrames();
      this.#tip.end();
      this.#requests.end();
      clearTimeout(this.#widthTimer);
    });
  }
};
function render({ model, view }) {
  return new MapCanvas(model, view?.model?.document).root;
}
export {
  render
};
