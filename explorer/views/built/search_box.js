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
function render({ model }) {
  const root = makeRoot(model, "div", "search ex-search"), input = node("input"), state = node("span", "result"), advice = node("div", "advice"), bar = node("div", "bar");
  Object.assign(input, {
    type: "search",
    placeholder: "Search captions",
    maxLength: 1e3,
    autocomplete: "off",
    spellcheck: false
  });
  input.setAttribute("aria-label", "Search captions and keywords");
  input.title = "Words of captions and keywords. Enter searches, Esc leaves, / leads here.";
  const hint = text("kbd", "hint", "/");
  state.setAttribute("role", "status");
  advice.setAttribute("role", "alert");
  const field = node("div", "field");
  field.append(input, hint, bar);
  root.append(field, state, advice);
  let timer = 0, asked = "";
  function search(now) {
    clearTimeout(timer);
    const words = input.value.trim();
    if (!words && asked) {
      asked = "";
      model.send_msg({ text: "" });
    }
    if (!words || words === asked && !now || words.length < SHORTEST && !now) {
      return;
    }
    asked = words;
    root.dataset.asked = words;
    model.send_msg({ text: words });
  }
  function typed(event) {
    clearTimeout(timer);
    advice.hidden = true;
    if (!composing(event)) {
      timer = setTimeout(() => search(false), input.value ? PAUSE : 0);
    }
  }
  input.addEventListener("input", typed);
  input.addEventListener("compositionend", typed);
  onKeys(input, (event) => {
    pressKey(event, {
      Enter: () => search(true),
      Escape: () => {
        advice.hidden = true;
        input.blur();
      }
    });
    event.stopPropagation();
  });
  input.addEventListener("blur", () => {
    advice.hidden = true;
  });
  function lead() {
    input.focus();
    input.select();
  }
  function show() {
    state.textContent = model.busy ? `searching… ${Math.round(model.share * 100)} %` : model.result;
    advice.textContent = model.advice;
    advice.hidden = !model.advice;
    bar.hidden = !model.busy;
    bar.style.width = `${Math.max(4, model.share * 100)}%`;
    root.classList.toggle("nothing", Boolean(model.advice));
  }
  hint.hidden = !model.served;
  model.on("served", () => {
    hint.hidden = !model.served;
  });
  for (const name of ["busy", "share", "result", "advice"]) {
    model.on(name, show);
  }
  const deaf = onKeys(document, (event) => {
    if (model.served && !isTyping(event)) {
      pressKey(event, { "/": lead });
    }
  });
  model.on("msg:custom", (message) => {
    if (message.type === "focus") {
      lead();
    }
  });
  model.on("remove", () => {
    deaf();
    clearTimeout(timer);
  });
  show();
  return root;
}
export {
  render
};
