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

// attributes/list.js
var GROUP_TITLES = { content: "Content", emotion: "Emotion", media: "Media" };
var LABEL_KINDS = (
  /** @type {const} */
  ["yes", "no", "unsure", "split", "open"]
);
var SORTS = {
  listed: ["As listed", () => 0],
  title: ["By title", (a, b) => a.title.localeCompare(b.title)],
  answers: ["Most answers", (a, b) => b.answers - a.answers],
  left: ["Most questions left", (a, b) => b.left - a.left],
  split: ["Most contradictions", (a, b) => b.split - a.split],
  last: ["Last answered", (a, b) => b.last_at - a.last_at]
};
var whole = (number) => number.toLocaleString("en");
var counted = (number, one, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`;
function sinceWords(seconds) {
  if (!seconds) {
    return "";
  }
  const minutes = Math.max(0, Math.round((Date.now() / 1e3 - seconds) / 60));
  if (minutes < 1) {
    return "just now";
  }
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  return minutes < 60 * 36 ? `${Math.round(minutes / 60)} h ago` : longDate(seconds);
}
function labelBar(row) {
  const bar = node("span", "bar");
  for (const kind of LABEL_KINDS) {
    const part = node("i", kind);
    part.style.flexGrow = String(row[kind]);
    bar.append(part);
  }
  return bar;
}
function labelNumbers(row) {
  const numbers = node("span", "numbers");
  for (const kind of LABEL_KINDS) {
    const entry = text("span", kind, `${whole(row[kind])} ${kind}`);
    entry.classList.toggle("zero", row[kind] === 0);
    numbers.append(entry);
  }
  return numbers;
}
var AttributeList = class {
  #model;
  #acts;
  box = node("section", "list");
  #filter = node("input");
  #sort = node("select");
  #body = node("div", "groups");
  // the row to focus when it arrives: a newly saved attribute comes with the next numbers
  #awaited = "";
  #fold = node("details", "archived");
  #folded = node("summary");
  #archive = node("div");
  /** @param {Server.AttributesTab} model @param {Acts} acts */
  constructor(model, acts) {
    this.#model = model;
    this.#acts = acts;
    const bar = node("div", "line");
    this.#filter.type = "search";
    this.#filter.placeholder = "Find an attribute  ( / )";
    this.#filter.setAttribute("aria-label", "Find an attribute");
    this.#sort.setAttribute("aria-label", "Order");
    options(
      this.#sort,
      Object.entries(SORTS).map(([key, [words]]) => (
        /** @type {const} */
        [key, words]
      ))
    );
    bar.append(this.#filter, this.#sort, button("primary new", "New", "Define a new attribute (n)", this.#acts.create));
    this.#fold.append(this.#folded, this.#archive);
    this.box.append(bar, this.#body, this.#fold);
    this.#filter.addEventListener("input", this.show);
    this.#sort.addEventListener("change", this.show);
    onKeys(this.box, (event) => {
      this.#awaited = "";
      if (event.target === this.#sort) {
        return;
      }
      const rows = this.#shown().filter((element) => element.offsetParent), at = rows.findIndex((element) => element === event.target);
      const go = (step) => {
        if (at + step < 0) {
          this.#filter.focus();
        } else {
          rows[Math.min(rows.length - 1, at + step)]?.focus();
        }
      };
      pressKey(event, { ArrowDown: () => go(1), ArrowUp: () => go(-1) });
    });
  }
  #found() {
    const words = this.#filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const rows = this.#model.rows.filter(
      (row) => words.every((word) => `${row.title} ${row.name} ${row.definition}`.toLowerCase().includes(word))
    );
    return rows.sort(SORTS[this.#sort.value]?.[1]);
  }
  show = () => {
    const held = focusedBeside(this.box)?.dataset.attribute;
    const rows = this.#found(), present = rows.filter((row) => !row.archived), old = rows.filter((row) => row.archived);
    const sections = Object.entries(GROUP_TITLES).flatMap(([group, title]) => {
      const members = present.filter((row) => row.group === group);
      if (!members.length) {
        return [];
      }
      const section = node("div", "group");
      section.append(text("h4", "", title), ...members.map(this.#rowElement));
      return [section];
    });
    this.#body.replaceChildren(...sections.length ? sections : this.#nothing(old.length));
    this.#fold.hidden = !old.length;
    this.#folded.textContent = `${counted(old.length, "archived attribute")}`;
    if (this.#filter.value.trim() && old.length) {
      this.#fold.open = true;
    }
    this.#archive.replaceChildren(...old.map(this.#rowElement));
    if (this.#awaited && this.#rowOf(this.#awaited)) {
      this.focus(this.#awaited);
    } else if (held) {
      this.#rowOf(held)?.focus({ preventScroll: true });
    }
  };
  /** @param {number} archived */
  #nothing(archived) {
    if (this.#model.problem) {
      return [text("p", "problem", this.#model.problem)];
    }
    if (!this.#model.ready) {
      return [text("p", "soft", "Loading attributes …")];
    }
    if (this.#filter.value.trim()) {
      return [
        text(
          "p",
          "soft",
          archived ? "Only archived attributes match." : "No attribute matches. Shorten the search text."
        )
      ];
    }
    const empty = node("div", "empty");
    empty.append(
      text("h3", "", archived ? "Every attribute is archived" : "No attribute yet"),
      text(
        "p",
        "soft",
        "An attribute is one yes/no question about a picture, such as “Does it show a bird?”. Define one, then answer it."
      ),
      button("primary", "Define the first attribute", "", this.#acts.create)
    );
    return [empty];
  }
  /** @param {Row} row */
  #rowElement = (row) => {
    const element = node("button", "row ex-attribute");
    element.type = "button";
    element.dataset.attribute = row.name;
    element.title = row.definition;
    const top = node("span", "top"), facts = node("span", "facts");
    const left = row.left ? `${whole(row.left)} left to ask` : "";
    top.append(
      text("b", "title", row.title),
      text("span", "left", row.answers ? left : [left, "no answers yet"].filter(Boolean).join(", "))
    );
    element.append(top);
    if (row.answers) {
      const agree = row.agree > 1 ? `${row.agree} must agree` : "";
      for (const one of [
        counted(row.answers, "answer"),
        counted(row.people, "person", "people"),
        row.absent ? `${whole(row.absent)} not counted: image gone` : "",
        agree,
        sinceWords(row.last_at)
      ].filter(Boolean)) {
        facts.append(text("span", "", one));
      }
      element.append(labelBar(row), labelNumbers(row), facts);
    }
    element.setAttribute(
      "aria-label",
      `${row.title}: ${LABEL_KINDS.map((kind) => `${row[kind]} ${kind}`).join(", ")}, ${counted(row.left, "image")} left to ask`
    );
    element.addEventListener("click", () => this.#acts.open(row.name));
    return element;
  };
  /** @param {string} name */
  #rowOf(name) {
    return this.#shown().find((element) => element.dataset.attribute === name);
  }
  // The rows on screen, in order.
  #shown() {
    return [...this.box.querySelectorAll("button")].filter((element) => element.classList.contains("row"));
  }
  /** @param {string} [name] */
  focus(name) {
    this.#awaited = name && !this.#rowOf(name) ? name : "";
    const row = name && this.#rowOf(name) || this.#shown()[0] || this.#filter;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  find() {
    return this.#filter.focus();
  }
};

// attributes/people.js
var PEOPLE_AGAIN = 3e3;
var REQUIREMENTS = [
  ["answers", "Answers given before, of any attribute", 0, 1e6, 1, "0: no requirement"],
  ["accuracy", "Accuracy in a test of gold questions, in %", 0, 100, 0.5, "0: no requirement"],
  ["test", "Questions per test", 5, 200, 1, ""],
  ["share", "Gold questions hidden among the others, in %", 0, 20, 0.5, "5 to 10 are usual"]
];
var percent = (rate) => `${rate.hits} of ${rate.of} (${rate.low} to ${rate.high} %)`;
function personFacts(person) {
  return [
    counted(person.answers, "answer"),
    person.seconds ? `${person.seconds} s each` : "",
    person.accuracy.of ? `accuracy on gold: ${percent(person.accuracy)}` : "no gold question answered",
    person.sensitivity.of ? `sensitivity: ${percent(person.sensitivity)}` : "",
    person.false_positives.of ? `false positives: ${percent(person.false_positives)}` : "",
    person.consistency.of ? `consistency: ${percent(person.consistency)}` : ""
  ].filter(Boolean);
}
var People = class {
  #acts;
  box = node("div", "who-may");
  #fold = node("details", "people");
  #body = node("div", "people-body");
  /** @type {Map<Requirement, HTMLInputElement>} */
  #fields = /* @__PURE__ */ new Map();
  #name = "";
  #shown = "";
  #asked = 0;
  #later = 0;
  /** @type {string[]} addresses to free */
  #pictures = [];
  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts;
    const form = node("form", "requirements");
    const save = text("button", "save-requirements", "Save");
    const hint = text(
      "p",
      "soft",
      "Requirements apply from the next page on. People who fail a test can retake it with new questions. All answers stay in the log."
    );
    save.type = "submit";
    for (const [key, words, low, high, step, help] of REQUIREMENTS) {
      const field = node("input", `requirement-${key}`), label = node("label");
      Object.assign(field, { type: "number", min: low, max: high, step, required: true });
      label.append(text("span", "", words), ...help ? [text("i", "soft", help)] : [], field);
      this.#fields.set(key, field);
      form.append(label);
    }
    form.append(save);
    this.#fold.append(text("summary", "", "People and gold questions"), this.#body);
    this.box.append(text("h4", "", "Who may answer"), form, hint, this.#fold);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const valueOf = (key) => this.#fields.get(key)?.valueAsNumber ?? NaN;
      this.#acts.requirements(this.#name, {
        answers: valueOf("answers"),
        accuracy: valueOf("accuracy"),
        test: valueOf("test"),
        share: valueOf("share")
      });
    });
    this.#fold.addEventListener("toggle", () => {
      if (this.#fold.open) {
        this.#ask();
      }
    });
  }
  #ask() {
    this.#asked = performance.now();
    if (!this.#body.childElementCount) {
      this.#body.replaceChildren(text("p", "soft", "Loading annotators …"));
    }
    this.#acts.people(this.#name);
  }
  // Typed numbers stay, unless other numbers were saved.
  /** @param {Server.DetailMessage} detail */
  show(detail) {
    const now = JSON.stringify([detail.name, detail.requirements]);
    if (detail.name !== this.#name) {
      this.#fold.open = false;
      this.#body.replaceChildren();
    }
    this.#name = detail.name;
    if (now !== this.#shown) {
      for (const [key, field] of this.#fields) {
        field.value = String(detail.requirements[key]);
      }
    }
    this.#shown = now;
  }
  // Limits how often changing numbers are read; they are always read once after the last change.
  changed() {
    if (!this.#fold.open) {
      return;
    }
    clearTimeout(this.#later);
    this.#later = setTimeout(
      () => {
        if (this.#fold.open) {
          this.#ask();
        }
      },
      Math.max(0, PEOPLE_AGAIN - (performance.now() - this.#asked))
    );
  }
  /** @param {Server.PeopleMessage} message */
  receive(message) {
    if (message.name !== this.#name) {
      return;
    }
    const held = focusedBeside(this.box), key = held && this.#body.contains(held) ? held.dataset.key : "";
    this.#pictures.forEach((address) => URL.revokeObjectURL(address));
    this.#pictures = [];
    const many = message.left_out ? [text("p", "soft", `And ${whole(message.left_out)} more people.`)] : [];
    const none = message.people.length ? [] : [text("p", "soft", "No answers to single images yet.")];
    this.#body.replaceChildren(
      this.#gold(message.gold),
      ...this.#suspects(message.suspects),
      ...message.people.map(this.#person),
      ...none,
      ...many
    );
    if (key) {
      ;
      [...this.#body.querySelectorAll("[data-key]")].filter((one) => one instanceof HTMLElement).find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
    }
  }
  /** @param {Server.GoldRecord} facts */
  #gold(facts) {
    const part = node("form", "gold"), count = node("input", "gold-count"), make = text("button", "make-gold", "Make gold questions from settled images");
    const retired = facts.retired ? `, ${whole(facts.retired)} retired` : "";
    Object.assign(count, { type: "number", min: 2, max: 2e3, step: 1, value: 40, required: true });
    count.setAttribute("aria-label", "Number of gold questions");
    count.dataset.key = "count";
    make.type = "submit";
    make.dataset.key = "make";
    make.disabled = !facts.settled_yes || !facts.settled_no;
    part.append(
      text(
        "p",
        "",
        `Gold in use: ${whole(facts.yes)} yes, ${whole(facts.no)} no${retired}. Settled and not gold yet: ${whole(facts.settled_yes)} yes, ${whole(facts.settled_no)} no.`
      ),
      count,
      make
    );
    part.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#acts.gold(this.#name, count.valueAsNumber);
    });
    return part;
  }
  /** @param {Server.SuspectRecord[]} found */
  #suspects(found) {
    return found.map((one) => {
      const line = node("div", "suspect"), retire = button(
        "retire",
        "Retire",
        "Stop asking this gold question; its answers do not count",
        () => this.#acts.retire(this.#name, one.image)
      );
      retire.dataset.key = `retire:${one.image}`;
      if (one.picture) {
        const image = node("img");
        image.src = URL.createObjectURL(new Blob([one.picture], { type: "image/jpeg" }));
        image.alt = "";
        this.#pictures.push(image.src);
        line.append(image);
      }
      line.append(
        text(
          "p",
          "",
          `The expected answer of this gold question is ${one.expected}, but ${one.against} of ${one.people} people say the opposite. Is it wrong?`
        ),
        retire
      );
      return line;
    });
  }
  /** @param {Server.PersonRecord} one */
  #person = (one) => {
    const entry = node("div", `person ${one.allowed ? "allowed" : "closed"}`), head = node("div", "line"), facts = node("p", "facts");
    const choose = (allowed, words) => {
      const choice = button(`permit permit-${allowed}`, words, "", () => this.#acts.permit(this.#name, one.id, allowed));
      choice.dataset.key = `permit:${one.id}:${allowed}`;
      return choice;
    };
    head.append(
      text("b", "", one.name),
      text("span", "state", `${one.allowed ? "may answer" : "may not answer"}: ${one.words}`)
    );
    head.append(
      ...one.by_hand ? [choose(null, "By requirements")] : [],
      one.allowed ? choose(false, "Block") : choose(true, "Allow")
    );
    for (const words of personFacts(one)) {
      facts.append(text("span", "", words));
    }
    entry.dataset.person = one.id;
    entry.append(head, facts);
    return entry;
  };
};

// attributes/detail.js
function agreementWords(agree) {
  return agree === 1 ? "One answer settles an image." : `${agree} people must give the same answer. If they do not, more are asked, up to ${2 * agree - 1}.`;
}
var AttributeDetail = class {
  #model;
  #acts;
  box = node("section", "detail");
  #people;
  /** @type {Server.DetailMessage | null} the open attribute */
  #shown = null;
  #asking = false;
  /** @param {Server.AttributesTab} model @param {Acts} acts */
  constructor(model, acts) {
    this.#model = model;
    this.#acts = acts;
    this.#people = new People(this.#acts);
  }
  /** @param {Server.DetailMessage} detail */
  show(detail) {
    const same = this.#shown?.name === detail.name, held = this.#heldIn(this.box), top = this.box.parentElement?.scrollTop;
    this.#asking = this.#asking && same;
    this.#shown = detail;
    const head = node("div", "line"), title = text("h3", "", detail.title), stand = node("div", "stand");
    head.append(button("plain back", "← All attributes", "Back to the list (Esc)", this.#acts.close));
    const name = text("p", "name soft", `${detail.name}${detail.archived ? " · archived" : ""}`);
    this.box.replaceChildren(
      head,
      title,
      name,
      stand,
      ...detail.audited ? [text("p", "audited", detail.audited)] : [],
      this.#actions(detail),
      this.#words(detail),
      this.#rule(detail),
      this.#people.box,
      this.#exports(detail),
      this.#history(detail)
    );
    this.#people.show(detail);
    this.box.dataset.attribute = detail.name;
    this.numbers();
    if (held) {
      this.#focusOn(this.box.querySelector(held) ? held : ".keep, .answer, .restore");
    }
    if (same && this.box.parentElement) {
      this.box.parentElement.scrollTop = top ?? 0;
    }
  }
  // The focused element as a selector: the page is rebuilt, and the focus must stay at the same place.
  /** @param {HTMLElement} box */
  #heldIn(box) {
    const held = focusedBeside(box);
    if (!held || !box.contains(held)) {
      return "";
    }
    if (held.dataset.key) {
      return `[data-key="${held.dataset.key}"]`;
    }
    return held.dataset.agree ? `[data-agree="${held.dataset.agree}"]` : held.dataset.kind ? `[data-kind="${held.dataset.kind}"]` : `.${held.classList.item(held.classList.length - 1)}`;
  }
  // Numbers change while others answer. The rest of the page stays as it is, so that it can be read.
  numbers() {
    const row = this.#model.rows.find((one) => one.name === this.#shown?.name), stand = this.box.querySelector(".stand");
    if (!row || !stand) {
      return;
    }
    const facts = node("p", "facts");
    const last = sinceWords(row.last_at);
    for (const one of [
      counted(row.answers, "answer"),
      counted(row.people, "person", "people"),
      `${whole(row.left)} left to ask`,
      row.absent ? `${counted(row.absent, "answer")} not counted because the image is no longer in the collection` : "",
      last ? `last ${last}` : ""
    ].filter(Boolean)) {
      facts.append(text("span", "", one));
    }
    stand.replaceChildren(labelBar(row), labelNumbers(row), facts);
    this.#people.changed();
  }
  /** @param {Server.DetailMessage} detail */
  #actions(detail) {
    const bar = node("div", "line actions");
    if (this.#asking) {
      bar.classList.add("ask");
      bar.append(
        text("p", "", "Archive this attribute? It is not asked any more. Its answers stay, and you can restore it."),
        button("primary sure", "Archive", "", () => {
          this.#asking = false;
          this.#acts.archive(detail.name, true);
        }),
        button("keep", "Cancel", "", () => {
          this.#asking = false;
          this.show(detail);
          this.#focusOn(".archive");
        })
      );
      return bar;
    }
    if (!detail.archived) {
      bar.append(
        button(
          "primary answer",
          "Answer",
          "Answer questions about this attribute (a)",
          () => this.#acts.answer(detail.name)
        ),
        button("rounds", "Rounds", "Train, evaluate, certify, release", () => this.#acts.rounds(detail.name)),
        button(
          "audit",
          "Audit",
          "Measure the quality of a release with blind answers",
          () => this.#acts.audit(detail.name)
        )
      );
    }
    bar.append(
      button("edit", "Edit", "Change its definition (e)", () => this.#acts.edit(detail)),
      button("instruct", "Instructions", "Show the instructions for annotators (i)", () => this.#acts.instruct(detail))
    );
    if (detail.archived) {
      bar.append(
        button(
          "restore",
          "Restore",
          "Ask questions about this attribute again",
          () => this.#acts.archive(detail.name, false)
        )
      );
    } else {
      bar.append(
        button("archive", "Archive", "Stop asking questions about this attribute", () => {
          this.#asking = true;
          this.show(detail);
          this.#focusOn(".sure");
        })
      );
    }
    return bar;
  }
  /** @param {Server.DetailMessage} detail */
  #words(detail) {
    const part = makeInstructions(detail, []);
    part.querySelector("h2")?.remove();
    part.classList.add("small");
    return part;
  }
  /** @param {Server.DetailMessage} detail */
  #rule(detail) {
    const part = node("div", "agreement"), line = node("div", "line");
    line.setAttribute("role", "radiogroup");
    line.setAttribute("aria-label", "How many people must agree");
    for (let agree = 1; agree <= 5; agree += 1) {
      const choice = button("", String(agree), agreementWords(agree), () => this.#acts.agree(detail.name, agree));
      choice.setAttribute("role", "radio");
      choice.setAttribute("aria-checked", String(agree === detail.agree));
      choice.setAttribute("aria-pressed", String(agree === detail.agree));
      choice.dataset.agree = String(agree);
      line.append(choice);
    }
    part.append(text("h4", "", "How many people must agree"), line, text("p", "soft", agreementWords(detail.agree)));
    return part;
  }
  /** @param {Server.DetailMessage} detail */
  #exports(detail) {
    const part = node("div", "exports"), line = node("div", "line");
    for (const [kind, words] of [
      ["csv", "CSV"],
      ["parquet", "Parquet"]
    ]) {
      const one = button(
        "",
        words,
        `Save the labels of this attribute as ${words}`,
        () => this.#acts.export(detail.name, kind)
      );
      one.dataset.kind = kind;
      line.append(one);
    }
    part.append(
      text("h4", "", "Export labels"),
      line,
      text(
        "p",
        "soft",
        "Answers for certification and audit are left out, so that people who still answer do not see them."
      )
    );
    return part;
  }
  /** @param {Server.DetailMessage} detail */
  #history(detail) {
    const part = node("div", "history");
    part.append(text("h4", "", "Versions"));
    for (const version of detail.history) {
      const entry = node("div", "version");
      const when = version.at ? `, ${longDate(version.at)}` : "";
      entry.append(text("p", "", `Version ${version.version} by ${version.by}${when}`));
      for (const change of version.changes) {
        const line = node("p", "change");
        line.append(text("span", "soft", `${change.what}: `), ...this.#pieces(change));
        entry.append(line);
      }
      part.append(entry);
    }
    return part;
  }
  // Points are shown one below another, words of a sentence one after another.
  /** @param {Server.ChangeRecord} change */
  #pieces(change) {
    const points = change.what.startsWith("Counts") || change.what.startsWith("Does");
    return change.pieces.map(([kind, words]) => {
      const tag = kind === "gone" ? "del" : kind === "new" ? "ins" : "span";
      return text(tag, points ? "point" : "", words);
    });
  }
  /** @param {Server.PeopleMessage} message */
  people(message) {
    this.#people.receive(message);
  }
  name() {
    return this.#shown?.name ?? "";
  }
  detail() {
    return this.#shown;
  }
  forget() {
    this.#shown = null;
    this.#asking = false;
    this.box.replaceChildren();
  }
  focus() {
    this.#focusOn(".answer, .restore");
  }
  /** @param {string} selector */
  #focusOn(selector) {
    const element = this.box.querySelector(selector);
    if (element instanceof HTMLElement) {
      element.focus({ preventScroll: true });
    }
  }
};

// attributes/drafts.js
var EMPTY = {
  name: "",
  seen_version: 0,
  title: "",
  definition: "",
  counts: "",
  counts_not: "",
  examples_yes: [],
  examples_no: []
};
function attributeName(group, title) {
  const word = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return word ? `${group}_${word}`.slice(0, 100) : `${group}_`;
}
var blankForm = (group = "content") => ({ ...EMPTY, group });
var fieldsOf = (definition) => ({
  title: definition.title,
  definition: definition.definition,
  counts: definition.counts.join("\n"),
  counts_not: definition.counts_not.join("\n")
});
var examplesOf = (detail, kind) => detail.examples.filter((one) => one.kind === kind).map((one) => one.image);
var formOf = (detail) => ({
  ...blankForm(detail.group),
  ...fieldsOf(detail),
  name: detail.name,
  seen_version: detail.version,
  examples_yes: examplesOf(detail, "yes"),
  examples_no: examplesOf(detail, "no")
});
var Drafts = class {
  #key;
  /** @param {string} key */
  constructor(key) {
    this.#key = key;
  }
  /** @param {string} slot @param {FormValues} form */
  keep(slot, form) {
    try {
      sessionStorage.setItem(`${this.#key}:${slot}`, JSON.stringify(form));
    } catch {
    }
  }
  /** @param {string} slot */
  forget(slot) {
    try {
      sessionStorage.removeItem(`${this.#key}:${slot}`);
    } catch {
    }
  }
  /** @param {string} slot @returns {FormValues | null} */
  recall(slot) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(`${this.#key}:${slot}`) ?? "null");
      return kept && Array.isArray(kept.examples_yes) && Array.isArray(kept.examples_no) ? kept : null;
    } catch {
      return null;
    }
  }
};

