// Built from the modules named below by "npm run build". Change those, not this file.

// labeling/acts.js
function makeActs(tab, { answering, outbox, presence }) {
  return {
    join: (name) => tab.send({ type: "join", name }),
    leave: () => tab.send({ type: "leave" }),
    work: (choice) => tab.work(choice),
    wide: () => tab.send({ type: "wide" }),
    instructions: () => tab.toggleInstructions(),
    focus: () => tab.focus(),
    again: () => outbox.again(),
    takeOver: () => tab.send({ type: "take_over" }),
    alive: () => presence.wake(),
    confirmRun: (yes) => tab.send({ type: "confirm_run", yes }),
    bulk: (what, check) => tab.send({ type: "bulk_answer", what, act: check.act, batch: check.batch }),
    agree: (count) => tab.send({ type: "agree", count }),
    cancel: (batch) => tab.send({ type: "cancel", batch }),
    source: (key, value) => tab.source(key, value),
    selectCluster: (value) => tab.send({ type: "select_cluster", value }),
    typing: (words) => answering.typing(words),
    confirm: answering.confirm,
    skip: answering.skip,
    previous: answering.previous,
    undo: () => answering.change("undo"),
    certain: answering.certain,
    toggle: (place, value) => answering.toggle(place, value),
    say: (value) => answering.say(value),
    describe: (words) => answering.describe(words),
    enlarge: (place = void 0) => tab.enlarge(place)
  };
}

// labeling/outbox.js
var RETRY = 4e3;
function newId() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
var Outbox = class {
  #model;
  #key;
  #changed;
  #place;
  /** @type {StoredAct[]} */
  #acts = [];
  #timer = 0;
  #saved = 0;
  #problem = "";
  #forgetful = false;
  /** @param {Server.LabelTab} model @param {string} key @param {() => void} changed */
  constructor(model, key, changed) {
    this.#model = model;
    this.#key = key;
    this.#changed = changed;
    const windowId = crypto.randomUUID?.() ?? String(Math.random());
    this.#place = `bam-explorer:outbox:${this.#key}:${windowId}`;
    addEventListener("beforeunload", this.#leaving);
  }
  #keep() {
    try {
      if (this.#acts.length) {
        localStorage.setItem(this.#place, JSON.stringify(this.#acts));
      } else {
        localStorage.removeItem(this.#place);
      }
    } catch {
      this.#forgetful = true;
    }
    this.#changed();
  }
  /** @param {string | null} annotator @param {Act} act */
  add(annotator, act) {
    this.#acts.push({ ...act, annotator });
    this.#keep();
    this.#send(act);
  }
  /** @param {Act} act */
  #send(act) {
    this.#model.send_msg({ type: "act", ...act });
  }
  again = () => {
    clearTimeout(this.#timer);
    for (const { annotator, ...act } of this.#acts) {
      this.#send(act);
    }
  };
  /** @param {string} id @param {number} counted */
  acknowledge(id, counted) {
    const before = this.#acts.length;
    this.#acts = this.#acts.filter((act) => act.id !== id);
    if (this.#acts.length < before) {
      this.#saved += counted;
      this.#problem = "";
    }
    if (this.#acts.length < before) {
      this.#keep();
    }
  }
  /** @param {Server.Failed} message */
  fail(message) {
    this.#problem = message.text;
    if (message.again) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.again, RETRY);
    } else {
      this.#acts = this.#acts.filter((act) => act.id !== message.id);
    }
    this.#keep();
  }
  // Take over actions left by a closed page of this browser, or by this page before a reload.
  adopt() {
    const taken = [];
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(`bam-explorer:outbox:${this.#key}:`) || name === this.#place) {
          continue;
        }
        const known = new Set(this.#acts.map((act) => act.id));
        this.#acts.push(...actionsIn(localStorage.getItem(name)).filter((act) => !known.has(act.id)));
        taken.push(name);
      }
    } catch {
    }
    this.#keep();
    if (!this.#forgetful) {
      for (const name of taken) {
        localStorage.removeItem(name);
      }
    }
    return this.#acts;
  }
  // Another annotator works here now: actions of the others are kept until these annotators return.
  /** @param {string} annotator */
  keepFor(annotator) {
    const others = this.#acts.filter((act) => act.annotator !== annotator);
    if (!others.length) {
      return;
    }
    this.#acts = this.#acts.filter((act) => act.annotator === annotator);
    try {
      localStorage.setItem(`bam-explorer:outbox:${this.#key}:${others[0].annotator}`, JSON.stringify(others));
    } catch {
    }
    this.#keep();
  }
  // Without storage the browser asks before leaving; with storage the rest is sent when the page is opened again.
  /** @param {BeforeUnloadEvent} event */
  #leaving = (event) => {
    if (this.#forgetful && this.#acts.length) {
      event.preventDefault();
    }
  };
  problem() {
    return this.#problem;
  }
  saved() {
    return this.#saved;
  }
  pending() {
    return this.#acts.length;
  }
  /** @param {string} id */
  answersOf(id) {
    const act = this.#acts.find((one) => one.id === id);
    return act?.kind === "answer" ? act.replies.length : 1;
  }
  close() {
    clearTimeout(this.#timer);
    removeEventListener("beforeunload", this.#leaving);
  }
};
function actionsIn(text2) {
  try {
    const acts = JSON.parse(text2 ?? "[]");
    return acts.filter((act) => typeof act?.id === "string" && typeof act.annotator === "string");
  } catch {
    return [];
  }
}

// labeling/answering.js
var Answering = class {
  #tab;
  #pages;
  #outbox;
  #watch;
  #marks;
  /** @type {Page | null} the page that the user tried to confirm without any mark */
  doubted = null;
  /** When the last image or page was left, in ms; 0 once the next one is on screen. */
  turned = 0;
  /**
   * @param {import("./label_tab.js").LabelTab} tab
   * @param {Object} parts
   * @param {import("./pages.js").Pages} parts.pages
   * @param {import("./outbox.js").Outbox} parts.outbox
   * @param {ReturnType<typeof import("./pages.js").makeWatch>} parts.watch
   * @param {import("./marks.js").KeptMarks} parts.marks
   */
  constructor(tab, { pages, outbox, watch, marks }) {
    this.#tab = tab;
    this.#pages = pages;
    this.#outbox = outbox;
    this.#watch = watch;
    this.#marks = marks;
  }
  /** @param {Page} page */
  #whole(page) {
    return this.#tab.mode() === "page" && !page.captions;
  }
  // ---- marks ----------------------------------------------------------------------------------------------------
  /** @param {Value} value */
  mark(value) {
    const page = this.#pages.current(), item = this.#pages.item();
    if (!page || !item) {
      return;
    }
    this.doubted = null;
    page.skipped.delete(item.draw);
    if (page.marks.get(item.draw) === value) {
      page.marks.delete(item.draw);
    } else {
      page.marks.set(item.draw, value);
    }
    this.#marks.remember(page);
    this.#tab.show();
  }
  /** @param {number} place @param {Value} value */
  toggle(place, value) {
    if (this.#tab.blocked()) {
      return;
    }
    this.#pages.at = place;
    this.mark(value);
    this.#tab.focus();
  }
  markAll() {
    const page = this.#pages.current();
    if (!page) {
      return;
    }
    const open = page.items.filter((item) => !page.marks.has(item.draw) && !page.skipped.has(item.draw));
    if (open.length) {
      open.forEach((item) => page.marks.set(item.draw, "yes"));
    } else {
      page.marks.clear();
    }
    this.#marks.remember(page);
    this.#tab.show();
  }
  /** @param {string} words */
  typing(words) {
    const page = this.#pages.current(), item = this.#pages.item();
    if (page && item) {
      page.marks.set(item.draw, words);
      this.#marks.remember(page);
    }
  }
  // ---- actions -----------------------------------------------------------------------------------------------------
  skip = () => {
    const page = this.#pages.current(), item = this.#pages.item();
    if (!page || !item) {
      return;
    }
    if (this.#whole(page)) {
      this.doubted = null;
      page.marks.delete(item.draw);
      if (!page.skipped.delete(item.draw)) {
        page.skipped.add(item.draw);
      }
      this.#tab.show();
      return;
    }
    page.skipped.add(item.draw);
    this.#tab.send({ type: "skip", page: page.id, draws: [item.draw] });
    this.#step();
  };
  confirm = () => {
    const page = this.#pages.current();
    if (!page || this.#tab.blocked() || !this.#tab.isShown()) {
      return;
    }
    if (this.rest(page) && !page.marks.size && this.doubted !== page) {
      this.doubted = page;
      this.#tab.update();
      return;
    }
    const replies = this.#pages.replies(page, "no"), skipped = page.items.filter((item) => page.skipped.has(item.draw)).map((item) => item.draw);
    if (replies.length) {
      this.#record(page, replies);
    }
    if (skipped.length) {
      this.#tab.send({ type: "skip", page: page.id, draws: skipped });
    }
    this.#marks.forget(page);
    this.#turn();
  };
  // Number of unmarked images that are answered with no when the page is confirmed.
  /** @param {Page} page */
  rest(page) {
    return this.#pages.replies(page, "no").filter(([draw]) => !page.marks.has(draw)).length;
  }
  certain = () => {
    this.doubted = null;
    this.#tab.update();
    this.#tab.focus();
  };
  /** @param {Value} value */
  say(value) {
    const page = this.#pages.current(), item = this.#pages.item();
    if (!page || !item || this.#tab.blocked()) {
      return;
    }
    if (page.sent.get(item.draw) !== value) {
      this.#record(page, [[item.draw, value]]);
    }
    this.#step();
  }
  /** @param {string} words */
  describe(words) {
    const page = this.#pages.current(), item = this.#pages.item();
    if (!page || !item || this.#tab.blocked()) {
      return;
    }
    const { draw, image } = item;
    this.#outbox.add(this.#tab.me, {
      id: newId(),
      page: page.id,
      kind: "caption",
      draw,
      image,
      text: words,
      seconds: this.#watch.seconds()
    });
    page.sent.set(draw, words);
    page.marks.set(draw, words);
    this.#step();
  }
  /** @param {Page} page @param {(readonly [draw: number, value: Value])[]} replies */
  #record(page, replies) {
    const each = this.#watch.seconds() / replies.length;
    this.#outbox.add(this.#tab.me, {
      id: newId(),
      page: page.id,
      kind: "answer",
      replies: replies.map(([draw, value]) => (
        /** @type {const} */
        [draw, value, each]
      ))
    });
    for (const [draw, value] of replies) {
      page.sent.set(draw, value);
      page.marks.set(draw, value);
    }
  }
  /** @param {"undo" | "redo"} type */
  change(type) {
    if (this.#tab.me) {
      this.#tab.send({ type, id: newId() });
    }
  }
  // ---- from image to image ----------------------------------------------------------------------------------------
  #step() {
    const page = this.#pages.current(), done = (item) => page?.sent.has(item.draw) || page?.skipped.has(item.draw);
    let next = this.#pages.at + 1;
    while (page && next < page.items.length && done(page.items[next])) {
      next += 1;
    }
    if (!page || next >= page.items.length) {
      this.#turn();
      return;
    }
    this.#pages.at = next;
    this.turned = performance.now();
    this.#watch.restart();
    this.#tab.show();
  }
  #turn() {
    this.#pages.leave();
    this.turned = performance.now();
    this.#watch.restart();
    this.#tab.show();
  }
  previous = () => {
    if (this.#tab.mode() === "single" && this.#pages.at > 0 && this.#pages.current()) {
      this.#pages.at -= 1;
    } else if (!this.#pages.back()) {
      this.#tab.say("There is no earlier page here. Undo (z) reaches older answers.");
      return;
    }
    if (this.#tab.mode() === "page") {
      this.#pages.at = 0;
    }
    this.#watch.restart();
    this.#tab.show();
  };
  /** @param {number} by */
  move(by) {
    const page = this.#pages.current();
    if (page) {
      this.#pages.at = Math.max(0, Math.min(page.items.length - 1, this.#pages.at + by));
      this.#tab.show();
    }
  }
};

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
var onlyModifies = (event) => /^(Shift|Control|Alt|AltGraph|Meta|OS|CapsLock|NumLock|Fn|FnLock|Hyper|Super|Symbol|ScrollLock)$/.test(event.key);
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

