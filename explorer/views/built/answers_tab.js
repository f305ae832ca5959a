// Built from the modules named below by "npm run build". Change those, not this file.

// common/keys.js
var JUST_COMPOSED = 30;
function originOf(event) {
  const [first] = event.composedPath();
  return first instanceof Element ? first : null;
}
var composed = -Infinity;
var composing = (event) => event.isComposing || event.keyCode === 229 || event.key === "Enter" && event.timeStamp - composed < JUST_COMPOSED;
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

// answers/answers_tab.js
function render({ model }) {
  const root = makeRoot(model, "div", "answers ex-answers");
  const parts = /* @__PURE__ */ new Map();
  for (
    const [name, words] of
    /** @type {const} */
    [
      ["label", "Label"],
      ["person", "Answered by"],
      ["order", "Order"]
    ]
  ) {
    const label = node("label"), box = node("select");
    label.append(text("span", "soft", words), box);
    box.addEventListener("change", () => model.send_msg({ name, value: box.value }));
    parts.set(name, box);
    root.append(label);
  }
  function update() {
    for (const [name, box] of parts) {
      options(
        box,
        (model.choices[name] ?? []).map((entry) => (
          /** @type {const} */
          [entry.value, entry.text]
        ))
      );
      box.value = model.values[name] ?? "";
    }
    root.hidden = !(model.choices.label ?? []).length;
  }
  model.on("choices", update);
  model.on("values", update);
  update();
  return root;
}
export {
  render
};