// attributes/examples.js
var MOST_EXAMPLES = 24;
var Examples = class {
  #kind;
  #ids;
  #tools;
  #line = node("div", "pictures");
  #chosen;
  #selected;
  #note = text("p", "note soft", "");
  box;
  /** @param {"yes" | "no"} kind @param {string[]} ids @param {ExampleTools} tools */
  constructor(kind, ids, tools) {
    this.#kind = kind;
    this.#ids = ids;
    this.#tools = tools;
    const line = node("div", "line");
    this.box = node("div", `examples ${kind}`);
    this.box.dataset.kind = kind;
    this.#chosen = button("add-chosen", "Add the chosen image", "", () => this.#ask("chosen"));
    this.#selected = button("add-selected", "", "", () => this.#ask("selection"));
    line.append(this.#chosen, this.#selected);
    const title = kind === "yes" ? "Pictures that count" : "Pictures that do not count";
    this.box.append(text("p", "soft", title), this.#line, line, this.#note);
    this.fill();
  }
  /** @param {string} from */
  #ask(from) {
    this.#tools.acts.example(this.#kind, from, MOST_EXAMPLES - this.#ids.length);
  }
  /** @param {string[]} ids */
  #change(ids) {
    this.#ids = ids;
    this.#tools.changed(ids);
    this.fill();
  }
  // Show the pictures that have arrived, and which ones can be added now.
  fill() {
    const { model } = this.#tools, full = this.#ids.length >= MOST_EXAMPLES;
    this.#line.replaceChildren(...this.#ids.map(this.#picture));
    this.#chosen.disabled = full || !model.chosen;
    this.#chosen.title = model.chosen ? "The image whose card is open" : "Click a picture on the map first";
    this.#selected.textContent = `Add the selection (${whole(model.selected)})`;
    this.#selected.disabled = full || !model.selected;
    this.#selected.title = model.selected ? `Add the first images of the selection, up to ${MOST_EXAMPLES} in total` : "Select pictures on the map first";
  }
  /** @param {string} image */
  #picture = (image) => {
    const remove = button("example", "", "Remove this picture", () => {
      this.#change(this.#ids.filter((one) => one !== image));
      const first = this.#line.firstChild;
      const next = first instanceof HTMLElement ? first : this.#chosen;
      next.focus();
    });
    remove.dataset.image = image;
    remove.setAttribute("aria-label", "Remove this picture");
    const bytes = this.#tools.pictures.bytes.get(image);
    if (bytes) {
      const picture = node("img");
      picture.src = this.#tools.pictures.address(image, bytes);
      picture.alt = "";
      remove.append(picture);
    }
    return remove;
  };
  /** @param {Server.ExampleMessage} message */
  add(message) {
    this.#change([.../* @__PURE__ */ new Set([...this.#ids, ...message.images])].slice(0, MOST_EXAMPLES));
    this.#note.textContent = message.note;
  }
};