// labeling/empty.js
function hint(status) {
  if (status.closed) {
    return status.closed;
  }
  if (status.left) {
    return "The remaining images wait for answers from other annotators.";
  }
  if (status.work.captions) {
    return "Add images to describe below.";
  }
  if (status.counts?.yes) {
    return "Add questions below. “More like the yes answers” finds further positives fastest.";
  }
  return "Add questions below. “Words in captions” finds the first positives fastest.";
}
function emptyWords(status, nothing, { define, offer }) {
  if (!status.attribute && !status.work.captions) {
    const title = text("h3", "", "What do you want to label?");
    if (status.attributes.length) {
      return [title, text("p", "soft", "Choose an attribute above, or define a new one in the Attributes tab.")];
    }
    return [
      title,
      text(
        "p",
        "soft",
        "Define an attribute first. An attribute is one yes-or-no question about an image, for example “Does it show a bird?”"
      ),
      button("primary define", "Add an attribute", "Define a new attribute", define)
    ];
  }
  if (status.left > 0 && status.held >= status.left) {
    const words = `Other annotators have the last ${status.held} images. You get these images if they leave.`;
    return [text("p", "soft", words)];
  }
  if (nothing) {
    offer();
    return [text("h3", "", "No questions left"), text("p", "soft", hint(status))];
  }
  return [text("p", "soft", "Loading the next images …")];
}

