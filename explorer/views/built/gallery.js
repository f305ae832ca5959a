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
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// browsing/gallery.js
var Gallery = class {
  #model;
  root;
  #pictures = makePictures("image/jpeg");
  #head = node("header");
  #actions = node("div", "actions");
  #grid = node("div", "grid");
  #pager = node("nav", "pager");
  #empty = text("p", "soft empty", "");
  #problem = text("p", "problem", "");
  #focused = 0;
  /** @param {{ model: Server.Gallery }} panel */
  constructor({ model }) {
    this.#model = model;
    this.root = makeRoot(this.#model, "section", "gallery ex-gallery");
    this.#head.setAttribute("role", "status");
    this.#grid.setAttribute("role", "group");
    this.#grid.setAttribute(
      "aria-label",
      "Pictures. Arrow keys move, Enter opens, Page Up and Page Down change the page."
    );
    this.#problem.setAttribute("role", "alert");
    this.root.append(this.#head, this.#actions, this.#empty, this.#problem, this.#grid, this.#pager);
    const keys = {
      ArrowRight: () => this.#focusOn(this.#focused + 1),
      ArrowLeft: () => this.#focusOn(this.#focused - 1),
      ArrowDown: () => this.#focusOn(this.#focused + this.#columns()),
      ArrowUp: () => this.#focusOn(this.#focused - this.#columns()),
      PageDown: () => this.#turnTo(this.#model.start + this.#model.size),
      PageUp: () => this.#turnTo(this.#model.start - this.#model.size),
      Home: () => this.#turnTo(0),
      End: () => this.#turnTo(this.#model.total - 1),
      Delete: () => {
        const item = this.#model.items[this.#focused];
        if (this.#model.removable && item) {
          this.#model.send_msg({ type: "remove", row: item.row });
        }
      }
    };
    onKeys(this.#grid, (event) => {
      pressKey(event, keys);
    });
    this.#grid.addEventListener("focusin", (event) => {
      const at = this.#cells().findIndex((picture) => picture === event.target);
      if (at >= 0) {
        this.#focused = at;
      }
    });
    for (
      const name of
      /** @type {const} */
      ["title", "subtitle", "empty", "problem"]
    ) {
      this.#model.on(name, this.#showHead);
    }
    this.#model.on("total", () => {
      this.#showHead();
      this.#showPager();
    });
    this.#model.on("actions", this.#showActions);
    this.#model.on("items", this.#showPage);
    this.#model.on("start", this.#showPager);
    this.#model.on("chosen", this.#mark);
    this.#model.on("remove", () => {
      this.#pictures.keep([]);
    });
    this.#showHead();
    this.#showActions();
    this.#showPage();
  }
  #showHead = () => {
    const lines = [text("h3", "title", this.#model.title), text("p", "soft", this.#model.subtitle)];
    this.#head.replaceChildren(...lines.filter((line) => line.textContent));
    this.#head.hidden = !this.#head.childElementCount;
    this.root.dataset.total = String(this.#model.total);
    this.#empty.textContent = this.#model.empty;
    this.#empty.hidden = this.#model.total > 0;
    this.#problem.textContent = this.#model.problem;
    this.#problem.hidden = !this.#model.problem;
  };
  #showActions = () => {
    this.#actions.replaceChildren(
      ...this.#model.actions.map((entry) => {
        const part = button(
          entry.primary ? "primary" : "",
          entry.words,
          entry.help,
          () => this.#model.send_msg({ type: "action", key: entry.key })
        );
        part.dataset.action = entry.key;
        part.disabled = !entry.enabled;
        return part;
      })
    );
    this.#actions.hidden = !this.#model.actions.length;
  };
  #showPage = () => {
    const hadFocus = this.#grid.contains(focusedBeside(this.#grid));
    this.#pictures.keep(this.#model.items.map((item) => item.id));
    this.#focused = Math.min(this.#focused, Math.max(0, this.#model.items.length - 1));
    this.#grid.replaceChildren(...this.#model.items.map(this.#cell));
    this.#showPager();
    this.#mark();
    if (hadFocus) {
      this.#focusOn(this.#focused);
    }
    this.root.dataset.page = `${this.#model.start}:${this.#model.items.length}`;
  };
  /** @param {Server.GalleryItem} item @param {number} index */
  #cell = (item, index) => {
    const box = node("div", "cell"), picture = button("picture", "", item.caption, () => {
      this.#focused = index;
      this.#model.send_msg({ type: "open", row: item.row });
    }), image = node("img");
    image.src = this.#pictures.address(item.id, item.tile);
    image.alt = item.caption;
    image.loading = "lazy";
    picture.dataset.row = item.row;
    picture.tabIndex = index === this.#focused ? 0 : -1;
    picture.append(image);
    box.append(picture);
    if (item.mark) {
      box.append(
        text("span", `mark ${["yes", "no", "unsure", "split"].includes(item.kind) ? item.kind : ""}`, item.mark)
      );
    }
    if (this.#model.removable) {
      const out = button(
        "out",
        "×",
        "Remove from the selection (Delete)",
        () => this.#model.send_msg({ type: "remove", row: item.row })
      );
      out.tabIndex = -1;
      out.setAttribute("aria-label", "Remove from the selection");
      box.append(out);
    }
    return box;
  };
  #showPager = () => {
    const last = this.#model.start + this.#model.items.length, many = this.#model.total > this.#model.size;
    this.#pager.hidden = !many;
    const turn = (words, help, start) => {
      const part = button("turn", words, help, () => this.#model.send_msg({ type: "turn", start }));
      part.setAttribute("aria-label", help);
      part.disabled = start < 0 || start >= this.#model.total || start === this.#model.start;
      return part;
    };
    const end = Math.floor(Math.max(0, this.#model.total - 1) / this.#model.size) * this.#model.size;
    const number = (value) => value.toLocaleString("en");
    this.#pager.replaceChildren(
      turn("«", "First page (Home)", 0),
      turn("‹", "Previous page (Page Up)", this.#model.start - this.#model.size),
      text("span", "place", `${number(this.#model.start + 1)}-${number(last)} of ${number(this.#model.total)}`),
      turn("›", "Next page (Page Down)", this.#model.start + this.#model.size),
      turn("»", "Last page (End)", end)
    );
  };
  #mark = () => {
    for (const picture of this.#cells()) {
      picture.toggleAttribute("aria-current", picture.dataset.row === this.#model.chosen);
    }
  };
  /** @param {number} index */
  #focusOn(index) {
    const all = this.#cells();
    if (!all.length) {
      return;
    }
    this.#focused = Math.min(Math.max(index, 0), all.length - 1);
    all.forEach((picture, place) => {
      picture.tabIndex = place === this.#focused ? 0 : -1;
    });
    all[this.#focused].focus({ preventScroll: false });
  }
  /** @returns {HTMLElement[]} */
  #cells() {
    return [...this.#grid.querySelectorAll("button.picture")].filter((one) => one instanceof HTMLElement);
  }
  #columns() {
    return Math.max(1, getComputedStyle(this.#grid).gridTemplateColumns.split(" ").length);
  }
  /** @param {number} start */
  #turnTo(start) {
    if (start >= 0 && start < this.#model.total) {
      this.#focused = 0;
      this.#model.send_msg({ type: "turn", start });
    }
  }
};
function render({ model }) {
  return new Gallery({ model }).root;
}
export {
  render
};