// attributes/form.js
var FORM_FIELDS = (
  /** @type {const} */
  ["title", "definition", "counts", "counts_not"]
);
var FORM_WORDS = {
  title: ["Title", "bird", "Short name on screen, up to 60 characters"],
  definition: ["Question", "Does the picture show a bird?", "One sentence"],
  counts: ["What counts as yes", "a drawing of a bird\na bird far away", "One point per line"],
  counts_not: ["What counts as no", "feathers alone\na plane", "One point per line"]
};
var examplesField = (kind) => (
  /** @type {const} */
  `examples_${kind}`
);
function titleInput() {
  const input = node("input");
  input.type = "text";
  input.maxLength = 200;
  return input;
}
function linesInput(rows) {
  const input = node("textarea");
  input.rows = rows;
  return input;
}
var AttributeForm = class {
  #model;
  #pictures;
  #acts;
  #drafts;
  box = node("form", "define ex-define");
  /** @type {FormValues} */
  #form = blankForm();
  /** Slot of the values in the drafts; empty while the form is closed. */
  #slot = "";
  /** @type {Map<string, TextField>} */
  #inputs = /* @__PURE__ */ new Map();
  /** @type {Partial<Record<Kind, Examples>>} */
  #parts = {};
  #conflict = node("div", "conflict");
  #submit = text("button", "primary save", "Save");
  #named = false;
  #saving = false;
  /** @param {Server.AttributesTab} model @param {import("./attributes_tab.js").ExamplePictures} pictures @param {Acts} acts */
  constructor(model, pictures, acts) {
    this.#model = model;
    this.#drafts = new Drafts(model.key);
    this.#pictures = pictures;
    this.#acts = acts;
    this.#submit.type = "submit";
    this.#submit.title = "Save (Ctrl + Enter)";
    this.box.noValidate = true;
    this.box.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
  }
  create() {
    this.#begin(this.#drafts.recall("new") ?? blankForm(), "new");
  }
  /** @param {Server.DetailMessage} detail */
  edit(detail) {
    this.#begin(this.#drafts.recall(detail.name) ?? formOf(detail), detail.name);
  }
  /** @param {FormValues} values @param {string} slot */
  #begin(values, slot) {
    this.#form = values;
    this.#slot = slot;
    this.#saving = false;
    this.#named = Boolean(this.#form.name) && this.#form.name !== attributeName(this.#form.group, this.#form.title);
    this.#draw();
    this.#acts.want([...this.#form.examples_yes, ...this.#form.examples_no]);
  }
  #keep() {
    this.#drafts.keep(this.#slot, this.#form);
  }
  // ---- elements ----------------------------------------------------------------------------------------------------
  #draw() {
    const fresh = this.#form.seen_version === 0 && this.#slot === "new", head = node("h3");
    head.textContent = fresh ? "New attribute" : `Change ${this.#form.title || this.#form.name}`;
    const foot = node("div", "line foot");
    this.#inputs.clear();
    this.#submit.disabled = false;
    this.#conflict.replaceChildren();
    this.#conflict.hidden = true;
    foot.append(
      this.#submit,
      button("cancel", "Close", "Close and keep your text in this window (Esc)", () => this.#acts.leave(this.#slot)),
      button("discard", "Discard", "Delete your unsaved text", this.#discard)
    );
    this.box.replaceChildren(
      head,
      this.#conflict,
      this.#problem("form"),
      ...fresh ? [this.#groupField()] : [],
      this.#field("title"),
      ...fresh ? [this.#nameField()] : [text("p", "soft name", this.#form.name)],
      this.#field("definition"),
      this.#field("counts"),
      this.#examples("yes"),
      this.#field("counts_not"),
      this.#examples("no"),
      foot
    );
  }
  #discard = () => {
    this.#drafts.forget(this.#slot);
    this.#acts.leave(this.#slot);
  };
  /** @param {string} name */
  #problem(name) {
    const element = node("p", "problem");
    element.id = `problem-${name}`;
    element.setAttribute("role", "alert");
    element.hidden = true;
    return element;
  }
  /** @param {string} name @param {HTMLSelectElement | TextField} input @param {string} words @param {string} help */
  #labelled(name, input, words, help) {
    const box = node("div", "field"), label = text("label", "", words);
    input.id = `field-${name}`;
    input.dataset.field = name;
    label.htmlFor = input.id;
    if (help) {
      label.append(text("span", "soft", help));
    }
    input.setAttribute("aria-describedby", `problem-${name}`);
    box.append(label, input, this.#problem(name), node("div", "other"));
    return box;
  }
  /** @param {keyof Texts} name */
  #field(name) {
    const [words, example, help] = FORM_WORDS[name], input = name === "title" ? titleInput() : linesInput(name === "definition" ? 2 : 3);
    this.#inputs.set(name, input);
    input.value = this.#form[name];
    input.placeholder = example;
    input.addEventListener("input", () => {
      this.#form[name] = input.value;
      if (name === "title" && this.#slot === "new" && !this.#named) {
        this.#rename();
      }
      this.#keep();
    });
    return this.#labelled(name, input, words, help);
  }
  #rename() {
    this.#form.name = attributeName(this.#form.group, this.#form.title);
    this.#showName();
  }
  #showName() {
    const input = this.#inputs.get("name");
    if (input) {
      input.value = this.#form.name;
    }
  }
  #groupField() {
    const select = node("select");
    options(select, Object.entries(GROUP_TITLES));
    select.value = this.#form.group;
    select.addEventListener("change", () => {
      this.#form.name = this.#named ? this.#form.name.replace(/^[a-z]*_/, `${select.value}_`) : this.#form.name;
      this.#form.group = select.value;
      if (this.#named) {
        this.#showName();
      } else {
        this.#rename();
      }
      this.#keep();
    });
    return this.#labelled("group", select, "Group", "Subject, emotion, or technique of the image");
  }
  #nameField() {
    const input = node("input");
    this.#inputs.set("name", input);
    input.type = "text";
    input.value = this.#form.name;
    input.placeholder = attributeName(this.#form.group, "bird");
    input.spellcheck = false;
    input.maxLength = 100;
    input.addEventListener("input", () => {
      this.#form.name = input.value.trim();
      this.#named = Boolean(this.#form.name);
      this.#keep();
    });
    return this.#labelled("name", input, "Name", "For tables and programs. It never changes.");
  }
  // ---- examples ----------------------------------------------------------------------------------------------------
  /** @param {Kind} kind */
  #examples(kind) {
    const name = examplesField(kind);
    const part = new Examples(kind, this.#form[name], {
      model: this.#model,
      pictures: this.#pictures,
      acts: this.#acts,
      changed: (ids) => {
        this.#form[name] = ids;
        this.#keep();
      }
    });
    part.box.append(this.#problem(name));
    this.#parts[kind] = part;
    return part.box;
  }
  refill() {
    this.#parts.yes?.fill();
    this.#parts.no?.fill();
  }
  /** @param {Server.ExampleMessage} message */
  add(message) {
    this.#parts[message.kind === "yes" ? "yes" : "no"]?.add(message);
  }
  // ---- saving ------------------------------------------------------------------------------------------------------
  save() {
    if (!this.#slot || this.#saving) {
      return;
    }
    this.#saving = true;
    this.#clearProblems();
    this.#submit.disabled = true;
    this.#acts.save({
      name: this.#form.name || attributeName(this.#form.group, this.#form.title),
      seen_version: this.#form.seen_version,
      form: this.#form
    });
  }
  again() {
    this.#saving = false;
    this.#submit.disabled = false;
  }
  #clearProblems() {
    for (const element of this.box.querySelectorAll("p")) {
      if (!element.classList.contains("problem")) {
        continue;
      }
      element.hidden = true;
      element.textContent = "";
    }
    for (const element of this.box.querySelectorAll("[aria-invalid]")) {
      element.removeAttribute("aria-invalid");
    }
  }
  /** @param {Record<string, string>} problems */
  refuse(problems) {
    this.again();
    this.#clearProblems();
    let first = null;
    for (const [name, words] of Object.entries(problems)) {
      const place = this.box.querySelector(`#problem-${name}`) ?? this.box.querySelector("#problem-form"), input = this.box.querySelector(`#field-${name}`);
      if (!(place instanceof HTMLElement)) {
        continue;
      }
      place.textContent = words;
      place.hidden = false;
      input?.setAttribute("aria-invalid", "true");
      first ??= input instanceof HTMLElement ? input : place;
    }
    first?.focus();
    first?.scrollIntoView({ block: "center" });
  }
  saved() {
    if (this.#slot) {
      this.#drafts.forget(this.#slot);
    }
    this.close();
  }
  // Another annotator saved first: their text appears below each field that differs, and the text typed here stays.
  /** @param {Server.ConflictMessage} message */
  conflict(message) {
    this.again();
    const { version, by } = message.theirs, theirs = fieldsOf(message.theirs);
    const overwrite = button(
      "primary overwrite",
      `Save my text as version ${version + 1}`,
      "The other version stays in the history",
      () => {
        this.#form.seen_version = version;
        this.#keep();
        this.save();
      }
    );
    this.#conflict.hidden = false;
    this.#conflict.replaceChildren(text("p", "", message.text), overwrite);
    for (const name of FORM_FIELDS) {
      const other = this.#inputs.get(name)?.parentElement?.querySelector(".other");
      const same = this.#form[name].trim() === theirs[name].trim();
      other?.replaceChildren(...same ? [] : this.#theirWords(name, theirs[name], by));
    }
    this.#conflict.scrollIntoView({ block: "nearest" });
    overwrite.focus();
  }
  /** @param {keyof Texts} name @param {string} theirs @param {string} by */
  #theirWords(name, theirs, by) {
    const words = text("blockquote", "", theirs || "(nothing)");
    const use = button("plain use", "Use this", `Use the text by ${by}`, () => {
      this.#form[name] = theirs;
      this.#keep();
      const input = this.#inputs.get(name);
      use.parentElement?.replaceChildren();
      if (input) {
        input.value = theirs;
        input.focus();
      }
    });
    return [text("span", "soft", `${by} wrote:`), words, use];
  }
  slot() {
    return this.#slot;
  }
  seen() {
    return this.#slot ? this.#form.seen_version : 0;
  }
  /** @param {string} slot */
  hasKept(slot) {
    return this.#drafts.recall(slot) !== null;
  }
  close() {
    this.#form = blankForm();
    this.#slot = "";
    this.#parts = {};
    this.box.replaceChildren();
  }
  focus() {
    this.#inputs.get("title")?.focus({ preventScroll: true });
  }
};

