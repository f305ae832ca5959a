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
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// map/map_toolbar.js
var MapToolbar = class {
  #model;
  root;
  #more = node("button", "opener");
  #others = node("div", "others");
  /** @type {Map<string, { element: HTMLElement, set: (value: string | boolean) => void }>} */
  #parts = /* @__PURE__ */ new Map();
  /** @param {{ model: Server.MapToolbar }} panel */
  constructor({ model }) {
    this.#model = model;
    this.root = makeRoot(model, "div", "toolbar ex-toolbar");
    this.root.setAttribute("role", "toolbar");
    this.root.setAttribute("aria-label", "Map options");
    this.#more.type = "button";
    this.#more.textContent = "More";
    this.#more.title = "More map options";
    this.#more.setAttribute("aria-haspopup", "true");
    this.#more.addEventListener("click", () => this.#open(!this.#others.classList.contains("open")));
    onKeys(this.root, (event) => {
      if (this.#others.classList.contains("open")) {
        pressKey(event, {
          Escape: () => {
            this.#open(false);
            this.#more.focus();
          }
        });
      }
    });
    document.addEventListener("pointerdown", this.#elsewhere);
    this.#model.on("choices", this.#rebuild);
    this.#model.on("values", this.#update);
    this.#model.on("hidden", this.#update);
    this.#model.on("remove", () => document.removeEventListener("pointerdown", this.#elsewhere));
    this.#open(false);
    this.#rebuild();
  }
  #rebuild = () => {
    this.#parts = /* @__PURE__ */ new Map();
    const made = this.#model.choices.map((entry) => ({
      often: entry.often,
      element: entry.kind === "switch" ? this.#toggle(entry) : this.#select(entry)
    }));
    this.#others.replaceChildren(...made.filter(({ often }) => !often).map(({ element }) => element));
    this.root.replaceChildren(
      ...made.filter(({ often }) => often).map(({ element }) => element),
      this.#more,
      this.#others
    );
    this.#update();
  };
  /** @param {boolean} open */
  #open(open) {
    this.#others.classList.toggle("open", open);
    this.#more.setAttribute("aria-expanded", String(open));
  }
  /** @param {PointerEvent} event */
  #elsewhere = (event) => {
    if (!event.composedPath().includes(this.root)) {
      this.#open(false);
    }
  };
  /** @param {Server.Control} entry */
  #select(entry) {
    const label = node("label"), words = node("span"), box = node("select");
    words.textContent = entry.label;
    label.title = entry.help;
    options(
      box,
      entry.options.map((option) => (
        /** @type {const} */
        [option.value, option.text]
      ))
    );
    box.addEventListener("change", () => this.#model.send_msg({ name: entry.name, value: box.value }));
    label.append(words, box);
    this.#parts.set(entry.name, {
      element: label,
      set: (value) => {
        box.value = String(value);
      }
    });
    return label;
  }
  /** @param {Server.Control} entry */
  #toggle(entry) {
    const button = node("button");
    button.type = "button";
    button.textContent = entry.label;
    button.title = entry.help;
    button.addEventListener(
      "click",
      () => this.#model.send_msg({ name: entry.name, value: button.getAttribute("aria-pressed") !== "true" })
    );
    this.#parts.set(entry.name, { element: button, set: (value) => button.setAttribute("aria-pressed", String(value)) });
    return button;
  }
  #update = () => {
    for (const [name, part] of this.#parts) {
      part.set(this.#model.values[name]);
      part.element.hidden = this.#model.hidden.includes(name);
    }
  };
};
function render({ model }) {
  return new MapToolbar({ model }).root;
}
export {
  render
};
