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
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// browsing/gallery.js
function render({ model }) {
  const root = makeRoot(model, "section", "gallery ex-gallery"), pictures = makePictures("image/jpeg");
  const head = node("header"), actions = node("div", "actions"), grid = node("div", "grid"), pager = node("nav", "pager"), empty = text("p", "soft empty", ""), problem = text("p", "problem", "");
  head.setAttribute("role", "status");
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-label", "Pictures. Arrow keys move, Enter opens, page up and down turn the page.");
  problem.setAttribute("role", "alert");
  root.append(head, actions, empty, problem, grid, pager);
  let focused = 0;
  function showHead() {
    head.replaceChildren(
      ...[
        ["h3", "title", model.title],
        ["p", "soft", model.subtitle]
      ].filter(([, , words]) => words).map((parts) => text(...parts))
    );
    head.hidden = !head.childElementCount;
    root.dataset.total = model.total;
    empty.textContent = model.empty;
    empty.hidden = model.total > 0;
    problem.textContent = model.problem;
    problem.hidden = !model.problem;
  }
  function showActions() {
    actions.replaceChildren(
      ...model.actions.map((entry) => {
        const part = button(
          entry.primary ? "primary" : "",
          entry.words,
          entry.help,
          () => model.send_msg({ type: "action", key: entry.key })
        );
        part.dataset.action = entry.key;
        part.disabled = !entry.enabled;
        return part;
      })
    );
    actions.hidden = !model.actions.length;
  }
  function showPage() {
    const hadFocus = grid.contains(grid.getRootNode().activeElement);
    pictures.keep(model.items.map((item) => item.id));
    focused = Math.min(focused, Math.max(0, model.items.length - 1));
    grid.replaceChildren(...model.items.map(cell));
    showPager();
    mark();
    if (hadFocus) {
      focusOn(focused);
    }
    root.dataset.page = `${model.start}:${model.items.length}`;
  }
  function cell(item, index) {
    const box = node("div", "cell"), picture = button("picture", "", item.caption, () => {
      focused = index;
      model.send_msg({ type: "open", row: item.row });
    }), image = node("img");
    image.src = pictures.address(item.id, item.tile);
    image.alt = item.caption;
    image.loading = "lazy";
    picture.dataset.row = item.row;
    picture.tabIndex = index === focused ? 0 : -1;
    picture.append(image);
    box.append(picture);
    if (item.mark) {
      box.append(
        text("span", `mark ${["yes", "no", "unsure", "split"].includes(item.kind) ? item.kind : ""}`, item.mark)
      );
    }
    if (model.removable) {
      const out = button("out", "×", "Take out (Delete)", () => model.send_msg({ type: "remove", row: item.row }));
      out.tabIndex = -1;
      out.setAttribute("aria-label", "Take out");
      box.append(out);
    }
    return box;
  }
  function showPager() {
    const last = model.start + model.items.length, many = model.total > model.size;
    pager.hidden = !many;
    const turn = (words, help, start) => {
      const part = button("turn", words, help, () => model.send_msg({ type: "turn", start }));
      part.setAttribute("aria-label", help);
      part.disabled = start < 0 || start >= model.total || start === model.start;
      return part;
    };
    const end = Math.floor(Math.max(0, model.total - 1) / model.size) * model.size;
    const number = (value) => value.toLocaleString("en");
    pager.replaceChildren(
      turn("«", "First page (Home)", 0),
      turn("‹", "Page before (Page up)", model.start - model.size),
      text("span", "place", `${number(model.start + 1)}-${number(last)} of ${number(model.total)}`),
      turn("›", "Next page (Page down)", model.start + model.size),
      turn("»", "Last page (End)", end)
    );
  }
  function mark() {
    for (const picture of grid.querySelectorAll(".picture")) {
      picture.toggleAttribute("aria-current", picture.dataset.row === model.chosen);
    }
  }
  function focusOn(index) {
    const all = [...grid.querySelectorAll(".picture")];
    if (!all.length) {
      return;
    }
    focused = Math.min(Math.max(index, 0), all.length - 1);
    all.forEach((picture, place) => {
      picture.tabIndex = place === focused ? 0 : -1;
    });
    all[focused].focus({ preventScroll: false });
  }
  const columns = () => Math.max(1, getComputedStyle(grid).gridTemplateColumns.split(" ").length);
  const keys = {
    ArrowRight: () => focusOn(focused + 1),
    ArrowLeft: () => focusOn(focused - 1),
    ArrowDown: () => focusOn(focused + columns()),
    ArrowUp: () => focusOn(focused - columns()),
    PageDown: () => turnTo(model.start + model.size),
    PageUp: () => turnTo(model.start - model.size),
    Home: () => turnTo(0),
    End: () => turnTo(model.total - 1),
    Delete: () => {
      if (model.removable && model.items[focused]) {
        model.send_msg({ type: "remove", row: model.items[focused].row });
      }
    }
  };
  function turnTo(start) {
    if (start >= 0 && start < model.total) {
      focused = 0;
      model.send_msg({ type: "turn", start });
    }
  }
  onKeys(grid, (event) => {
    pressKey(event, keys);
  });
  grid.addEventListener("focusin", (event) => {
    const at = [...grid.querySelectorAll(".picture")].indexOf(event.target);
    if (at >= 0) {
      focused = at;
    }
  });
  for (const name of ["title", "subtitle", "empty", "problem"]) {
    model.on(name, showHead);
  }
  model.on("total", () => {
    showHead();
    showPager();
  });
  model.on("actions", showActions);
  model.on("items", showPage);
  model.on("start", showPager);
  model.on("chosen", mark);
  model.on("remove", () => pictures.keep([]));
  showHead();
  showActions();
  showPage();
  return root;
}
export {
  render
};