// labeling/foot.js
var KEYS = {
  page: [
    ["←→↑↓", "move"],
    ["space", "yes"],
    ["u", "unsure"],
    ["s", "skip", "skip"],
    ["↵", "rest is no, next", "confirm"],
    ["z", "undo", "undo"]
  ],
  single: [
    ["y", "yes"],
    ["n", "no"],
    ["u", "unsure"],
    ["s", "skip", "skip"],
    ["←", "previous", "previous"],
    ["z", "undo", "undo"]
  ],
  caption: [
    ["↵", "save and next"],
    ["Esc s", "skip", "skip"],
    ["Esc z", "undo", "undo"]
  ]
};
var RULES = [
  ["1", "One answer settles an image"],
  ["2", "Two must agree; splits go to a third"],
  ["3", "Three must agree; splits go to five"]
];
var Foot = class {
  #acts;
  box = node("footer", "foot");
  #keys = node("div", "keys");
  #saved = text("div", "saved", "");
  #goal = node("div", "goal");
  #bar = node("i");
  #goalWords = text("span", "", "");
  #more = node("details", "more");
  #ask = node("div", "ask");
  #queue = node("div", "queue");
  #people = node("div", "people");
  #rule = node("label", "rule");
  #agree = node("select");
  #leave;
  #listed = "";
  #mode = "";
  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts;
    this.#goal.append(this.#bar, this.#goalWords);
    this.#saved.setAttribute("role", "status");
    options(this.#agree, RULES);
    this.#agree.addEventListener("change", () => this.#acts.agree(Number(this.#agree.value)));
    this.#rule.append(text("span", "soft", "Rule"), this.#agree);
    this.#more.append(
      text("summary", "", "Questions, people, rule"),
      text("h4", "", "Add questions"),
      this.#ask,
      this.#queue,
      text("h4", "", "People present"),
      this.#people,
      this.#rule
    );
    this.#leave = button("plain", "Change annotator", "Stop answering under this name", this.#acts.leave);
    this.box.append(this.#keys, this.#goal, this.#saved, this.#more);
  }
  /** @param {Server.LabelStatus} status @param {import("./outbox.js").Outbox} outbox */
  update(status, outbox) {
    const work = status.work, wanted = work.captions ? "caption" : work.mode;
    if (wanted !== this.#mode) {
      this.#mode = wanted;
      this.#keys.replaceChildren(...(KEYS[wanted] ?? []).map(this.#hint));
    }
    const counts = status.counts, ready = counts !== null && !work.captions;
    this.#goal.hidden = !ready;
    if (ready) {
      const far = Math.min(1, counts.yes / status.goal);
      this.#bar.style.width = `${far * 100}%`;
      this.#goalWords.textContent = counts.yes < status.goal ? `${counts.yes} of the ${status.goal} yes answers to start with · ${counts.no} no · ${counts.unsure} unsure${counts.split ? ` · ${counts.split} split` : ""}${counts.open ? ` · ${counts.open} need another answer` : ""}` : `${counts.yes} yes · ${counts.no} no · ${counts.unsure} unsure${counts.split ? ` · ${counts.split} split` : ""}${counts.open ? ` · ${counts.open} need another answer` : ""}`;
    }
    const parts = [`${outbox.saved().toLocaleString("en")} saved`];
    if (outbox.pending()) {
      parts.push(`${outbox.pending()} being saved`);
    }
    if (status.left) {
      parts.push(`${status.left.toLocaleString("en")} left`);
    }
    if (status.pace) {
      parts.push(`${status.pace.toLocaleString("en")} per hour`);
    }
    if (status.left && status.minutes) {
      parts.push(`about ${status.minutes} min`);
    }
    if (status.consistency) {
      parts.push(status.consistency);
    }
    if (status.qualified) {
      parts.push(status.qualified);
    }
    this.#saved.textContent = parts.join(" · ");
    this.#more.hidden = !status.me.id;
    this.#agree.value = String(status.attribute?.agree ?? 1);
    this.#rule.hidden = !status.attribute || work.captions;
    this.#showSources(status);
    this.#showQueue(status);
    this.#showPeople(status);
  }
  /** @param {Key} entry */
  #hint = ([key, words, act]) => {
    const one = act ? button("hint", "", "", () => {
      this.#acts[act]();
      this.#acts.focus();
    }) : node("span");
    one.append(text("kbd", "", key), ` ${words}`);
    return one;
  };
  /** @param {Server.LabelStatus} status */
  #showSources(status) {
    const now = JSON.stringify([status.sources, status.clusters]);
    if (now === this.#listed) {
      return;
    }
    this.#listed = now;
    this.#ask.replaceChildren(
      ...status.sources.map((source) => {
        const form = node("form", "source"), go = text("button", "", source.title);
        go.type = "submit";
        go.title = source.help;
        go.disabled = !source.enabled;
        form.dataset.source = source.key;
        const field = source.takes === "words" ? wordsField(source.value) : source.takes === "cluster" ? clusterField(status.clusters) : null;
        form.append(
          go,
          ...field ? [field] : [],
          ...source.count === null ? [] : [text("span", "soft", source.count.toLocaleString("en"))]
        );
        if (field && source.takes === "cluster") {
          form.append(
            button(
              "",
              "Select",
              "Select the images of this cluster, to look at them or to label them in bulk",
              () => this.#acts.selectCluster(field.value)
            )
          );
        }
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          this.#more.open = false;
          this.#acts.source(source.key, field?.value ?? "");
          this.#acts.focus();
        });
        return form;
      })
    );
  }
  /** @param {Server.LabelStatus} status */
  #showQueue(status) {
    this.#queue.replaceChildren(
      ...status.batches.length ? [text("h4", "", "Queue")] : [],
      ...status.batches.map((batch) => {
        const row = node("div", "batch"), only = button(
          "",
          "answer only these",
          "Answer only this part of the queue",
          () => this.#acts.work({ batch: status.work.batch === batch.id ? "" : batch.id })
        );
        only.setAttribute("aria-pressed", String(status.work.batch === batch.id));
        row.append(
          text("span", "title", batch.title),
          text("span", "soft", `${batch.left.toLocaleString("en")} left`),
          only,
          ...batch.fixed ? [] : [button("", "×", "Cancel these questions", () => this.#acts.cancel(batch.id))]
        );
        return row;
      })
    );
  }
  /** @param {Server.LabelStatus} status */
  #showPeople(status) {
    this.#people.replaceChildren(
      ...status.people.map((person) => {
        const row = node("div", "person"), doing = [person.me ? "you" : "", person.doing, person.holding ? `has ${person.holding} images` : ""].filter(
          Boolean
        );
        row.append(
          node("i"),
          text("span", "title", person.name),
          text("span", "soft", doing.join(" · ")),
          ...person.me ? [this.#leave] : []
        );
        return row;
      })
    );
  }
  // Unfold the sources of questions.
  openMore() {
    this.#more.open = true;
  }
};
function wordsField(value) {
  const field = node("input");
  field.type = "search";
  field.maxLength = 200;
  field.placeholder = "bird";
  field.value = value;
  field.setAttribute("aria-label", "Words in captions");
  return field;
}
function clusterField(clusters) {
  const field = node("select");
  field.setAttribute("aria-label", "Cluster");
  options(
    field,
    clusters.map(({ key, text: words }) => (
      /** @type {const} */
      [key, words]
    ))
  );
  return field;
}

