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
function makeRoot(model, tag, classes) {
  const root = node(tag, `bam ${classes}`);
  const theme = () => root.classList.toggle("dark", model.dark);
  model.on("dark", theme);
  theme();
  guardKeys(root);
  return root;
}

// page/words.js
function render({ model }) {
  const root = makeRoot(model, "div", "words ex-words");
  const heading = text("strong", "", ""), words = text("span", "", "");
  root.append(heading, words);
  function show() {
    heading.textContent = model.heading;
    heading.hidden = !model.heading;
    words.textContent = model.words;
    root.classList.toggle("problem", model.problem);
    if (model.problem) {
      root.setAttribute("role", "alert");
    } else {
      root.removeAttribute("role");
    }
  }
  for (
    const name of
    /** @type {const} */
    ["heading", "words", "problem"]
  ) {
    model.on(name, show);
  }
  show();
  return root;
}
export {
  render
};
