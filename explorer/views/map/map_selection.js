// Selecting on the map: modes and their buttons, the outline being drawn, and the number of selected images.
//
// An outline is kept in layout units, so it stays in place when the map moves. The server finds the images inside. Its
// answers to older outlines are ignored.

import { node } from "../common/elements.js"

const MOST_POINTS = 1200 // of an outline; beyond it every second one goes
const POINT_STEP = 3 // CSS pixels between two points of an outline
const DRAW_SLACK = 5 // CSS pixels until a press is a drag
const FLASH = 2500 // ms that a message about an empty selection stays
const SVG = "http://www.w3.org/2000/svg"
/** @type {Record<string, [key: string, words: string, shapes: string[], dashes?: string]>} */
const MODES = {
  pan: [
    "v",
    "Move the map (v)",
    ["M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3"],
  ],
  box: ["b", "Select with a box (b). Shift adds, Alt removes.", ["M4 5h16v14H4z"], "3.2 2.6"],
  lasso: [
    "l",
    "Select with a lasso (l). Shift adds, Alt removes.",
    ["M12 4c5 0 8.5 2.3 8.5 5.4S17 15 12 15s-8.5-2.5-8.5-5.6S7 4 12 4z", "M7.5 14.5c-2 1-2 3.5 0 3.5s2.5 1.5 1 3"],
  ],
}
const SELECTING_HELP = [
  ["Shift + drag", "select with a lasso"],
  ["b  l", "box or lasso mode; drag selects, Shift adds, Alt removes"],
  ["v", "move the map again"],
  ["Ctrl + click, s", "add or remove the clicked picture, or the one in the middle"],
  ["Ctrl + A", "select all images that pass"],
  ["Ctrl + Z", "undo the last change of the selection"],
  ["Esc", "leave a mode, then close the card, then clear the selection"],
]

export class Selecting {
  #root
  #model
  #toLayout
  #toScreen
  #mode = "pan"
  /** @type {any} shape, how, points, last, done; or null */
  #outline = null
  /** @type {{ at: number[], shape: string, how: string } | null} start of a press, and the shape it draws */
  #pressed = null
  #serial = 0
  #flashing = 0
  #svg = document.createElementNS(SVG, "svg")
  #halo = document.createElementNS(SVG, "path")
  #line = document.createElementNS(SVG, "path")
  #bar = node("div", "selection-bar ex-selection-bar")
  #open = node("button", "open")
  #buttons
  keys
  modes

