// Attribute chips in their groups: a switch, a histogram of scores and the minimum score, one row an attribute.

import { button, node, text } from "../shared/elements.js"
import { guardKeys } from "../shared/keys.js"

const GROUPS = { content: "Content", emotion: "Emotion", media: "Media" }

export function render({ model }) {
  const root = node("div", "filters ex-filters")
  const status = node("div", "status ex-status"),
    list = node("div", "list"),
    hidden = node("p", "empty hidden-scores")
  status.setAttribute("role", "status")
  root.append(status, hidden, list)
  const conceal = () => {
    hidden.textContent = model.hidden
    hidden.hidden = !model.hidden
  }
  let parts_of = new Map(),
    drawing = false,
    waiting = new Map()

  // At once, and then once a drawn frame at most: a hand makes more events than a screen shows.
  function send(name, values) {
    waiting.set(name, { ...waiting.get(name), ...values })
    if (!drawing) {
      flush()
    }
  }
  function flush() {
    drawing = waiting.size > 0
    if (!drawing) {
      return
    }
    for (const [attribute, change] of waiting) {
      model.send_msg({ type: "filter", attribute, ...change })
    }
    waiting.clear()
    requestAnimationFrame(flush)
  }

  function rebuild() {
    parts_of = new Map()
    const sections = Object.keys(GROUPS)
      .map((group) => {
        const entries = model.rows.filter((entry) => entry.group === group)
        if (!entries.length) {
          return null
        }
        const section = node("section"),
          title = node("h4")
        title.textContent = GROUPS[group]
        section.append(title, ...entries.map(row))
        return section
      })
      .filter(Boolean)
    list.replaceChildren(...(sections.length || model.hidden ? sections : [beginning()]))
    update()
  }

  // Before anything has scores there is nothing to filter by: say what can be done now.
  function beginning() {
    const box = node("section", "beginning ex-beginning")
    box.append(
      text("h3", "", "Begin here"),
      ...model.ways.map((way, at) => {
        const one = button(at ? "way" : "way first", "", "", () => model.send_msg({ type: "way", key: way.key }))
        one.dataset.way = way.key
        one.append(text("b", "", way.words), text("span", "", way.help))
        return one
      }),
      text("p", "", "Filters appear here by themselves once a first round has learnt from answers (tab Rounds)."),
    )
    return box
  }

  function row(entry) {
    const element = node("div", "row ex-filter"),
      chip = node("button", "chip"),
      plot = node("div", "plot")
    const slider = node("input"),
      count = node("output", "count"),
      minimum = node("output", "minimum")
    element.dataset.attribute = entry.name
    chip.type = "button"
    chip.textContent = entry.title
    chip.title = entry.help
    if (entry.mark) {
      const mark = node("sup")
      mark.textContent = entry.mark
      chip.append(mark)
    }
    Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.01 })
    slider.setAttribute("aria-label", `Minimum score of ${entry.title}`)
    plot.append(histogram(entry.histogram), slider)
    element.append(chip, plot, minimum, count)
    chip.addEventListener("click", () => send(entry.name, { active: chip.getAttribute("aria-pressed") !== "true" }))
    slider.addEventListener("input", () => {
      minimum.textContent = Number(slider.value).toFixed(2)
      shade(element, Number(slider.value))
      send(entry.name, { active: true, minimum: Number(slider.value) })
    })
    slider.addEventListener("dblclick", () => send(entry.name, { reset: true }))
    parts_of.set(entry.name, { element, chip, slider, count, minimum })
    return element
  }

  function histogram(heights) {
    const box = node("div", "bars")
    box.append(
      ...heights.map((height) => {
        const bar = node("i")
        bar.style.height = `${Math.round(height * 100)}%`
        return bar
      }),
    )
    return box
  }

  function shade(element, minimum) {
    const bars = element.querySelectorAll(".bars i")
    bars.forEach((bar, index) => bar.classList.toggle("in", (index + 1) / bars.length > minimum))
  }

  function update() {
    for (const [name, parts] of parts_of) {
      const state = model.settings[name]
      if (!state) {
        continue
      }
      parts.chip.setAttribute("aria-pressed", state.active)
      parts.element.classList.toggle("active", state.active)
      parts.count.textContent = state.count.toLocaleString("en")
      parts.count.title = `${state.count.toLocaleString("en")} images pass with this minimum`
      if (
        (document.activeElement !== parts.slider && parts.slider.getRootNode().activeElement !== parts.slider) ||
        !waiting.has(name)
      ) {
        parts.slider.value = state.minimum
        parts.minimum.textContent = state.minimum.toFixed(2)
        shade(parts.element, state.minimum)
      }
    }
    const active = Object.values(model.settings).filter((state) => state.active).length
    const big = node("strong"),
      rest = node("span"),
      clear = node("button", "clear")
    big.className = "passing"
    big.textContent = model.passing.toLocaleString("en")
    rest.textContent = parts_of.size
      ? ` of ${model.total.toLocaleString("en")} images pass`
      : ` image${model.total === 1 ? "" : "s"}`
    clear.type = "button"
    clear.textContent = active ? "Clear filters" : ""
    clear.hidden = !active
    clear.addEventListener("click", () => model.send_msg({ type: "clear" }))
    status.replaceChildren(big, rest, clear)
    status.dataset.passing = model.passing
    status.classList.toggle("none", active > 0 && model.passing === 0)
    if (active && model.passing === 0) {
      const hint = node("p", "hint")
      hint.textContent = "No image passes. Lower a minimum or clear the filters."
      status.append(hint)
    }
  }

  const theme = () => root.classList.toggle("dark", model.dark)
  model.on("dark", theme)
  model.on("rows", rebuild)
  model.on("ways", rebuild)
  model.on("hidden", conceal)
  model.on("settings", update)
  model.on("passing", update)
  theme()
  guardKeys(root)
  conceal()
  rebuild()
  return root
}
