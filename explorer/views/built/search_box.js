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
var composingText = (event) => event instanceof InputEvent && event.isComposing;
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

// browsing/search_box.js
var PAUSE = 450;
var SHORTEST = 2;
var SearchBox = class {
  #model;
  root;
  #input = node("input");
  #state = node("span", "result");
  #advice = node("div", "advice");
  #bar = node("div", "bar");
  #timer = 0;
  #asked = "";
  /** @param {{ model: Server.SearchBox }} panel */
  constructor({ model }) {
    this.#model = model;
    this.root = makeRoot(this.#model, "div", "search ex-search");
    Object.assign(this.#input, {
      type: "search",
      placeholder: "Search captions",
      maxLength: 1e3,
      autocomplete: "off",
      spellcheck: false
    });
    this.#input.setAttribute("aria-label", "Search captions and keywords");
    this.#input.title = "Search captions and keywords. Enter searches, Esc leaves, / returns here.";
    const hint = text("kbd", "hint", "/");
    this.#state.setAttribute("role", "status");
    this.#advice.setAttribute("role", "alert");
    const field = node("div", "field");
    field.append(this.#input, hint, this.#bar);
    this.root.append(field, this.#state, this.#advice);
    this.#input.addEventListener("input", this.#typed);
    this.#input.addEventListener("compositionend", this.#typed);
    onKeys(this.#input, (event) => {
      pressKey(event, {
        Enter: () => this.#search(true),
        Escape: () => {
          this.#advice.hidden = true;
          this.#input.blur();
        }
      });
      event.stopPropagation();
    });
    this.#input.addEventListener("blur", () => {
      this.#advice.hidden = true;
    });
    hint.hidden = !this.#model.served;
    this.#model.on("served", () => {
      hint.hidden = !this.#model.served;
    });
    for (
      const name of
      /** @type {const} */
      ["busy", "share", "result", "advice"]
    ) {
      this.#model.on(name, this.#show);
    }
    const stopKeys = onKeys(document, (event) => {
      if (this.#model.served && !isTyping(event)) {
        pressKey(event, { "/": this.#takeFocus });
      }
    });
    hearMessages(this.#model, { focus: () => this.#takeFocus() });
    this.#model.on("remove", () => {
      stopKeys();
      clearTimeout(this.#timer);
    });
    this.#show();
  }
  /** @param {boolean} now */
  #search(now) {
    clearTimeout(this.#timer);
    const words = this.#input.value.trim();
    if (!words && this.#asked) {
      this.#asked = "";
      this.#model.send_msg({ text: "" });
    }
    if (!words || words === this.#asked && !now || words.length < SHORTEST && !now) {
      return;
    }
    this.#asked = words;
    this.root.dataset.asked = words;
    this.#model.send_msg({ text: words });
  }
  /** @param {Event} event */
  #typed = (event) => {
    clearTimeout(this.#timer);
    this.#advice.hidden = true;
    if (!composingText(event)) {
      this.#timer = setTimeout(() => this.#search(false), this.#input.value ? PAUSE : 0);
    }
  };
  #takeFocus = () => {
    this.#input.focus();
    this.#input.select();
  };
  #show = () => {
    this.#state.textContent = this.#model.busy ? `searching … ${Math.round(this.#model.share * 100)} %` : this.#model.result;
    this.#advice.textContent = this.#model.advice;
    this.#advice.hidden = !this.#model.advice;
    this.#bar.hidden = !this.#model.busy;
    this.#bar.style.width = `${Math.max(4, this.#model.share * 100)}%`;
    this.root.classList.toggle("nothing", Boolean(this.#model.advice));
  };
};
function render({ model }) {
  return new SearchBox({ model }).root;
}
export {
  render
};
