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

// map/map_toolbar.js
function render({ model }) {
  const root = node("div", "toolbar ex-toolbar");
  root.setAttribute("role", "toolbar");
  root.setAttribute("aria-label", "View of the map");
  const more = node("button", "opener"), others = node("div", "others");
  let parts = /* @__PURE__ */ new Map();
  more.type = "button";
  more.textContent = "More";
  more.title = "More choices of the map";
  more.setAttribute("aria-haspopup", "true");
  more.addEventListener("click", () => open(!others.classList.contains("open")));
  function rebuild() {
    parts = /* @__PURE__ */ new Map();
    const made = model.choices.map((entry) => [entry.often, entry.kind === "switch" ? toggle(entry) : select(entry)]);
    others.replaceChildren(...made.filter(([often]) => !often).map(([, element]) => element));
    root.replaceChildren(...made.filter(([often]) => often).map(([, element]) => element), more, others);
    update();
  }
  function open(wished) {
    others.classList.toggle("open", wished);
    more.setAttribute("aria-expanded", wished);
  }
  const elsewhere = (event) => {
    if (!event.composedPath().includes(root)) {
      open(false);
    }
  };
  guardKeys(root);
  onKeys(root, (event) => {
    if (others.classList.contains("open")) {
      pressKey(event, {
        Escape: () => {
          open(false);
          more.focus();
        }
      });
    }
  });
  document.addEventListener("pointerdown", elsewhere);
  function select(entry) {
    const label = node("label"), words = node("span"), box = node("select");
    words.textContent = entry.label;
    label.title = entry.help;
    for (const option of entry.options) {
      const item = node("option");
      item.value = option.value;
      item.textContent = option.text;
      box.append(item);
    }
    box.addEventListener("change", () => model.send_msg({ name: entry.name, value: box.value }));
    label.append(words, box);
    parts.set(entry.name, {
      element: label,
      set: (value) => {
        box.value = value;
      }
    });
    return label;
  }
  function toggle(entry) {
    const button = node("button");
    button.type = "button";
    button.textContent = entry.label;
    button.title = entry.help;
    button.addEventListener(
      "click",
      () => model.send_msg({ name: entry.name, value: button.getAttribute("aria-pressed") !== "true" })
    );
    parts.set(entry.name, { element: button, set: (value) => button.setAttribute("aria-pressed", value) });
    return button;
  }
  function update() {
    for (const [name, part] of parts) {
      part.set(model.values[name]);
      part.element.hidden = model.hidden.includes(name);
    }
  }
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("choices", rebuild);
  model.on("values", update);
  model.on("hidden", update);
  model.on("dark", theme);
  model.on("remove", () => document.removeEventListener("pointerdown", elsewhere));
  theme();
  open(false);
  rebuild();
  return root;
}
export {
  render
};
