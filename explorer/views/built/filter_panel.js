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
function button(classes, words, help, act) {
  const element = text("button", classes, words);
  element.type = "button";
  if (help) {
    element.title = help;
  }
  element.addEventListener("click", (event) => act(event));
  return element;
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

// browsing/filter_panel.js
var GROUPS = { content: "Content", emotion: "Emotion", media: "Media" };
var FilterPanel = class {
  #model;
  root;
  #status = node("div", "status ex-status");
  #list = node("div", "list");
  #hidden = node("p", "empty hidden-scores");
  /** @type {Map<string, { element: HTMLElement, chip: HTMLElement, slider: HTMLInputElement, count: HTMLElement, minimum: HTMLElement, entry: Server.FilterRow }>} */
  #parts = /* @__PURE__ */ new Map();
  #drawing = false;
  /** @type {Map<string, Change>} attribute -> its change, until it is sent */
  #waiting = /* @__PURE__ */ new Map();
  /** @param {{ model: Server.FilterPanel }} panel */
  constructor({ model }) {
    this.#model = model;
    this.root = makeRoot(model, "div", "filters ex-filters");
    this.#status.setAttribute("role", "status");
    this.root.append(this.#status, this.#hidden, this.#list);
    this.#model.on("rows", this.#rebuild);
    this.#model.on("ways", this.#rebuild);
    this.#model.on("hidden", this.#conceal);
    this.#model.on("settings", this.#update);
    this.#model.on("passing", this.#update);
    this.#conceal();
    this.#rebuild();
  }
  #conceal = () => {
    this.#hidden.textContent = this.#model.hidden;
    this.#hidden.hidden = !this.#model.hidden;
  };
  // Send at once, then at most once per animation frame, because a slider makes more events than the screen can show.
  /** @param {string} name @param {Change} values */
  #send(name, values) {
    this.#waiting.set(name, { ...this.#waiting.get(name), ...values });
    if (!this.#drawing) {
      this.#flush();
    }
  }
  #flush = () => {
    this.#drawing = this.#waiting.size > 0;
    if (!this.#drawing) {
      return;
    }
    for (const [attribute, change] of this.#waiting) {
      this.#model.send_msg({ type: "filter", attribute, ...change });
    }
    this.#waiting.clear();
    requestAnimationFrame(this.#flush);
  };
  #rebuild = () => {
    this.#parts = /* @__PURE__ */ new Map();
    const sections = Object.entries(GROUPS).flatMap(([group, groupTitle]) => {
      const entries = this.#model.rows.filter((entry) => entry.group === group);
      if (!entries.length) {
        return [];
      }
      const section = node("section"), title = node("h4");
      title.textContent = groupTitle;
      section.append(title, ...entries.map(this.#row));
      return [section];
    });
    this.#list.replaceChildren(...sections.length || this.#model.hidden ? sections : [this.#beginning()]);
    this.#update();
  };
  // Without scores there is nothing to filter by: show the possible first steps instead.
  #beginning() {
    const box = node("section", "beginning ex-beginning");
    box.append(
      text("h3", "", "Start here"),
      ...this.#model.ways.map((way, at) => {
        const one = button(at ? "way" : "way first", "", "", () => this.#model.send_msg({ type: "way", key: way.key }));
        one.dataset.way = way.key;
        one.append(text("b", "", way.words), text("span", "", way.help));
        return one;
      }),
      text("p", "", "Filters appear here after the first training round (Rounds tab).")
    );
    return box;
  }
  /** @param {Server.FilterRow} entry */
  #row = (entry) => {
    const element = node("div", "row ex-filter"), chip = node("button", "chip"), plot = node("div", "plot");
    const slider = node("input"), count = node("output", "count"), minimum = node("output", "minimum");
    element.dataset.attribute = entry.name;
    chip.type = "button";
    chip.textContent = entry.title;
    chip.title = entry.help;
    if (entry.mark) {
      const mark = node("sup");
      mark.textContent = entry.mark;
      chip.append(mark);
    }
    const scaled = entry.marks.length > 0;
    Object.assign(slider, { type: "range", min: 0, max: 1, step: scaled ? 1e-3 : 0.01 });
    slider.setAttribute("aria-label", `Minimum score of ${entry.title}`);
    plot.append(this.#histogram(entry.histogram), ...entry.marks.map(this.#mark), slider);
    if (scaled) {
      plot.title = entry.marks.map(([, words]) => words).join("\n");
    }
    element.append(chip, plot, minimum, count);
    chip.addEventListener(
      "click",
      () => this.#send(entry.name, { active: chip.getAttribute("aria-pressed") !== "true" })
    );
    slider.addEventListener("input", () => {
      this.#tell(entry.name, Number(slider.value));
      this.#shade(element, Number(slider.value));
      this.#send(entry.name, { active: true, minimum: Number(slider.value) });
    });
    slider.addEventListener("dblclick", () => this.#send(entry.name, { reset: true }));
    this.#parts.set(entry.name, { element, chip, slider, count, minimum, entry });
    return element;
  };
  // A minimum goes from 0 to 1; people read it on the scale of the scores.
  /** @param {string} name @param {number} minimum */
  #tell(name, minimum) {
    const parts = this.#parts.get(name);
    if (!parts) {
      return;
    }
    const { low, high } = parts.entry;
    const words = (low + minimum * (high - low)).toFixed(high - low > 2 ? 1 : 2);
    parts.minimum.textContent = words;
    parts.slider.setAttribute("aria-valuetext", words);
  }
  /** @param {[number, string]} known */
  #mark = ([place, words]) => {
    const line = node("u", "known");
    line.style.left = `${place * 100}%`;
    line.title = words;
    return line;
  };
  /** @param {number[]} heights */
  #histogram(heights) {
    const box = node("div", "bars");
    box.append(
      ...heights.map((height) => {
        const bar = node("i");
        bar.style.height = `${Math.round(height * 100)}%`;
        return bar;
      })
    );
    return box;
  }
  /** @param {Element} element @param {number} minimum */
  #shade(element, minimum) {
    const bars = element.querySelectorAll(".bars i");
    bars.forEach((bar, index) => bar.classList.toggle("in", (index + 1) / bars.length > minimum));
  }
  #update = () => {
    for (const [name, parts] of this.#parts) {
      const state = this.#model.settings[name];
      if (!state) {
        continue;
      }
      parts.chip.setAttribute("aria-pressed", String(state.active));
      parts.element.classList.toggle("active", state.active);
      parts.count.textContent = state.count.toLocaleString("en");
      parts.count.title = `${state.count.toLocaleString("en")} images pass with this minimum`;
      if (focusedBeside(parts.slider) !== parts.slider || !this.#waiting.has(name)) {
        parts.slider.value = String(state.minimum);
        this.#tell(name, state.minimum);
        this.#shade(parts.element, state.minimum);
      }
    }
    const active = Object.values(this.#model.settings).filter((state) => state.active).length;
    const big = node("strong"), rest = node("span"), clear = node("button", "clear");
    big.className = "passing";
    big.textContent = this.#model.passing.toLocaleString("en");
    rest.textContent = this.#parts.size ? ` of ${this.#model.total.toLocaleString("en")} images pass` : ` image${this.#model.total === 1 ? "" : "s"}`;
    clear.type = "button";
    clear.textContent = active ? "Clear filters" : "";
    clear.hidden = !active;
    clear.addEventListener("click", () => this.#model.send_msg({ type: "clear" }));
    this.#status.replaceChildren(big, rest, clear);
    this.#status.dataset.passing = String(this.#model.passing);
    this.#status.classList.toggle("none", active > 0 && this.#model.passing === 0);
    if (active && this.#model.passing === 0) {
      const hint = node("p", "hint");
      hint.textContent = "No image passes. Lower a minimum or clear the filters.";
      this.#status.append(hint);
    }
  };
};
function render({ model }) {
  return new FilterPanel({ model }).root;
}
export {
  render
};