// labeling/head.js
var SIZES = (
  /** @type {const} */
  [6, 12, 24, 48]
);
var MODES = (
  /** @type {const} */
  [
    ["page", "Page", "Mark the matching images on a page"],
    ["single", "One at a time", "Answer one large image after another"]
  ]
);
function makeHead(acts) {
  const box = node("header", "head"), line = node("div", "line"), question = node("p", "question"), modes = node("div", "line modes");
  const choose = node("select", "attribute"), size = node("select", "size");
  const wide = button("", "⤢", "Wider (w)", acts.wide), help = button("", "Instructions", "Definition and examples (i)", acts.instructions);
  const modeButtons = MODES.map(([key, words, about]) => {
    const one = button("", words, about, () => acts.work({ mode: key, captions: false }));
    one.dataset.mode = key;
    return one;
  });
  const describe = button(
    "",
    "Describe",
    "Write a short description of each image",
    () => acts.work({ captions: true })
  );
  choose.setAttribute("aria-label", "Attribute");
  size.setAttribute("aria-label", "Images on a page");
  size.title = "Images on a page";
  choose.addEventListener("change", () => {
    acts.work({ attribute: choose.value, batch: "", captions: false });
  });
  size.addEventListener("change", () => {
    const count = SIZES.find((one) => String(one) === size.value);
    if (count) {
      acts.work({ size: count });
    }
  });
  options(
    size,
    SIZES.map((count) => (
      /** @type {const} */
      [`${count}`, `${count} images`]
    ))
  );
  line.append(choose, help, wide);
  modes.append(...modeButtons, describe, size);
  box.append(line, question, modes);
  let listed = "";
  function update(status) {
    const work = status.work, gone = status.attribute && !status.attributes.some((entry) => entry.name === work.attribute) ? status.attribute : null, now = JSON.stringify([status.attributes, gone?.title]);
    if (now !== listed) {
      listed = now;
      const groups = [...new Set(status.attributes.map((entry) => entry.group))].map((name) => {
        const group = node("optgroup"), members = status.attributes.filter((entry) => entry.group === name);
        group.label = name;
        options(
          group,
          members.map((entry) => (
            /** @type {const} */
            [entry.name, entry.title]
          ))
        );
        return group;
      });
      const none = text("option", "", "Choose an attribute …");
      none.value = "";
      none.disabled = true;
      choose.replaceChildren(none, ...groups);
      if (gone) {
        const archived = text("option", "", `${gone.title} (archived)`);
        archived.value = work.attribute;
        choose.append(archived);
      }
    }
    choose.value = work.captions ? "" : work.attribute;
    size.value = String(work.size);
    size.hidden = work.captions || work.mode !== "page";
    help.hidden = !status.attribute || work.captions;
    question.hidden = !(status.attribute || work.captions);
    question.textContent = work.captions ? "What does the picture show? Write one short sentence for a person who cannot see it." : status.attribute?.question || `Does the picture show: ${status.attribute?.title ?? ""}?`;
    for (const one of modeButtons) {
      one.setAttribute("aria-pressed", String(!work.captions && one.dataset.mode === work.mode));
    }
    describe.setAttribute("aria-pressed", String(work.captions));
  }
  return { box, update };
}
function makeJoin(acts) {
  const form = node("form", "join"), field = node("input"), begin = text("button", "primary", "Start");
  field.type = "text";
  field.maxLength = 80;
  field.setAttribute("autocomplete", "nickname");
  field.placeholder = "Your name";
  field.setAttribute("aria-label", "Your name");
  begin.type = "submit";
  const line = node("div", "line");
  line.append(field, begin);
  const why = text("p", "notice why", "");
  why.setAttribute("role", "status");
  why.hidden = true;
  form.append(
    text("h3", "", "Start labelling"),
    why,
    text(
      "p",
      "soft",
      "You look at images and answer whether they match. Every answer is saved at once with your name, and you can undo it."
    ),
    line
  );
  function ask(words) {
    why.textContent = words;
    why.hidden = !words;
    setTimeout(() => field.focus(), 100);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!field.value.trim()) {
      ask("Enter a name.");
      return;
    }
    acts.join(field.value);
  });
  return { box: form, ask };
}
function makeDoubt(acts) {
  const box = node("div", "doubt ex-doubt"), words = text("p", "", ""), line = node("div", "line");
  box.setAttribute("role", "alert");
  box.hidden = true;
  line.append(
    button("", "No to all", "Enter", () => {
      acts.confirm();
      acts.focus();
    }),
    button("", "Cancel", "Esc", acts.certain)
  );
  box.append(words, line);
  return {
    box,
    /** @param {number} count */
    show(count) {
      box.hidden = !count;
      words.textContent = count ? `No image is marked. Press Enter again to answer no to all ${count}.` : "";
    }
  };
}
var Notices = class {
  #acts;
  box = node("div", "notices");
  /** @type {{ words: string, kind: string }[]} */
  #passing = [];
  /** @type {Entry[]} what the status says, the most serious first */
  #lasting = [];
  #key = "";
  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts;
  }
  /** @param {string} words @param {string} [kind] */
  say(words, kind = "info") {
    this.#passing = [...this.#passing.filter((entry) => entry.words !== words), { words, kind }].slice(-3);
    this.#draw();
    setTimeout(() => {
      this.#passing = this.#passing.filter((entry) => entry.words !== words);
      this.#draw();
    }, 9e3);
  }
  /** @param {string} kind @param {string} words @param {Decision[]} choices */
  #notice(kind, words, ...choices) {
    const one = node("div", `notice ${kind}`), line = node("div", "line");
    one.setAttribute("role", kind === "error" ? "alert" : "status");
    line.append(...choices.map(([label, act, classes]) => button(classes ?? "", label, "", act)));
    one.append(text("p", "", words), ...choices.length ? [line] : []);
    return one;
  }
  /** @param {Server.LabelStatus} status @param {string} problem */
  draw(status, problem) {
    this.#lasting = this.#found(status, problem);
    this.#draw();
  }
  /** @param {Server.LabelStatus} status @param {string} problem */
  #found(status, problem) {
    const found = [];
    if (problem) {
      found.push(["error", `Not saved yet: ${problem}`, ["Try again", this.#acts.again]]);
    }
    if (status.problem) {
      found.push(["error", status.problem]);
    }
    if (status.elsewhere) {
      found.push([
        "warning",
        "You continued in another window, so this one is paused. Your answers here are saved.",
        ["Continue here", this.#acts.takeOver, "primary"]
      ]);
    }
    if (status.idle) {
      found.push([
        "info",
        "You were inactive for five minutes, so other annotators may get your page.",
        ["Continue", this.#acts.alive, "primary"]
      ]);
    }
    if (status.hasty) {
      found.push([
        "warning",
        `You answered “${status.hasty.value}” ${status.hasty.count} times in a row within a minute. Is this intended?`,
        ["Yes, keep them", () => this.#acts.confirmRun(true)],
        [`No, undo all ${status.hasty.count}`, () => this.#acts.confirmRun(false), "primary"]
      ]);
    }
    if (status.closed && !status.work.captions) {
      found.push(["info", status.closed]);
    }
    if (status.check) {
      found.push(...this.#checkNotice(status.check));
    }
    return found;
  }
  #draw() {
    const passing = this.#passing.map(({ kind, words }) => [kind, words]);
    const found = [...this.#lasting, ...passing];
    const now = JSON.stringify(found);
    if (now === this.#key) {
      return;
    }
    this.#key = now;
    this.box.replaceChildren(...found.map((entry) => this.#notice(...entry)));
  }
  /** @param {Server.SpotCheckShown} check @returns {Entry[]} */
  #checkNotice(check) {
    const count = check.images.toLocaleString("en");
    if (check.answered < check.size) {
      return [
        [
          "info",
          `Spot check of ${count} images labelled ${check.value} in bulk: ${check.answered} of ${check.size} checked.`,
          ["Undo bulk label", () => this.#acts.bulk("rollback", check)],
          ["Keep without checking", () => this.#acts.bulk("keep", check)]
        ]
      ];
    }
    return [
      [
        check.wrong ? "warning" : "info",
        `Spot check done: ${check.wrong} of ${check.size} differ from “${check.value}” (${check.low} to ${check.high} % of all ${count} with 95 % confidence${check.unsure ? `, including ${check.unsure} unsure` : ""}).`,
        ["Keep bulk label", () => this.#acts.bulk("keep", check), check.wrong ? "" : "primary"],
        ["Undo bulk label", () => this.#acts.bulk("rollback", check), check.wrong ? "primary" : ""]
      ]
    ];
  }
};

// attributes/instructions.js
var ANSWER_KEYS = [
  ["Space", "mark as yes, or remove the mark"],
  ["y n u", "yes, no, unsure"],
  ["Enter", "confirm the page"],
  ["s", "skip"],
  ["z", "undo"],
  ["e", "enlarge"],
  ["i", "these instructions"]
];
var KINDS = (
  /** @type {const} */
  [
    ["yes", "Counts", "counts", "There are no rules for yes yet."],
    ["no", "Does not count", "counts_not", "There are no rules for no yet."]
  ]
);
function makeInstructions(entry, keys = ANSWER_KEYS) {
  const page = node("article", "instructions ex-instructions"), sides = node("div", "sides");
  const question = entry.definition || `Does the picture show: ${entry.title}?`;
  for (const [kind, title, points, nothing] of KINDS) {
    sides.append(instructionsSide(entry, kind, title, entry[points], nothing));
  }
  page.append(text("h2", "", entry.title), text("p", "question", question), sides);
  if (keys.length) {
    const list = node("dl", "keys");
    for (const [key, words] of keys) {
      const name = node("dt");
      name.append(...key.split(" ").map((one) => text("kbd", "", one)));
      list.append(name, text("dd", "", words));
    }
    page.append(text("h4", "", "Keys"), list);
  }
  page.append(text("p", "version", `Version ${entry.version}, ${longDate(entry.at)}`));
  return page;
}
function instructionsSide(entry, kind, title, points, nothing) {
  const side = node("section", `side ${kind}`), list = node("ul"), pictures = node("div", "pictures");
  for (const point of points) {
    list.append(text("li", "", point));
  }
  for (const example of entry.examples.filter((one) => one.kind === kind)) {
    const picture = node("img"), address = URL.createObjectURL(new Blob([example.picture]));
    picture.alt = kind === "yes" ? "An example that counts" : "An example that does not count";
    picture.onload = picture.onerror = () => URL.revokeObjectURL(address);
    picture.src = address;
    pictures.append(picture);
  }
  side.append(text("h3", "", title), points.length ? list : text("p", "soft", nothing));
  if (pictures.children.length) {
    side.append(pictures);
  }
  return side;
}
function makeInstructionsOverlay(entry, close) {
  const overlay = node("dialog", "instructions-overlay ex-instructions-overlay"), bar = node("header");
  overlay.setAttribute("aria-label", `Instructions: ${entry.title}`);
  const shut = button("shut", "×", "Close (Esc or i)", close);
  shut.setAttribute("aria-label", "Close");
  bar.append(
    text("span", "soft", "Instructions"),
    button("", "Print", "Print these instructions", () => printInstructions(entry, overlay)),
    shut
  );
  overlay.append(bar, makeInstructions(entry));
  overlay.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  overlay.addEventListener("click", (event) => {
    if (event.target === overlay) {
      close();
    }
  });
  onKeys(overlay, (event) => {
    event.stopPropagation();
    pressKey(event, { i: close });
  });
  queueMicrotask(() => {
    if (overlay.isConnected) {
      overlay.showModal();
      overlay.scrollTop = 0;
      shut.focus();
    }
  });
  return overlay;
}
async function printInstructions(entry, beside) {
  const frame = node("iframe", "print");
  frame.setAttribute("aria-hidden", "true");
  beside.append(frame);
  const target = frame.contentDocument, view = frame.contentWindow;
  if (!target || !view) {
    frame.remove();
    return;
  }
  const page = makeInstructions(entry, []);
  const style = node("style"), paper = node("div", "bam paper");
  style.textContent = stylesOf(beside);
  paper.append(page);
  target.title = entry.title;
  target.head.append(style);
  target.body.append(paper);
  const loaded = [...page.querySelectorAll("img")].map((picture) => picture.decode().catch(() => {
  }));
  view.addEventListener("afterprint", () => frame.remove());
  await Promise.all(loaded);
  view.print();
}
function stylesOf(element) {
  const tree = element.getRootNode();
  if (!(tree instanceof Document || tree instanceof ShadowRoot)) {
    return "";
  }
  const sheets = [...tree.querySelectorAll("style")].map((one) => one.textContent);
  for (const sheet of tree.adoptedStyleSheets ?? []) {
    sheets.push([...sheet.cssRules].map((rule) => rule.cssText).join("\n"));
  }
  return sheets.join("\n");
}
function longDate(seconds) {
  return new Date(seconds * 1e3).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

// labeling/keyboard.js
function keymapsOf({ answering, acts, sheet, enlarged, closeInstructions }) {
  const mark = (value) => () => answering.mark(value), say = (value) => () => answering.say(value), move = (by) => () => answering.move(by());
  const shared = {
    z: acts.undo,
    "Shift+z": () => answering.change("redo"),
    e: () => acts.enlarge(),
    s: answering.skip,
    i: acts.instructions,
    w: acts.wide,
    Escape: () => {
      if (answering.doubted) {
        answering.certain();
      } else if (enlarged.open) {
        enlarged.toggle();
      } else {
        closeInstructions();
      }
    }
  };
  const page = {
    ArrowLeft: move(() => -1),
    ArrowRight: move(() => 1),
    ArrowUp: move(() => -sheet.columns()),
    ArrowDown: move(() => sheet.columns()),
    " ": mark("yes"),
    y: mark("yes"),
    n: mark("no"),
    u: mark("unsure"),
    a: () => answering.markAll(),
    Enter: answering.confirm,
    Backspace: answering.previous
  };
  const single = {
    y: say("yes"),
    n: say("no"),
    u: say("unsure"),
    ArrowLeft: answering.previous,
    Backspace: answering.previous,
    1: say("yes"),
    2: say("no"),
    3: say("unsure")
  };
  return {
    page: { ...shared, ...page },
    single: { ...shared, ...single },
    caption: { ...shared, ArrowLeft: answering.previous }
  };
}
function hearKeys(tab, parts) {
  const { answering, acts, pages, presence } = parts, keymaps = keymapsOf(parts);
  function press(event) {
    if (!tab.me) {
      return;
    }
    if (isTyping(event)) {
      pressKey(event, { Escape: acts.focus });
      return;
    }
    if (presses(event, "button:not(.tile), summary")) {
      return;
    }
    const keymap = keymaps[pages.current()?.captions ? "caption" : tab.mode()], name = keyIn(event, keymap ?? {});
    if (answering.doubted && !onlyModifies(event) && name !== "Enter" && name !== "Escape") {
      answering.doubted = null;
      tab.update();
    }
    const nothing = { [name]: () => null }, held = tab.blocked() && name !== "Escape";
    if (held ? name && pressKey(event, nothing) : pressKey(event, keymap ?? {})) {
      event.stopPropagation();
      presence.note();
    }
  }
  const { root } = tab;
  onKeys(root, press);
  return onKeys(document, (event) => {
    if (document.activeElement === document.body && root.offsetParent) {
      press(event);
    }
  });
}

// labeling/marks.js
function keepWork(place, work) {
  try {
    sessionStorage.setItem(place, JSON.stringify(work));
  } catch {
  }
}
function keptWork(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null");
  } catch {
    return null;
  }
}
var KeptMarks = class {
  #place;
  /** @param {string} place */
  constructor(place) {
    this.#place = place;
  }
  /** @param {import("./pages.js").Page} page */
  remember(page) {
    try {
      sessionStorage.setItem(`${this.#place}:${page.id}`, JSON.stringify([...page.marks]));
    } catch {
    }
  }
  /** @param {import("./pages.js").Page} page */
  forget(page) {
    try {
      sessionStorage.removeItem(`${this.#place}:${page.id}`);
    } catch {
    }
  }
  /** @param {import("./pages.js").Page} page */
  recall(page) {
    try {
      for (const [draw, value] of JSON.parse(sessionStorage.getItem(`${this.#place}:${page.id}`) ?? "[]")) {
        page.marks.set(draw, value);
      }
    } catch {
    }
  }
};

// labeling/pages.js
var MOST_HISTORY = 6;
var isValue = (value) => value === "yes" || value === "no" || value === "unsure";
var Pages = class {
  /** @type {Page[]} */
  #queue = [];
  /** @type {Page[]} */
  #history = [];
  #at = 0;
  /** @returns {Page | undefined} */
  current() {
    return this.#queue[0];
  }
  item() {
    return this.current()?.items[this.#at];
  }
  /** @param {Server.PageMessage} message */
  receive(message) {
    const page = this.#queue.find((one) => one.id === message.page) ?? this.#history.find((one) => one.id === message.page);
    const marks = Object.entries(message.marks).map(([draw, value]) => [Number(draw), value]);
    if (page) {
      for (const item of message.items) {
        page.sent.delete(item.draw);
      }
      for (const [draw, value] of marks) {
        page.marks.set(draw, value);
      }
      this.#history = this.#history.filter((one) => one !== page);
      this.#queue = [page, ...this.#queue.filter((one) => one !== page)];
      this.#at = Math.max(
        0,
        page.items.findIndex((item) => item.draw === message.items[0]?.draw)
      );
      return;
    }
    const fresh = {
      id: message.page,
      attribute: message.attribute,
      captions: message.captions,
      items: message.items,
      marks: new Map(marks),
      sent: /* @__PURE__ */ new Map(),
      skipped: /* @__PURE__ */ new Set()
    };
    if (message.first) {
      this.#queue.unshift(fresh);
      this.#at = 0;
    } else {
      this.#queue.push(fresh);
    }
  }
  // Remove images that were answered on another page.
  /** @param {string} id @param {number[]} draws */
  drop(id, draws) {
    const page = this.#queue.find((one) => one.id === id), before = this.item()?.draw;
    if (!page) {
      return;
    }
    page.items = page.items.filter((one) => !draws.includes(one.draw));
    if (!page.items.length) {
      this.#queue = this.#queue.filter((one) => one !== page);
    }
    this.#at = Math.max(
      0,
      (this.current()?.items ?? []).findIndex((one) => one.draw === before)
    );
  }
  leave() {
    const page = this.#queue.shift();
    this.#at = 0;
    if (page) {
      this.#history.push(page);
    }
    if (this.#history.length > MOST_HISTORY) {
      this.#history.shift();
    }
  }
  back() {
    const page = this.#history.pop();
    if (!page) {
      return false;
    }
    this.#queue.unshift(page);
    this.#at = page.items.length - 1;
    return true;
  }
  clear() {
    this.#queue = [];
    this.#history = [];
    this.#at = 0;
  }
  // Replies that the server does not have yet: all items that are not skipped, unmarked ones as `rest`.
  /** @param {Page} page @param {Value} rest */
  replies(page, rest) {
    return page.items.filter((item) => !page.skipped.has(item.draw)).flatMap(({ draw }) => {
      const value = page.marks.get(draw) ?? page.sent.get(draw) ?? rest;
      return isValue(value) && page.sent.get(draw) !== value ? [
        /** @type {const} */
        [draw, value]
      ] : [];
    });
  }
  begun() {
    return this.#at > 0 || this.#queue.some((page) => page.marks.size || page.sent.size || page.skipped.size);
  }
  all() {
    return [...this.#queue, ...this.#history];
  }
  waiting() {
    return this.#queue.slice(1);
  }
  count() {
    return this.#queue.length;
  }
  get at() {
    return this.#at;
  }
  set at(place) {
    this.#at = place;
  }
};
function makeWatch() {
  let begun = performance.now(), gathered = 0;
  const stop = () => {
    gathered += performance.now() - begun;
    begun = performance.now();
  };
  const seen = () => {
    if (document.hidden) {
      stop();
    } else {
      begun = performance.now();
    }
  };
  document.addEventListener("visibilitychange", seen);
  return {
    restart() {
      begun = performance.now();
      gathered = 0;
    },
    seconds() {
      return (gathered + (document.hidden ? 0 : performance.now() - begun)) / 1e3;
    },
    close() {
      document.removeEventListener("visibilitychange", seen);
    }
  };
}

// labeling/presence.js
var ALIVE_EVERY = 2e4;
var FOCUS_FOR = 5e3;
var Presence = class {
  #tab;
  #reported = 0;
  /** @param {import("./label_tab.js").LabelTab} tab */
  constructor(tab) {
    this.#tab = tab;
    tab.root.addEventListener("pointerdown", () => this.note());
  }
  note() {
    if (performance.now() - this.#reported < ALIVE_EVERY && this.#reported) {
      return;
    }
    this.#reported = performance.now();
    if (this.#tab.me) {
      this.#tab.send({ type: "alive" });
    }
  }
  // Report at once.
  wake() {
    this.#reported = 0;
    this.note();
  }
  // Focus the sheet once the tab is visible: a panel takes a while to open and receives no keys before. A field of this
  // tab that already has the focus keeps it.
  focusSoon() {
    const { root } = this.#tab, until = performance.now() + FOCUS_FOR;
    const look = () => {
      if (root.contains(focusedBeside(root))) {
        return;
      }
      if (this.#tab.me && root.offsetParent) {
        this.#tab.focus();
      }
      if (performance.now() < until) {
        requestAnimationFrame(look);
      }
    };
    look();
  }
};

// labeling/sheet.js
var SIGNS = { yes: "✓", no: "✗", unsure: "?", skip: "–" };
var GAP = 6;
var CHOICES = (
  /** @type {const} */
  [
    ["yes", "Yes"],
    ["no", "No"],
    ["unsure", "Unsure"]
  ]
);
var Sheet = class {
  #pictures;
  #acts;
  box = node("div", "sheet");
  /** @type {Map<number, { tile: HTMLElement, sign: HTMLElement }>} by draw */
  #tiles = /* @__PURE__ */ new Map();
  #shown = "";
  #kind = "";
  #watcher;
  /** @param {import("../common/elements.js").Pictures} pictures @param {Acts} acts */
  constructor(pictures, acts) {
    this.#pictures = pictures;
    this.#acts = acts;
    this.#watcher = new ResizeObserver(this.#fit);
  }
  /** @param {import("./pages.js").Pages} pages @param {string} mode */
  draw(pages, mode) {
    const page = pages.current(), item = pages.item();
    if (!page || !item) {
      this.#shown = "";
      this.box.replaceChildren();
      return;
    }
    const wanted = page.captions ? "caption" : mode, key = `${page.id}:${wanted}:${wanted === "page" ? "" : item.draw}`;
    if (key !== this.#shown || this.#kind !== wanted) {
      this.#shown = key;
      this.#kind = wanted;
      this.box.className = `sheet ${wanted}`;
      if (wanted === "page") {
        this.#grid(page);
      } else {
        this.#single(page, item, wanted);
      }
    }
    if (wanted === "page") {
      this.#mark(page, pages.at);
    }
  }
  /** @param {Server.PageItem} item */
  #picture(item) {
    const image = node("img");
    image.src = this.#pictures.address(item.draw, item.picture);
    image.alt = item.words;
    image.draggable = false;
    return image;
  }
  /** @param {Page} page */
  #grid(page) {
    this.#tiles = /* @__PURE__ */ new Map();
    this.box.replaceChildren(
      ...page.items.map((item, place) => {
        const tile = button(
          "tile",
          "",
          item.words,
          (event) => this.#acts.toggle(place, event.shiftKey || event.altKey ? "unsure" : "yes")
        );
        const sign = node("i");
        tile.append(this.#picture(item), sign);
        tile.tabIndex = -1;
        Object.assign(tile.dataset, { draw: item.draw, image: item.image });
        tile.addEventListener("contextmenu", (event) => {
          event.preventDefault();
          this.#acts.toggle(place, "unsure");
        });
        tile.addEventListener("dblclick", () => this.#acts.enlarge(place));
        this.#tiles.set(item.draw, { tile, sign });
        return tile;
      })
    );
    this.#fit();
  }
  /** @param {Page} page @param {number} at */
  #mark(page, at) {
    page.items.forEach((item, place) => {
      const shown = this.#tiles.get(item.draw);
      if (!shown) {
        return;
      }
      const { tile, sign } = shown, value = page.skipped.has(item.draw) ? "skip" : page.marks.get(item.draw) ?? "";
      tile.dataset.value = value;
      tile.classList.toggle("focus", place === at);
      sign.textContent = SIGNS[value] ?? "";
      tile.setAttribute("aria-pressed", String(value === "yes"));
      tile.setAttribute("aria-label", `${item.words}: ${value || "not marked"}`);
    });
  }
  /** @param {Page} page @param {Server.PageItem} item @param {string} wanted */
  #single(page, item, wanted) {
    const figure = node("figure", "ex-picture"), words = text("p", "words soft", item.words);
    figure.append(this.#picture(item));
    Object.assign(figure.dataset, { draw: item.draw, image: item.image });
    figure.addEventListener("dblclick", () => this.#acts.enlarge());
    const before = page.marks.get(item.draw);
    const parts = [figure, words];
    if (wanted === "caption") {
      parts.push(this.#caption(before));
    } else {
      const row = node("div", "choices");
      for (const [value, title] of CHOICES) {
        const choice = button(`choice ${value}`, title, "", () => this.#acts.say(value));
        choice.append(text("kbd", "", value.charAt(0)));
        choice.setAttribute("aria-pressed", String(before === value));
        row.append(choice);
      }
      parts.push(row);
    }
    this.box.replaceChildren(...parts);
    if (wanted === "caption") {
      this.box.querySelector("textarea")?.focus({ preventScroll: true });
    }
  }
  /** @param {string | undefined} before */
  #caption(before) {
    const form = node("form", "describe"), field = node("textarea"), save = text("button", "primary", "Save and next");
    field.rows = 3;
    field.maxLength = 2e3;
    field.value = before ?? "";
    field.placeholder = "What does the picture show? One short sentence.";
    field.setAttribute("aria-label", "Description");
    save.type = "submit";
    form.append(field, save);
    field.addEventListener("input", () => this.#acts.typing(field.value));
    const done = () => {
      if (field.value.trim()) {
        this.#acts.describe(field.value);
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      done();
    });
    onKeys(field, (event) => {
      if (!event.shiftKey && pressKey(event, { Enter: done })) {
        event.stopPropagation();
      }
    });
    return form;
  }
  // The largest size at which all images are visible. It is computed once per page and when the tab is resized, never
  // when a notice appears or goes, because images must not move while the user aims at them.
  #fit = () => {
    if (this.#kind !== "page" || !this.#tiles.size) {
      return;
    }
    const wide = this.box.clientWidth - 8, high = this.box.clientHeight - 8;
    let columns = 2;
    for (; columns < 16; columns += 1) {
      const side = (wide - GAP * (columns - 1)) / columns, rows = Math.ceil(this.#tiles.size / columns);
      if (rows * side + GAP * (rows - 1) <= high || side < 56) {
        break;
      }
    }
    this.box.style.setProperty("--columns", String(columns));
    this.box.dataset.columns = String(columns);
  };
  columns() {
    return Number(this.box.dataset.columns || 1);
  }
  /** @param {HTMLElement} tab */
  watch(tab) {
    return this.#watcher.observe(tab);
  }
  close() {
    return this.#watcher.disconnect();
  }
  forget() {
    this.#shown = "";
  }
};
function makeEnlarged(pictures) {
  const overlay = node("div", "enlarged"), image = node("img");
  overlay.hidden = true;
  overlay.append(image);
  overlay.addEventListener("click", () => {
    overlay.hidden = true;
  });
  return {
    element: overlay,
    /** @param {Server.PageItem} [item] */
    toggle(item) {
      overlay.hidden = !overlay.hidden || !item;
      if (item && !overlay.hidden) {
        image.src = pictures.address(item.draw, item.picture);
        image.alt = item.words;
      }
    },
    get open() {
      return !overlay.hidden;
    }
  };
}

// labeling/label_tab.js
var LabelTab = class {
  #model;
  root;
  #store;
  #pages = new Pages();
  #pictures = makePictures();
  #watch = makeWatch();
  #marks;
  #outbox;
  #answering;
  #presence;
  #acts;
  #head;
  #notices;
  #foot;
  #join;
  #doubt;
  #sheet;
  #enlarged;
  #empty = node("div", "empty");
  #instructions = node("div", "instructions-place");
  /** @type {string | null} id of the annotator */
  me = null;
  /** @type {number | null} number of the choice that the pages belong to; null until the server sends it */
  #choiceNumber = 0;
  #nothing = false;
  #chosenMode = "";
  #stopKeys;
  /** @param {Server.LabelTab} model */
  constructor(model) {
    this.#model = model;
    this.root = makeRoot(model, "section", "labeling ex-labeling");
    this.root.tabIndex = -1;
    this.#store = `bam-explorer:work:${model.key}`;
    this.#marks = new KeptMarks(this.#store);
    this.#outbox = new Outbox(model, model.key, () => this.update());
    const parts = { pages: this.#pages, outbox: this.#outbox, watch: this.#watch, marks: this.#marks };
    this.#answering = new Answering(this, parts);
    this.#presence = new Presence(this);
    this.#acts = makeActs(this, { answering: this.#answering, outbox: this.#outbox, presence: this.#presence });
    const acts = this.#acts;
    this.#head = makeHead(acts);
    this.#notices = new Notices(acts);
    this.#foot = new Foot(acts);
    this.#join = makeJoin(acts);
    this.#doubt = makeDoubt(acts);
    this.#sheet = new Sheet(this.#pictures, acts);
    this.#enlarged = makeEnlarged(this.#pictures);
    this.#build();
    this.#stopKeys = hearKeys(this, {
      answering: this.#answering,
      acts: this.#acts,
      presence: this.#presence,
      pages: this.#pages,
      sheet: this.#sheet,
      enlarged: this.#enlarged,
      closeInstructions: () => this.#instructions.replaceChildren()
    });
    this.#hearServer();
    this.#begin();
  }
  #build() {
    this.#sheet.watch(this.root);
    this.root.append(
      this.#join.box,
      this.#head.box,
      this.#notices.box,
      this.#sheet.box,
      this.#empty,
      this.#doubt.box,
      this.#foot.box,
      this.#enlarged.element,
      this.#instructions
    );
  }
  // ---- used by the parts of the tab -----------------------------------------------------------------------------
  /** @param {Server.LabelTabSent} message */
  send(message) {
    this.#model.send_msg(message);
  }
  blocked() {
    return !this.me || this.#model.status.elsewhere || this.#model.status.hasty !== null;
  }
  mode() {
    return this.#chosenMode || this.#model.status.work.mode;
  }
  // Whether the images to be answered are on the screen.
  isShown() {
    return this.root.dataset.shown === this.root.dataset.place;
  }
  /** @param {string} words @param {string} [kind] */
  say(words, kind) {
    this.#notices.say(words, kind);
  }
  focus() {
    this.root.focus({ preventScroll: true });
  }
  /** @param {number} [place] */
  enlarge(place) {
    this.#enlarged.toggle(this.#pages.current()?.items[place ?? this.#pages.at]);
  }
  // ---- choices ----------------------------------------------------------------------------------------------------
  // Another choice removes the pages from the screen at once. Their images are returned, and others may get them.
  /** @param {import("./acts.js").WorkChoice} choice */
  work(choice) {
    if (choice.mode) {
      this.#chosenMode = choice.mode;
    }
    const other = Object.keys(choice).some((name) => name !== "mode" && name !== "captions"), fresh = other || choice.captions !== this.#model.status.work.captions;
    if (fresh) {
      this.#putAway();
    }
    this.show();
    this.send({ type: "work", ...choice, fresh });
    this.focus();
  }
  // Add questions from a source: at random, by words, from a cluster.
  /** @param {string} key @param {string} value */
  source(key, value) {
    this.#putAway();
    this.show();
    this.send({ type: "source", key, value });
  }
  #putAway() {
    this.#choiceNumber = null;
    this.#nothing = false;
    this.#pages.clear();
  }
  toggleInstructions() {
    const open = this.#instructions.firstChild;
    this.#instructions.replaceChildren();
    if (open || !this.#model.status.attribute) {
      this.focus();
      return;
    }
    this.send({ type: "instructions" });
  }
  // ---- the screen ------------------------------------------------------------------------------------------
  show() {
    const pages = this.#pages, page = pages.current(), { dataset } = this.root;
    if (this.#answering.doubted !== page) {
      this.#answering.doubted = null;
    }
    if (this.#enlarged.open) {
      this.#enlarged.toggle();
    }
    this.update();
    this.#sheet.draw(pages, this.mode());
    this.#pictures.keep(pages.all().flatMap((one) => one.items.map((item) => item.draw)));
    dataset.page = page?.id ?? "";
    dataset.draw = String(pages.item()?.draw ?? "");
    dataset.at = String(pages.at);
    dataset.place = !page ? "" : this.mode() === "page" && !page.captions ? page.id : `${page.id}:${pages.item()?.draw}`;
    if (page) {
      this.#painted();
    }
  }
  // For tests and benchmarks: milliseconds from the key to the images of the next page.
  async #painted() {
    const from = this.#answering.turned, { dataset } = this.root, place = dataset.place, images = [...this.#sheet.box.querySelectorAll("img")];
    this.#answering.turned = 0;
    await Promise.all(images.map((image) => image.decode().catch(() => null)));
    requestAnimationFrame(() => {
      if (from) {
        dataset.turn = String(Math.round(performance.now() - from));
      }
      dataset.shown = place;
    });
  }
  update() {
    const status = this.#model.status, page = this.#pages.current(), { doubted } = this.#answering;
    this.#join.box.hidden = Boolean(this.me) || !status.known;
    this.#head.box.hidden = this.#foot.box.hidden = !this.me;
    this.#head.update(status);
    this.#foot.update(status, this.#outbox);
    this.#notices.draw(status, this.#outbox.problem());
    this.#doubt.show(doubted && doubted === page && !status.hasty ? this.#answering.rest(page) : 0);
    this.#sheet.box.hidden = !this.me || !page || Boolean(status.hasty);
    this.#empty.hidden = !this.me || Boolean(page);
    if (!this.#empty.hidden) {
      const acts = { define: () => this.send({ type: "define" }), offer: () => this.#foot.openMore() };
      this.#empty.replaceChildren(...emptyWords(status, this.#nothing, acts));
    }
    Object.assign(this.root.dataset, {
      saved: this.#outbox.saved(),
      pending: this.#outbox.pending(),
      me: this.me ?? "",
      labels: Object.values(status.counts ?? {}).reduce((sum, one) => sum + one, 0),
      nothing: this.#nothing,
      doubt: !this.#doubt.box.hidden
    });
  }
  // ---- messages from the server ---------------------------------------------------------------------------------------
  #hearServer() {
    const model = this.#model;
    hearMessages(model, this.#makeHandlers());
    model.on("status", () => {
      const before = this.mode();
      this.#chosenMode = "";
      if (this.mode() === before) {
        this.update();
      } else {
        this.show();
      }
    });
    model.on("status", () => keepWork(this.#store, model.status.work));
    model.on("remove", () => {
      this.#stopKeys();
      this.#sheet.close();
      this.#watch.close();
      this.#outbox.close();
      this.#pictures.keep([]);
    });
  }
  /** @returns {Server.Handlers<Server.LabelTabReceived>} */
  #makeHandlers() {
    return {
      ...this.#pageMessages(),
      who: (message) => this.#recognise(message),
      focus: () => this.#presence.focusSoon(),
      name: (message) => {
        if (!this.me) {
          this.#join.ask(message.text);
        }
      },
      saved: (message) => {
        this.#outbox.acknowledge(message.id, this.#outbox.answersOf(message.id) - message.late.length);
        if (message.late.length) {
          const late = message.late.length;
          this.say(`${late} of your answers came too late: another annotator answered first.`, "warning");
        }
        this.update();
      },
      failed: (message) => {
        this.#outbox.fail(message);
        if (!message.again) {
          this.say(message.text, "error");
        }
        this.update();
      },
      undone: (message) => {
        this.say(message.page ? "Undone. You can answer these images again." : "Undone.");
        this.#sheet.forget();
        this.show();
      },
      redone: () => this.say("Redone."),
      note: (message) => this.say(message.text, message.kind),
      instructions: (message) => {
        const overlay = makeInstructionsOverlay(message, () => this.toggleInstructions());
        this.#instructions.replaceChildren(overlay);
      }
    };
  }
  /** @returns {Server.Handlers<Server.LabelTabReceived>} */
  #pageMessages() {
    return {
      clear: (message) => {
        this.#choiceNumber = message.choice_number;
        this.#nothing = false;
        this.#pages.clear();
        this.#sheet.forget();
        this.show();
      },
      page: (message) => {
        if (message.choice_number === this.#choiceNumber) {
          this.#receive(message);
        }
      },
      drop: (message) => {
        this.#pages.drop(message.page, message.draws);
        this.#sheet.forget();
        this.show();
      },
      // The tab was opened to answer: pages that are not begun are replaced by the questions that come first now.
      away: () => {
        this.#putAway();
        this.show();
      },
      restart: () => {
        if (this.#pages.count() && !this.#pages.begun()) {
          this.#putAway();
          this.show();
          this.send({ type: "work", fresh: true });
        }
      },
      nothing: (message) => {
        if (message.choice_number === this.#choiceNumber) {
          this.#nothing = true;
          this.update();
        }
      }
    };
  }
  /** @param {Server.WhoMessage} message */
  #recognise(message) {
    this.me = message.id || null;
    if (message.token) {
      document.cookie = `${this.#model.key}=${message.token}; Max-Age=31536000; Path=/; SameSite=Strict`;
    }
    if (this.me) {
      this.#outbox.keepFor(this.me);
    } else {
      document.cookie = `${this.#model.key}=; Max-Age=0; Path=/; SameSite=Strict`;
      this.#pages.clear();
      this.show();
    }
    this.update();
  }
  /** @param {Server.PageMessage} message */
  #receive(message) {
    const pages = this.#pages, address = (item) => this.#pictures.address(item.draw, item.picture);
    this.#nothing = false;
    const first = pages.count() === 0, known = pages.all().some((one) => one.id === message.page);
    message.items.forEach(address);
    pages.receive(message);
    const page = pages.all().find((one) => one.id === message.page);
    if (page) {
      this.#marks.recall(page);
    }
    if (first || message.first) {
      this.#watch.restart();
      this.#presence.focusSoon();
    }
    for (const item of message.items) {
      const image = new Image();
      image.src = address(item);
      image.decode().catch(() => null);
    }
    if (known || message.first) {
      this.#sheet.forget();
    }
    this.show();
  }
  #begin() {
    const prefix = `${this.#model.key}=`, cookie = document.cookie.split("; ").find((entry) => entry.startsWith(prefix));
    this.update();
    const token = cookie?.slice(prefix.length) ?? "";
    this.send({ type: "hello", token, work: keptWork(this.#store), pending: this.#outbox.adopt() });
  }
};
function render({ model }) {
  return new LabelTab(model).root;
}
export {
  LabelTab,
  render
};