  constructor(root, model, { toLayout, toScreen }) {
    this.#root = root
    this.#model = model
    this.#toLayout = toLayout
    this.#toScreen = toScreen
    this.#svg.setAttribute("class", "outline")
    this.#halo.setAttribute("class", "halo")
    this.#svg.append(this.#halo, this.#line)
    this.#svg.style.display = "none"
    const clear = node("button", "clear")
    for (const [part, words] of [
      [this.#open, "Open the selection"],
      [clear, "Clear the selection (Esc)"],
    ]) {
      part.type = "button"
      part.title = words
    }
    clear.textContent = "×"
    clear.setAttribute("aria-label", "Clear the selection")
    this.#open.setAttribute("role", "status")
    this.#open.addEventListener("click", () => this.#model.send_msg({ type: "tab" }))
    clear.addEventListener("click", () => {
      this.#model.send_msg({ type: "clear" })
      this.#root.focus({ preventScroll: true })
    })
    this.#bar.append(this.#open, clear)
    this.#root.insertBefore(this.#svg, this.#root.parts.tip)
    this.#root.append(this.#bar)
    this.#buttons = makeModeButtons(this.#root.parts, (chosen) => {
      this.setMode(chosen)
      this.#root.focus({ preventScroll: true })
    })
    this.keys = {
      "Ctrl+a": () => this.#model.send_msg({ type: "select_all" }),
      "Ctrl+z": () => this.#model.send_msg({ type: "undo" }),
    }
    this.modes = Object.fromEntries(Object.entries(MODES).map(([name, [key]]) => [key, () => this.setMode(name)]))
    this.#model.on("selection", this.#show)
    this.#model.on("remove", () => clearTimeout(this.#flashing))
    this.setMode("pan")
    this.#show()
  }

  setMode(next) {
    this.#mode = next
    this.cancel()
    this.#root.dataset.mode = next
    for (const [name, button] of Object.entries(this.#buttons)) {
      button.setAttribute("aria-pressed", name === next)
    }
  }

  down(event, at) {
    const shape = this.#mode !== "pan" ? this.#mode : event.shiftKey ? "lasso" : null
    if (!shape) {
      return
    }
    const how =
      event.altKey || (this.#mode !== "pan" && event.ctrlKey)
        ? "subtract"
        : event.shiftKey && this.#mode !== "pan"
          ? "add"
          : "replace"
    this.#pressed = { at, shape, how }
  }

  // Return whether an outline is being drawn, so that the map does not move.
  move(at) {
    if (!this.#pressed) {
      return false
    }
    const { at: from, shape, how } = this.#pressed
    if (!this.#outline || this.#outline.done) {
      if (Math.hypot(at[0] - from[0], at[1] - from[1]) < DRAW_SLACK) {
        return true
      }
      this.#outline = { shape, how, points: [this.#toLayout(...from)], last: from, done: false }
    }
    if (shape === "box") {
      this.#outline.points[1] = this.#toLayout(...at)
    } else {
      this.#follow(at)
    }
    this.place()
    return true
  }

  #follow(at) {
    if (Math.hypot(at[0] - this.#outline.last[0], at[1] - this.#outline.last[1]) < POINT_STEP) {
      return
    }
    this.#outline.points.push(this.#toLayout(...at))
    this.#outline.last = at
    if (this.#outline.points.length > MOST_POINTS) {
      this.#outline.points = this.#outline.points.filter((_, index) => index % 2 === 0)
    }
  }

  // Return whether something was drawn, so that the release is not a click.
  up(event) {
    const drawn = this.#pressed && this.#outline && !this.#outline.done
    this.#pressed = null
    if (!drawn) {
      return false
    }
    if (event.type !== "pointerup" || this.#outline.points.length < (this.#outline.shape === "box" ? 2 : 3)) {
      this.cancel()
      return true
    }
    this.#outline.done = true
    this.#serial += 1
    this.place()
    this.#model.send_msg({
      type: "select",
      serial: this.#serial,
      shape: this.#outline.shape,
      how: this.#outline.how,
      points: this.#outline.points,
    })
    return true
  }

  cancel() {
    this.#outline = this.#pressed = null
    this.place()
  }

  answered(message) {
    if (message.serial !== this.#serial) {
      return
    }
    if (this.#outline?.done) {
      this.cancel()
    }
    if (message.found === 0) {
      this.#flash("No image inside passes the filters")
    }
    this.#root.dataset.answered = this.#serial
  }

  place() {
    this.#svg.style.display = this.#outline ? "" : "none"
    if (!this.#outline) {
      return
    }
    const path =
      this.#outline.shape === "box"
        ? boxPath(...this.#outline.points.map((point) => this.#toScreen(...point)))
        : `M${this.#outline.points
            .map((point) =>
              this.#toScreen(...point)
                .map((value) => value.toFixed(1))
                .join(" "),
            )
            .join("L")}Z`
    this.#svg.classList.toggle("waiting", this.#outline.done)
    this.#svg.classList.toggle("subtract", this.#outline.how === "subtract")
    for (const part of [this.#halo, this.#line]) {
      part.setAttribute("d", path)
    }
  }

  // Cancel the last step. Return whether there was one.
  leave() {
    if (this.#outline && !this.#outline.done) {
      this.cancel()
      return true
    }
    if (this.#mode !== "pan") {
      this.setMode("pan")
      return true
    }
    if (this.#model.selected_place?.length || !this.#model.selection.count) {
      return false
    }
    this.#model.send_msg({ type: "clear" })
    return true
  }

  #flash(words) {
    clearTimeout(this.#flashing)
    this.#bar.hidden = false
    this.#open.textContent = words
    this.#flashing = setTimeout(this.#show, FLASH)
  }

  #show = () => {
    const { count, words } = this.#model.selection
    this.#bar.hidden = !count
    this.#root.dataset.selected = count || 0
    this.#open.textContent = count ? `${count.toLocaleString("en")} selected${words ? ` · ${words}` : ""}` : ""
  }

  mode() {
    return this.#mode === "pan" ? "" : this.#mode
  }
}

function boxPath([x0, y0], [x1, y1]) {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`
}

function makeModeButtons({ buttons, help }, choose) {
  const made = {}
  for (const [name, [, words, shapes, dashes]] of Object.entries(MODES)) {
    const button = node("button", name === "pan" ? "mode first" : "mode"),
      icon = document.createElementNS(SVG, "svg")
    icon.setAttribute("viewBox", "0 0 24 24")
    for (const shape of shapes) {
      const path = document.createElementNS(SVG, "path")
      path.setAttribute("d", shape)
      if (dashes) {
        path.setAttribute("stroke-dasharray", dashes)
      }
      icon.append(path)
    }
    button.type = "button"
    button.title = words
    button.setAttribute("aria-label", words)
    button.dataset.mode = name
    button.append(icon)
    button.addEventListener("click", () => choose(name))
    made[name] = button
    buttons.append(button)
  }
  const list = help.querySelector("dl")
  list.lastElementChild.remove() // the "Esc" row is replaced by a longer one
  list.lastElementChild.remove()
  for (const [keys, words] of SELECTING_HELP) {
    const term = node("dt"),
      meaning = node("dd")
    term.textContent = keys
    meaning.textContent = words
    list.append(term, meaning)
  }
  return made
}