// attributes/attributes_tab.js
var makeExamplePictures = () => ({
  bytes: (
    /** @type {Map<string, ArrayBuffer>} */
    /* @__PURE__ */ new Map()
  ),
  ...makePictures("image/jpeg")
});
var AttributesTab = class {
  #model;
  root;
  #pictures = makeExamplePictures();
  #notes = node("div", "notes");
  #overlay = node("div");
  /** @type {Screen} */
  #screen = "list";
  #acts;
  #list;
  #detail;
  #form;
  /** @param {{ model: Server.AttributesTab }} panel */
  constructor({ model }) {
    this.#model = model;
    this.root = makeRoot(this.#model, "div", "board ex-board");
    this.root.tabIndex = -1;
    this.#notes.setAttribute("role", "status");
    this.#acts = this.#makeActs();
    this.#list = new AttributeList(this.#model, this.#acts);
    this.#detail = new AttributeDetail(this.#model, this.#acts);
    this.#form = new AttributeForm(this.#model, this.#pictures, this.#acts);
    this.root.append(this.#notes, this.#list.box, this.#detail.box, this.#form.box, this.#overlay);
    this.#hearKeys();
    this.#hearServer();
    this.#list.show();
    this.#go("list");
    this.#reopen();
    this.#send({ type: "hello" });
  }
  /** @returns {Acts} */
  #makeActs() {
    return {
      create: () => {
        this.#form.create();
        this.#go("form");
      },
      open: (name) => {
        this.#send({ type: "open", name });
      },
      close: () => {
        const name = this.#detail.name();
        this.#send({ type: "close" });
        this.#detail.forget();
        this.#go("list");
        this.#list.focus(name);
      },
      edit: (entry) => {
        this.#form.edit(entry);
        for (const one of entry.examples) {
          this.#pictures.bytes.set(one.image, one.picture);
        }
        this.#form.refill();
        this.#go("form");
      },
      leave: (slot) => {
        this.#form.close();
        this.#go(this.#detail.name() === slot ? "detail" : "list");
        if (this.#screen === "detail") {
          this.#detail.focus();
        } else {
          this.#list.focus(slot);
        }
      },
      answer: (name) => this.#send({ type: "answer", name }),
      rounds: (name) => this.#send({ type: "rounds", name }),
      audit: (name) => this.#send({ type: "audit", name }),
      archive: (name, archived) => this.#send({ type: "archive", name, archived }),
      agree: (name, agree) => this.#send({ type: "agree", name, agree }),
      requirements: (name, requirements) => this.#send({ type: "requirements", name, requirements }),
      people: (name) => this.#send({ type: "people", name }),
      gold: (name, count) => this.#send({ type: "gold", name, count }),
      retire: (name, image) => this.#send({ type: "retire", name, image }),
      permit: (name, person, allowed) => this.#send({ type: "permit", name, person, allowed }),
      export: (name, kind) => this.#send({ type: "export", name, kind }),
      example: (kind, from, most) => this.#send({ type: "example", kind, from, most }),
      save: (message) => this.#send({ type: "save", ...message }),
      want: (images) => {
        const lacking = images.filter((image) => !this.#pictures.bytes.has(image));
        if (lacking.length) {
          this.#send({ type: "pictures", images: lacking });
        }
      },
      instruct: (entry) => this.#overlay.replaceChildren(
        makeInstructionsOverlay(entry, () => {
          this.#overlay.replaceChildren();
          this.#detail.focus();
        })
      )
    };
  }
  #hearKeys() {
    const keymaps = {
      list: [{}, { "/": () => this.#list.find(), n: this.#acts.create }],
      detail: [
        { Escape: this.#acts.close },
        {
          e: () => this.#withDetail(this.#acts.edit),
          i: () => this.#withDetail(this.#acts.instruct),
          a: () => this.#withDetail((detail) => {
            if (!detail.archived) {
              this.#acts.answer(detail.name);
            }
          })
        }
      ],
      form: [{ Escape: () => this.#acts.leave(this.#form.slot()), "Ctrl+Enter": () => this.#form.save() }, {}]
    };
    onKeys(this.root, (event) => {
      const [always, letters] = keymaps[this.#screen];
      if (pressKey(event, isTyping(event) ? always : { ...always, ...letters })) {
        event.stopPropagation();
      }
    });
  }
  /** @param {(detail: Server.DetailMessage) => void} act */
  #withDetail(act) {
    const detail = this.#detail.detail();
    if (detail) {
      act(detail);
    }
  }
  #hearServer() {
    hearMessages(this.#model, this.#makeHandlers());
    this.#model.on("rows", () => {
      this.#list.show();
      this.#detail.numbers();
    });
    this.#model.on("ready", () => this.#list.show());
    this.#model.on("problem", () => this.#list.show());
    this.#model.on("selected", () => this.#form.refill());
    this.#model.on("chosen", () => this.#form.refill());
    this.#model.on("remove", () => this.#pictures.keep([]));
  }
  /** @returns {Server.Handlers<Server.AttributesTabReceived>} */
  #makeHandlers() {
    return {
      create: () => {
        if (this.#screen !== "form") {
          this.#acts.create();
        } else {
          this.#form.focus();
        }
      },
      detail: (message) => {
        const wanted = this.#screen === "list" || this.#detail.name() !== message.name;
        this.#detail.show(message);
        if (this.#screen === "form" && this.#form.slot() === message.name) {
          this.#newer(message);
          return;
        }
        if (this.#screen !== "form") {
          this.#go("detail");
        }
        if (wanted) {
          this.#detail.focus();
          this.root.scrollTop = 0;
        }
      },
      pictures: (message) => {
        for (const one of message.pictures) {
          this.#pictures.bytes.set(one.image, one.picture);
        }
        this.#form.refill();
      },
      example: (message) => this.#form.add(message),
      people: (message) => this.#detail.people(message),
      refused: (message) => this.#form.refuse(message.problems),
      conflict: (message) => this.#form.conflict(message),
      saved: (message) => {
        this.#form.saved();
        this.#go("list");
        this.#note({
          kind: "info",
          text: `Saved as version ${message.version}.`,
          answer: message.version === 1 ? message.name : ""
        });
      },
      note: (message) => {
        this.#form.again();
        this.#note(message);
      },
      file: saveFile
    };
  }
  /** @param {Server.AttributesTabSent} message */
  #send(message) {
    this.#model.send_msg(message);
  }
  /** @param {Screen} next */
  #go(next) {
    this.#screen = next;
    this.root.dataset.screen = next;
    this.#list.box.hidden = next !== "list";
    this.#detail.box.hidden = next !== "detail";
    this.#form.box.hidden = next !== "form";
    if (next === "form") {
      this.#form.focus();
    }
    try {
      sessionStorage.setItem(`${this.#model.key}:screen`, next === "form" ? this.#form.slot() : "");
    } catch {
    }
  }
  /** @param {ShownNote} message */
  #note(message) {
    const line = node("div", `note ${message.kind}`);
    line.append(text("p", "", message.text));
    const answer = message.answer;
    if (answer) {
      line.append(
        button("primary answer-now", "Answer now", "Answer questions about this attribute now", () => {
          line.remove();
          this.#acts.answer(answer);
        })
      );
    }
    const undo = message.undo;
    if (undo) {
      line.append(
        button("undo", "Undo", "", () => {
          line.remove();
          this.#send(undo);
        })
      );
    }
    const shut = button("plain", "×", "Close", () => line.remove());
    shut.setAttribute("aria-label", "Close");
    line.append(shut);
    this.#notes.replaceChildren(line);
  }
  /** @param {Server.DetailMessage} message */
  #newer(message) {
    if (message.version > this.#form.seen()) {
      this.#note({
        kind: "info",
        text: `${message.title} was changed meanwhile (version ${message.version}). Press Save to see both texts. Your text is not lost.`
      });
    }
  }
  // After a reload, return to the form that was being filled in.
  #reopen() {
    let slot;
    try {
      slot = sessionStorage.getItem(`${this.#model.key}:screen`) ?? "";
    } catch {
      return;
    }
    if (slot === "new" && this.#form.hasKept("new")) {
      this.#acts.create();
    }
  }
};
function render({ model }) {
  return new AttributesTab({ model }).root;
}
export {
  render
};
